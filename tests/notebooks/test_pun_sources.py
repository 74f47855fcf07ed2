"""The pun notebook on what ships, on a hub and on NDIF: one line changed, the same numbers, and a gap where a step fails.

The hub serves pun-world's weights under the names of OLMo's revisions, and the service runs what it is sent on those. The notebooks
are solved ones whose first look takes fewer checkpoints, as their configuration allows; what they measured is written down by a
cell at their end.
"""

import shutil
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import pytest
from nbclient import NotebookClient

from autograder.assignments import find_assignment
from autograder.authoring.notebooks import solved_notebook
from course_utils.suites.load import load_suite
from course_utils.suites.shipped import load_recorded
from tests.helpers.local_hub import LocalHub, serving
from tests.helpers.local_ndif import serving_ndif

pytestmark = pytest.mark.slow

OLMO = "allenai/OLMo-2-0425-1B"
SWITCH, LOOK = 'suite = load_suite("pun-world")', "at_most, closer = 10, 8"
SMALL_LOOK = "at_most, closer = 2, 1"
NOT_HOSTED, GONE = 1450, 500  # steps that fail, on NDIF and on the hub
MEASURED = ("completions", "probed", "lensed", "ablated", "contexts", "losses", "copied")
WRITE_DOWN = f"""
tables = {{name: globals()[name] for name in {MEASURED}}}
for name, table in tables.items():
    table.to_csv(f"{{name}}.csv")
"""


def step_branch(step: int) -> str:
    """What OLMo calls a step, with its tokens as rounded there."""
    return f"stage1-step{step}-tokens{-(-step * 2**21 // 10**9)}B"


def notebook_on(source: str, folder: Path) -> nbformat.NotebookNode:
    """The solved notebook, run in a folder with its one line changed to a source."""
    notebook = solved_notebook(find_assignment("pun_emergence"))
    for old, new in ((SWITCH, f"suite = {source}"), (LOOK, SMALL_LOOK)):
        [cell] = [cell for cell in notebook.cells if cell.source.startswith(old)]
        cell.source = cell.source.replace(old, new, 1)
    notebook.cells.append(nbformat.v4.new_code_cell(WRITE_DOWN))
    folder.mkdir()
    NotebookClient(notebook, timeout=300, allow_errors=True, resources={"metadata": {"path": folder}}).execute()
    return notebook


def said_by(notebook: nbformat.NotebookNode) -> str:
    streams = [out for cell in notebook.cells for out in cell.get("outputs", []) if out.output_type == "stream"]
    return "".join(out.text for out in streams if out.name == "stdout")


def errors_of(notebook: nbformat.NotebookNode) -> list[tuple[str, str, str]]:
    cells = [(cell.source, out) for cell in notebook.cells for out in cell.get("outputs", [])]
    return [(source[:60], out.ename, out.evalue) for source, out in cells if out.output_type == "error"]


def measured_in(folder: Path) -> dict[str, pd.DataFrame]:
    return {name: pd.read_csv(folder / f"{name}.csv", index_col="step") for name in MEASURED}


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    """Pun-world's checkpoints in float32, as a repository of OLMo."""
    run, hub = load_recorded("pun_world"), LocalHub()
    for step in run.steps:
        folder = tmp_path_factory.mktemp("branch")
        run.checkpoint(step).save_pretrained(folder)
        run.tokenizer.save_pretrained(folder)
        hub.add(OLMO, step_branch(step), folder)
        shutil.rmtree(folder)
    hub.files[OLMO]["main"] = hub.files[OLMO][step_branch(run.steps[-1])]
    with serving(hub):
        yield hub


@pytest.fixture(scope="module")
def elsewhere(hub, tmp_path_factory):
    """Let notebooks that are started from here look for the hub on the loopback."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_ENDPOINT", hub.address)
        patch.setenv("HF_HUB_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("HF_HUB_DISABLE_PROGRESS_BARS", "1")
        yield patch


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shipped") / "run"
    notebook = notebook_on('load_suite("pun-world")', folder)
    assert errors_of(notebook) == []
    return measured_in(folder)


def assert_same_numbers(found: dict[str, pd.DataFrame], expected: dict[str, pd.DataFrame], failed: int) -> None:
    """Every number but those of the step that failed, which are missing, all of them."""
    for name, table in found.items():
        assert list(table.index) == list(expected[name].index) and failed in table.index
        assert table.loc[failed].isna().all(), name
        kept = [step for step in table.index if step != failed]
        assert len(kept) >= 4 and not table.loc[kept].isna().any(axis=None)
        np.testing.assert_allclose(table.loc[kept], expected[name].loc[kept], rtol=0, atol=2e-4, err_msg=name)


def test_the_hub_gives_the_same_numbers_and_a_gap_where_a_revision_is_gone(hub, elsewhere, shipped, tmp_path):
    branch = step_branch(GONE)
    kept = hub.files[OLMO].pop(branch)
    hub.removed.add(branch)  # listed, and gone when it is asked for
    try:
        notebook = notebook_on(f'load_suite("{OLMO}")', tmp_path / "run")
    finally:
        hub.files[OLMO][branch] = kept
        hub.removed.clear()
    assert errors_of(notebook) == []
    assert_same_numbers(measured_in(tmp_path / "run"), shipped, GONE)
    said = said_by(notebook)
    assert f"HubSuite('{OLMO}': 14 steps, 0 to 2600)" in said
    assert f"step {GONE} is missing: completion: HubError: {OLMO} has no revision {branch}" in said


def test_ndif_gives_the_same_numbers_and_a_gap_where_a_step_is_not_hosted(hub, elsewhere, shipped, tmp_path):
    steps = load_suite("pun-world").steps
    hosted = ["main", *(step_branch(step) for step in steps if step != NOT_HOSTED)]
    with serving_ndif(hub.address, tmp_path) as ndif:
        ndif.set(levels={name: ["HOT", "RUNNING"] for name in hosted}, repository=OLMO)
        elsewhere.setenv("NDIF_HOST", ndif.address)
        elsewhere.delenv("NDIF_API_KEY", raising=False)
        notebook = notebook_on(f'load_suite("{OLMO}", remote=True)', tmp_path / "run")
        asked = ndif.seen()["asked"]
    assert errors_of(notebook) == []
    assert_same_numbers(measured_in(tmp_path / "run"), shipped, NOT_HOSTED)
    said = said_by(notebook)
    assert f"step {NOT_HOSTED} is missing: completion: NotHostedError" in said
    assert asked["/request"] > 50 and asked["/status"] >= 1
    costs = [out.data["text/plain"] for cell in notebook.cells for out in cell.get("outputs", []) if "data" in out]
    assert any("not hosted" in text and "hosted" in text for text in costs)
