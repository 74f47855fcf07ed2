"""Make the pictures of README.md anew, from the root of the repository:

    python -m docs.make_pictures

- `grade-table.svg`: the grades of the sample class, as `make demo` prints them. Made again after exercises changed.
- `grokking-accuracy.png`: accuracy over training of the recorded grokking run, with the steps that students compute.
- `induction-heads.png`: the loss on repeats and the heads of one of the recorded runs of the induction-heads notebook.
"""

import io
import re
import tempfile
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import pandas as pd
import torch
from rich.console import Console

from autograder.assignments import find_assignment
from autograder.authoring.solved_code import solved_functions
from autograder.course import Course
from autograder.grade import grade
from autograder.grading.terminal_table import WIDTH, as_rich_table
from autograder.samples.class_of_nine import disagreements, write_sample_class
from course_utils.attention_only.repeated_tokens import repeated_sequences
from course_utils.figures.trajectories import mark_steps, plot_trajectories
from course_utils.suites.shipped import load_recorded

DOCS = Path(__file__).resolve().parent
_FONT_FROM_THE_NETWORK = re.compile(r"@font-face \{.*?\}", re.DOTALL)


def main() -> None:
    matplotlib.use("agg")
    draw_accuracy(DOCS / "grokking-accuracy.png")
    draw_heads(DOCS / "induction-heads.png")
    draw_grade_table(DOCS / "grade-table.svg")


def draw_accuracy(path: Path) -> None:
    """Training and test accuracy of the recorded run, with the memorisation and the generalisation step."""
    accuracies = load_recorded("grokking_classroom").metrics[["train_accuracy", "test_accuracy"]]
    memorised, generalised = solved_functions("grokking")["grokking_steps"](
        accuracies.index.to_numpy(), *accuracies.to_numpy().T
    )
    axis = plot_trajectories(accuracies, ylabel="accuracy", title="It learns twice")
    mark_steps(axis, {"memorised": memorised, "generalised": generalised})
    axis.figure.savefig(path, dpi=150, metadata={"Software": None})
    print(f"{path}: memorised at step {memorised}, generalised at step {generalised}")


def draw_heads(path: Path) -> None:
    """The loss on repeats of one recorded run, and the prefix-matching score of each head of its second layer."""
    solved, run, period = solved_functions("induction_heads"), load_recorded("induction_classroom").seed(3), 8
    tokens = repeated_sequences(32, 32, 32, torch.Generator().manual_seed(5), (period, period))
    rows = {}
    for step in run.steps:
        logits, cache = run.checkpoint(step).run_with_cache(tokens)
        scores = solved["prefix_matching_score"](cache["blocks.1.attn.hook_pattern"], tokens)
        rows[step] = {f"head 1.{head}": score.item() for head, score in enumerate(scores)}
        rows[step]["loss"] = solved["repeat_loss"](logits, tokens, period)["later"]
    table = pd.DataFrame.from_dict(rows, orient="index")
    figure, (above, below) = plt.subplots(2, 1, figsize=(8, 5), sharex=True, layout="constrained")
    plot_trajectories(table[["loss"]], ylabel="loss on repeats (nats)", title="A circuit assembles", axis=above)
    plot_trajectories(table.filter(like="head"), ylabel="prefix-matching score", axis=below)
    above.set_xlabel("")
    figure.savefig(path, dpi=150, metadata={"Software": None})
    print(f"{path}: prefix matching of the best head at the end {table.filter(like='head').iloc[-1].max():.2f}")


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
