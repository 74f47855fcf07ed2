"""Fine-tuning: a run opens as a suite, goes on after a stop or a kill to the very same numbers, and says what it cannot do."""

import signal
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from transformers import GPT2Config, GPT2LMHeadModel

from course_utils.finetuning import loop as finetuning
from course_utils.finetuning.config import FineTuningConfig
from course_utils.finetuning.loop import finetune
from course_utils.inside.activations import read_activations
from course_utils.suites.load import load_suite
from course_utils.suites.saved_runs import load_run
from course_utils.suites.to_finetune import open_base
from course_utils.sweeps.table import sweep
from course_utils.texts.concepts import Concept, ConceptItem
from tests.helpers.tiny_models import WORDS, tiny_neox, tiny_olmo2, tiny_tokenizer

CONFIG = FineTuningConfig(
    window=8, batch=4, learning_rate=1e-2, warmup_steps=2, steps=12, save_every=5, measure_every=3
)
TEXTS = [f"w{n} w{(n + 1) % 38} w{(n + 2) % 38} w{(n + 3) % 38} w{(n + 4) % 38}" for n in range(38)]
CONCEPT = Concept(
    "counting",
    tuple(
        ConceptItem(str(n), f"w{n} w{n + 1}", f"w{n + 2}", f"w{n} w{n + 5}", f"w{n + 6}", "yes", "no", str(n))
        for n in range(4)
    ),
)


def tuned(directory, config=CONFIG, model=None, texts=TEXTS, **options):
    options = {"concept": CONCEPT, "general_texts": TEXTS[:3], "progress": False} | options
    return finetune(model if model is not None else tiny_neox(), tiny_tokenizer(), texts, directory, config, **options)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    return tuned(tmp_path_factory.mktemp("runs") / "whole")


def same(one, other):
    assert one.steps == other.steps
    pd.testing.assert_frame_equal(one.metrics, other.metrics, check_exact=True)
    for step in one.steps:
        weights = other.weights(step)
        assert all(torch.equal(weight, weights[name]) for name, weight in one.weights(step).items())


def test_it_learns_what_the_texts_bring_and_keeps_the_steps_that_were_asked_for(whole):
    assert whole.steps == [0, 5, 10, 12] and whole.trained_steps == 12
    assert list(whole.metrics.index) == [0, 3, 5, 6, 9, 10, 12]
    first, last = whole.metrics.iloc[0], whole.metrics.iloc[-1]
    assert last.target_loss < first.target_loss - 0.1 and last.foil_margin > first.foil_margin + 0.1
    assert np.isnan(first.train_loss) and last.train_loss < whole.metrics.train_loss[3]


def test_the_directory_opens_as_a_suite_that_starts_at_the_base(whole):
    suite = load_suite(whole.directory)
    assert suite.steps == whole.steps and suite.tokens(5) == 5 * 4 * 8
    assert suite.recorded_loss(12) == whole.metrics.train_loss[12]
    base = tiny_neox().state_dict()
    assert all(torch.equal(base[name], weight) for name, weight in suite.weights(0).items())
    with suite.open(12) as model, model.trace("w1 w2"):
        logits = model.output.logits.save()
    assert logits.shape == (1, 2, len(WORDS))
    assert not (whole.directory / "resume-000012.safetensors").exists()
    assert suite.verify(progress=False).empty


def _log_p(model):
    logits = read_activations(model, torch.tensor([[3, 4]]), "logits", positions=-1)["logits"]
    return {"w3": logits.log_softmax(-1)[0, 5]}


def test_a_sweep_over_it_sees_what_training_measured(whole):
    table = sweep(load_suite(whole.directory), {"item": _log_p}, progress=False)
    assert list(table.index) == whole.steps and not table.attrs["errors"]
    expected = [whole.checkpoint(step)(torch.tensor([[3, 4]])).logits[0, -1].log_softmax(-1)[5] for step in whole.steps]
    assert table["item.w3"].to_numpy() == pytest.approx(torch.stack(expected).numpy(), abs=1e-5)
    assert table["item.w3"].iloc[-1] > table["item.w3"].iloc[0]


def test_measures_are_what_the_model_says_of_the_items(whole):
    model, tokenizer = whole.checkpoint(12), whole.tokenizer
    losses, margins, right = [], [], []
    for item in CONCEPT.items:
        log_p = model(tokenizer(item.prompt, return_tensors="pt").input_ids).logits[0, -1].double().log_softmax(-1)
        target, foil = (tokenizer.vocab[word] for word in (item.target, item.foil))
        losses.append(-log_p[target].item())
        margins.append((log_p[target] - log_p[foil]).item())
        right.append(log_p.argmax().item() == target)
    row = whole.metrics.loc[12]
    assert row.target_loss == pytest.approx(np.mean(losses), abs=1e-5)
    assert row.foil_margin == pytest.approx(np.mean(margins), abs=1e-5)
    assert row.completion == np.mean(right)
    nats = [
        model(ids, labels=ids).loss.item()
        for ids in (tokenizer(text, return_tensors="pt").input_ids for text in TEXTS[:3])
    ]
    assert row.general_loss == pytest.approx(np.mean(nats), abs=1e-5)  # texts of the same length


def test_a_word_of_several_tokens_is_scored_whole():
    model = tiny_neox()
    tokens = [2, 3, 4, 5]  # a prompt of two tokens and a word of two
    with torch.no_grad():
        ((loss, _),) = finetuning._completions(model, [(tokens, 2)])
        log_p = model(torch.tensor([tokens])).logits[0].double().log_softmax(-1)
    assert loss == pytest.approx(-(log_p[1, 4] + log_p[2, 5]).item(), abs=1e-6)


def interrupted_at(monkeypatch, step, act):
    """Do something after the update of a step."""
    update = finetuning._update

    def watched(model, optimiser, rows, config, now):
        loss = update(model, optimiser, rows, config, now)
        if now == step:
            act()
        return loss

    monkeypatch.setattr(finetuning, "_update", watched)


@pytest.mark.parametrize("step", [4, 5, 7])  # between measures, at a kept step, after one
def test_an_interrupt_is_gone_on_with_to_the_very_same_run(tmp_path, monkeypatch, whole, step):
    model = tiny_neox()
    with monkeypatch.context() as patch:
        interrupted_at(patch, step, lambda: signal.raise_signal(signal.SIGINT))
        stopped = tuned(tmp_path / "run", model=model)
    assert stopped.trained_steps == step and max(stopped.steps) <= step
    assert load_suite(tmp_path / "run").steps == stopped.steps  # what is kept can be looked at already
    same(tuned(tmp_path / "run", model=model), whole)
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == sorted(
        path.name for path in whole.directory.iterdir()
    )


def test_going_on_starts_from_whole_weights_even_where_one_byte_of_each_is_kept(tmp_path, monkeypatch):
    config = replace(CONFIG, dtype="int8")
    straight = tuned(tmp_path / "straight", config)
    with monkeypatch.context() as patch:
        interrupted_at(patch, 5, lambda: signal.raise_signal(signal.SIGINT))
        tuned(tmp_path / "run", config)
    same(tuned(tmp_path / "run", config), straight)


def test_a_killed_run_goes_on_from_its_last_kept_step(tmp_path, monkeypatch, whole):
    def die():
        raise MemoryError

    with monkeypatch.context() as patch:
        interrupted_at(patch, 8, die)
        with pytest.raises(MemoryError):
            tuned(tmp_path / "run")
    assert load_run(tmp_path / "run").trained_steps == 5
    same(tuned(tmp_path / "run"), whole)


def test_a_kill_between_two_files_of_a_commit_loses_nothing(tmp_path, monkeypatch, whole):
    from course_utils.finetuning import runs as finetuned_runs

    write = finetuned_runs._write_whole

    def dies_at_the_second_run_json(path, writer):
        if path.name == "run.json" and path.exists() and load_run(path.parent).trained_steps == 5:
            raise MemoryError
        write(path, writer)

    with monkeypatch.context() as patch:
        patch.setattr(finetuned_runs, "_write_whole", dies_at_the_second_run_json)
        with pytest.raises(MemoryError):
            tuned(tmp_path / "run")
    half = load_run(tmp_path / "run")
    assert half.trained_steps == 5 and half.metrics.index.max() == 5
    same(tuned(tmp_path / "run"), whole)


def test_a_kill_while_it_begins_leaves_nothing_in_the_way(tmp_path, monkeypatch, whole):
    from course_utils.finetuning import runs as finetuned_runs

    def dies(*_):
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(finetuned_runs.RunDirectory, "keep", dies)
        with pytest.raises(MemoryError):
            tuned(tmp_path / "run")
    assert not (tmp_path / "run").exists()
    same(tuned(tmp_path / "run"), whole)
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_a_finished_run_is_opened_and_another_study_is_refused(tmp_path, monkeypatch, whole):
    monkeypatch.setattr(finetuning, "_train", lambda *_: pytest.fail("trained again"))
    same(tuned(whole.directory), whole)
    for options, told in (
        ({"config": replace(CONFIG, seed=1)}, "another seed"),
        ({"texts": TEXTS[:-1]}, "another texts"),
        ({"model": tiny_neox(1)}, "another base"),
        ({"general_texts": []}, "another measured"),
    ):
        with pytest.raises(ValueError, match=told):
            tuned(whole.directory, **options)
    (tmp_path / "thesis.txt").write_text("two years of work")
    monkeypatch.undo()
    with pytest.raises(FileExistsError, match="something else"):
        tuned(tmp_path)


def test_a_seed_changes_the_run_and_the_users_generator_is_left_alone(tmp_path, whole):
    model = tiny_neox()
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    other = tuned(tmp_path / "run", replace(CONFIG, seed=1), model=model)
    assert torch.equal(torch.rand(3), expected)
    assert not other.metrics.equals(whole.metrics)


def test_a_run_can_be_saved_elsewhere_with_one_byte_per_weight_and_thinned(tmp_path, whole):
    whole.thinned([0, 12]).save(tmp_path / "small", precision="int8")
    small = load_run(tmp_path / "small")
    assert small.steps == [0, 12] and small.study == whole.study
    assert torch.allclose(
        small.weights(12)["gpt_neox.embed_in.weight"], whole.weights(12)["gpt_neox.embed_in.weight"], atol=2e-3
    )
    assert small.tokenizer.vocab == whole.tokenizer.vocab


def _tied_gpt2():
    torch.manual_seed(0)
    return GPT2LMHeadModel(GPT2Config(vocab_size=len(WORDS), n_positions=16, n_embd=16, n_layer=1, n_head=2))


@pytest.mark.parametrize("make", [tiny_olmo2, _tied_gpt2], ids=["olmo2", "gpt2 with dropout and tied weights"])
def test_other_architectures_go_on_to_the_same_curve_too(tmp_path, monkeypatch, make):
    straight = tuned(tmp_path / "straight", model=make())
    with monkeypatch.context() as patch:
        interrupted_at(patch, 7, lambda: signal.raise_signal(signal.SIGINT))
        tuned(tmp_path / "run", model=make())
    same(tuned(tmp_path / "run", model=make()), straight)


def test_each_window_is_seen_once_before_any_is_seen_again():
    rows = torch.arange(20)[:, None]
    config = replace(CONFIG, batch=4)
    seen = [int(row) for step in range(1, 6) for row in finetuning._batch(rows, config, step)[:, 0]]
    assert sorted(seen) == list(range(20)) and seen != list(range(20))
    assert finetuning._batch(rows, config, 6)[:, 0].tolist() != seen[:4]


def test_long_texts_are_cut_and_padding_costs_nothing():
    rows = finetuning._windows(tiny_tokenizer(), [" ".join(["w1"] * 17), "w2 w3"] * 2, CONFIG)
    assert rows.shape == (6, 8)  # windows of 8, 8 and 2 tokens: the single one that is left predicts nothing
    losses = finetuning._token_losses(tiny_neox(), rows)
    assert losses.shape == (2 * (7 + 7 + 1),)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"window": 1}, "got window=1; expected at least 2"),
        ({"steps": 0}, "got steps=0"),
        ({"save_every": 0}, "log-spaced"),
        ({"dtype": "float8"}, "expected one of float64"),
        ({"checkpoint_steps": (0, 400)}, r"with \[400\]; expected steps from 0 to 300"),
    ],
)
def test_settings_that_fit_nothing_are_refused(settings, told):
    with pytest.raises(ValueError, match=told):
        FineTuningConfig(**settings)


def test_kept_steps_are_twelve_log_spaced_ones_unless_told_otherwise():
    assert len(FineTuningConfig().checkpoint_steps) == 12 and FineTuningConfig().checkpoint_steps[:3] == (0, 1, 2)
    assert FineTuningConfig(steps=10, save_every=4).checkpoint_steps == (0, 4, 8, 10)
    assert FineTuningConfig(steps=10, checkpoint_steps=(3, 7)).checkpoint_steps == (0, 3, 7, 10)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"texts": "w1 w2"}, "expected a list"),
        ({"texts": TEXTS[:2]}, "2 texts give 2 windows of 8 tokens; expected at least batch=4"),
        ({"texts": [" ".join(["w1"] * 40)] * 4, "config": replace(CONFIG, window=40)}, "the model has 32 positions"),
    ],
)
def test_texts_that_do_not_fit_are_refused(tmp_path, options, told):
    with pytest.raises(ValueError, match=told):
        tuned(tmp_path / "run", **options)
    assert not (tmp_path / "run").exists()


def test_a_loss_that_is_not_finite_stops_with_what_to_do(tmp_path):
    with pytest.raises(FloatingPointError, match="lower learning_rate|damaged"):
        tuned(tmp_path / "run", replace(CONFIG, learning_rate=1e30, warmup_steps=0))


def test_toy_models_are_no_base():
    with pytest.raises(ValueError, match="no tokenizer; expected a suite of language models"):
        open_base("grokking_classroom")


def with_frozen_embeddings(dtype=torch.float32):
    model = tiny_neox().to(dtype)
    model.get_input_embeddings().requires_grad_(False)
    return model


def test_what_is_frozen_stays_frozen_and_the_rest_learns(tmp_path):
    run = tuned(tmp_path / "run", model=with_frozen_embeddings())
    first, last = run.weights(0), run.weights(12)
    moved = {name for name in first if not torch.equal(first[name], last[name])}
    assert "gpt_neox.embed_in.weight" not in moved and len(moved) > 10


def test_a_stopped_run_with_other_parameters_frozen_is_another_study(tmp_path):
    tuned(tmp_path / "run", model=with_frozen_embeddings())
    with pytest.raises(ValueError, match="another frozen"):
        tuned(tmp_path / "run")


def test_a_model_in_which_nothing_may_be_trained_is_trained_whole(tmp_path, whole):
    same(tuned(tmp_path / "run", model=tiny_neox().requires_grad_(False)), whole)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_trained_in_float32(tmp_path, dtype):
    run = tuned(tmp_path / "run", model=tiny_neox().to(dtype))
    assert {weight.dtype for weight in run.weights(12).values()} == {torch.float32}
    assert run.metrics.target_loss.iloc[-1] < run.metrics.target_loss.iloc[0] - 0.1
    same(tuned(tmp_path / "again", model=tiny_neox().to(dtype).float()), run)
