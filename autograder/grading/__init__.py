"""One grading run of a class, around the stages of `autograder.grade`: what it is, how many at a time, what it saves.

Here are the run itself, the pool, saving, records, pages and the table of grades; the stages are in the rooms that they name.
"""
