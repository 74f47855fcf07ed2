"""Each rule of the lint, on a tiny repository with just that fault planted in it."""

import nbformat
import pytest

from autograder.assignments import ROOT, Assignment
from autograder.authoring.lint import RULES, lint
from autograder.authoring.notebooks import write_notebook
from tests.helpers.tiny_repository import SCRIPT, make_repository


def said(root) -> list[str]:
    return [problem.relative_to(root) for problem in lint(root)]


def line_of(text: str, script: str) -> int:
    return 1 + next(i for i, line in enumerate(script.splitlines()) if text in line)


def test_the_tiny_repository_itself_is_clean(tmp_path):
    assert said(make_repository(tmp_path)) == []


def test_the_kit_itself_is_clean():
    assert said(ROOT) == []


PLANTED = [
    ("    ### BEGIN SOLUTION", "    ### BEGIN SOLUTON", "### BEGIN SOLUTON", "looks like a marker"),
    ("    ### BEGIN SOLUTION", "    ## begin solution", "## begin solution", "looks like a marker"),
    ("    ### END SOLUTION", "    ### END HIDDEN TESTS", "### END HIDDEN TESTS", "looks like a marker"),
    ("# ### BEGIN MARK SCHEME", "# ### BEGIN MARKING SCHEME", "### BEGIN MARKING SCHEME", "looks like a marker"),
    ("# Because.", "# Write BEGIN SOLUTION here.", "Write BEGIN SOLUTION", "looks like a marker"),
    ("    ### END SOLUTION\n", "", "### BEGIN SOLUTION", "never closed"),
    ("    ### BEGIN SOLUTION\n", "", "### END SOLUTION", "closes no region"),
    ("    return math", "    ### BEGIN SOLUTION\n    return math", "### BEGIN SOLUTION", "cannot nest"),
    ('# %% check="doubled_value" points=2\ncheck("doubled_value", doubled_value)\n', "", '# %% exercise', "has no check"),
    ("Hint 2", "Tip 2", "# %% exercise", "has 2 hints"),
    ("    ### BEGIN SOLUTION\n    return math.fsum([number, number])\n    ### END SOLUTION", "    return 1", "# %% exercise",
     "no solution region"),
    ("def doubled_value(", "def double_value(", "# %% exercise", "does not define the function"),
    ('check="doubled_value" points=2', 'check="other_value" points=2', '# %% check', "no exercise of that id above it"),
    ('exercise="doubled_value"', 'exercise="DoubledValue"', '# %% exercise', "snake case"),
    ('check="doubled_value" points=2', 'check="doubled_value"', "# %% check", "needs points above zero"),
    ('check="doubled_value" points=2', 'check="doubled_value" points=0', "# %% check", "needs points above zero"),
    ('check="doubled_value" points=2', 'check="doubled_value" point=2 points=2', "# %% check", "unknown word 'point'"),
    ('check("doubled_value", doubled_value)\n', 'check("doubled_value", doubled_value)\n2.0\n', "check(", "bare last expression"),
    ('check("doubled_value", doubled_value)\n', 'import sys\nprint(1, file=sys.stderr)\n', "import sys", "writes to stderr"),
    ('check("doubled_value", doubled_value)\n', 'assert doubled_value(1) == 2\n', "assert", "a test cell holds its check"),
    ("# ### BEGIN MARK SCHEME\n# One point for any reason.\n# ### END MARK SCHEME\n", "", "written=", "needs a marking scheme"),
    ('# %% [markdown] written="why_double" points=1', '# %% written="why_double" points=1', "written=", "are markdown cells"),
    ("# # Doubling\n", '# # Doubling\n\n# %% exercise="doubled_value"\n# 1\n', '# %% exercise', "stands already at tiny.py"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "where", "message"), PLANTED, ids=[f"{i}-{row[3]}" for i, row in enumerate(PLANTED)]
)
def test_a_planted_fault_is_refused_with_file_and_line(tmp_path, old, new, where, message):
    script = SCRIPT.replace(old, new, 1)
    assert script != SCRIPT
    problems = said(make_repository(tmp_path, script))
    matching = [problem for problem in problems if message in problem]
    assert matching, problems
    lines = {int(problem.split(":")[1]) for problem in matching}
    expected = {number for number, line in enumerate(script.splitlines(), 1) if where in line}
    assert lines & expected, (matching, expected)
    assert all(problem.startswith("solutions/tiny.py:") for problem in matching)


@pytest.mark.parametrize(
    ("path", "text", "message"),
    [
        ("solutions/misconceptions/tiny/doubled_value/half.py", None, "has 3 misconceptions"),
        ("solutions/alternatives/tiny/doubled_value/plus.py", None, "has 1 alternatives"),
        ("solutions/misconceptions/tiny/doubled_value/half.py", "def doubled_value(number):\n    return 1\n", "needs a docstring"),
        ("solutions/misconceptions/tiny/doubled_value/half.py", '"""A."""\n\nx = 1\n', "does not define the function"),
        ("solutions/misconceptions/tiny/doubled_value/half.py", '"""A."""\n\ndef (\n', "does not parse"),
        ("solutions/misconceptions/tiny/other/half.py", '"""A."""\n\n\ndef other():\n    pass\n', "no exercise is called 'other'"),
        ("autograder/exercises/tiny.py", "", "has no @exercise"),
        ("course_utils/given.py", "def helper():\n    return 1\n\n\ndef doubled_value(x):\n    return 2 * x\n", "given.py:5: course_utils"),
    ],
)  # fmt: skip
def test_a_fault_beside_the_script_is_refused(tmp_path, path, text, message):
    root = make_repository(tmp_path)
    target = root / path
    if text is None:
        target.unlink()
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    assert any(message in problem for problem in said(root)), said(root)


def test_a_solution_line_that_survives_in_the_notebook_is_refused(tmp_path):
    assignment = Assignment("tiny", make_repository(tmp_path))
    path = write_notebook(assignment)
    assert said(tmp_path) == []
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell("    return math.fsum([number, number])"))
    nbformat.write(notebook, path)
    line = line_of("return math.fsum", SCRIPT)
    assert said(tmp_path) == [
        f"solutions/tiny.py:{line}: this line of a solution stands in notebooks/tiny/tiny.ipynb: "
        "'return math.fsum([number, number])'"
    ]


def test_every_rule_says_what_it_refuses():
    assert all(rule.__doc__ for rule in RULES)
