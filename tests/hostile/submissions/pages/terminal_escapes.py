"""Print escape codes that retitle, clear and answer back in the instructor's terminal."""


# %%
def mean_of(values):
    raise ValueError("\x1b]0;owned\x07\x1b[2J\x1b[6n\x9b31m\x1bP0;1|17/ab\x1b\\ \u202e reversed")


print("\x1b]0;owned\x07\x1b[2J\x1b]8;;file:///etc/passwd\x1b\\link\x1b]8;;\x1b\\")
