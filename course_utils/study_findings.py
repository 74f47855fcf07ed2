"""What was looked for in a study, and what was found: one sentence each, for the student and for the person who grades.

Pitfall: `passed` None is not a mild "not passed". It says that no rule can decide, so a person has to.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing that was looked for: its name, whether it holds (None: a person has to decide), and why in one sentence."""

    name: str
    passed: bool | None
    message: str
