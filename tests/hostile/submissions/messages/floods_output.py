"""Print without end, to both streams."""

# %%
import sys


def mean_of(values):
    while True:
        print("x" * 100_000)
        print("y" * 100_000, file=sys.stderr)
