"""Notebooks that lie elsewhere than asked, under another name, or not alone."""

import shutil
import zipfile

from tests.broken import folder_kind


def put(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@folder_kind("repaired")
def renamed_file(student, name, text):
    put(student / name / f"my_{name}_final.ipynb", text)


@folder_kind("repaired")
def second_download(student, name, text):
    put(student / name / f"{name} (1).ipynb", text)


@folder_kind("repaired")
def text_file_ending(student, name, text):
    """As a browser saves a file whose kind it does not know."""
    put(student / name / f"{name}.ipynb.txt", text)


@folder_kind("repaired")
def ending_in_capitals(student, name, text):
    put(student / name / f"{name.upper()}.IPYNB", text)


@folder_kind("repaired")
def deeper_folder(student, name, text):
    put(student / name / "homework" / "week 1" / f"{name}.ipynb", text)


@folder_kind("repaired")
def beside_its_folder(student, name, text):
    put(student / f"{name}.ipynb", text)


@folder_kind("repaired")
def wrong_folder(student, name, text):
    put(student / "Homework 1" / f"{name}.ipynb", text)


@folder_kind("graded")
def scratch_notebook_beside(student, name, text):
    put(student / name / f"{name}.ipynb", text)
    put(student / name / "scratch.ipynb", text.replace("def ", "def not_"))


@folder_kind("repaired")
def two_notebooks_neither_named_right(student, name, text):
    put(student / name / f"{name}-final.ipynb", text)
    put(student / name / "other things.ipynb", text.replace("def ", "def not_"))


@folder_kind("graded")
def own_package_named_like_ours(student, name, text):
    put(student / name / f"{name}.ipynb", text)
    put(student / name / "course_utils" / "__init__.py", "raise RuntimeError('the wrong course_utils')")
    put(student / name / "numpy.py", "raise RuntimeError('the wrong numpy')")


@folder_kind("graded")
def checkpoints_of_the_editor(student, name, text):
    put(student / name / f"{name}.ipynb", text)
    put(student / name / ".ipynb_checkpoints" / f"{name}-checkpoint.ipynb", "{}")
    put(student / name / "__MACOSX" / f"._{name}.ipynb", "\x00")


@folder_kind("missing")
def script_in_place_of_the_notebook(student, name, text):
    put(student / name / f"{name}.py", "print(1)")


@folder_kind("missing")
def archive_in_place_of_the_notebook(student, name, text):
    put(student / name / f"{name}.ipynb", text)
    with zipfile.ZipFile(student / name / f"{name}.zip", "w") as archive:
        archive.writestr(f"{name}.ipynb", text)
    (student / name / f"{name}.ipynb").unlink()


@folder_kind("missing")
def empty_folder(student, name, text):
    (student / name).mkdir(parents=True)


@folder_kind("missing")
def nothing_for_this_assignment(student, name, text):
    put(student / "another" / "another.ipynb", text)
    shutil.rmtree(student / name, ignore_errors=True)
