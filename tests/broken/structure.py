"""Notebooks whose cells were lost, doubled, moved, renamed, split or merged."""

import copy

from tests.broken import cell, code, kind, position


@kind("graded")
def no_metadata(notebook):
    """As another editor leaves it: neither ids nor metadata."""
    for item in notebook["cells"]:
        item["metadata"] = {}
        del item["id"]
    return notebook


@kind("graded")
def renamed_ids(notebook):
    for number, item in enumerate(notebook["cells"]):
        item["id"], item["metadata"] = f"cell-{number}", {}
    return notebook


@kind("repaired")
def check_deleted(notebook):
    notebook["cells"].remove(cell(notebook, "check-fourier_basis"))
    return notebook


@kind("repaired")
def all_checks_deleted(notebook):
    notebook["cells"] = [item for item in notebook["cells"] if not item["id"].startswith("check-")]
    return notebook


@kind("repaired")
def check_duplicated(notebook):
    again = copy.deepcopy(cell(notebook, "check-fourier_basis"))
    notebook["cells"].insert(position(notebook, "check-fourier_basis"), again)
    return notebook


@kind("repaired")
def check_changed(notebook):
    cell(notebook, "check-fourier_basis")["source"] = "print('passed')"
    return notebook


@kind("repaired")
def answer_duplicated_unchanged(notebook):
    again = copy.deepcopy(cell(notebook, "fourier_basis"))
    notebook["cells"].insert(position(notebook, "fourier_basis"), again)
    return notebook


@kind("repaired")
def answer_beside_its_stub(notebook):
    stub = copy.deepcopy(cell(notebook, "fourier_basis"))
    stub["source"] = (
        'def fourier_basis(modulus):\n    raise NotImplementedError("Exercise 2.1: replace this line with your code")'
    )
    notebook["cells"].insert(position(notebook, "fourier_basis") + 1, stub)
    return notebook


@kind("repaired")
def answer_in_another_cell(notebook):
    """The answer was written into a new cell at the end, and the stub left as it was."""
    own = cell(notebook, "fourier_basis")
    notebook["cells"].append(code(own["source"]))
    own["source"] = (
        'def fourier_basis(modulus):\n    raise NotImplementedError("Exercise 2.1: replace this line with your code")'
    )
    return notebook


@kind("graded")
def answer_cell_deleted_and_written_anew(notebook):
    own = cell(notebook, "fourier_basis")
    index = position(notebook, "fourier_basis")
    notebook["cells"][index] = code("import math\n\n" + "".join(own["source"]))
    notebook["cells"].insert(0, notebook["cells"].pop(index))
    return notebook


@kind("repaired")
def answers_merged_in_one_cell(notebook):
    first, second = cell(notebook, "fourier_basis"), cell(notebook, "key_frequencies")
    first["source"] = "".join(first["source"]) + "\n\n\n" + "".join(second["source"])
    notebook["cells"].remove(second)
    return notebook


@kind("repaired")
def answers_swapped(notebook):
    first, second = cell(notebook, "fourier_basis"), cell(notebook, "key_frequencies")
    first["source"], second["source"] = second["source"], first["source"]
    return notebook


@kind("graded")
def answer_split_with_its_helper(notebook):
    own = cell(notebook, "fourier_basis")
    own["source"] = "".join(own["source"]).replace("torch.arange(", "residues_of(")
    helper = code("def residues_of(modulus, dtype):\n    return torch.arange(modulus, dtype=dtype)")
    notebook["cells"].insert(position(notebook, "fourier_basis"), helper)
    return notebook


@kind("repaired")
def answer_became_markdown(notebook):
    own = cell(notebook, "fourier_basis")
    own["cell_type"] = "markdown"
    return notebook


@kind("graded")
def reordered(notebook):
    notebook["cells"] = notebook["cells"][::-1]
    return notebook


@kind("graded")
def given_text_deleted(notebook):
    notebook["cells"] = [item for item in notebook["cells"] if not item["id"].startswith("text-")]
    return notebook


@kind("graded")
def duplicate_ids(notebook):
    for item in notebook["cells"]:
        item["id"] = "the-same"
    return notebook


@kind("graded")
def only_the_answers(notebook):
    notebook["cells"] = [item for item in notebook["cells"] if "nbgrader" in item["metadata"]]
    return notebook
