"""How the grader keeps things on disk: whole files or none, data under a key, one grader at a time."""
