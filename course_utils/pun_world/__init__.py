"""The small language model that ships: its sentences, and how its checkpoints open.

What only makes it (training, measures, the report of every seed) is not in a student's install: it is in
`autograder/authoring/shipped/pun_world`.
"""
