"""The plan in CONTRIBUTING is the house: its listings are the folders, its order is what the linter holds, its rooms are small."""

import ast
import importlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from pkgutil import resolve_name
from types import ModuleType

import pytest

from autograder.assignments import ROOT
from course_utils.registry import GIVEN_OBJECTS
from course_utils.suites.saved_runs import RUN_KINDS

TREES = ("course_utils", "autograder", "tests")
MOST_FILES = 16
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()
MODULE_NAME = re.compile(r"(course_utils|autograder)(\.\w+)+:\w+")  # as `pkgutil.resolve_name` takes it


def listing(tree: str) -> list[str]:
    """The names that CONTRIBUTING lists for a tree, in order, folders with a slash."""
    block = re.search(rf"<!-- rooms of {tree} -->\n```\n(.*?)```", CONTRIBUTING, re.DOTALL).group(1)
    lines = [line for line in block.splitlines() if line.strip()]
    return [name for line in lines for name in re.findall(r"(?:^|(?<=\s{4})|(?<=/ ))(\w+(?:/|\.py))", line)]


def children(tree: str) -> set[str]:
    """Folders with code, and modules, at the top of a tree; a tests' `__init__.py` is empty, and the grader's too."""
    found = {path.name + "/" for path in (ROOT / tree).iterdir() if any(path.glob("*.py"))}
    modules = {path.name for path in (ROOT / tree).glob("*.py") if path.read_text().strip()}
    return found | modules


def python_files(*trees: str) -> list[Path]:
    return [path for tree in trees for path in sorted((ROOT / tree).rglob("*.py")) if "__pycache__" not in path.parts]


def folders() -> list[Path]:
    return sorted({path.parent for path in python_files(*TREES)})


def rooms() -> list[str]:
    """Every package that hands on names, as a module name."""
    found = [path.parent.relative_to(ROOT) for path in python_files("course_utils", "autograder")]
    return sorted({".".join(place.parts) for place in found if (ROOT / place / "__init__.py").is_file()})


@pytest.mark.parametrize("tree", TREES)
def test_the_listing_is_what_is_there(tree):
    listed = listing(tree)
    assert len(listed) == len(set(listed))
    assert set(listed) == children(tree)


@pytest.mark.parametrize("tree", ["course_utils", "autograder"])
def test_rooms_are_listed_in_the_order_in_which_they_may_import(tree):
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract.get("containers") == [tree])
    floor = {name: -height for height, layer in enumerate(layers) for name in layer.split(" | ")}
    listed = [name.removesuffix("/").removesuffix(".py") for name in listing(tree)]
    heights = [floor[name] for name in listed if name != "__init__"]
    assert heights == sorted(heights)
    assert set(floor) == {name for name in listed if name != "__init__"}


def test_imports_run_down_and_no_files_go_round_in_a_circle():
    """Also those inside functions and for type checking: import-linter reads them all."""
    program = Path(sys.executable).with_name("lint-imports")
    found = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert found.returncode == 0, found.stdout


def test_modules_are_named_as_text_only_where_the_plan_says_so():
    """A name in a string is an import that no linter sees: the registry holds those that run up, `RUN_KINDS` some that run down."""
    naming = {
        str(path.relative_to(ROOT))
        for path in python_files("course_utils", "autograder")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and MODULE_NAME.fullmatch(node.value)
    }
    assert naming == {"course_utils/registry.py", "course_utils/suites/saved_runs.py"}


@pytest.mark.parametrize("place", [*GIVEN_OBJECTS.values(), *RUN_KINDS.values()])
def test_what_is_named_as_text_is_there(place):
    assert callable(resolve_name(place))


@pytest.mark.parametrize("folder", folders(), ids=lambda folder: str(folder.relative_to(ROOT)))
def test_no_folder_has_too_many_files_to_be_seen_at_a_glance(folder):
    assert len(list(folder.glob("*.py"))) <= MOST_FILES


@pytest.mark.parametrize("folder", folders(), ids=lambda folder: str(folder.relative_to(ROOT)))
def test_no_file_repeats_the_name_of_its_folder(folder):
    name, singular = folder.name, folder.name.removesuffix("s")
    stems = {path.stem.removeprefix("test_") for path in folder.glob("*.py")}
    assert not {stem for stem in stems if stem in (name, singular) or stem.startswith((f"{name}_", f"{singular}_"))}


@pytest.mark.parametrize("room", rooms())
def test_a_room_says_what_lives_there_and_can_hand_on_every_name(room):
    module = importlib.import_module(room)
    if room != "autograder":
        assert module.__doc__ and len(module.__doc__.split()) >= 5
    for name in getattr(module, "__all__", ()):
        handed = getattr(module, name)
        assert isinstance(handed, ModuleType) == (room == "course_utils" and name in {n[:-1] for n in listing(room)}), (
            name
        )


@pytest.mark.parametrize("room", rooms())
def test_no_name_of_a_room_is_that_of_a_file_in_it(room):
    """Python would hand out whichever was imported last, the function or the file."""
    folder = ROOT.joinpath(*room.split("."))
    files = {path.stem for path in folder.glob("*.py")} | {path.name for path in folder.iterdir() if path.is_dir()}
    names = set(getattr(importlib.import_module(room), "__all__", ()))
    assert not (names - {n[:-1] for n in listing("course_utils")}) & files


def test_the_door_is_light():
    code = "import sys, course_utils; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not set(loaded.stdout.split()) & {
        "torch",
        "transformers",
        "numpy",
        "pandas",
        "matplotlib",
        "scipy",
        "nnsight",
    }


@pytest.mark.parametrize("script", sorted((ROOT / "solutions").glob("*.py")), ids=lambda path: path.stem)
def test_a_solved_notebook_needs_few_imports_from_the_kit(script):
    nodes = [node for node in ast.parse(script.read_text()).body if isinstance(node, ast.ImportFrom)]
    from_kit = [node.module for node in nodes if node.module.partition(".")[0] == "course_utils"]
    assert len(from_kit) <= 8
    assert all(module.count(".") <= 1 for module in from_kit), "import from the door or from a room, not from a file"
