"""Where the parts of an assignment lie: its solved script, its notebook, its wrong and its other right solutions."""

import ast
import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_HINT = re.compile(r"^\s*See (hint \d+)\.?\s*$", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True)
class Variant:
    """Another solution of an exercise: a misconception, which must fail, or an alternative, which must pass."""

    exercise: str
    path: Path

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def source(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @property
    def docstring(self) -> str:
        return ast.get_docstring(ast.parse(self.source)) or ""

    @property
    def cause(self) -> str:
        """What to tell a student who made this mistake: the docstring without its line about a hint."""
        return " ".join(_HINT.sub("", self.docstring).split())

    @property
    def hint(self) -> str:
        """The hint that helps, as in "hint 2", or the empty string."""
        found = _HINT.search(self.docstring)
        return found.group(1).lower() if found else ""


@dataclass(frozen=True)
class Assignment:
    """One notebook of the course, by name, in a repository."""

    name: str
    root: Path = ROOT

    @property
    def script(self) -> Path:
        return self.root / "solutions" / f"{self.name}.py"

    @property
    def notebook(self) -> Path:
        return self.root / "notebooks" / self.name / f"{self.name}.ipynb"

    @property
    def cases_module(self) -> Path:
        return self.root / "autograder" / "exercises" / f"{self.name}.py"

    def public_cases(self, exercise: str) -> Path:
        return self.root / "course_utils" / "data" / "public_cases" / f"{exercise}.json"

    def misconceptions(self, exercise: str) -> list[Variant]:
        return self._variants("misconceptions", exercise)

    def alternatives(self, exercise: str) -> list[Variant]:
        return self._variants("alternatives", exercise)

    def _variants(self, kind: str, exercise: str) -> list[Variant]:
        folder = self.root / "solutions" / kind / self.name / exercise
        return [Variant(exercise, path) for path in sorted(folder.glob("*.py"))]


def all_assignments(root: Path = ROOT) -> list[Assignment]:
    """Every assignment that has a solved script, by name."""
    return [Assignment(path.stem, root) for path in sorted((root / "solutions").glob("*.py"))]


def find_assignment(name: str, root: Path = ROOT) -> Assignment:
    """An assignment by name; raises LookupError, naming the known ones, where there is no such script."""
    known = {assignment.name: assignment for assignment in all_assignments(root)}
    if name not in known:
        raise LookupError(f"there is no assignment {name!r}: solutions/ holds {', '.join(known) or 'none'}")
    return known[name]
