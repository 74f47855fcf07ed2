"""When a drawn figure counts as the expected one: the same curves on a log-step axis, labelled, with the same steps marked.

Colours, sizes, the order of panels and how many curves share one are free, and so is the wording of labels.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from course_utils.checking.comparators.base import Comparator, Mismatch
from course_utils.checking.comparators.words import describe


@dataclass(frozen=True)
class DrawnFigure(Comparator):
    """Facts of figures (see `figure_facts`): every expected curve under its name, every mark, log axes, labels.

    Marked steps agree within `rtol`, or within half a step, as they are often rounded.
    """

    name: ClassVar[str] = "drawn_figure"
    rtol: float = 0.01

    def compare(self, got: object, expected: object, inputs: dict | None = None) -> Mismatch | None:
        if not (_are_facts(got) and _are_facts(expected)):
            return Mismatch(describe(got), "a figure", "return the figure itself")
        return (
            self._compare_curves(got["panels"], expected["panels"])
            or _compare_axes(got["panels"], expected["panels"])
            or self._compare_marks(got["panels"], expected["panels"])
        )

    def _is_at(self, step: float, mark: float) -> bool:
        return abs(step - mark) <= max(self.rtol * abs(step), 0.51)

    @staticmethod
    def _compare_curves(got: list[dict], expected: list[dict]) -> Mismatch | None:
        drawn = {plain(name): points for panel in got for name, points in panel["curves"].items()}
        for name, points in ((n, p) for panel in expected for n, p in panel["curves"].items()):
            if plain(name) not in drawn:
                return Mismatch(f"curves {sorted(drawn)}", f"a curve labelled {name!r}")
            if not _same_points(drawn[plain(name)], points):
                return Mismatch(f"other points in {name!r}", "each value at its step, a gap where it is missing")
        return None

    def _compare_marks(self, got: list[dict], expected: list[dict]) -> Mismatch | None:
        for panel in expected:
            for name in panel["curves"]:
                theirs = next(p for p in got if plain(name) in map(plain, p["curves"]))
                for step in panel["marks"]:
                    if not any(self._is_at(step, mark) for mark in theirs["marks"]):
                        return Mismatch(f"marks {_told(theirs['marks'])} with {name!r}", f"one at step {step:.0f}")
                    if _names(panel, name) and not _names(theirs, name):
                        return Mismatch(f"texts {theirs['texts']}", f"a text that says that the mark is of {name!r}")
        wanted = [step for panel in expected for step in panel["marks"]]
        for step in (mark for panel in got for mark in panel["marks"]):
            if not any(self._is_at(step, mark) for mark in wanted):
                return Mismatch(f"a mark at step {step:.0f}", f"marks at {_told(wanted)} alone")
        return None


def _are_facts(value: object) -> bool:
    return type(value) is dict and type(value.get("panels")) is list and all(map(_is_panel, value["panels"]))


def _is_panel(panel: object) -> bool:
    kinds = {"scale": str, "xlabel": str, "ylabel": str, "curves": dict, "marks": list, "texts": list}
    return (
        type(panel) is dict
        and all(type(panel.get(key)) is kind for key, kind in kinds.items())
        and all(type(name) is str and _are_points(points) for name, points in panel["curves"].items())
        and all(type(mark) in (int, float) and not abs(mark) >= 2**63 for mark in panel["marks"])
        and all(type(text) is str for text in panel["texts"])
    )


def _are_points(value: object) -> bool:
    return isinstance(value, np.ndarray) and value.ndim == 2 and len(value) == 2 and value.dtype.kind in "iuf"


def _compare_axes(got: list[dict], expected: list[dict]) -> Mismatch | None:
    """What is wrong with axes, unless it is just what is wrong with the expected ones, as a misconception's are."""
    (fault, mismatch), (wanted, _) = _fault_of_axes(got), _fault_of_axes(expected)
    if fault == wanted:
        return None
    return mismatch or Mismatch("axes as they should be", wanted)


def _fault_of_axes(panels: list[dict]) -> tuple[str, Mismatch | None]:
    """The first thing that is wrong with the axes of curves, in a word and as a mismatch; nothing where all is right."""
    for panel in (panel for panel in panels if panel["curves"]):
        shown = ", ".join(panel["curves"])
        if panel["scale"] != "log":
            told = Mismatch(f"a {panel['scale']} axis under {shown}", "a logarithmic step axis")
            return f"scale {panel['scale']}", told
        for axis in "xy":
            if not panel[f"{axis}label"]:
                return axis, Mismatch(f"no label on the {axis} axis of {shown}", "a label on both axes")
    return "", None


def _names(panel: dict, name: str) -> bool:
    return any(plain(name) in plain(text) for text in panel["texts"])


def plain(text: object) -> str:
    """A name as it is compared: without case, underscores and hyphens.

    >>> plain("log_odds") == plain("Log-odds")
    True
    """
    return " ".join(str(text).lower().replace("_", " ").replace("-", " ").split())


def _same_points(got: object, expected: object) -> bool:
    one, other = np.asarray(got), np.asarray(expected)
    return one.shape == other.shape and bool(np.allclose(one, other, rtol=1e-4, atol=1e-8, equal_nan=True))


def _told(steps: list[float]) -> str:
    return ", ".join(f"{step:.0f}" for step in sorted(steps)) or "none"


def drawn_figure(rtol: float = 0.01) -> DrawnFigure:
    """A figure with the expected curves and marks."""
    return DrawnFigure(rtol)
