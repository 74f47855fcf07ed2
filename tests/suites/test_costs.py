"""What checkpoints cost is told before they are loaded, and what fails at one of them is told beside the others."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from huggingface_hub import constants

from course_utils.figures.trajectories import mark_missing, plot_with_intervals
from course_utils.suites.costs import checkpoint_costs
from course_utils.suites.hub import HubSuite
from course_utils.suites.load import load_suite
from course_utils.sweeps.table import missing_steps, sweep
from course_utils.sweeps.visits import visit_checkpoints
from tests.helpers.local_hub import LocalHub, serving
from tests.helpers.tiny_models import saved, tiny_neox

PYTHIA = "EleutherAI/pythia-14m"


@pytest.fixture
def hub(tmp_path, monkeypatch):
    hub = LocalHub()
    for branch in ("step0", "step512", "step1000"):
        hub.add(PYTHIA, branch, saved(tiny_neox(), tmp_path / branch))
    with serving(hub):
        monkeypatch.setattr(constants, "ENDPOINT", hub.address)
        template = hub.address + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
        yield hub


def test_what_ships_costs_nothing():
    costs = checkpoint_costs(load_suite("pun-world"), [0, 1000])
    assert costs["where"].tolist() == ["here", "here"] and costs["MB"].sum() == 0
    assert costs["tokens"].tolist() == [0, 1000 * 32 * 64]


def test_on_the_hub_sizes_are_told_without_a_download_and_what_is_cached_is_here(hub):
    suite = HubSuite(PYTHIA)
    costs = checkpoint_costs(suite, suite.steps)
    assert set(costs["where"]) == {"to download"} and hub.downloads() == 0
    size = len(hub.files[PYTHIA]["step0"]["model.safetensors"])
    assert costs["MB"].tolist() == [round(size / 1e6, 1)] * 3
    assert costs.loc[512, "label"] == "step512" and costs.loc[512, "tokens"] == 512 * 2**21
    suite.download(512)
    assert checkpoint_costs(suite, suite.steps)["where"].tolist() == ["to download", "here", "to download"]


def test_a_revision_that_is_gone_is_missing_with_its_reason(hub):
    suite = HubSuite(PYTHIA)
    del hub.files[PYTHIA]["step512"]
    hub.removed.add("step512")
    costs = checkpoint_costs(suite, suite.steps)
    assert costs["where"].tolist() == ["to download", "missing", "to download"] and np.isnan(costs.loc[512, "MB"])
    assert "has no revision step512" in missing_steps(costs)[512]


def test_a_visit_that_fails_is_told_and_the_others_go_on():
    suite = load_suite("pun-world")
    seen = visit_checkpoints(
        suite, [1000, 0], lambda model: 1 / float(model._module.embed_out_is_absent), progress=False
    )
    assert seen.results == {} and list(seen.missing) == [0, 1000] and "AttributeError" in seen.missing[0]
    seen = visit_checkpoints(suite, [1000, 0], lambda model: type(model).__name__, progress=False)
    assert seen.results == {0: "TransformersModel", 1000: "TransformersModel"} and seen.missing == {}
    with pytest.raises(KeyError, match="no step 3"):
        visit_checkpoints(suite, [3], print)


def test_missing_steps_give_the_first_reason_of_each():
    def broken(model):
        raise RuntimeError("no such head")

    table = sweep(load_suite("pun-world"), {"fine": lambda model: 1.0, "broken": broken}, [0, 10], progress=False)
    assert missing_steps(table) == {0: "broken: RuntimeError: no such head", 10: "broken: RuntimeError: no such head"}
    assert missing_steps(pd.DataFrame({"a": [1.0]})) == {}


def test_a_missing_checkpoint_is_a_gap_in_line_and_band_and_has_a_cross():
    curve = pd.DataFrame(
        {"mean": [1.0, np.nan, 2.0], "low": [0.5, np.nan, 1.5], "high": [1.5, np.nan, 2.5]}, [1, 10, 100]
    )
    axis = plot_with_intervals({"one": curve, "two": curve + 1}, ylabel="nats")
    assert [line.get_label() for line in axis.get_lines()] == ["one", "two"]
    assert np.isnan(axis.get_lines()[0].get_ydata()[1])
    [band, _] = axis.collections
    assert not any(
        np.isclose(path.vertices[:, 0], 10).any() for path in band.get_paths() if np.isfinite(path.vertices).all()
    )
    mark_missing(axis, {10: "gone"})
    assert axis.get_lines()[-1].get_xdata() == [10] and "missing: 10" in axis.texts[-1].get_text()
    with pytest.raises(ValueError, match="no curves"):
        plot_with_intervals({})
    plt.close("all")
