"""Python code in; what came of running it in a process that is shut in and bounded, out.

Nothing here runs by itself: only `%galactica run`, the panel's “Run it” and `Session.run` call it.
The guards are a safety net for a model's mistakes. They are not a prison for malice: the program
runs as the same user, on the same kernel of the operating system.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import signal
import site
import stat
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO

from galai_jupyter import sandbox_guard
from galai_jupyter.errors import SandboxError
from galai_jupyter.options import RunOptions
from galai_jupyter.programs import Ending, Outcome, Program

_PROGRAM = "program.py"
_TICK = 0.05
_FILE_SIZE = 64 * 2**20
_SYSTEM = (
    *("/usr", "/lib", "/lib64", "/bin", "/nix/store"),
    *("/etc/ld.so.cache", "/etc/localtime", "/proc/cpuinfo", "/proc/meminfo"),
    "/sys/devices/system/cpu",
)
"""What programs of Linux read, beside the interpreter; no user's files."""

_SEATBELT = "/usr/bin/sandbox-exec"
_SEATBELT_PROFILE = (
    "(version 1)(allow default)(deny network*)(deny process-fork)"
    '(deny file-write*)(allow file-write* (subpath "{}") (literal "/dev/null"))'
)


def run_program(
    program: Program,
    options: RunOptions | None = None,
    waiting: Callable[[float], None] = lambda fraction: None,
) -> Outcome:
    """Run a program in a process of its own.

    The process gets an empty temporary folder, which is removed afterwards, an environment
    without the user's variables, no input, and the packages that are installed beside the
    kernel's interpreter. It is killed at the limits, and at a keyboard interrupt.

    Parameters
    ----------
    program : Program
        What to run.
    options : RunOptions, optional
        Time, memory and output that it gets.
    waiting : callable, optional
        ``waiting(fraction)``, called while it runs with the share of the time that is over.

    Returns
    -------
    Outcome
        How it ended; a program that fails, or is stopped, is no error.

    Raises
    ------
    SandboxError
        If no process could be started.
    """
    options = options or RunOptions()
    folder = Path(tempfile.mkdtemp(prefix="galai-run-")).resolve()
    try:
        (folder / _PROGRAM).write_text(program.code, encoding="utf-8", errors="replace")
        begun = time.monotonic()
        process, in_force = _start(folder, options)
        ending, seconds, stdout, stderr = _watch(process, begun, options, waiting)
        if ending == "failed" and stderr.rstrip().rpartition("\n")[2].startswith("MemoryError"):
            ending = "memory"
        written = _read(folder / program.output_file, options.output_limit)
        stderr = stderr.replace(f"{folder}{os.sep}", "")
        return Outcome(ending, stdout, stderr, written, seconds, in_force)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def available_guards() -> tuple[str, ...]:
    """Return which guards would be in force here; a process that runs nothing finds out."""
    folder = Path(tempfile.mkdtemp(prefix="galai-run-")).resolve()
    try:
        process, in_force = _start(folder, RunOptions(), program=None)
        process.communicate()
        return in_force
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _start(
    folder: Path, options: RunOptions, program: str | None = _PROGRAM
) -> tuple[subprocess.Popen[bytes], tuple[str, ...]]:
    """Start the program, shut in; return it and the guards in force."""
    python = [sys.executable, "-I", "-B", "-X", "utf8"]
    command = [*python, program] if program else []
    report, reported = os.pipe()
    try:
        if os.name == "posix":
            process = _popen(
                [
                    *_around(folder),
                    *python,
                    sandbox_guard.__file__,
                    _plan(folder, options, command, reported),
                ],
                folder,
                pass_fds=(reported,),
                start_new_session=True,
            )
        else:  # no means here but those of this process: time and output
            process = _popen(command or [*python, "-c", ""], folder)
    except OSError as error:
        os.close(report)
        raise SandboxError(f"No Python could be started to run the code: {error}.") from error
    finally:
        os.close(reported)
    try:
        with os.fdopen(report, encoding="utf-8") as lines:
            said = lines.read()
    except KeyboardInterrupt:
        _kill(process)
        raise
    if os.name == "posix" and not said:
        _, complaint = process.communicate()
        last = complaint.decode("utf-8", errors="replace").rstrip().rpartition("\n")[2]
        raise SandboxError(f"The process that was to run the code did not start: {last}.")
    return process, tuple(json.loads(said)) if said else ()


def _popen(command: list[str], folder: Path, **more: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # type: ignore[call-overload,no-any-return]
        command,
        cwd=folder,
        env=_environment(folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **more,
    )


def _around(folder: Path) -> list[str]:
    """Return the command of macOS that cuts a process off, where it is there."""
    if sys.platform == "darwin" and os.access(_SEATBELT, os.X_OK):
        return [_SEATBELT, "-p", _SEATBELT_PROFILE.format(folder)]
    return []


def _plan(folder: Path, options: RunOptions, command: list[str], report: int) -> str:
    """Return what the guard needs to know."""
    return json.dumps(
        {
            "folder": str(folder),
            "readable": _readable(),
            "memory": options.memory_limit * 2**20,
            "seconds": math.ceil(options.time_limit) + 1,
            "file_size": _FILE_SIZE,
            "command": command,
            "report": report,
            "in_force": ["network", "processes"] if _around(folder) else [],
        }
    )


def _readable() -> list[str]:
    """Return the interpreter's places, those of its libraries and the system's."""
    paths = sysconfig.get_paths()
    return [
        *(paths[name] for name in ("stdlib", "platstdlib", "purelib", "platlib")),
        *site.getsitepackages(),
        *(os.path.join(prefix, "lib") for prefix in {sys.prefix, sys.base_prefix}),
        os.path.join(sys.prefix, "pyvenv.cfg"),
        os.path.realpath(sys.executable),
        *_SYSTEM,
    ]


def _environment(folder: Path) -> dict[str, str]:
    """Return an environment without the user's variables, keys among them."""
    own = {
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "PATH": os.defpath,
        "LANG": "C.UTF-8",
        "MPLBACKEND": "Agg",
        **{f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")},
    }
    # Windows cannot start Python without them.
    kept = {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}
    return own | kept


class _Beginning(threading.Thread):
    """Reads a stream to its end and keeps no more of it than `limit` bytes."""

    def __init__(self, stream: IO[bytes], limit: int) -> None:
        super().__init__(daemon=True)
        self._stream, self._limit = stream, limit
        self._kept = bytearray()
        self.overflowed = False
        self.start()

    def run(self) -> None:
        while chunk := os.read(self._stream.fileno(), 65536):
            room = self._limit - len(self._kept)
            self._kept += chunk[:room]
            self.overflowed = self.overflowed or len(chunk) > room
        self._stream.close()

    @property
    def text(self) -> str:
        return self._kept.decode("utf-8", errors="replace").replace("\r\n", "\n")


def _watch(
    process: subprocess.Popen[bytes],
    begun: float,
    options: RunOptions,
    waiting: Callable[[float], None],
) -> tuple[Ending, float, str, str]:
    """Wait for the end, or make it; return how it came, the time and what was printed."""
    assert process.stdout and process.stderr
    streams = [_Beginning(each, options.output_limit) for each in (process.stdout, process.stderr)]
    ending: Ending | None = None
    try:
        while process.poll() is None and ending is None:
            seconds = time.monotonic() - begun
            if seconds >= options.time_limit:
                ending = "time"
            elif any(stream.overflowed for stream in streams):
                ending = "output"
            else:
                waiting(seconds / options.time_limit)
                _pause(process, min(_TICK, options.time_limit - seconds))
    except KeyboardInterrupt:
        ending = "interrupted"
    finally:
        seconds = time.monotonic() - begun
        _kill(process)
    for stream in streams:
        stream.join(1.0)  # whatever escaped might hold it open
    if ending is None and any(stream.overflowed for stream in streams):
        ending = "output"
    if ending is None:
        ending = "failed" if process.returncode else "finished"
    return ending, seconds, streams[0].text, streams[1].text


def _pause(process: subprocess.Popen[bytes], seconds: float) -> None:
    with suppress(subprocess.TimeoutExpired):
        process.wait(seconds)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the process and all that it has started."""
    if os.name == "posix":
        with suppress(ProcessLookupError, PermissionError):  # all have ended
            os.killpg(process.pid, signal.SIGKILL)
    elif process.poll() is None:
        process.kill()
    process.wait()


def _read(path: Path, limit: int) -> str | None:
    """Return the beginning of a file that the program wrote, if it is one, and no link."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        with open(os.open(path, flags), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return None
            return file.read(limit).decode("utf-8", errors="replace").replace("\r\n", "\n")
    except OSError:
        return None
