"""Other ways into the grader: nbgrader's own commands, Gradescope."""
