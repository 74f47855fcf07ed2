"""The columns of a Gradescope assignment."""

from pathlib import Path

import pandas as pd


def gradescope_table(table: pd.DataFrame, name: str, roster: Path | None) -> pd.DataFrame:
    """The columns of a Gradescope assignment's own export: SID, total, maximum, status, lateness, then each question."""
    status = table["score"].notna().map({True: "Graded", False: "Missing"})
    head = pd.DataFrame({"SID": table["student_id"], "Total Score": table["score"], "Max Points": table["max_score"]})
    head = head.assign(Status=status, **{"Late Penalty": table["late_penalty"]})
    questions = table.columns[list(table.columns).index("needs_manual_grade") + 1 :]
    return head.join(table[questions].rename(columns={id: f"{n}: {id}" for n, id in enumerate(questions, 1)}))
