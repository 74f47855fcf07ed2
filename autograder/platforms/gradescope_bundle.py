"""The autograder of one assignment as a zip file in Gradescope's conventions: setup.sh, run_autograder, results.json.

What students' code may read is installed as a package; what it must not, the grader with the solved notebook, lies in a folder
that only root can enter when a submission runs.
"""

import zipfile
from collections.abc import Iterator
from pathlib import Path

from autograder.assignments import ROOT, Assignment

_TEMPLATES = Path(__file__).parent / "templates" / "gradescope"
_PROGRAMS = ("setup.sh", "run_autograder")


def write_bundle(assignment: Assignment, path: Path) -> Path:
    """Write the zip file to upload as the autograder of an assignment, and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name in _PROGRAMS:
            _add(bundle, name, _TEMPLATES / name, mode=0o755)
        bundle.writestr(_entry("assignment", 0o644), f"{assignment.name}\n")
        _add(bundle, "requirements.lock", ROOT / "requirements.lock")
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            _add(bundle, f"given/{name}", ROOT / name)
        for file in _files(ROOT / "course_utils"):
            _add(bundle, f"given/{file.relative_to(ROOT)}", file)
        for name, file in _kit(assignment):
            _add(bundle, f"kit/{name}", file)
    return path


def _kit(assignment: Assignment) -> Iterator[tuple[str, Path]]:
    """The grader, and what it needs of the one assignment: script, misconceptions, how cases are drawn."""
    yield "pyproject.toml", ROOT / "pyproject.toml"
    for file in _files(ROOT / "autograder"):
        if file.parent.name != "exercises" or not (ROOT / "solutions" / file.name).is_file():
            yield str(file.relative_to(ROOT)), file
    for file in (assignment.script, assignment.cases_module):
        yield str(file.relative_to(assignment.root)), file
    for file in _files(assignment.root / "solutions" / "misconceptions" / assignment.name):
        yield str(file.relative_to(assignment.root)), file


def _files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and "__pycache__" not in path.parts]


def _add(bundle: zipfile.ZipFile, name: str, file: Path, mode: int = 0o644) -> None:
    bundle.writestr(_entry(name, mode), file.read_bytes())


def _entry(name: str, mode: int) -> zipfile.ZipInfo:
    """An entry with the rights of its file and no time, so that the same kit gives the same bundle."""
    entry = zipfile.ZipInfo(name)
    entry.external_attr, entry.compress_type = (0o100000 | mode) << 16, zipfile.ZIP_DEFLATED
    return entry
