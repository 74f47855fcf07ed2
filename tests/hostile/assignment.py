"""The assignment that hostile submissions answer: an average, the place of the largest number, and why."""

from types import ModuleType

from autograder.assignments import Assignment
from autograder.exercises import case, exercise
from course_utils.checking.comparators import close, exact_integers

NAME = "averages"

SCRIPT = '''\
# %% [markdown]
# # Averages

# %%
import numpy as np
from course_utils import check

# %% [markdown]
# ### 1.1 The mean

# %% exercise="mean_of"
def mean_of(values: list[float]) -> float:
    """The mean of the values."""
    ### BEGIN SOLUTION
    return float(np.mean(values))
    ### END SOLUTION

# %% check="mean_of" points=3
check("mean_of", mean_of)

# %% [markdown]
# ### 1.2 The largest

# %% exercise="largest_of"
def largest_of(values: list[float]) -> int:
    """The index of the largest value."""
    ### BEGIN SOLUTION
    return int(np.argmax(values))
    ### END SOLUTION

# %% check="largest_of" points=2
check("largest_of", largest_of)

# %% [markdown] written="why_mean" points=1
# Why the mean?
# ### BEGIN SOLUTION
# It is the constant with the least squared error.
# ### END SOLUTION
# ### BEGIN MARK SCHEME
# One point for any reason.
# ### END MARK SCHEME
'''


def cases_module() -> ModuleType:
    """What `autograder/exercises/averages.py` would be."""

    @exercise("mean_of", compare=close())
    def mean_of(rng):
        for number in range(3):
            yield case(f"list {number}", values=rng.normal(size=5).tolist())

    @exercise("largest_of", compare=exact_integers())
    def largest_of(rng):
        for number in range(3):
            yield case(f"list {number}", values=rng.normal(size=7).tolist())

    return ModuleType(f"autograder.exercises.{NAME}")


def make_assignment(root) -> Assignment:
    """Write the assignment's script into a folder."""
    (root / "solutions").mkdir(parents=True)
    (root / "solutions" / f"{NAME}.py").write_text(SCRIPT)
    return Assignment(NAME, root)
