"""A plan as JSON in; this process, shut in as far as the platform can, becomes a program.

`sandbox.py` starts this file as a script of an isolated interpreter, so it uses the standard
library only. It gives up its rights step by step, writes down which guards are in force, and
then replaces itself by the program, which cannot take any of them back. Guards that the platform
lacks are left out of the report.

On Linux: a network namespace (unshare(2)), Landlock (landlock(7)), a seccomp filter (seccomp(2));
resource limits on any POSIX system.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import struct
import sys
from collections.abc import Callable, Iterable
from typing import Any

_NEW_USER_AND_NET = 0x10000000 | 0x40000000
_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER_MODE = 38, 22, 2

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every architecture
_READ_RIGHTS = 0b1101  # execute, read file, read directory
_FILE_RIGHTS = 0b110 | 1 << 14  # write, read, truncate
_RIGHTS_BY_VERSION = {1: 13, 2: 14, 3: 15, 4: 15}

# System calls that open sockets, start or touch other processes, or would let those in by another
# door: audit architecture, (socket, io_uring_setup, fork, vfork, ptrace, kill, pidfd_send_signal),
# clone. Signals to other processes are refused for the same reason.
_SYSTEM_CALLS: dict[str, tuple[int, tuple[int, ...], int]] = {
    "x86_64": (0xC000003E, (41, 425, 57, 58, 101, 62, 424), 56),
    "aarch64": (0xC00000B7, (198, 425, 117, 129, 424), 220),
}
_CLONE3, _CLONE_THREAD = 435, 0x10000
_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _JUMP_BITS, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW, _ERROR, _KILL = 0x7FFF0000, 0x00050000, 0x80000000


def _call(name: str, *arguments: Any) -> int:
    """Call a function of the C library; raise `OSError` where it fails or is missing."""
    try:
        function = getattr(ctypes.CDLL(None, use_errno=True), name)
    except AttributeError:
        raise OSError(errno.ENOSYS, name) from None
    result: int = function(*arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), name)
    return result


def _own_network() -> None:
    """Move into a network namespace, which has no way out, as nobody in particular."""
    user, group = os.getuid(), os.getgid()
    _call("unshare", _NEW_USER_AND_NET)
    # Not root, even if root runs this: so exec drops the rights that a new namespace brings.
    for name, line in (
        ("setgroups", "deny"),
        ("uid_map", f"{user or 1000} {user} 1"),
        ("gid_map", f"{group or 1000} {group} 1"),
    ):
        try:
            with open(f"/proc/self/{name}", "w") as file:
                file.write(line)
        except OSError:  # the namespace holds without names for its users
            pass


def _own_files(readable: Iterable[str], folder: str) -> None:
    """Leave to the program its folder, and the interpreter and libraries to read."""
    version = _call("syscall", _CREATE_RULESET, None, 0, 1)
    handled = (1 << _RIGHTS_BY_VERSION.get(version, 16)) - 1
    # From version 6 on the program cannot signal other processes either.
    attributes = struct.pack("QQQ", handled, 0, 0b11)[
        : 8 if version < 4 else 16 if version < 6 else 24
    ]
    ruleset = _call("syscall", _CREATE_RULESET, attributes, len(attributes), 0)
    rules = [(path, _READ_RIGHTS) for path in readable]
    rules += [(path, _FILE_RIGHTS) for path in ("/dev/null", "/dev/zero", "/dev/urandom")]
    for path, rights in [*rules, (folder, handled)]:
        try:
            place = os.open(path, os.O_PATH)
        except OSError:
            continue
        rights &= handled if os.path.isdir(path) else handled & (_FILE_RIGHTS | 1)
        _call("syscall", _ADD_RULE, ruleset, 1, struct.pack("=Qi", rights, place), 0)
        os.close(place)
    _call("syscall", _RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)


def _no_system_calls() -> None:
    """Refuse sockets, other processes and signals to them; threads are allowed."""
    architecture, refused, clone = _SYSTEM_CALLS[os.uname().machine]
    refuse = _RETURN, 0, 0, _ERROR | errno.EPERM
    filters = [
        (_LOAD, 0, 0, 4),
        (_JUMP_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, 0),
        (_JUMP_AT_LEAST, 0, 1, 0x40000000),  # x32
        refuse,
    ]
    for number in refused:
        filters += [(_JUMP_EQUAL, 0, 1, number), refuse]
    # glibc falls back to clone, whose flags a filter can read.
    filters += [(_JUMP_EQUAL, 0, 1, _CLONE3), (_RETURN, 0, 0, _ERROR | errno.ENOSYS)]
    filters += [(_JUMP_EQUAL, 0, 3, clone), (_LOAD, 0, 0, 16), (_JUMP_BITS, 1, 0, _CLONE_THREAD)]
    filters += [refuse, (_RETURN, 0, 0, _ALLOW)]
    packed = b"".join(struct.pack("HBBI", *each) for each in filters)
    buffer = ctypes.create_string_buffer(packed, len(packed))
    program = struct.pack("HP", len(filters), ctypes.addressof(buffer))
    _call("prctl", _SET_SECCOMP, _FILTER_MODE, program, 0, 0)


def _limit_resources(memory: int, seconds: int, file_size: int) -> bool:
    """Set resource limits; return whether that of memory is in force."""
    import resource

    limits = [("CPU", seconds), ("FSIZE", file_size), ("CORE", 0), ("AS", memory)]
    bounded = False
    for name, value in limits:
        kind = getattr(resource, f"RLIMIT_{name}")
        try:
            resource.setrlimit(kind, (value, value))
            bounded = name == "AS" and sys.platform != "darwin"  # where it has no effect
        except (ValueError, OSError):
            pass
    return bounded


def _no_processes() -> None:
    """Bound the number of processes to those that there are."""
    import resource

    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))


def _works(step: Callable[..., Any], *arguments: Any) -> bool:
    try:
        step(*arguments)
    except (OSError, KeyError, ValueError):
        return False
    return True


def shut_in(plan: dict[str, Any]) -> set[str]:
    """Give up rights as `plan` says; return the guards that are in force."""
    in_force = set(plan["in_force"])
    is_root = os.getuid() == 0
    if sys.platform == "linux":
        _works(_call, "prctl", _NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        if _works(_own_network):
            in_force.add("network")
        if _works(_own_files, plan["readable"], plan["folder"]):
            in_force.add("files")
    if _limit_resources(plan["memory"], plan["seconds"], plan["file_size"]):
        in_force.add("memory")
    if sys.platform == "linux" and _works(_no_system_calls):
        in_force |= {"network", "processes"}
    elif not is_root and _works(_no_processes):  # that limit does not hold for root
        in_force.add("processes")
    return in_force


def main() -> None:
    """Read the plan, shut this process in, report, and become the program."""
    plan = json.loads(sys.argv[1])
    in_force = shut_in(plan)
    with os.fdopen(plan["report"], "w") as report:
        report.write(json.dumps(sorted(in_force)))
    if plan["command"]:
        os.execv(plan["command"][0], plan["command"])


if __name__ == "__main__":
    main()
