"""Files that are no notebook, or that another program wrote in its own way."""

import json

from tests.broken import kind


@kind("unreadable")
def not_json(notebook):
    return "My notebook did not save, so here is my answer: 42\n"


@kind("unreadable")
def truncated(notebook):
    return json.dumps(notebook)[:-500]


@kind("unreadable")
def empty_file(notebook):
    return b""


@kind("unreadable")
def only_spaces(notebook):
    return b" \n\t\n"


@kind("unreadable")
def json_that_is_no_notebook(notebook):
    return {"answers": [1, 2, 3]}


@kind("unreadable")
def json_list(notebook):
    return notebook["cells"]


@kind("unreadable")
def no_cells(notebook):
    return {**notebook, "cells": []}


@kind("unreadable")
def cells_that_are_no_list(notebook):
    return {**notebook, "cells": "all of them"}


@kind("unreadable")
def nested_without_end(notebook):
    return "[" * 100_000 + "]" * 100_000


@kind("unreadable")
def a_number_of_a_million_digits(notebook):
    return '{"cells": ' + "9" * 1_000_000 + "}"


@kind("unreadable")
def too_many_cells(notebook):
    return {**notebook, "cells": notebook["cells"] * (2001 // len(notebook["cells"]) + 1)}


@kind("unreadable")
def one_huge_cell(notebook):
    notebook["cells"][0]["source"] = "x" * 2_000_000
    return notebook


@kind("unreadable")
def a_picture(notebook):
    return b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 10


@kind("unreadable")
def a_zip(notebook):
    return b"PK\x03\x04" + bytes(1000)


@kind("graded")
def byte_order_mark(notebook):
    return b"\xef\xbb\xbf" + json.dumps(notebook).encode()


@kind("graded")
def utf16(notebook):
    return json.dumps(notebook, ensure_ascii=False).encode("utf-16")


@kind("graded")
def latin1(notebook):
    notebook["cells"][0]["source"] = "Zürich, où ça marche"
    return json.dumps(notebook, ensure_ascii=False).encode("latin-1")


@kind("graded")
def windows_line_ends(notebook):
    for cell in notebook["cells"]:
        cell["source"] = "".join(cell["source"]).replace("\n", "\r\n")
    return json.dumps(notebook, indent=1).replace("\n", "\r\n")


@kind("graded")
def half_a_surrogate_pair(notebook):
    notebook["cells"][0]["source"] = "\ud83d"
    return notebook


@kind("graded")
def format_4_0_without_ids(notebook):
    for cell in notebook["cells"]:
        del cell["id"]
    return {**notebook, "nbformat_minor": 0}


@kind("graded")
def format_5(notebook):
    return {**notebook, "nbformat": 5, "nbformat_minor": 1}


@kind("graded")
def format_3(notebook):
    cells = []
    for cell in notebook["cells"]:
        text = {"input" if cell["cell_type"] == "code" else "source": cell["source"]}
        cells.append({"cell_type": cell["cell_type"], "metadata": {}, "language": "python", "outputs": [], **text})
    return {"nbformat": 3, "nbformat_minor": 0, "metadata": {"name": ""}, "worksheets": [{"cells": cells}]}


@kind("graded")
def huge_outputs(notebook):
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    for cell in code:
        text = "spam " * (3_000_000 // len(code))  # 15 MB together, under what is read
        cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": text}]
    return notebook


@kind("graded")
def another_kernel(notebook):
    return {**notebook, "metadata": {"kernelspec": {"name": "ir", "language": "R", "display_name": "R"}}}


@kind("graded")
def fields_of_the_wrong_type(notebook):
    for number, cell in enumerate(notebook["cells"]):
        cell["metadata"] = [["a"], None, 5][number % 3] if "nbgrader" not in cell["metadata"] else cell["metadata"]
        cell["outputs"], cell["execution_count"] = "none", "often"
    notebook["cells"].append({"cell_type": "code", "source": 5})
    notebook["cells"].append("no cell at all")
    return {**notebook, "metadata": None}
