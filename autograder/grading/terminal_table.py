"""The table of grades as it is shown in a terminal: exercises by name where that fits, else by number."""

import sys

import pandas as pd
from rich import box
from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from autograder.course import Course, shown
from autograder.scoring.statuses import UNGRADED

WIDTH = 120  # characters of a line where the output goes to a file
_STYLES = {"graded": "green", "repaired": "cyan", **dict.fromkeys(UNGRADED, "red")}
_NOT_EXERCISES = ("student_id", "status", "score", "max_score")


def show(name: str, course: Course, table: pd.DataFrame, console: Console | None = None) -> None:
    """Print the table of grades and where the files are."""
    console = console or Console(width=None if sys.stdout.isatty() else WIDTH)
    console.print(as_rich_table(name, table, console))
    console.print(f"grades    {course.grades(name)}", highlight=False)
    console.print(f"feedback  {course.root / 'feedback'}", highlight=False)
    if course.studies(name).is_file():
        console.print(f"studies   {course.studies(name)}", highlight=False)
    console.print(f"by hand   cd {course.root} && jupyter lab   (Nbgrader > Formgrader)", highlight=False)


def as_rich_table(name: str, table: pd.DataFrame, console: Console) -> RenderableType:
    """The table of grades with one row a student, coloured by status, in the width of a console."""
    exercises = [column for column in table.columns if column not in _NOT_EXERCISES]
    named = _table(name, table, {column: column.replace("_", "\n") for column in exercises})
    if console.measure(named, options=console.options.update(max_width=10 * WIDTH)).maximum <= console.width:
        return named
    numbers = {column: str(number) for number, column in enumerate(exercises, 1)}
    key = Columns([f"{number:>2} {column}" for column, number in numbers.items()], padding=(0, 3), column_first=True)
    return Group(_table(name, table, numbers, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0)), key)


def _table(name: str, table: pd.DataFrame, headings: dict[str, str], **style: object) -> Table:
    """The whole table, its exercises under the given headings; the maximum, the same for all, stands in a heading."""
    maximum = f"{table['max_score'].max():g}" if len(table) else "0"
    shape = Table(title=f"{name}: {len(table)} submissions", title_justify="left", **style)
    for column in ("student_id", "status"):
        shape.add_column(column, no_wrap=True)
    for heading in (f"score\nof {maximum}", *headings.values()):
        shape.add_column(heading, justify="right", no_wrap=True)
    for _, row in table.iterrows():
        style = _STYLES.get(row["status"].split()[0], "yellow")
        shape.add_row(*(_cell(column, row[column], style) for column in ("student_id", "status", "score", *headings)))
    return shape


def _cell(column: str, value: object, style: str) -> Text:
    if isinstance(value, str):
        return Text(shown(value), style=style if column == "status" else "")
    return Text("" if pd.isna(value) else f"{value:g}")
