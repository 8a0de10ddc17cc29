"""Nothing in; a running JupyterLab or Notebook 7, and notebooks that tests can type into, out."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from playwright.sync_api import TimeoutError

from tests.releases import install_release, python_path

_SETTINGS = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}
}
OLDER_LAB = "jupyterlab-4.4"
_APPS = {
    "lab": ("jupyterlab", "LabApp"),
    OLDER_LAB: ("jupyterlab", "LabApp"),
    "notebook": ("notebook", "JupyterNotebookApp"),
}
"""Application → its Python module, and the class that its options belong to."""

_PATHS = {"notebook": "notebooks/{}"}
_LAB_PATH = "lab/tree/{}?reset"
_OUTPUTS = """(cell) => {
  const panel = window.jupyterapp.shell.currentWidget;
  return panel.content.widgets[cell].model.outputs?.toJSON() ?? [];
}"""
_STATUS = "() => window.jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status"
_RESTART = "() => { window.jupyterapp.shell.currentWidget.sessionContext.restartKernel() }"


@contextmanager
def jupyterlab(folder: Path, app: str = "lab") -> Iterator[str]:
    """Serve JupyterLab, or ``"notebook"``, on `folder`; yield its address.

    Parameters
    ----------
    folder : pathlib.Path
        Holds the notebooks, and all of Jupyter's and IPython's own files.
    app : str, default "lab"
        ``"notebook"`` is Notebook 7, ``"jupyterlab-4.4"`` the oldest release that we support.
    """
    module, options = _APPS[app]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    homes = {
        "JUPYTER_CONFIG_DIR": folder / ".config",
        "JUPYTER_DATA_DIR": folder / ".data",
        "JUPYTER_RUNTIME_DIR": folder / ".runtime",
        "JUPYTERLAB_SETTINGS_DIR": folder / ".settings",
        "JUPYTERLAB_WORKSPACES_DIR": folder / ".workspaces",
        "IPYTHONDIR": folder / ".ipython",
    }
    settings = homes["JUPYTER_CONFIG_DIR"] / "labconfig" / "default_setting_overrides.json"
    settings.parent.mkdir(parents=True)
    settings.write_text(json.dumps(_SETTINGS))
    log = folder / "server.log"
    command = [
        sys.executable,
        "-m",
        module,
        "--no-browser",
        "--allow-root",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        f"--ServerApp.root_dir={folder}",
        "--IdentityProvider.token=",
        "--ServerApp.disable_check_xsrf=True",
        f"--{options}.expose_app_in_browser=True",
        # kernels of closed pages hold hundreds of megabytes each; nobody waits for their end
        "--MappingKernelManager.cull_idle_timeout=100",
        "--MappingKernelManager.cull_interval=20",
    ]
    environment = os.environ | {name: str(path) for name, path in homes.items()}
    environment |= {"HF_HUB_OFFLINE": "1"}
    if app == OLDER_LAB:
        static = install_release(app) / "share" / "jupyter" / "lab"
        environment |= {"PYTHONPATH": python_path(app), "JUPYTERLAB_DIR": str(static)}
    with log.open("wb") as out:
        server = subprocess.Popen(command, stdout=out, stderr=out, env=environment)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(server, f"{address}/api/status", log)
        yield address
    finally:
        server.terminate()
        server.wait(20)


def _wait_for(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    end = time.monotonic() + 90
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except OSError:
            if server.poll() is not None:
                break
            time.sleep(0.1)  # polling a port has nothing else to wait on
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()}")


class NotebookPage:
    """A notebook in a browser tab.

    Parameters
    ----------
    page : playwright.sync_api.Page
        The tab.
    address : str
        JupyterLab's address.
    folder : pathlib.Path
        Its root folder; the notebook is written there.
    cells : list of str
        The sources of the code cells.
    app : str, default "lab"
        What runs at that address.
    kernel : str, default "python3"
        Name of the kernel that the notebook asks for.
    """

    def __init__(
        self,
        page: Any,
        address: str,
        folder: Path,
        *cells: str,
        app: str = "lab",
        kernel: str = "python3",
    ) -> None:
        self.page = page
        self.path = folder / f"notebook-{time.monotonic_ns()}.ipynb"
        document = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(text) for text in cells],
            metadata={"kernelspec": {"name": kernel, "display_name": kernel}},
        )
        nbformat.write(document, self.path)
        page.goto(f"{address}/{_PATHS.get(app, _LAB_PATH).format(self.path.name)}")
        page.wait_for_selector(".jp-NotebookPanel:not(.lm-mod-hidden)", timeout=60_000)
        self._wait_for_first_kernel(folder / "server.log")

    def _wait_for_first_kernel(self, log: Path) -> None:
        """Wait for a kernel that was asked nothing; one that hangs is restarted, as people do."""
        try:
            self.wait_for_kernel("idle", timeout=60_000)
        except TimeoutError:
            self.page.evaluate(_RESTART)
            try:
                self.wait_for_kernel("idle")
            except TimeoutError as error:
                status, tail = self.page.evaluate(_STATUS), log.read_text()[-3000:]
                error.add_note(f"The kernel is {status}. The server said:\n{tail}")
                raise

    def wait_for_kernel(self, status: str, timeout: int = 90_000) -> None:
        """Wait until the kernel is ``"idle"`` or ``"busy"``, for so many milliseconds."""
        self.page.wait_for_function(
            f"(status) => ({_STATUS})() === status", arg=status, timeout=timeout
        )

    def start(self, cell: int) -> None:
        """Select a cell and run it as a person does."""
        self.page.evaluate(
            "(cell) => { window.jupyterapp.shell.currentWidget.content.activeCellIndex = cell }",
            cell,
        )
        self.command("notebook:run-cell")

    def run(self, cell: int) -> list[dict[str, Any]]:
        """Run a cell to its end; return its outputs."""
        before = self.execution_count(cell)
        self.start(cell)
        self.page.wait_for_function(
            """([cell, before]) => {
              const model = window.jupyterapp.shell.currentWidget.content.widgets[cell].model;
              return model.executionCount !== null && model.executionCount !== before
                && model.executionState !== "running";
            }""",
            arg=[cell, before],
            timeout=120_000,
        )
        self.wait_for_kernel("idle")
        return self.outputs(cell)

    def execution_count(self, cell: int) -> int | None:
        """Return the number in front of a cell."""
        count: int | None = self.page.evaluate(
            "(cell) => window.jupyterapp.shell.currentWidget.content.widgets[cell]"
            ".model.executionCount",
            cell,
        )
        return count

    def command(self, name: str) -> None:
        """Run one of JupyterLab's commands without waiting for its end."""
        self.page.evaluate("(name) => { window.jupyterapp.commands.execute(name) }", name)

    def outputs(self, cell: int) -> list[dict[str, Any]]:
        """Return a cell's outputs as they would be saved."""
        found: list[dict[str, Any]] = self.page.evaluate(_OUTPUTS, cell)
        return found

    def wait_for_output(self, cell: int) -> None:
        """Wait until a cell has said something.

        The kernel's status does not tell that a cell runs: the panel's and the editor's own
        requests are answered meanwhile, and the status is idle after each.
        """
        self.page.wait_for_function(
            f"(cell) => ({_OUTPUTS})(cell).length > 0", arg=cell, timeout=90_000
        )

    def wait_for_text(self, cell: int, length: int) -> str:
        """Wait until a cell's displayed text has at least so many characters; return it."""
        self.page.wait_for_function(
            f"""([cell, length]) => ({_OUTPUTS})(cell).some(
              (output) => (output.data?.["text/plain"] ?? "").length >= length)""",
            arg=[cell, length],
            timeout=90_000,
        )
        text: str = max(
            (output["data"]["text/plain"] for output in self.outputs(cell) if "data" in output),
            key=len,
        )
        return text

    def save(self) -> Any:
        """Save the notebook; return it as it lies on disk."""
        self.page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
        return nbformat.read(self.path, as_version=4)
