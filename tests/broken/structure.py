"""Notebooks whose cells were lost, doubled, moved, renamed, split or merged."""

import copy

from tests.broken import cell, code, first, kind, position, second, source, stub


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
    notebook["cells"].remove(cell(notebook, f"check-{first(notebook)}"))
    return notebook


@kind("repaired")
def all_checks_deleted(notebook):
    notebook["cells"] = [item for item in notebook["cells"] if not item["id"].startswith("check-")]
    return notebook


@kind("repaired")
def check_duplicated(notebook):
    again = copy.deepcopy(cell(notebook, f"check-{first(notebook)}"))
    notebook["cells"].insert(position(notebook, f"check-{first(notebook)}"), again)
    return notebook


@kind("repaired")
def check_changed(notebook):
    cell(notebook, f"check-{first(notebook)}")["source"] = "print('passed')"
    return notebook


@kind("repaired")
def answer_duplicated_unchanged(notebook):
    again = copy.deepcopy(cell(notebook, first(notebook)))
    notebook["cells"].insert(position(notebook, first(notebook)), again)
    return notebook


@kind("repaired")
def answer_beside_its_stub(notebook):
    again = copy.deepcopy(cell(notebook, first(notebook)))
    again["source"] = stub(first(notebook))
    notebook["cells"].insert(position(notebook, first(notebook)) + 1, again)
    return notebook


@kind("repaired")
def answer_in_another_cell(notebook):
    """The answer was written into a new cell at the end, and the stub left as it was."""
    own = cell(notebook, first(notebook))
    notebook["cells"].append(code(own["source"]))
    own["source"] = stub(first(notebook))
    return notebook


@kind("graded")
def answer_cell_deleted_and_written_anew(notebook):
    own = cell(notebook, first(notebook))
    index = position(notebook, first(notebook))
    notebook["cells"][index] = code("import math\n\n" + source(own))
    notebook["cells"].insert(0, notebook["cells"].pop(index))
    return notebook


@kind("repaired")
def answers_merged_in_one_cell(notebook):
    one, other = cell(notebook, first(notebook)), cell(notebook, second(notebook))
    one["source"] = source(one) + "\n\n\n" + source(other)
    notebook["cells"].remove(other)
    return notebook


@kind("repaired")
def answers_swapped(notebook):
    one, other = cell(notebook, first(notebook)), cell(notebook, second(notebook))
    one["source"], other["source"] = other["source"], one["source"]
    return notebook


@kind("graded")
def answer_split_with_its_helper(notebook):
    own = cell(notebook, first(notebook))
    own["source"] = f"{source(own)}\n\n\n{first(notebook)} = unchanged({first(notebook)})"
    helper = code("def unchanged(function):\n    return function")
    notebook["cells"].insert(position(notebook, first(notebook)), helper)
    return notebook


@kind("graded")
def answer_split_in_two_cells(notebook):
    """What the function needs stays in its cell, and the function itself went into the next."""
    own = cell(notebook, first(notebook))
    notebook["cells"].insert(position(notebook, first(notebook)) + 1, code(source(own)))
    own["source"] = "import math\n\nTHRESHOLD = 0.5"
    return notebook


@kind("graded", loses=("first",))
def answer_split_in_the_middle_of_its_function(notebook):
    own = cell(notebook, first(notebook))
    head, _, rest = source(own).partition("\n")
    notebook["cells"].insert(position(notebook, first(notebook)) + 1, code(rest))
    own["source"] = head
    return notebook


@kind("repaired")
def answer_became_raw(notebook):
    cell(notebook, first(notebook))["cell_type"] = "raw"
    return notebook


@kind("repaired")
def answer_became_markdown(notebook):
    own = cell(notebook, first(notebook))
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


@kind("repaired", loses=("first",))
def answer_deleted(notebook):
    notebook["cells"].remove(cell(notebook, first(notebook)))
    return notebook


@kind("graded", loses=("first", "second"))
def handed_in_untouched(notebook):
    for id in (first(notebook), second(notebook)):
        cell(notebook, id)["source"] = stub(id)
    return notebook
