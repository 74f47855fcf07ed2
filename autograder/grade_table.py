"""The table of grades as it is shown in a terminal."""

import sys

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from autograder.course import Course, shown
from autograder.statuses import UNGRADED

WIDTH = 120  # characters of a line where the output goes to a file
_STYLES = {"graded": "green", "repaired": "cyan", **dict.fromkeys(UNGRADED, "red")}


def show(name: str, course: Course, table: pd.DataFrame, console: Console | None = None) -> None:
    """Print the table of grades and where the files are."""
    console = console or Console(width=None if sys.stdout.isatty() else WIDTH)
    console.print(as_rich_table(name, table))
    console.print(f"grades    {course.grades(name)}", highlight=False)
    console.print(f"feedback  {course.root / 'feedback'}", highlight=False)
    console.print(f"by hand   cd {course.root} && jupyter lab   (Nbgrader > Formgrader)", highlight=False)


def as_rich_table(name: str, table: pd.DataFrame) -> Table:
    """The table of grades with one row a student, coloured by status."""
    shape = Table(title=f"{name}: {len(table)} submissions", title_justify="left")
    for column in table.columns:
        named = column in ("student_id", "status")
        shape.add_column(
            column.replace("_", "\n" if not named else "_"), justify="left" if named else "right", no_wrap=named
        )
    for _, row in table.iterrows():
        style = _STYLES.get(row["status"].split()[0], "yellow")
        shape.add_row(*(_cell(column, row[column], style) for column in table.columns))
    return shape


def _cell(column: str, value: object, style: str) -> Text:
    if isinstance(value, str):
        return Text(shown(value), style=style if column == "status" else "")
    return Text("" if pd.isna(value) else f"{value:g}")
