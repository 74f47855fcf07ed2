"""`build` and `build --check` over several assignments: notebooks, public cases, nbgrader's gradebook, orphans,
the instructors' page."""

from pathlib import Path

from autograder.assignments import ROOT, Assignment, all_assignments
from autograder.authoring.instructors_page import page_path, stale_section, write_section
from autograder.authoring.notebooks import orphans, stale_notebook, write_notebook
from autograder.authoring.reference import stale_public_cases, write_public_cases
from autograder.course import Course


def build(assignments: list[Assignment], course_root: Path) -> int:
    """Write what the solved scripts give, and tell nbgrader; returns the exit status."""
    from autograder.scoring.gradebook import register

    for assignment in assignments:
        print(f"built {write_notebook(assignment).relative_to(assignment.root)}")
        if stale_public_cases(assignment):
            written = write_public_cases(assignment)
            print(f"built {len(written)} files of public cases in {written[0].parent.relative_to(assignment.root)}")
        register(assignment, Course(course_root))
    for path in orphans(all_assignments()):
        path.unlink()
        if not any(path.parent.iterdir()):
            path.parent.rmdir()
        print(f"removed {path.relative_to(ROOT)}, which no solved script gives")
    if write_section(all_assignments()):
        print(f"built the exercises in {page_path().relative_to(ROOT)}")
    return 0


def check(assignments: list[Assignment]) -> int:
    """Name every file that is not what the solved scripts give; returns the exit status."""
    stale = [problem for assignment in assignments for problem in _stale(assignment)]
    stale += [f"{path.relative_to(ROOT)}:1: no solved script gives this file" for path in orphans(all_assignments())]
    stale += stale_section(all_assignments())
    for problem in stale:
        print(problem)
    print(
        f"{len(stale)} stale files"
        if stale
        else "every notebook is what its solved script gives, and the instructors' page too"
    )
    return 1 if stale else 0


def _stale(assignment: Assignment) -> list[str]:
    notebook = stale_notebook(assignment)
    return [*([notebook] if notebook else []), *stale_public_cases(assignment)]
