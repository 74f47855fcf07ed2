"""Numbers so small that a processor slows down for them: weights, gradients and moments that decay towards 0 in training.

Below 1.2e-38 a float32 is *subnormal*: it has fewer digits than others, and many processors leave their fast path for it. Once
a network has generalised, weight decay shrinks what it does not use, and the gradients and moments of that pass through this
range: a step of modular addition then takes several times as long. Treated as 0 they change no metric of such a run. (A
network whose every weight decays through this range and grows again is another one afterwards; it was noise before.)

Pitfall: the setting belongs to a thread, and a new thread takes it over from the one that starts it.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import torch

_SUBNORMAL = 1e-40
_MANY = 2**20  # numbers, more than torch computes in one thread where it has several


@contextmanager
def subnormals_as_zero() -> Iterator[None]:
    """Until the block ends, subnormal results are 0 in this thread, on processors that can do this; others do as before."""
    before = _are_zero()
    torch.zeros(_MANY).add_(1)  # starts torch's own threads, if this is their first use: they would keep the setting
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(before)


def _are_zero() -> bool:
    """Whether subnormal results are 0 in this thread now: torch does not tell, so one is computed."""
    return not (torch.full((16,), 2 * _SUBNORMAL) / 2).any()
