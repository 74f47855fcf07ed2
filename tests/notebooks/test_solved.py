"""Every solved notebook runs top to bottom, experiments and figures included, from what ships: nothing is trained here."""

import re

import nbformat
import pytest
from nbclient import NotebookClient

from autograder.assignments import all_assignments
from autograder.authoring.notebooks import exercise_ids, solved_notebook

LIVE, RECORDED = "live = True", "live = False"
APPROACH = 'approach = "A"'  # what ships; the other approaches, which train, are run by test_sample_studies


@pytest.fixture(scope="module", params=all_assignments(), ids=lambda assignment: assignment.name)
def executed(request, tmp_path_factory):
    notebook = solved_notebook(request.param)
    switches = [cell for cell in notebook.cells if cell.source.startswith((LIVE, APPROACH))]
    trains = any(re.search(r"\b(train|finetune)\w*\(", cell.source) for cell in notebook.cells if cell.cell_type == "code")
    assert len(switches) == trains, "one cell chooses between training live and the recorded run, where there is training"
    for switch in switches:
        switch.source = switch.source.replace(LIVE, RECORDED, 1)
    folder = tmp_path_factory.mktemp("solved")
    NotebookClient(notebook, timeout=300, allow_errors=True, resources={"metadata": {"path": folder}}).execute()
    return notebook


def outputs(notebook: nbformat.NotebookNode, kind: str) -> list[tuple[str, nbformat.NotebookNode]]:
    return [(cell.source, out) for cell in notebook.cells for out in cell.get("outputs", []) if out.output_type == kind]


def test_no_cell_fails_and_nothing_is_said_on_stderr(executed):
    assert [(source[:60], out.ename, out.evalue) for source, out in outputs(executed, "error")] == []
    assert [(source[:60], out.text) for source, out in outputs(executed, "stream") if out.name == "stderr"] == []


def test_every_check_passes(executed):
    said = "".join(out.text for _, out in outputs(executed, "stream"))
    missing = [id for id in exercise_ids(executed) if f"{id}: public cases pass" not in said]
    assert missing == []


def test_figures_are_drawn_and_no_name_of_an_axes_stands_above_them(executed):
    shown = [out for kind in ("display_data", "execute_result") for _, out in outputs(executed, kind)]
    assert sum("image/png" in out.data for out in shown) >= 8
    assert not [
        out.data["text/plain"] for out in shown if out.data.get("text/plain", "").startswith(("<Axes", "[Text"))
    ]
