"""Hostile submissions: each tries to gain what it has not earned, to see what it should not, or to do harm.

`submissions/` holds one file each. Its docstring says what it tries; the rest are cells, divided by `# %%`: one that defines
`mean_of` or `largest_of` is the answer to that exercise, a markdown cell answers the written question, and any other comes
before them as a cell of the student's own. What a file does not answer is answered rightly. A line `# earns: mean_of` says
that the answer is right, so that its points are earned; `# loses: largest_of` that points are lost, to the student alone.

`files` makes those that are no notebooks of the ordinary kind: links, pipes, bombs, odd names. `assignment` is what all of them
hand in: two exercises and a written question, small enough that a class of fifty is graded in a minute or two.
"""
