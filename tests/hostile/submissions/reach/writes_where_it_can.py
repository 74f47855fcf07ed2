"""Write into the kit, the environment, the cases, the home folder's start-up files and the system."""

# %%
import os
import pathlib
import sys

import course_utils

for folder in (
    pathlib.Path(course_utils.__file__).parent,
    pathlib.Path(sys.prefix),
    pathlib.Path(os.__file__).parent,
    pathlib.Path(os.environ.get("COURSE_KIT_CASES", "/")),
    pathlib.Path("/etc"),
    pathlib.Path.home() / ".ipython" / "profile_default" / "startup",
):
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "planted_by_a_student.py").write_text("print('planted')")
    except OSError:
        pass


# %%
def mean_of(values):
    return 0.0
