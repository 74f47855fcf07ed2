"""Pun-world: no word gives a pun away, held-out pairs stay out of training, and a run is made again exactly."""

import os
import signal
from collections import Counter
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from autograder.authoring.shipped.pun_world import training as pun_world_training
from autograder.authoring.shipped.pun_world.measures import (
    REPEAT_LENGTH,
    measures,
    probe_accuracies,
    repeated_words,
    token_ids,
)
from autograder.authoring.shipped.pun_world.training import train_pun_world, training_batch
from course_utils.pun_world.config import PunWorldConfig
from course_utils.pun_world.corpus import (
    GROAN,
    NOD,
    START,
    UNKNOWN,
    Corpus,
    held_out_pairs,
    is_held_out,
    non_pun_items,
    phrases,
    pun_items,
    settings,
    vocabulary,
    words_by_phrase,
)
from course_utils.pun_world.runs import PunWorldRun
from course_utils.pun_world.tokenizer import word_tokenizer
from course_utils.suites.saved_runs import load_run

TINY = PunWorldConfig(
    d_model=16, n_layers=1, n_heads=2, d_mlp=32, batch=4, steps=6, checkpoint_steps=(0, 3), measure_every=4
)
NUMBERS = {word: n for n, word in enumerate(vocabulary())}


# --- what is said in pun-world ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("held_out", [False, True])
@pytest.mark.parametrize("part", ["profession", "phrase", "word", "opening"])
def test_no_single_part_gives_the_class_away(part: str, held_out: bool) -> None:
    puns, others = (
        Counter(getattr(item, part) for item in items if item.held_out == held_out)
        for items in (pun_items(), non_pun_items())
    )
    assert puns == others and len(puns) > 2


def test_a_non_pun_keeps_everything_but_a_word_of_its_own_setting() -> None:
    own = {word: setting.name for setting in settings() for word in setting.words}
    for pun, other in zip(pun_items(), non_pun_items(), strict=True):
        assert other.prompt == pun.prompt and other.held_out == pun.held_out
        assert own[pun.word] == pun.setting != own[other.word]
        assert other.word in dict(words_by_phrase()[pun.phrase]).values()  # it fits the phrase


def test_one_pair_in_ten_is_held_out_and_every_part_of_it_is_seen_elsewhere() -> None:
    pairs = {item.pair for item in pun_items()}
    assert len(held_out_pairs()) == 36 and len(pairs) == 360 and held_out_pairs() < pairs
    seen = [item for item in pun_items() if not item.held_out]
    assert {pair[0] for pair in held_out_pairs()} <= {item.profession for item in seen}
    assert {pair[1] for pair in held_out_pairs()} <= {item.word for item in seen}
    for setting in settings():  # two of different professions and words
        professions, words = zip(*setting.held_out, strict=True)
        assert len({*professions} & {*setting.professions}) == len({*words} & {*setting.words}) == 2


def test_each_word_has_one_role_and_each_phrase_fits_at_most_one_word_of_a_setting() -> None:
    roles = [word for s in settings() for word in (*s.professions, *s.words, *s.things)]
    frames = {word for phrase in phrases() for word in phrase.split()}
    assert len(roles) == len(set(roles)) and not set(roles) & frames
    for setting in settings():
        fitting = [phrase for its_phrases in setting.words.values() for phrase in its_phrases]
        assert len(fitting) == len(set(fitting)) == 8


def _sentences(windows: int) -> list[list[str]]:
    corpus = Corpus(np.random.default_rng(0))
    texts = (" ".join(corpus.window(64)[1:]).split(" . ")[:-1] for _ in range(windows))
    return [sentence.split() for text in texts for sentence in text]


def test_training_text_never_holds_a_held_out_prompt_and_reacts_to_puns_alone() -> None:
    by_profession = {profession: s for s in settings() for profession in s.professions}
    own = {word: s.name for s in settings() for word in s.words}
    puns, reactions = [], Counter()
    for words in (words for words in _sentences(3000) if "but" in words and words[0] == "i"):
        profession, rest = words[words.index("but") - 1], words[words.index("but") + 2 :]
        phrase = next(phrase for phrase in phrases() if rest[:2] == phrase.split())
        assert not is_held_out(by_profession[profession], profession, phrase)
        puns.append(own[rest[2]] == by_profession[profession].name)
        assert rest[3:] in ([], ["and", "everyone", GROAN if puns[-1] else NOD])
        reactions[len(rest) > 3] += 1
    assert len(puns) > 8_000  # so that a held-out prompt, one in ten of all, could not be missed
    assert np.mean(puns) == pytest.approx(0.5, abs=0.025)  # whole windows are puns or none: few independent draws
    assert reactions[True] / len(puns) == pytest.approx(0.5, abs=0.025)


def test_a_repetition_says_the_same_words_again() -> None:
    corpus = Corpus(np.random.default_rng(1))
    for _ in range(50):
        *words, end = corpus.repetition(0.5)
        period = words.index(words[0], 1)
        assert end == "." and 4 <= period <= 10 and len(words) in (2 * period, 3 * period)
        assert all(a == b for a, b in zip(words, words[period:], strict=False))


# --- what is measured ------------------------------------------------------------------------------------------------


class _Oracle(nn.Module):
    """A hand-built model whose answers and attention are known: it completes and reacts as it is told to."""

    def __init__(self, answers: dict[str, str], looks_at_copies: bool = False) -> None:
        super().__init__()
        self.answers, self.looks_at_copies = answers, looks_at_copies

    def forward(self, tokens, output_hidden_states=False, output_attentions=False):
        logits = torch.zeros(*tokens.shape, len(NUMBERS))
        hidden = torch.zeros(*tokens.shape, 2)
        for n, row in enumerate(tokens.tolist()):
            last = max((place for place, token in enumerate(row) if token), default=0)
            text = " ".join(vocabulary()[token] for token in row[1 : last + 1])
            if text in self.answers:
                logits[n, last, NUMBERS[self.answers[text]]] = 5.0
                hidden[n, last, 0] = float(self.answers[text] == GROAN)
        length = tokens.shape[1]
        pattern = torch.zeros(len(tokens), 2, length, length)
        if self.looks_at_copies:
            for query in range(REPEAT_LENGTH + 1, length):
                pattern[:, 1, query, query - REPEAT_LENGTH + 1] = 1.0
        return SimpleNamespace(logits=logits, hidden_states=(torch.zeros_like(hidden), hidden), attentions=(pattern,))


def _answers(right: bool) -> dict[str, str]:
    opposite = {GROAN: NOD, NOD: GROAN}
    answers = {
        pun.prompt: pun.word if right else non.word for pun, non in zip(pun_items(), non_pun_items(), strict=True)
    }
    return answers | {
        item.reaction_prompt: item.reaction if right else opposite[item.reaction]
        for item in (*pun_items(), *non_pun_items())
    }


def test_a_model_that_knows_all_scores_one() -> None:
    row = measures(_Oracle(_answers(True), looks_at_copies=True))
    ones = ("completion_held_out", "completion_seen", "reaction_held_out", "reaction_seen", "probe_held_out")
    assert [row[name] for name in ones] == [1.0] * 5
    assert row["foil_margin_held_out"] == row["reaction_margin_held_out"] == 5.0
    assert row["induction_score"] == 1.0
    for knows_nothing_of in ("plain_loss", "repeat_loss"):
        assert row[knows_nothing_of] == pytest.approx(np.log(len(NUMBERS)))


def test_a_model_that_is_always_wrong_scores_zero_but_its_probe_finds_what_it_knows() -> None:
    row = measures(_Oracle(_answers(False)))
    assert row["completion_held_out"] == row["reaction_held_out"] == row["induction_score"] == 0.0
    assert row["foil_margin_held_out"] == row["reaction_margin_held_out"] == -5.0
    assert row["probe_held_out"] == 1.0


def test_the_probe_reads_the_layer_it_is_told_to() -> None:
    embedding, last = probe_accuracies(_Oracle(_answers(True)))
    assert (embedding, last) == (0.5, 1.0)
    assert probe_accuracies(_Oracle(_answers(True)), layers=[0]) == [embedding]


def test_a_model_that_always_groans_is_at_chance() -> None:
    items = (*pun_items(), *non_pun_items())
    row = measures(_Oracle({item.reaction_prompt: GROAN for item in items}))
    assert row["reaction_held_out"] == row["reaction_seen"] == row["probe_held_out"] == 0.5


def test_repeated_words_are_said_twice_and_are_no_signs() -> None:
    tokens = repeated_words()
    first, second = tokens[:, 1 : REPEAT_LENGTH + 1], tokens[:, REPEAT_LENGTH + 1 :]
    assert torch.equal(first, second) and (first > NUMBERS["."]).all() and (tokens[:, 0] == NUMBERS[START]).all()


def test_damaged_weights_are_no_measure() -> None:
    model = TINY.build_model()
    with torch.no_grad():
        model.get_output_embeddings().weight[3] = torch.nan
    with pytest.raises(FloatingPointError, match="not finite"):
        measures(model)


def test_tokenizer_knows_every_word_and_says_which_it_does_not(tmp_path) -> None:
    from transformers import PreTrainedTokenizerFast

    word_tokenizer().backend_tokenizer.save(str(tmp_path / "tokenizer.json"))
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(tmp_path / "tokenizer.json"))
    expected = token_ids([pun_items()[0].reaction_prompt]).tokens[0].tolist()
    assert tokenizer(pun_items()[0].reaction_prompt)["input_ids"] == expected  # <start> first, as in training
    assert tokenizer(" interest", add_special_tokens=False)["input_ids"] == [NUMBERS["interest"]]
    assert len(tokenizer) == len(vocabulary()) == len(set(vocabulary()))
    assert tokenizer("zebra")["input_ids"] == [NUMBERS[START], NUMBERS[UNKNOWN]]
    with pytest.raises(ValueError, match="no word zebra"):
        token_ids(["i used to be a zebra"])


# --- training --------------------------------------------------------------------------------------------------------


@pytest.fixture
def quick(monkeypatch) -> None:
    """Measures that cost nothing but depend on the weights, for tests of what training keeps."""
    monkeypatch.setattr(
        pun_world_training,
        "measures",
        lambda model: {"size": float(sum(w.detach().abs().sum() for w in model.parameters()))},
    )


@pytest.fixture(scope="module")
def tiny_run() -> PunWorldRun:
    return train_pun_world(TINY, progress=False)


def _assert_same_run(one: PunWorldRun, other: PunWorldRun) -> None:
    assert one.steps == other.steps
    for name, weight in one.weights(one.steps[-1]).items():
        assert torch.equal(weight, other.weights(one.steps[-1])[name])
    pd.testing.assert_frame_equal(one.metrics, other.metrics, rtol=1e-12)


def test_same_seed_gives_the_same_curves_whatever_the_threads(tiny_run: PunWorldRun) -> None:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        again = train_pun_world(TINY, progress=False)
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    _assert_same_run(tiny_run, again)
    assert list(tiny_run.metrics.index) == [0, 3, 4, 6] and tiny_run.steps == [0, 3, 6]  # the end is always kept


def test_a_saved_run_opens_again(tmp_path, tiny_run: PunWorldRun) -> None:
    opened = load_run(tiny_run.save(tmp_path / "run"))
    _assert_same_run(tiny_run, opened)
    assert opened.config == TINY and opened.tokens_seen(6) == 6 * 4 * 64 and opened.resume_state is None
    assert opened.tokenizer("i once was")["input_ids"] == [NUMBERS[word] for word in (START, "i", "once", "was")]


def test_weights_fit_whatever_transformers_calls_the_output_matrix(tiny_run: PunWorldRun) -> None:
    weights = tiny_run.weights(6)
    (name,) = {"lm_head.weight", "embed_out.weight"} & set(weights)
    other = {"lm_head.weight": "embed_out.weight", "embed_out.weight": "lm_head.weight"}[name]
    model = TINY.build_model()
    model.load_state_dict({other if key == name else key: weight for key, weight in weights.items()})
    assert torch.equal(model.get_output_embeddings().weight, weights[name])


@pytest.mark.usefixtures("quick")
def test_an_interrupted_run_goes_on_to_the_very_same_curves(tmp_path, monkeypatch) -> None:
    before = signal.getsignal(signal.SIGINT)
    whole = train_pun_world(TINY, progress=False)
    update = pun_world_training._update

    def interrupted(config, model, optimiser, step):
        if step == 5:  # in the middle of an update, which must not stay half done
            os.kill(os.getpid(), signal.SIGINT)
        return update(config, model, optimiser, step)

    monkeypatch.setattr(pun_world_training, "_update", interrupted)
    stopped = train_pun_world(TINY, progress=False)
    monkeypatch.setattr(pun_world_training, "_update", update)
    assert stopped.trained_steps == 5 and list(stopped.metrics.index) == [0, 3, 4, 5]
    gone_on = train_pun_world(TINY, resume=load_run(stopped.save(tmp_path / "run")), progress=False)
    _assert_same_run(whole, gone_on)
    assert signal.getsignal(signal.SIGINT) is before  # which is not Python's own where tests run in the background


@pytest.mark.usefixtures("quick")
def test_what_cannot_be_resumed_is_refused(tiny_run: PunWorldRun) -> None:
    with pytest.raises(ValueError, match="another learning_rate"):
        train_pun_world(replace(TINY, learning_rate=1.0), resume=tiny_run, progress=False)
    with pytest.raises(ValueError, match="train it anew"):
        train_pun_world(TINY, resume=tiny_run, progress=False)


@pytest.mark.usefixtures("quick")
def test_another_seed_gives_another_run_and_each_step_its_own_text() -> None:
    runs = [train_pun_world(replace(TINY, seed=seed), progress=False) for seed in (0, 1)]
    assert not np.allclose(runs[0].metrics["train_loss"][3:], runs[1].metrics["train_loss"][3:], rtol=1e-6)
    batches = [training_batch(replace(TINY, seed=seed), step) for seed, step in ((0, 1), (0, 2), (1, 1), (0, 1))]
    assert torch.equal(batches[0], batches[3])
    assert not torch.equal(batches[0], batches[1]) and not torch.equal(batches[0], batches[2])


@pytest.mark.parametrize(
    "faulty", [{"checkpoint_steps": (2, 0)}, {"checkpoint_steps": (0, 0)}, {"n_heads": 3}, {"measure_every": 0}]
)
def test_faulty_settings_are_refused(faulty: dict) -> None:
    with pytest.raises(ValueError, match="expected"):
        PunWorldConfig(**faulty)
