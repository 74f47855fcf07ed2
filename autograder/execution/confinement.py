"""The first program inside the box: it gives up what a kernel has no use for, and then becomes the kernel.

It runs there from its text alone, `python -c TEXT LIMITS LIFELINE PROGRAM ARGUMENT...`, so it imports nothing but the standard
library. The lifeline is the number of an open pipe whose other end the grader holds, or -1: bubblewrap binds the life of the
box to the grader's, but a box that is still being built when the grader is killed would stay for ever.

Limits are inherited by whatever the kernel starts. The refused system calls are those that hold memory which belongs to no
process and so escapes the watch (memfd_create, shmget, msgget), those that reach into other processes or into the kernel
of the machine, and those that make new namespaces. Callers are told that the call does not exist, and take another way.
"""

import ctypes
import os
import platform
import resource
import select
import signal
import struct
import sys

_ENOSYS = 38
# What asks for the number of the running architecture, and by machine: that architecture and the refused calls.
_REFUSED = {
    "x86_64": (
        0xC000003E,
        {
            "memfd_create": 319, "memfd_secret": 447, "shmget": 29, "msgget": 68, "ptrace": 101, "process_vm_readv": 310,
            "process_vm_writev": 311, "add_key": 248, "request_key": 249, "keyctl": 250, "bpf": 321,
            "perf_event_open": 298, "userfaultfd": 323, "io_uring_setup": 425, "unshare": 272, "setns": 308, "mount": 165,
        },
    ),
    "aarch64": (
        0xC00000B7,
        {
            "memfd_create": 279, "memfd_secret": 447, "shmget": 194, "msgget": 186, "ptrace": 117, "process_vm_readv": 270,
            "process_vm_writev": 271, "add_key": 217, "request_key": 218, "keyctl": 219, "bpf": 280,
            "perf_event_open": 241, "userfaultfd": 282, "io_uring_setup": 425, "unshare": 97, "setns": 268, "mount": 40,
        },
    ),
}  # fmt: skip


def limit(pairs: str) -> None:
    """Set hard limits, written "RLIMIT_NOFILE=256,RLIMIT_CORE=0"; raises ValueError where one cannot be set."""
    for name, value in (pair.split("=") for pair in pairs.split(",")):
        kind, hardest = getattr(resource, name), int(value)
        _, current = resource.getrlimit(kind)
        if current != resource.RLIM_INFINITY:
            hardest = min(hardest, current)
        resource.setrlimit(kind, (hardest, hardest))


def filter_program(machine: str) -> bytes:
    """The BPF program that refuses the calls above on a machine; empty for a machine whose numbers are not known."""
    if machine not in _REFUSED:
        return b""
    architecture, calls = _REFUSED[machine]
    load, equal, at_least, give_back = 0x20, 0x15, 0x35, 0x06
    refuse = (give_back, 0, 0, 0x00050000 | _ENOSYS)
    # Field 4 of what is looked at is the architecture, field 0 the call. Calls of another architecture are refused, as
    # their numbers mean other things; so are those of x32, which begin at bit 30.
    steps = [(load, 0, 0, 4), (equal, 1, 0, architecture), refuse, (load, 0, 0, 0), (at_least, 0, 1, 1 << 30), refuse]
    for number in calls.values():
        steps += [(equal, 0, 1, number), refuse]
    steps.append((give_back, 0, 0, 0x7FFF0000))
    return b"".join(struct.pack("HBBI", *step) for step in steps)


def refuse_calls() -> None:
    """Install the filter for this process and all that it starts. Raises OSError where the kernel does not take it."""
    program = filter_program(platform.machine())
    if not program:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    text = ctypes.create_string_buffer(program, len(program))
    whole = struct.pack("HL", len(program) // 8, ctypes.addressof(text))
    no_new_privileges, seccomp, filtered = 38, 22, 2
    for call in ((no_new_privileges, 1, 0, 0, 0), (seccomp, filtered, whole, 0, 0)):
        arguments = [a if isinstance(a, bytes) else ctypes.c_ulong(a) for a in call]
        if libc.prctl(*arguments):
            raise OSError(ctypes.get_errno(), "the kernel refused to filter system calls")


def end_with_parent() -> None:
    """Have the kernel of the machine end this process when the one that started it ends."""
    die_with_parent = 1
    ctypes.CDLL(None).prctl(die_with_parent, ctypes.c_ulong(signal.SIGKILL), 0, 0, 0)


def is_alone(lifeline: int) -> bool:
    """Whether the grader at the other end of the pipe is gone; closes this end."""
    poll = select.poll()
    poll.register(lifeline, 0)
    gone = bool(poll.poll(0))
    os.close(lifeline)
    return gone


if __name__ == "__main__":
    limit(sys.argv[1])
    if sys.platform == "linux":
        end_with_parent()
        refuse_calls()
    if int(sys.argv[2]) >= 0 and is_alone(int(sys.argv[2])):
        sys.exit("the grader is gone")
    os.execv(sys.argv[3], sys.argv[3:])
