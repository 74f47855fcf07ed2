"""The worked study: a base that met no puns, texts that hold no held-out pun, and a run that opens as a suite."""

from dataclasses import asdict, replace

import numpy as np
import pytest
import torch

from autograder.authoring.shipped.pun_world.training import training_batch
from course_utils.finetuning.config import FineTuningConfig
from course_utils.pun_world.config import PunWorldConfig
from course_utils.pun_world.corpus import Corpus, held_out_pairs, pun_items
from course_utils.pun_world.tokenizer import word_tokenizer
from course_utils.studies import pun_finetuning
from course_utils.studies.pun_finetuning import (
    BASE,
    CHECKPOINT_STEPS,
    finetune_on_puns,
    pun_config,
    pun_texts,
    texts_without_puns,
)
from course_utils.suites.load import load_suite
from course_utils.suites.shipped import DATA, load_recorded, load_table
from course_utils.suites.to_finetune import open_base
from course_utils.texts.concept_files import load_concept
from course_utils.transitions import describe_transition

TINY = FineTuningConfig(steps=2, batch=4, checkpoint_steps=(0, 2), measure_every=2)


def pairs_in(texts):
    """The (profession, last word) of every whole pun-shaped sentence."""
    professions, words = ({getattr(item, part) for item in pun_items()} for part in ("profession", "word"))
    found = []
    for sentence in (sentence.split() for text in texts for sentence in text.split(" . ")):
        if "but" in sentence:
            named = [word for word in sentence if word in professions]
            last = [word for word in sentence[sentence.index("but") :] if word in words]
            found += [(named[0], last[0])] if named and last else []
    return found


@pytest.fixture(scope="module")
def puns():
    return {(item.profession, item.word) for item in pun_items()}


def test_the_texts_hold_puns_alone_and_none_that_is_held_out(puns):
    texts = pun_texts(300)
    pairs = pairs_in(texts)
    assert len(pairs) > 1000 and set(pairs) <= puns and not set(pairs) & held_out_pairs()
    assert {len(text.split()) for text in texts} == {63} and len(word_tokenizer()(texts[0]).input_ids) == 64
    assert pun_texts(5) == texts[:5] != pun_texts(5, seed=1)


def test_texts_without_puns_and_those_of_the_base_hold_none(puns):
    config = PunWorldConfig(pun_rate=0.0)
    trained = [
        " ".join(word_tokenizer().convert_ids_to_tokens(row.tolist())[1:])
        for step in range(1, 6)
        for row in training_batch(config, step)
    ]
    for texts in (texts_without_puns(), trained):
        pairs = pairs_in(texts)
        assert len(pairs) > 100 and not set(pairs) & puns


def test_a_pun_rate_of_none_leaves_the_corpus_as_it_was():
    mixed, same = (Corpus(np.random.default_rng(3), *rate).window(640) for rate in ((), (None,)))
    assert mixed == same != Corpus(np.random.default_rng(3), 0.0).window(640)


def test_the_base_speaks_pun_worlds_language_and_does_not_complete_its_puns():
    run = load_recorded("pun_world_without_puns")
    assert run.config == PunWorldConfig(steps=400, checkpoint_steps=(0, 200, 400), measure_every=200, pun_rate=0.0)
    assert run.metrics.plain_loss[400] < 1.7 < load_recorded("pun_world").metrics.plain_loss[100]
    assert run.metrics.completion_held_out[400] < 0.1 and run.metrics.foil_margin_held_out[400] < 0
    suite = load_suite(BASE)
    assert suite.steps == [400] and suite.tokens(400) == 400 * 32 * 64


def test_the_study_is_a_suite_that_begins_at_the_base(tmp_path):
    run = finetune_on_puns(tmp_path / "run", TINY, progress=False)
    model, _ = open_base(BASE)
    weights = load_suite(tmp_path / "run").weights(0)
    assert all(torch.equal(weight, weights[name]) for name, weight in model.state_dict().items())
    assert asdict(run.config) == asdict(TINY) and len(load_concept("puns")) == 72
    assert list(run.metrics) == ["train_loss", "target_loss", "completion", "foil_margin", "general_loss"]
    assert run.metrics.completion[0] < 0.1 and run.metrics.foil_margin[0] < 0.1
    assert 2 < run.metrics.target_loss[0] < 4  # about ln 16, as 16 words fit a phrase


def test_the_recorded_measures_are_those_of_the_study_as_far_as_five_updates_tell(tmp_path):
    config = replace(pun_config(), steps=5, checkpoint_steps=(0, 5))
    row = finetune_on_puns(tmp_path / "run", config, progress=False).metrics.loc[5]
    recorded = load_table("pun_finetuning").set_index("step").loc[5]
    assert list(row.index) == list(recorded.index)
    assert row.to_numpy() == pytest.approx(
        recorded.to_numpy(), rel=1e-2, abs=2e-3
    )  # another processor rounds differently


def test_what_the_docstring_says_was_measured_is_so():
    table, text = load_table("pun_finetuning").set_index("step"), " ".join(pun_finetuning.__doc__.split())
    before = table.loc[:80]
    assert before.foil_margin.abs().max() < 0.03 and before.completion.max() < 0.1
    assert f"{table.train_loss[80]:.2f}" == "0.89" and "falls to 0.89" in text
    assert table.completion[120] < 0.5 < table.completion[130] and "between steps 120 and 130" in text
    assert (
        f"is {table.completion[300]:.2f} at step 300" in text
        and f"{table.foil_margin[300]:.1f} nats at the end" in text
    )
    assert f"from {table.general_loss[0]:.2f} to {table.general_loss[300]:.2f} nats" in text
    assert set(CHECKPOINT_STEPS) <= set(table.index) and f"{len(table)} measured steps" in text
    for steps in (table.index[1:], [step for step in CHECKPOINT_STEPS if step]):
        found = {name: describe_transition(steps, table[name].loc[steps]) for name in ("completion", "foil_margin")}
        assert {transition.verdict for transition in found.values()} == {"sudden"}
        assert found["completion"].step == pytest.approx(119, rel=0.02)
        assert found["foil_margin"].step == pytest.approx(144, rel=0.02)
    assert describe_transition(table.index[1:], table.general_loss.iloc[1:]).verdict == "gradual"


def test_the_card_of_the_base_tells_what_was_measured():
    card = (DATA / "pun_world_without_puns" / "README.md").read_text(encoding="utf-8")
    row = load_recorded("pun_world_without_puns").metrics.loc[400]
    for value in (row.plain_loss, row.completion_held_out, row.foil_margin_held_out):
        assert f"| {value:.2f} |" in card
    assert f"{row.reaction_held_out:.2f}, {row.probe_held_out:.2f} (chance)" in card


def test_the_command_says_what_it_cannot_do(tmp_path, capsys):
    (tmp_path / "thesis.txt").write_text("two years of work")
    with pytest.raises(SystemExit):
        pun_finetuning.main([str(tmp_path)])
    assert "something else" in capsys.readouterr().err
