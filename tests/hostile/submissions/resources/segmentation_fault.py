"""Read address 0, so that the process ends by a signal."""

# %%
import ctypes


def mean_of(values):
    return ctypes.string_at(0)
