"""Items of induction: one rule tells target from foil, everything else is alike; and words for token ids, there and back."""

import doctest
import math
from collections import Counter

import pytest
import torch
from torch.nn import functional as F

from course_utils.attention_only.config import InductionConfig
from course_utils.attention_only.loop import training_batch
from course_utils.inside.activations import logits
from course_utils.suites.load import load_suite
from course_utils.texts import induction_items as module
from course_utils.texts.concepts import concerns
from course_utils.texts.induction_items import general_sequences, induction_concept, token_word_tokenizer
from course_utils.texts.words_after_texts import continuations, knows_words, token_texts, windows

SMALL = InductionConfig(vocabulary=8, length=12, periods=(3, 12))


@pytest.fixture(scope="module")
def tokenizer():
    return token_word_tokenizer(32)


def followed(text: str) -> str:
    """What followed the last word of a text where it stood before, which has to be one place."""
    words = text.split()
    (place,) = [n for n, word in enumerate(words[:-1]) if word == words[-1]]
    return words[place + 1]


@pytest.mark.parametrize(
    ("config", "items", "groups"),
    [(InductionConfig(), 40, 20), (SMALL, 24, 8), (SMALL, 24, 2), (InductionConfig(periods=(16, 16)), 64, 32)],
)
@pytest.mark.parametrize("seed", [0, 5])
def test_the_earlier_copy_alone_tells_target_from_foil(config, items, groups, seed):
    concept = induction_concept(config, items=items, groups=groups, seed=seed)
    assert len(concept) == items
    for item in concept.items:
        prompt, contrast = item.prompt.split(), item.contrast.split()
        assert followed(item.prompt) == item.target != item.foil == followed(item.contrast)
        assert Counter(prompt) == Counter(contrast)
        assert prompt.count(item.target) == prompt.count(item.foil) == 1
        different = [pair for pair in zip(prompt, contrast, strict=True) if pair[0] != pair[1]]
        assert different == [(item.target, item.foil), (item.foil, item.target)]


@pytest.mark.parametrize("config", [InductionConfig(), SMALL])
def test_prompts_with_their_targets_are_sequences_that_training_could_show(config):
    for item in induction_concept(config, items=32, groups=8).items:
        words = item.sentence.split()
        period = next(p for p in range(1, len(words)) if words[p:] == words[:-p])
        assert max(4, config.periods[0]) <= period <= config.periods[1] and len(words) <= config.length
        assert len(set(words[:period])) == period


def test_groups_are_targets_each_as_often_a_target_as_a_foil():
    concept = induction_concept(items=60, groups=20, seed=2)
    assert concept.groups == concept.targets and set(Counter(concept.groups).values()) == {3}
    assert Counter(concept.targets) == Counter(item.foil for item in concept.items)


def test_sentences_are_labelled_by_their_last_pair_and_none_is_there_twice():
    concept = induction_concept(SMALL, items=48, groups=8)
    examples = concept.examples()
    assert examples.text.is_unique and len({item.id for item in concept.items}) == 48
    for text, label in zip(examples.text, examples.label, strict=True):
        words = text.split()
        pairs = list(zip(words, words[1:], strict=False))
        assert label == ("repeated pair" if pairs[-1] in pairs[:-1] else "new pair")


def test_the_seed_decides_and_nothing_else():
    assert induction_concept(seed=4) == induction_concept(InductionConfig(), seed=4) != induction_concept(seed=5)


@pytest.mark.parametrize("seed", range(5))
def test_there_is_nothing_to_be_concerned_about(tokenizer, seed):
    assert concerns(induction_concept(seed=seed), tokenizer) == []


def test_words_and_ids_there_and_back(tokenizer):
    row = training_batch(InductionConfig(), 1)[0]
    assert row[0] == tokenizer.bos_token_id == 32
    text = tokenizer.decode(row[1:])
    assert tokenizer(text).input_ids == row.tolist() and knows_words(tokenizer, text)
    assert token_texts(tokenizer, 33)[31] == " t31"
    concept = induction_concept()
    asked = continuations(tokenizer, concept.prompts, concept.targets)
    assert asked.lengths.unique().tolist() == [1] and asked.tokens.shape[1] <= InductionConfig().length + 1
    assert tokenizer.convert_ids_to_tokens(asked.tokens[torch.arange(40), asked.last_of_word]) == concept.targets


@pytest.mark.parametrize("word", ["t32", "T3", "interest", "t03"])
def test_a_word_that_is_no_token_is_told(tokenizer, word):
    assert not knows_words(tokenizer, f"t1 {word}")
    with pytest.raises(ValueError, match="does not know every word"):
        continuations(tokenizer, ["t1 t2"], [word])
    with load_suite("induction_classroom", seed=0).open(0) as model, pytest.raises(IndexError, match="33 is out of"):
        logits(model, tokenizer(f"t1 {word}", return_tensors="pt").input_ids)


@pytest.mark.parametrize("seed", [0, 3, 7])
def test_margins_rise_on_prompts_and_fall_on_contrasts_when_induction_forms(tokenizer, seed):
    concept, suite = induction_concept(), load_suite("induction_classroom", seed=seed)
    foils = tokenizer.convert_tokens_to_ids([item.foil for item in concept.items])

    def margin(texts, model):
        ends = windows(model, continuations(tokenizer, texts, concept.targets))
        return sum(float(at[0, tokens[1]] - at[0, foil]) for (at, tokens), foil in zip(ends, foils, strict=True)) / 40

    for step, least, most in ((0, -0.5, 0.5), (150, 0.0, 1.0), (800, 5.0, 9.0)):
        with suite.open(step) as model:
            assert least <= margin(concept.prompts, model) <= most
            assert -most <= margin(concept.contrasts, model) <= -least + 0.5


def test_general_sequences_hold_nothing_twice():
    tokens = general_sequences(count=50, seed=1)
    assert tokens.shape == (50, 21) and (tokens[:, 0] == 32).all()
    assert all(len(set(row.tolist())) == 21 for row in tokens)
    assert torch.equal(tokens, general_sequences(count=50, seed=1))
    assert general_sequences(SMALL, count=3).shape == (3, 9)  # no more than there are tokens
    with load_suite("induction_classroom", seed=0).open(32) as model:
        loss = F.cross_entropy(logits(model, tokens)[:, :-1].flatten(0, 1), tokens[:, 1:].flatten())
    assert loss == pytest.approx(math.log(32), abs=0.15)


@pytest.mark.parametrize("options", [{"groups": 1}, {"groups": 33}, {"items": 30}, {"items": 0}])
def test_impossible_numbers_of_items_and_groups_are_refused(options):
    with pytest.raises(ValueError, match="expected 2 to 32 groups"):
        induction_concept(**options)


def test_what_is_too_small_is_refused():
    with pytest.raises(ValueError, match="leaves 2 positions"):
        induction_concept(InductionConfig(vocabulary=3))
    with pytest.raises(ValueError, match="leaves 2 positions"):
        induction_concept(InductionConfig(length=5, periods=(4, 5)))
    with pytest.raises(ValueError, match="not so many different ones"):
        induction_concept(InductionConfig(vocabulary=4, periods=(4, 4)), items=40, groups=2)
    with pytest.raises(ValueError, match="at least 1 sequence"):
        general_sequences(count=0)
    with pytest.raises(ValueError, match="at least 1 token"):
        token_word_tokenizer(0)


def test_the_examples_of_the_docstrings_hold():
    assert doctest.testmod(module).failed == 0
