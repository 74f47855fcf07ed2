"""Seconds from the start of Python until what people wait for first is there, each as a process of its own.

    python -m benchmarks.starts                        this checkout
    python -m benchmarks.starts --beside ../before     another checkout beside it, turn by turn, with the ratio

Measured are `import course_utils`, the first cell of each solved notebook, `python -m autograder --help`, and the imports of a
regrade. The times of a process hold Python's own start, which the first line shows.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from autograder.assignments import ROOT, all_assignments

REPEATS = 5
PLAIN = {
    "nothing": "",
    "import course_utils": "import course_utils",
    "from course_utils import check": "from course_utils import check",
    "autograder --help": "import runpy, sys; sys.argv = ['autograder', '--help']; runpy.run_module('autograder')",
    "what a regrade imports": "from autograder.grade import grade",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--beside", type=Path, metavar="DIR", help="another checkout, to compare with")
    parser.add_argument("--repeats", type=int, default=REPEATS, metavar="N")
    options = parser.parse_args()
    trees = [*([options.beside.resolve()] if options.beside else []), ROOT]
    print(f"{'median of ' + str(options.repeats):<40}" + "".join(f"{tree.name:>12}" for tree in trees))
    for name in [*PLAIN, *(assignment.name for assignment in all_assignments())]:
        measured = _medians(trees, name, options.repeats)
        ratio = f"{measured[-1] / measured[0]:10.2f}" if len(measured) > 1 else ""
        print(f"{name:<40}" + "".join(f"{seconds:10.3f} s" for seconds in measured) + ratio, flush=True)


def _medians(trees: list[Path], name: str, repeats: int) -> list[float]:
    """The median seconds in each tree, measured turn by turn, so that a busy moment strikes all; the first turn warms up."""
    rounds = [[_seconds(tree, _code(tree, name)) for tree in trees] for _ in range(repeats + 1)]
    return [statistics.median(times) for times in zip(*rounds[1:], strict=True)]


def _code(tree: Path, name: str) -> str:
    return PLAIN[name] if name in PLAIN else first_cell(tree / "solutions" / f"{name}.py")


def first_cell(script: Path) -> str:
    """The first code cell of a solved script, which imports what the notebook needs."""
    return script.read_text(encoding="utf-8").split("\n# %%\n", 1)[1].split("\n# %%", 1)[0]


def _seconds(tree: Path, code: str) -> float:
    environment = os.environ | {"PYTHONPATH": str(tree), "MPLBACKEND": "Agg"}
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], cwd=tree, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
