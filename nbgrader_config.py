"""nbgrader's settings for this repository: its own commands go the way of the kit, with the same results.

A course directory made by `python -m autograder` loads this file. From here: `nbgrader autograde grokking --course-dir=DIR`.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from autograder.platforms.nbgrader_settings import settings

c = get_config()  # noqa: F821 - nbgrader's own way to hand it over
c.merge(settings())
