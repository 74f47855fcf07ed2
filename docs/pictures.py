"""Make the pictures of README.md anew, from the root of the repository:

    python -m docs.pictures

- `grade-table.svg`: the grades of the sample class, as `make demo` prints them. Made again after exercises changed.
- `grokking-accuracy.png`: accuracy over training of the recorded grokking run, with the steps that students compute.
"""

import io
import re
import tempfile
from pathlib import Path

import matplotlib
import numpy as np
from rich.console import Console

from autograder.assignments import find_assignment
from autograder.course import Course
from autograder.demo import disagreements, write_sample_class
from autograder.filling import solved_answers
from autograder.grade import grade
from autograder.grade_table import WIDTH, as_rich_table
from course_utils.plotting import mark_steps, plot_trajectories
from course_utils.recorded import load_recorded

DOCS = Path(__file__).resolve().parent
_FONT_FROM_THE_NETWORK = re.compile(r"@font-face \{.*?\}", re.DOTALL)


def main() -> None:
    matplotlib.use("agg")
    draw_accuracy(DOCS / "grokking-accuracy.png")
    draw_grade_table(DOCS / "grade-table.svg")


def draw_accuracy(path: Path) -> None:
    """Training and test accuracy of the recorded run, with the memorisation and the generalisation step."""
    accuracies = load_recorded("grokking_classroom").metrics[["train_accuracy", "test_accuracy"]]
    memorised, generalised = grokking_steps(accuracies.index.to_numpy(), *accuracies.to_numpy().T)
    axis = plot_trajectories(accuracies, ylabel="accuracy", title="It learns twice")
    mark_steps(axis, {"memorised": memorised, "generalised": generalised})
    axis.figure.savefig(path, dpi=150, metadata={"Software": None})
    print(f"{path}: memorised at step {memorised}, generalised at step {generalised}")


def grokking_steps(*arrays: np.ndarray) -> tuple[int | None, int | None]:
    """What the solved notebook answers, so that the picture and the notebook have one rule."""
    names = {"np": np}
    exec(solved_answers(find_assignment("grokking"))["grokking_steps"], names)
    return names["grokking_steps"](*arrays)


def draw_grade_table(path: Path) -> None:
    """The sample class, graded for this picture. Raises RuntimeError where a grade is not what must come out."""
    assignment = find_assignment("grokking")
    with tempfile.TemporaryDirectory() as folder:
        course = Course(Path(folder))
        students = write_sample_class(assignment, course)
        table = grade(assignment, course, workers=2)
    if wrong := disagreements(students, assignment, table):
        raise RuntimeError("\n".join(wrong))
    console = Console(record=True, file=io.StringIO(), width=WIDTH)
    console.print(as_rich_table(assignment.name, table, console))
    svg = console.export_svg(title="make demo", unique_id="grades")
    # GitHub shows no fonts from elsewhere, and a picture should need no network: any monospaced font will do.
    path.write_text(_FONT_FROM_THE_NETWORK.sub("", svg), encoding="utf-8")
    print(f"{path}: {len(table)} submissions")


if __name__ == "__main__":
    main()
