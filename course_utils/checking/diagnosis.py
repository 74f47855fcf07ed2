"""From outcomes to words: which cases do not agree, and which known misconception gives the same wrong answers."""

import textwrap
from collections.abc import Sequence

import numpy as np

from course_utils.checking.comparators import Mismatch
from course_utils.checking.outcomes import Outcome
from course_utils.checking.public_cases import CaseSet, Misconception

MAX_CASES_SHOWN = 3
LINE = 100  # characters: as many as JupyterLab shows, beside its file browser, in a window 1280 pixels wide


def mismatches(cases: CaseSet, outcomes: Sequence[Outcome]) -> list[Mismatch | None]:
    """For each case None, or what differs from the expected outcome."""
    pairs = zip(cases.cases, outcomes, cases.expected, strict=True)
    return [_mismatch(cases, case.inputs(tensors=False), outcome, expected) for case, outcome, expected in pairs]


def _mismatch(cases: CaseSet, inputs: dict, outcome: Outcome, expected: Outcome) -> Mismatch | None:
    if outcome.error:
        return Mismatch(f"{outcome.error}: {outcome.message}".strip(": "), "an answer", outcome.where.strip())
    if outcome.refusal:
        return Mismatch("no answer that can be checked", "plain data", outcome.refusal)
    return cases.compare.compare(outcome.value, expected.value, inputs)


def likely_cause(cases: CaseSet, outcomes: Sequence[Outcome], wrong: Sequence[Mismatch | None]) -> Misconception | None:
    """The misconception that gives the same answers wherever the answer is wrong, and most often elsewhere."""
    failing = [index for index, mismatch in enumerate(wrong) if mismatch]
    if not failing:
        return None

    def agreement(misconception: Misconception) -> list[bool]:
        pairs = zip(outcomes, misconception.outcomes, strict=True)
        return [same_outcome(cases, index, one, other) for index, (one, other) in enumerate(pairs)]

    scored = [(agreement(misconception), misconception) for misconception in cases.misconceptions]
    candidates = [(sum(agrees), misconception) for agrees, misconception in scored if all(agrees[i] for i in failing)]
    return max(candidates, key=lambda candidate: candidate[0], default=(0, None))[1]


def same_outcome(cases: CaseSet, index: int, one: Outcome, other: Outcome) -> bool:
    """Whether two outcomes are the same mistake: the same kind of error, or values that count as equal."""
    if not (one.is_value and other.is_value):
        return bool(one.error) and one.error == other.error
    if same_value(one.value, other.value):
        return True
    return cases.compare.compare(one.value, other.value, cases.cases[index].inputs(tensors=False)) is None


def same_value(one: object, other: object) -> bool:
    """The same type and shape, and the same numbers up to rounding; NaN is the same as NaN."""
    if type(one) is not type(other):
        return False
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same_value, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same_value(one[key], other[key]) for key in one)
    if isinstance(one, np.ndarray):
        return one.shape == other.shape and bool(np.allclose(one, other, rtol=1e-4, atol=1e-8, equal_nan=True))
    if type(one) is float:
        return bool(np.isclose(one, other, rtol=1e-4, atol=1e-8, equal_nan=True))
    return bool(one == other) if type(one) in (int, str, bool, set, type(None)) else False


def report(cases: CaseSet, outcomes: Sequence[Outcome]) -> str:
    """What to tell a student about the public cases: the empty string where all agree."""
    wrong = mismatches(cases, outcomes)
    pairs = enumerate(zip(cases.cases, wrong, strict=True), 1)
    failing = [(number, case, mismatch) for number, (case, mismatch) in pairs if mismatch]
    if not failing:
        return ""
    passed = len(wrong) - len(failing)
    lines = [f"{cases.exercise}: the public cases do not pass ({passed} of {len(wrong)} do)"]
    lines += [
        _told(f"  case {number}, {case.label}:", mismatch) for number, case, mismatch in failing[:MAX_CASES_SHOWN]
    ]
    if len(failing) > MAX_CASES_SHOWN:
        lines.append(f"  and {len(failing) - MAX_CASES_SHOWN} more")
    return "\n".join(_wrapped(lines) + advice(likely_cause(cases, outcomes, wrong)))


def _told(case: str, mismatch: Mismatch) -> str:
    """A case and what differs, on one line where they fit on it."""
    line = f"{case}   {mismatch}"
    return line if len(line.splitlines()[0]) <= LINE else f"{case}\n    {mismatch}"


def _wrapped(texts: Sequence[str]) -> list[str]:
    """The lines of texts, long ones continued further in: JupyterLab would break them in the middle of a word."""
    wrapped = []
    for line in (line for text in texts for line in text.splitlines()):
        inner = " " * (len(line) - len(line.lstrip()) + 4)
        wrapped += textwrap.wrap(line, LINE, subsequent_indent=inner, break_long_words=False, break_on_hyphens=False)
    return wrapped


def advice(cause: Misconception | None) -> list[str]:
    """The likely cause and the hint to read, as lines."""
    if cause is None:
        return ["  see the hints above the cell"]
    hint = f"  see {cause.hint}" if cause.hint else "  see the hints above the cell"
    return _wrapped([f"  likely cause: {cause.cause}", hint])
