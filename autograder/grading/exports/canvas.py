"""Canvas's gradebook import."""

from pathlib import Path

import pandas as pd

from autograder.grading.exports.roster import RosterMismatch

_CANVAS_NAMES = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]


def canvas_table(table: pd.DataFrame, name: str, roster: Path | None) -> pd.DataFrame:
    """Canvas's import: its five columns, then the assignment, with a row of points possible before the students."""
    if roster is None:
        people = pd.DataFrame({column: "" for column in _CANVAS_NAMES}, index=table.index)
        people["SIS User ID"] = table["student_id"]
        people["Student"] = table["student_id"]
        scores = table["score"]
    else:
        people, scores = _from_roster(table, roster)
    possible = {column: "" for column in _CANVAS_NAMES} | {
        "Student": "    Points Possible",
        name: table["max_score"].iloc[0],
    }
    return pd.concat([pd.DataFrame([possible]), people.assign(**{name: scores})], ignore_index=True)


def _from_roster(table: pd.DataFrame, roster: Path) -> tuple[pd.DataFrame, pd.Series]:
    people = pd.read_csv(roster, dtype=str, keep_default_na=False)
    if missing := [column for column in ("Student", "ID", "SIS Login ID") if column not in people]:
        raise RosterMismatch(
            f"{roster} has no column {', '.join(missing)}: expected what Canvas exports from its gradebook"
        )
    people = people[people["ID"].str.strip() != ""].reset_index(drop=True)
    people = people.reindex(columns=_CANVAS_NAMES, fill_value="")
    scores = pd.Series([None] * len(people), dtype=object)
    for _, row in table.iterrows():
        found = people.index[(people[["ID", "SIS User ID", "SIS Login ID"]] == row["student_id"]).any(axis=1)]
        if len(found) != 1:
            raise RosterMismatch(
                f"{row['student_id']} was graded, and {roster} names {len(found)} students by that ID, SIS User ID "
                "or SIS Login ID; expected one"
            )
        scores[found[0]] = row["score"]
    return people, scores
