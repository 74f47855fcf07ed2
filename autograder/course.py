"""A course directory: where submissions lie, and where grades, feedback and nbgrader's gradebook go."""

import re
from dataclasses import dataclass
from pathlib import Path

from nbgrader.utils import parse_utc

_MAX_TIMESTAMP_BYTES = 200
# What nbgrader's pages put into HTML and script as it is, and what takes its place in the ids that nbgrader is told.
_LOOKS_LIKE = str.maketrans({"<": "\u2039", ">": "\u203a", '"': "\u201d", "\\": "\u29f5", "`": "\u02cb"})
_ODD = re.compile(r"[^\w.@+=-]")


@dataclass(frozen=True)
class Course:
    """The folders of one course, in nbgrader's own layout."""

    root: Path

    @property
    def db_url(self) -> str:
        return f"sqlite:///{self.root.resolve() / 'gradebook.db'}"

    def source(self, name: str) -> Path:
        return self.root / "source" / name / f"{name}.ipynb"

    def submitted(self, student: str, name: str) -> Path:
        return self.root / "submitted" / student / name

    def autograded(self, student: str, name: str) -> Path:
        return self.root / "autograded" / nbgrader_id(student) / name / f"{name}.ipynb"

    def feedback(self, student: str, name: str) -> Path:
        return self.root / "feedback" / student / name / f"{name}.html"

    def grades(self, name: str) -> Path:
        return self.root / "grades" / f"{name}.csv"

    def studies(self, name: str) -> Path:
        """The studies of a class side by side, where an assignment has them."""
        return self.root / "grades" / f"{name}-studies.csv"

    def study_page(self, student: str, name: str) -> Path:
        """The page about one student's study, for whoever grades it by hand."""
        return self.root / "grades" / "studies" / name / f"{student}.html"

    def record(self, student: str, name: str) -> Path:
        """What the last grading run found, as JSON, so that a run that was stopped can go on."""
        return self.records(name) / f"{student}.json"

    def records(self, name: str) -> Path:
        return self.root / "grades" / "runs" / name

    def run(self, name: str) -> Path:
        """The nonce of the last grading run of an assignment."""
        return self.root / "grades" / "runs" / f"{name}.json"

    def expected(self, name: str) -> Path:
        """What the solved notebook gives for the cases of the last grading run, so that a regrade need not run it again."""
        return self.root / "grades" / "runs" / f"{name}-expected.json"

    def executed(self, student: str, name: str) -> Path:
        """What the last execution of a submission handed out, so that a regrade of one that did not change need not run it."""
        return self.root / "grades" / "runs" / f"{name}-executed" / f"{student}.json"

    def built(self, name: str) -> Path:
        """The notebooks that the solved script of an assignment gives, so that a regrade need not build them again."""
        return self.root / "grades" / "runs" / f"{name}-built.json"

    def registered(self, name: str) -> Path:
        """A hash of the source that nbgrader was told of."""
        return self.root / "grades" / "runs" / f"{name}-registered"

    def students(self) -> list[str]:
        """Everyone with a folder in submitted/, by name."""
        folder = self.root / "submitted"
        if not folder.is_dir():
            raise FileNotFoundError(
                f"{folder} is not there. Put each submission at {folder}/STUDENT/NAME/NAME.ipynb, then grade again."
            )
        return sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))

    def timestamp(self, student: str, name: str) -> object:
        """When a submission was handed in, from its timestamp.txt as nbgrader collects it; None where that tells no time.

        The file lies in a folder that a student may have filled: what is no ordinary small file, or no time, counts as
        none.
        """
        path = self.submitted(student, name) / "timestamp.txt"
        if path.is_symlink() or not path.is_file() or path.stat().st_size > _MAX_TIMESTAMP_BYTES:
            return None
        try:
            return parse_utc(path.read_text(encoding="utf-8").strip())
        except (ValueError, OverflowError):
            return None


def shown(name: str) -> str:
    """A student id as it may be printed: control characters, which could drive a terminal, are made visible."""
    return _ODD.sub(lambda found: found.group() if found.group().isprintable() else "\N{REPLACEMENT CHARACTER}", name)


def nbgrader_id(student: str) -> str:
    """A student's id as nbgrader gets it: the same, but for characters that its pages would take for HTML or script.

    >>> nbgrader_id("ada"), nbgrader_id("<b>")
    ('ada', '\u2039b\u203a')
    """
    return student.translate(_LOOKS_LIKE)
