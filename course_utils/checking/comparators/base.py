"""What a comparator is: when does an answer count as equal to the expected one, and what is said when it does not?

A comparator takes two decoded plain values (see `plain_data`) and the inputs of the case, and returns None or a `Mismatch`. It
looks at type, then shape, then kind of dtype, then at NaN and infinity, and only then at values; it never broadcasts and
never raises. float32 and float64 count as one kind, and so do numpy arrays and torch tensors.

A comparator is data, so that it can travel with the public cases: `to_json` and `from_json`.
"""

from dataclasses import asdict, dataclass
from typing import ClassVar

COMPARATORS: dict[str, type["Comparator"]] = {}


@dataclass(frozen=True)
class Mismatch:
    """What came, what was expected, and a sentence where the two alone do not say it."""

    got: str
    expected: str
    reason: str = ""

    def __str__(self) -> str:
        line = f"got {self.got}   expected {self.expected}"
        return f"{line}\n    {self.reason}" if self.reason else line


@dataclass(frozen=True)
class Comparator:
    """Base of all comparators; a subclass names itself and defines `compare`."""

    name: ClassVar[str] = ""

    def __init_subclass__(cls) -> None:
        if "name" not in vars(cls):
            raise TypeError(f"{cls.__name__} has no name of its own, by which public cases can ask for it")
        COMPARATORS[cls.name] = cls

    def compare(self, got: object, expected: object, inputs: dict | None = None) -> Mismatch | None:
        """None where the answer counts as equal to the expected one, else what differs."""
        raise NotImplementedError

    def to_json(self) -> dict:
        return {"comparator": self.name, **asdict(self)}


def from_json(form: dict) -> Comparator:
    """The comparator that `to_json` wrote down; raises KeyError for an unknown name."""
    arguments = dict(form)
    return COMPARATORS[arguments.pop("comparator")](**arguments)
