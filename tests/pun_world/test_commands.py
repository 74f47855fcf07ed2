"""Pun-world's sentences for notebooks, what `train` and `report` do, and what is said of a table of figures."""

from collections import Counter
from dataclasses import replace

import pandas as pd
import pytest
import torch

from autograder.authoring.shipped.pun_world import __main__ as pun_world
from autograder.authoring.shipped.pun_world import report as pun_world_report
from autograder.authoring.shipped.pun_world import training as pun_world_training
from autograder.authoring.shipped.pun_world.__main__ import train_seed
from autograder.authoring.shipped.pun_world.report import (
    distance_from_shipped,
    first_reaching,
    order_of_changes,
    wanted_figures,
)
from course_utils.pun_world.config import PunWorldConfig
from course_utils.pun_world.corpus import settings, vocabulary
from course_utils.pun_world.items import literal_contexts, pun_world_items
from course_utils.pun_world.runs import PunWorldRun
from course_utils.suites.saved_runs import load_run
from course_utils.texts.balance import pun_balance
from course_utils.texts.pun_files import load_puns

TINY = PunWorldConfig(
    d_model=16, n_layers=1, n_heads=2, d_mlp=32, batch=4, steps=6, checkpoint_steps=(0, 3), measure_every=4
)


@pytest.fixture(autouse=True)
def quick(monkeypatch) -> None:
    """Measures that cost nothing but depend on the weights."""
    monkeypatch.setattr(
        pun_world_training,
        "measures",
        lambda model: {"size": float(sum(w.detach().abs().sum() for w in model.parameters()))},
    )


def test_items_come_in_pairs_that_differ_in_the_last_word_alone() -> None:
    items = pun_world_items()
    puns, others = items[::2].reset_index(drop=True), items[1::2].reset_index(drop=True)
    assert puns.is_pun.all() and not others.is_pun.any() and len(puns) == 2160
    same = ["prompt", "profession", "setting", "phrase", "opening", "held_out"]
    assert puns[same].equals(others[same])
    assert (
        (puns.target == others.foil).all() and (puns.foil == others.target).all() and (puns.target != puns.foil).all()
    )
    assert items[items.held_out].is_pun.sum() == 216
    assert {word for prompt in items.reaction_prompt for word in prompt.split()} <= set(vocabulary())


def test_literal_contexts_end_in_the_word_and_are_pun_worlds_own_words() -> None:
    for word in (word for setting in settings() for word in setting.words):
        contexts = literal_contexts(word)
        assert set(contexts) == {"setting", "phrase"}
        for context in contexts.values():
            assert context.endswith(f" {word}") and set(context.split()) <= set(vocabulary())
    with pytest.raises(ValueError, match="got 'banker'; the words of two senses are interest"):
        literal_contexts("banker")


# --- train -----------------------------------------------------------------------------------------------------------


def _assert_same(one: PunWorldRun, other: PunWorldRun) -> None:
    assert one.steps == other.steps
    assert all(torch.equal(w, other.weights(6)[name]) for name, w in one.weights(6).items())
    pd.testing.assert_frame_equal(one.metrics, other.metrics, rtol=1e-12)


def test_the_same_command_gives_the_same_curves(tmp_path) -> None:
    runs = [train_seed(TINY, tmp_path / name, progress=False) for name in ("a", "b")]
    _assert_same(*runs)
    first, second = (load_run(tmp_path / name) for name in ("a", "b"))
    _assert_same(first, second)
    assert (tmp_path / "a" / "tokenizer.json").is_file()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]  # nothing is left beside them


def test_a_killed_training_goes_on_from_its_last_checkpoint(tmp_path, monkeypatch) -> None:
    whole = train_seed(TINY, tmp_path / "whole", progress=False)
    update, seen = pun_world_training._update, []

    def killed(config, model, optimiser, step):
        if step == 5:
            raise MemoryError
        return update(config, model, optimiser, step)

    monkeypatch.setattr(pun_world_training, "_update", killed)
    with pytest.raises(MemoryError):
        train_seed(TINY, tmp_path / "run", progress=False)

    def watched(config, model, optimiser, step):
        seen.append(step)
        return update(config, model, optimiser, step)

    monkeypatch.setattr(pun_world_training, "_update", watched)
    (tmp_path / "run").rename(tmp_path / "run.new")  # as a stop between the two renamings would leave it
    _assert_same(whole, train_seed(TINY, tmp_path / "run", progress=False))
    assert seen == [4, 5, 6]
    train_seed(TINY, tmp_path / "run", progress=False)
    assert seen == [4, 5, 6]  # a finished run is not trained again


def test_what_lies_in_the_directory_is_never_overwritten(tmp_path, capsys) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("two years of work")
    (tmp_path / "file").write_text("x")
    for name in ("mine", "file"):
        with pytest.raises(FileExistsError, match="something else"):
            train_seed(TINY, tmp_path / name, progress=False)
        with pytest.raises(SystemExit):
            pun_world.main(["train", str(tmp_path / name)])
        assert "something else" in capsys.readouterr().err
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "two years of work"
    train_seed(TINY, tmp_path / "run", progress=False)
    with pytest.raises(ValueError, match="saved finished"):
        train_seed(replace(TINY, steps=9), tmp_path / "run", progress=False)
    with pytest.raises(ValueError, match="another seed"):
        train_seed(replace(TINY, seed=1), tmp_path / "run", progress=False)


# --- report ----------------------------------------------------------------------------------------------------------


def _table(**changed: list[float]) -> pd.DataFrame:
    columns = {
        "completion_held_out": [0.0, 0.05, 0.6, 0.95],
        "reaction_held_out": [0.5, 0.5, 0.5, 0.96],
        "probe_held_out": [0.5, 0.5, 0.72, 0.97],
        "induction_score": [0.03, 0.03, 0.05, 0.83],
    }
    return pd.DataFrame(columns | changed, index=pd.Index([0, 100, 1000, 2000], name="step"))


def test_wanted_figures_hold_for_a_table_that_has_them_all() -> None:
    figures = wanted_figures(_table())
    assert figures.held.all() and len(figures) == 6
    assert figures.loc[("completion_held_out", 100), "value"] == 0.05


@pytest.mark.parametrize(
    ("measure", "values", "step"),
    [
        ("completion_held_out", [0.0, 0.11, 0.6, 0.95], 100),
        ("completion_held_out", [0.0, 0.05, 0.9, 0.84], 2000),
        ("reaction_held_out", [0.5, 0.56, 0.5, 0.96], 100),
        ("reaction_held_out", [0.5, 0.5, 0.95, 0.89], 2000),
        ("probe_held_out", [0.5, 0.5, 0.72, float("nan")], 2000),
        ("induction_score", [0.03, 0.03, 0.05, 0.2], 2000),
    ],
)
def test_a_figure_that_is_missed_is_said_to_be(measure: str, values: list[float], step: int) -> None:
    figures = wanted_figures(_table(**{measure: values}))
    assert not figures.loc[(measure, step), "held"] and figures.held.sum() == 5


def test_changes_are_bracketed_by_the_measured_steps() -> None:
    curve = pd.Series([0.0, 0.5, 0.4, 1.0], index=[0, 100, 1000, 2000])
    assert first_reaching(curve, 0.5) == "(0, 100]"
    assert first_reaching(curve, 0.9) == "(1000, 2000]"
    assert first_reaching(curve, 1.1) == "never"
    assert first_reaching(curve, -1) == "[0]"
    order = order_of_changes(_table())["first reached"]
    assert order.loc[("completion_held_out", 0.5)] == order.loc[("probe_held_out", 0.7)] == "(100, 1000]"
    assert order.loc[("induction_score", 0.43)] == "(1000, 2000]"


def test_the_distance_from_what_ships_is_the_largest_of_all(tmp_path, monkeypatch) -> None:
    run = train_seed(TINY, tmp_path / "run", progress=False)
    shipped = run.metrics.copy()
    shipped.loc[4, "size"] += 0.25
    monkeypatch.setattr(pun_world_report, "recorded_measures", lambda seed: shipped)
    assert distance_from_shipped(run).endswith("4 measured steps compared with the table that ships: "
                                               "the largest difference is 0.25, in size")  # fmt: skip


def test_the_puns_worded_for_pun_world_are_its_held_out_puns() -> None:
    held_out = pun_world_items().query("held_out and is_pun and opening == 'i used to be'")
    target_of = dict(zip(held_out.prompt, held_out.target, strict=True))
    puns = load_puns("pun_world")
    assert {pun.setup: pun.target for pun in puns} == target_of and len(puns) == 72
    assert Counter(pun.non_pun for pun in puns) == Counter(pun.setup for pun in puns)  # so no word tells the class
    for pun in puns:
        assert target_of[pun.non_pun] == pun.foil != pun.target  # the foil would be the pun of the other setting
        assert pun.setup.split()[-2:] == pun.non_pun.split()[-2:]
        words = {word for sense in pun.senses for word in f"{sense.context} {sense.word}".split()}
        assert words <= set(vocabulary()) and len(pun.senses) == 2
    balance = pun_balance(puns)
    assert balance.word_accuracy <= 0.52 and balance.length_accuracy == 0.5
