"""Programs that are run in a sandbox: what they can do, and limits that bite."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from galai_jupyter import sandbox, sandbox_guard
from galai_jupyter.errors import SandboxError
from galai_jupyter.options import RunOptions
from galai_jupyter.programs import GUARDS, Outcome, Program
from galai_jupyter.sandbox import available_guards, run_program

GUARDS_HERE = available_guards()


def needs(guard: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(guard not in GUARDS_HERE, reason=f"{GUARDS[guard][1]} here")


def run(code: str, **options: object) -> Outcome:
    return run_program(Program(code), RunOptions(**options))  # type: ignore[arg-type]


def failure(outcome: Outcome) -> str:
    """Return the last line of the traceback of a program that failed."""
    assert outcome.ending == "failed"
    return outcome.stderr.rstrip().splitlines()[-1]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems lack some of them")
def test_on_linux_all_guards_are_there() -> None:
    assert set(GUARDS_HERE) == set(GUARDS)


def test_a_program_prints_its_result() -> None:
    outcome = run("print(15 * 240 / 100)")
    assert (outcome.ending, outcome.result, outcome.stderr) == ("finished", "36.0\n", "")
    assert outcome.seconds > 0 and outcome.in_force == GUARDS_HERE


def test_a_program_writes_its_result_into_a_file() -> None:
    code = 'with open("output.txt", "w") as file:\n    file.write(str(2 + 2))\nprint("done")'
    outcome = run(code)
    assert (outcome.result, outcome.stdout) == ("4", "done\n")
    other = run_program(Program('open("sum.txt", "w").write("5")', output_file="sum.txt"))
    assert other.result == "5"


def test_an_error_is_shown_without_the_folder() -> None:
    outcome = run("x = 1\nprint(x / 0)")
    assert failure(outcome) == "ZeroDivisionError: division by zero"
    assert 'File "program.py", line 2' in outcome.stderr


def test_it_starts_in_a_folder_of_its_own_which_is_gone_afterwards() -> None:
    outcome = run("import os; print(os.getcwd()); print(os.listdir()); print(__name__)")
    folder, files, name = outcome.stdout.splitlines()
    assert (files, name) == ("['program.py']", "__main__")
    assert Path(folder) != Path.cwd() and not Path(folder).exists()


def test_what_is_installed_beside_the_kernel_can_be_imported() -> None:
    assert run("import numpy; print(numpy.arange(4).sum())").result == "6\n"


def test_neither_the_users_folder_nor_their_environment_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.py").write_text("")
    monkeypatch.chdir(tmp_path)
    for name in ("GALAI_API_KEY", "HF_TOKEN", "PYTHONSTARTUP"):
        monkeypatch.setenv(name, "a secret")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert failure(run("import mine")) == "ModuleNotFoundError: No module named 'mine'"
    shown = run("import os; print(dict(os.environ))").stdout
    assert "NUM_THREADS" in shown
    assert "a secret" not in shown and str(tmp_path) not in shown


def test_there_is_nothing_to_read_from() -> None:
    assert failure(run("input()")).startswith("EOFError")


def test_an_endless_loop_is_stopped() -> None:
    assert run("while True: pass", time_limit=0.5).ending == "time"


def test_waiting_is_told_how_much_time_is_over() -> None:
    told: list[float] = []

    def waiting(fraction: float) -> None:
        told.append(fraction)
        if len(told) == 3:
            raise KeyboardInterrupt

    run_program(Program("while True: pass"), RunOptions(time_limit=1000.0), waiting)
    assert 0 <= told[0] < told[1] < told[2] < 1


@needs("memory")
def test_memory_is_bounded() -> None:
    assert run("print(len(bytearray(10**8)))", memory_limit=256).ending == "finished"
    assert run("bytearray(10**9)", memory_limit=256).ending == "memory"


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_flood_of_output_is_stopped_and_its_beginning_kept(stream: str) -> None:
    code = f"import sys\nwhile True: sys.{stream}.write('a\\n' * 1000)"
    outcome = run(code, output_limit=5000, time_limit=60.0)
    assert outcome.ending == "output"
    assert getattr(outcome, stream) == "a\n" * 2500


def test_a_flood_that_ends_by_itself_is_one_all_the_same() -> None:
    outcome = run("print('x' * 1000)", output_limit=100)
    assert (outcome.ending, outcome.stdout) == ("output", "x" * 100)
    outcome = run("open('output.txt', 'w').write('x' * 1000)", output_limit=100)
    assert outcome.result == "x" * 100


@pytest.mark.skipif(os.name != "posix", reason="POSIX has such a limit")
def test_files_cannot_fill_the_disk() -> None:
    outcome = run("f = open('big', 'wb')\nf.seek(10**10)\nf.write(b'x')\nf.flush()")
    assert "File too large" in failure(outcome)


@needs("processes")
def test_other_processes_cannot_be_started() -> None:
    bomb = "import os\nfor _ in range(20):\n    os.fork()\nprint('forked')"
    assert failure(run(bomb)).startswith(("PermissionError", "BlockingIOError"))
    assert "Error" in failure(run("import subprocess; subprocess.run(['true'])"))
    assert "Error" in failure(run("import os, signal; os.kill(os.getppid(), signal.SIGTERM)"))


@needs("processes")
def test_threads_can_be() -> None:
    code = "import threading\nt = threading.Thread(target=print, args=('hi',))\nt.start(); t.join()"
    assert run(code).stdout == "hi\n"


@pytest.mark.skipif(os.name != "posix", reason="there are no process groups")
def test_what_a_program_has_started_ends_with_it() -> None:
    code = "import os, time\nos.fork()\nos.write(1, b'up')\ntime.sleep(100)"
    command = [sys.executable, "-c", code]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True)
    assert process.stdout
    with process.stdout as stream:
        assert os.read(stream.fileno(), 2) + os.read(stream.fileno(), 2) == b"upup"
        sandbox._kill(process)
        assert stream.read() == b"", "comes when the last one has ended"


@pytest.fixture
def server() -> Iterator[socket.socket]:
    """A server on this machine."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def visit(server: socket.socket) -> str:
    """Return code that says hello to `server`."""
    address = server.getsockname()
    return f"import socket\nsocket.create_connection({address!r}, 5).sendall(b'hello')\n"


def test_the_test_server_can_be_reached_without_a_sandbox(server: socket.socket) -> None:
    subprocess.run([sys.executable, "-c", visit(server)], check=True)
    assert server.accept()[0].recv(5) == b"hello"


@needs("network")
def test_the_network_cannot_be_reached(server: socket.socket) -> None:
    assert "Error" in failure(run(visit(server)))
    server.setblocking(False)
    with pytest.raises(BlockingIOError):
        server.accept()


@pytest.mark.skipif(sys.platform != "linux", reason="these are means of Linux")
@pytest.mark.parametrize("means", ["_own_network", "_no_system_calls"])
def test_each_means_cuts_the_network_off_by_itself(means: str, server: socket.socket) -> None:
    code = (
        f"import runpy\nguard = runpy.run_path({sandbox_guard.__file__!r})\n"
        "guard['_works'](guard['_call'], 'prctl', 38, 1, 0, 0, 0)\n"
        f"print(guard['_works'](guard[{means!r}]), flush=True)\n{visit(server)}"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    if found.stdout != "True\n":
        pytest.skip(f"{means} is not allowed here")
    assert found.returncode != 0
    assert found.stderr.rstrip().splitlines()[-1].startswith(("OSError", "PermissionError"))


@needs("files")
def test_files_of_the_user_can_neither_be_read_nor_changed(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("a secret")
    for code in (
        f"print(open({str(secret)!r}).read())",
        f"open({str(secret)!r}, 'w')",
        f"import os; os.remove({str(secret)!r})",
        f"import os; os.listdir({str(tmp_path)!r})",
        f"import os; os.mkdir({str(tmp_path / 'new')!r})",
        f"open('/proc/{os.getpid()}/environ')",
    ):
        assert failure(run(code)).startswith("PermissionError"), code
    assert secret.read_text() == "a secret" and list(tmp_path.iterdir()) == [secret]


@pytest.mark.skipif(not hasattr(os, "O_NOFOLLOW"), reason="there are no such files")
def test_an_output_file_that_is_none_is_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("a secret")
    for code in (
        f"import os; os.symlink({str(secret)!r}, 'output.txt')",
        "import os; os.mkfifo('output.txt')",
        "import os; os.mkdir('output.txt')",
    ):
        outcome = run(code)
        assert (outcome.ending, outcome.written) == ("finished", None)


@pytest.mark.parametrize("raises", [KeyboardInterrupt, signal.SIGINT])
def test_an_interrupt_stops_the_program(raises: object) -> None:
    def waiting(fraction: float) -> None:
        if fraction > 0.003:
            if isinstance(raises, signal.Signals):
                signal.raise_signal(raises)
            raise KeyboardInterrupt

    program = Program("print('begun', flush=True)\nwhile True: pass")
    outcome = run_program(program, RunOptions(time_limit=100.0), waiting)
    assert outcome.ending == "interrupted"


@pytest.mark.parametrize(
    ("executable", "said"),
    [("/nowhere/python", "could be started"), ("/bin/false", "did not start")],
)
def test_a_python_that_does_not_start_is_named(
    monkeypatch: pytest.MonkeyPatch, executable: str, said: str
) -> None:
    monkeypatch.setattr(sys, "executable", executable)
    with pytest.raises(SandboxError, match=said):
        run("print(1)")


def test_output_is_text_whatever_it_is() -> None:
    outcome = run("import sys; sys.stdout.buffer.write(b'a\\xff\\r\\nb')")
    assert outcome.stdout == "a\ufffd\nb"
    assert run("print('\\ud800'.encode('utf-8', 'surrogatepass'))").ending == "finished"
    assert run("x = '\ud800'").ending == "finished"


def test_a_program_that_wrecks_its_folder_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    run("import os\nos.makedirs('a/b')\nopen('a/b/c', 'w')\nos.remove('program.py')")
    assert list(tmp_path.iterdir()) == []


def test_nothing_runs_programs_by_itself() -> None:
    """Only the command, the panel's "Run it" and the session's method know the sandbox."""
    package = Path(sandbox.__file__).parent
    knowing = {
        path.name for path in package.rglob("*.py") if "galai_jupyter.sandbox" in path.read_text()
    }
    assert knowing == {"runner.py", "run_command.py", "running.py", "session.py"}
