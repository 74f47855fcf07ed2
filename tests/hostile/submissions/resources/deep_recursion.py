"""Recurse until the C stack is gone."""

# %%
import sys


def mean_of(values):
    sys.setrecursionlimit(10**9)

    def deeper(n):
        return repr([deeper(n + 1)])

    return deeper(0)
