"""A repository of one tiny assignment, made in a temporary folder, for tests that plant faults in it."""

from pathlib import Path

SCRIPT = '''\
# %% [markdown]
# # Doubling

# %%
import math

# %% [markdown]
# ### 1.1 Double a number
# <details><summary>Hint 1: idea</summary>twice</details>
# <details><summary>Hint 2: interface</summary>a number</details>
# <details><summary>Hint 3: shapes</summary>none</details>

# %% exercise="doubled_value"
def doubled_value(number: float) -> float:
    """Twice the number."""
    ### BEGIN SOLUTION
    return math.fsum([number, number])
    ### END SOLUTION

# %% check="doubled_value" points=2
check("doubled_value", doubled_value)

# %% [markdown] written="why_double" points=1
# Why?
# ### BEGIN SOLUTION
# Because.
# ### END SOLUTION
# ### BEGIN MARK SCHEME
# One point for any reason.
# ### END MARK SCHEME
'''

CASES = """\
@exercise("doubled_value", compare=close())
def doubled_value(rng):
    yield case("two", number=2.0)
"""


def make_repository(root: Path, script: str = SCRIPT) -> Path:
    """Write the tiny assignment; 4 misconceptions and 2 alternatives, all well-formed."""
    variants = {"misconceptions": ("add_one", "same", "square", "half"), "alternatives": ("times", "plus")}
    for kind, names in variants.items():
        folder = root / "solutions" / kind / "tiny" / "doubled_value"
        folder.mkdir(parents=True)
        for name in names:
            (folder / f"{name}.py").write_text(
                f'"""About {name}."""\n\n\ndef doubled_value(number):\n    return number\n'
            )
    (root / "solutions" / "tiny.py").write_text(script)
    (root / "autograder" / "exercises").mkdir(parents=True)
    (root / "autograder" / "exercises" / "tiny.py").write_text(CASES)
    (root / "course_utils").mkdir()
    (root / "course_utils" / "given.py").write_text("def helper():\n    return 1\n")
    return root
