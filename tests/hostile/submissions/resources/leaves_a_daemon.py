"""Leave a process behind that waits for the grader to be done and then writes where it can."""

# %%
import os
import sys
import time


def mean_of(values):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execv(sys.executable, ["x", "-c", "import time; time.sleep(120)", "hostile-daemon"])
        os._exit(0)
    time.sleep(0.5)
    return 0.0
