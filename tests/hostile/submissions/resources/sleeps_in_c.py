"""Block inside C code, where no interrupt of Python's arrives."""

# %%
import ctypes


def mean_of(values):
    libc = ctypes.CDLL(None)
    libc.signal(2, ctypes.c_void_p(1))
    while True:
        libc.sleep(1000)
