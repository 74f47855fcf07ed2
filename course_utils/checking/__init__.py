"""Checking a student's function: cases in, outcomes out, comparison, diagnosis.

`check(exercise, answer)` is the one line of a check cell. The grader uses the same comparators and the same reading of answers.

Nothing here knows of models, suites or studies: an input that is more than plain data is built by the room it belongs to,
which `course_utils/registry.py` names.
"""
