"""Hostile submissions that are no ordinary notebook: links, pipes, bombs, names. Each says what it tries and what status it gets."""

import json
import os
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class HostileFiles:
    name: str
    status: str
    make: Callable[[Path, str], None]

    @property
    def aim(self) -> str:
        return self.make.__doc__


FILES: list[HostileFiles] = []


def files(status: str) -> Callable:
    """Register a function that fills a student's assignment folder, given it and the text of a solved notebook."""

    def register(make: Callable[[Path, str], None]) -> Callable:
        FILES.append(HostileFiles(make.__name__, status, make))
        return make

    return register


@files("missing")
def notebook_is_a_link(folder, solved):
    """Hand in a link to the neighbour's notebook."""
    (folder / "averages.ipynb").symlink_to("../../neighbour/averages/averages.ipynb")


@files("missing")
def folder_is_a_link(folder, solved):
    """Hand in a folder that is a link to the neighbour's."""
    folder.rmdir()
    folder.symlink_to("../neighbour/averages", target_is_directory=True)


@files("missing")
def link_to_a_secret(folder, solved):
    """Hand in a link to a file of the instructor's, so that the error message quotes it."""
    (folder / "averages.ipynb").symlink_to("../../../instructors-secret.txt")


@files("missing")
def notebook_is_a_pipe(folder, solved):
    """Hand in a pipe, from which a reader would wait for ever."""
    os.mkfifo(folder / "averages.ipynb")


@files("missing")
def notebook_is_a_folder(folder, solved):
    """Hand in a folder of the notebook's name."""
    (folder / "averages.ipynb").mkdir()


@files("unreadable")
def oversized_notebook(folder, solved):
    """Hand in a file of ten gigabytes that takes no room on the disk."""
    with open(folder / "averages.ipynb", "wb") as file:
        file.truncate(10 * 2**30)


@files("unreadable")
def deep_json(folder, solved):
    """Hand in JSON nested so deep that a recursive reader falls over."""
    (folder / "averages.ipynb").write_text("[" * 200_000 + "]" * 200_000)


@files("unreadable")
def long_number(folder, solved):
    """Hand in JSON with a number of a million digits, which takes long to read."""
    (folder / "averages.ipynb").write_text('{"nbformat": ' + "9" * 1_000_000 + ', "cells": []}')


@files("unreadable")
def a_million_cells(folder, solved):
    """Hand in a notebook of very many cells, each of which is compared with each answer."""
    cell = {
        "cell_type": "code",
        "source": "def mean_of(v): pass",
        "metadata": {},
        "outputs": [],
        "execution_count": None,
    }
    form = {"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": [cell] * 100_000}
    (folder / "averages.ipynb").write_text(json.dumps(form))


@files("graded")
def zip_bomb_beside(folder, solved):
    """Hand in a notebook, and beside it an archive that unpacks to gigabytes."""
    (folder / "averages.ipynb").write_text(solved)
    with (
        zipfile.ZipFile(folder / "data.zip", "w", zipfile.ZIP_DEFLATED) as bomb,
        bomb.open("bomb", "w", force_zip64=True) as inside,
    ):
        for _ in range(64):
            inside.write(bytes(2**20))


@files("graded")
def timestamp_is_a_pipe(folder, solved):
    """Hand in a time of submission that is a pipe, from which a reader would wait for ever."""
    (folder / "averages.ipynb").write_text(solved)
    os.mkfifo(folder / "timestamp.txt")


@files("graded")
def timestamp_is_a_link(folder, solved):
    """Hand in a time of submission that is a link to a file of the instructor's."""
    (folder / "averages.ipynb").write_text(solved)
    (folder / "timestamp.txt").symlink_to("../../../instructors-secret.txt")


@files("graded")
def attachment_bomb(folder, solved):
    """Put a large attachment and large metadata into cells, and a kernel's command into the notebook's."""
    form = json.loads(solved)
    form["metadata"]["kernelspec"] = {"name": "../../evil", "display_name": "x", "argv": ["touch", "/tmp/owned"]}
    for cell in form["cells"]:
        cell["metadata"]["huge"] = "x" * 200_000
        if cell["cell_type"] == "markdown":
            cell["attachments"] = {"a.png": {"image/png": "A" * 200_000}}
    (folder / "averages.ipynb").write_text(json.dumps(form))


@files("graded")
def modules_beside(folder, solved):
    """Hand in modules named like the kit's, and files that Python, IPython and pytest run by themselves."""
    (folder / "averages.ipynb").write_text(solved)
    (folder / "course_utils").mkdir()
    planted = "import os; open('/tmp/planted-by-a-student', 'w').close()\ncheck = lambda *a: None\n"
    for name in (
        "course_utils/__init__.py",
        "numpy.py",
        "sitecustomize.py",
        "conftest.py",
        "ipython_config.py",
        "x.pth",
    ):
        (folder / name).write_text(planted)


@files("graded")
def gradebook_beside(folder, solved):
    """Hand in a gradebook and nbgrader's configuration, in the hope that grading starts in this folder."""
    (folder / "averages.ipynb").write_text(solved)
    (folder / "gradebook.db").write_bytes(b"SQLite format 3\x00")
    (folder / "nbgrader_config.py").write_text("c = get_config()\nraise SystemExit('owned')\n")
    (folder / "timestamp.txt").write_text("1970-01-01 00:00:00 ; rm -rf /")


@files("repaired")
def name_with_escapes(folder, solved):
    """Hand in a notebook whose file name drives a terminal and ends in markup."""
    (folder / "averages \x1b[2J<script>alert(1)<\x2fscript>.ipynb".replace("/", "\u2215")).write_text(solved)


@files("graded")
def grade_ids_of_another_kind(folder, solved):
    """Claim in the metadata that every cell is a locked check worth a thousand points, done by hand."""
    form = json.loads(solved)
    for cell in form["cells"]:
        if "nbgrader" in cell["metadata"]:
            cell["metadata"]["nbgrader"] |= {"points": 1000, "manual_score": 1000, "score": 1000}
    (folder / "averages.ipynb").write_text(json.dumps(form))


ODD_STUDENTS = {
    "formula": '=HYPERLINK("http:..192.0.2.1","grade")',
    "formula_with_plus": "+1+cmd|' .C calc'!A0",
    "markup": "<img src=x onerror=alert(1)>",
    "escapes": "student\x1b[2J\x1b]0;owned\x07",
    "query": "x'; drop table grade; --",
    "dots": "x..y",
}


def write_files(kind: HostileFiles, folder: Path, solved: str) -> None:
    """Make the folder of one kind of files, empty before."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    kind.make(folder, solved)
