"""Vectors up to what their maths leaves open: their sign, their order."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from course_utils.checking.comparators.base import Mismatch
from course_utils.checking.comparators.numbers import Close


@dataclass(frozen=True)
class UpToSign(Close):
    """Vectors along `axis` (the last one unless said otherwise), each of which may have its sign flipped as a whole."""

    name: ClassVar[str] = "up_to_sign"
    axis: int = -1

    def compare_values(self, one: np.ndarray, other: np.ndarray) -> Mismatch | None:
        if one.ndim == 0:
            return super().compare_values(one, other)
        agreement = (one * other).real.sum(axis=self.axis, keepdims=True)
        return super().compare_values(one * np.where(agreement < 0, -1, 1), other)


@dataclass(frozen=True)
class UpToPermutation(Close):
    """Slices along `axis` in any order, and with `signs` each up to its sign.

    Where the order that came is not right as it is, it is found by the assignment that makes the summed absolute difference
    least.
    """

    name: ClassVar[str] = "up_to_permutation"
    axis: int = 0
    signs: bool = False

    def compare_values(self, one: np.ndarray, other: np.ndarray) -> Mismatch | None:
        as_it_is = super().compare_values(one, other)
        if as_it_is is None or one.ndim == 0 or one.size == 0:
            return as_it_is
        from scipy.optimize import linear_sum_assignment  # takes a third of a second, and most answers do without

        rows, wanted = (np.moveaxis(array, self.axis, 0).reshape(array.shape[self.axis], -1) for array in (one, other))
        distance = _distances(wanted, rows)
        if self.signs:
            flipped = _distances(wanted, -rows)
            sign, distance = np.where(flipped < distance, -1, 1), np.minimum(distance, flipped)
        _, order = linear_sum_assignment(distance)
        matched = rows[order] * (sign[np.arange(len(order)), order][:, None] if self.signs else 1)
        return super().compare_values(matched, wanted)


def _distances(wanted: np.ndarray, rows: np.ndarray) -> np.ndarray:
    return np.stack([np.abs(rows - target).sum(axis=1) for target in wanted])


def up_to_sign(axis: int = -1, rtol: float = 1e-4, atol: float = 1e-8, shape: str = "") -> UpToSign:
    """Vectors along an axis, each up to its sign."""
    return UpToSign(rtol, atol, shape, axis=axis)


def up_to_permutation(
    axis: int = 0, rtol: float = 1e-4, atol: float = 1e-8, shape: str = "", signs: bool = False
) -> UpToPermutation:
    """Slices along an axis in any order."""
    return UpToPermutation(rtol, atol, shape, axis=axis, signs=signs)
