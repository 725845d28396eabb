"""What the reading process may not do: use the network, start programs, take more memory or time than it was given.

The unpickler executes nothing; this is for the case that it, Python or numpy has a fault. Every measure says whether
it took hold, because not every system has every one.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_FILTER, _SIGKILL = 1, 38, 22, 2, 9
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000

# System calls that are answered with "not permitted". Source: the kernel's tables (syscall_64.tbl, unistd.h).
_FORBIDDEN = {
    "x86_64": {
        "audit": 0xC000003E,
        "socket": 41,
        "connect": 42,
        "sendto": 44,
        "sendmsg": 46,
        "bind": 49,
        "socketpair": 53,
        "fork": 57,
        "vfork": 58,
        "execve": 59,
        "ptrace": 101,
        "mount": 165,
        "unshare": 272,
        "process_vm_writev": 311,
        "bpf": 321,
        "execveat": 322,
        "io_uring_setup": 425,
    },
    "aarch64": {
        "audit": 0xC00000B7,
        "mount": 40,
        "unshare": 97,
        "ptrace": 117,
        "socket": 198,
        "socketpair": 199,
        "bind": 200,
        "connect": 203,
        "sendto": 206,
        "sendmsg": 211,
        "execve": 221,
        "process_vm_writev": 271,
        "bpf": 280,
        "execveat": 281,
        "io_uring_setup": 425,
    },
}


def confine(memory_bytes: int, cpu_seconds: int, output_bytes: int) -> list[str]:
    """Limit this process for good; returns what took hold, in words. Bytes of address space, of one written file."""
    held = _limits(memory_bytes, cpu_seconds, output_bytes)
    closed = _close(ctypes.CDLL(None, use_errno=True)) if sys.platform == "linux" else []
    return [*held, *(closed or ["the network could not be closed on this system"])]


def _close(libc: ctypes.CDLL) -> list[str]:
    """No network, no other programs, and an end together with the parent."""
    _control(libc, _PR_SET_PDEATHSIG, _SIGKILL)
    held = ["own empty network"] if _no_network(libc) else []
    if _control(libc, _PR_SET_NO_NEW_PRIVS, 1) and _no_calls(libc):
        held.append("no sockets and no programs (seccomp)")
    return held


def _control(libc: ctypes.CDLL, option: int, first: int, second: int = 0) -> bool:
    """prctl(2): its arguments are unsigned longs. True when it succeeded."""
    words = [ctypes.c_ulong(value) for value in (first, second, 0, 0)]
    return bool(libc.prctl(option, *words) == 0)


def _limits(memory_bytes: int, cpu_seconds: int, output_bytes: int) -> list[str]:
    try:
        import resource
    except ImportError:  # Windows
        return []
    held = []
    for kind, value, word in (
        (resource.RLIMIT_CORE, 0, ""),
        (resource.RLIMIT_CPU, cpu_seconds, "computing time"),
        (resource.RLIMIT_FSIZE, output_bytes, "size of files"),
        (resource.RLIMIT_NOFILE, 64, ""),
        (resource.RLIMIT_AS, memory_bytes, "memory"),
    ):
        hard = resource.getrlimit(kind)[1]
        most = value + (kind == resource.RLIMIT_CPU)  # a second later, so that the signal tells which limit it was
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        try:
            resource.setrlimit(kind, (min(value, most), most))
        except (OSError, ValueError):
            continue  # macOS does not limit the address space
        if word:
            held.append(f"limited {word}")
    return held


def _no_network(libc: ctypes.CDLL) -> bool:
    """A network namespace of its own, which has no interface; unprivileged where user namespaces are allowed."""
    flags = _CLONE_NEWNET if os.geteuid() == 0 else _CLONE_NEWUSER | _CLONE_NEWNET
    return bool(libc.unshare(flags) == 0)


def _no_calls(libc: ctypes.CDLL) -> bool:
    """A seccomp filter in classic BPF. Source: seccomp(2) and the kernel's Documentation/networking/filter.rst."""
    table = _FORBIDDEN.get(platform.machine())
    if table is None:
        return False
    load, equal, above, give = 0x20, 0x15, 0x35, 0x06
    kill, refuse, allow = 0x80000000, 0x00050001, 0x7FFF0000  # EPERM is 1
    numbers = [number for name, number in table.items() if name != "audit"]
    count = len(numbers)
    program = [(load, 0, 0, 4), (equal, 1, 0, table["audit"]), (give, 0, 0, kill), (load, 0, 0, 0)]
    program.append((above, count + 1, 0, 0x40000000))  # the x32 way to number the same calls
    program += [(equal, count - i, 0, number) for i, number in enumerate(numbers)]
    program += [(give, 0, 0, allow), (give, 0, 0, refuse)]
    code = b"".join(struct.pack("HBBI", *line) for line in program)
    buffer = ctypes.create_string_buffer(code)
    header = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(program), ctypes.addressof(buffer)))
    return _control(libc, _PR_SET_SECCOMP, _SECCOMP_FILTER, ctypes.addressof(header))
