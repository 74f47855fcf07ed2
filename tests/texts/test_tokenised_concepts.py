"""A concept in tokens: positions, masks and first tokens, also where prompts differ in length and words are several tokens."""

import pytest
import torch

from course_utils.studies.inputs import concept_of
from course_utils.texts.concept_files import load_concept
from course_utils.texts.tokenised_concepts import tokenise_concept

ITEM = {"contrast": "every gardener needs the", "foil": "flower", "label": "fits", "contrast_label": "does not fit"}
LONG = {**ITEM, "id": "long", "group": "a", "prompt": "every pianist needs the", "target": "piano"}
SHORT = {
    **ITEM,
    "id": "short",
    "group": "b",
    "prompt": "the pianist",
    "contrast": "the gardener",
    "target": "piano flower",
}


@pytest.fixture(scope="module")
def tokenizer():
    from course_utils.pun_world.tokenizer import word_tokenizer

    return word_tokenizer()


@pytest.fixture(scope="module")
def asked(tokenizer):
    return tokenise_concept(concept_of([LONG, SHORT], "two"), tokenizer)


def test_prompts_are_padded_on_the_right_and_end_at_last(asked, tokenizer):
    for row, mask, last, item in zip(asked.prompts, asked.mask, asked.last.tolist(), (LONG, SHORT), strict=True):
        assert row[mask].tolist() == tokenizer(item["prompt"])["input_ids"]
        assert not row[~mask].any()
        assert mask.sum() == last + 1


def test_contrasts_stand_beside_their_prompts(asked, tokenizer):
    assert asked.contrasts.shape == asked.prompts.shape
    for row, mask, item in zip(asked.contrasts, asked.mask, (LONG, SHORT), strict=True):
        assert row[mask].tolist() == tokenizer(item["contrast"])["input_ids"]


def test_targets_and_foils_are_first_tokens_and_words_are_whole(asked, tokenizer):
    piano, flower = (tokenizer(f"the {word}")["input_ids"][-1] for word in ("piano", "flower"))
    assert asked.targets.tolist() == [piano, piano]
    assert asked.foils.tolist() == [flower, flower]
    assert asked.target_words.lengths.tolist() == [1, 2]


def test_log_odds_of_any_axes_before_items(asked):
    scores = torch.randn(3, 2, 1 + int(max(asked.targets.max(), asked.foils.max())))
    found = asked.log_odds(scores)
    assert found.shape == (3, 2)
    for i, (target, foil) in enumerate(zip(asked.targets, asked.foils, strict=True)):
        torch.testing.assert_close(found[:, i], scores[:, i, target] - scores[:, i, foil])
    torch.testing.assert_close(asked.log_odds(scores.log_softmax(dim=-1)), found)


def test_sentences_are_prompts_then_contrasts_that_end_in_the_same_word(asked):
    ends = asked.sentences.gather(1, asked.sentence_ends[:, None])[:, 0]
    assert ends[:2].tolist() == ends[2:].tolist()
    assert asked.has_concept.tolist() == [True, True, False, False]
    assert asked.sentence_groups == ["a", "b", "a", "b"]


@pytest.mark.parametrize("name", ["trades", "puns"])
def test_concepts_that_ship(name, tokenizer):
    concept = load_concept(name)
    asked = tokenise_concept(concept, tokenizer)
    assert len(asked.prompts) == len(asked.contrasts) == len(asked.last) == len(concept)
    assert asked.groups == concept.groups
    assert (asked.targets != asked.foils).all()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"foil": None}, "no foil in long"),
        ({"contrast": "the old gardener needs the"}, "differ in their number of tokens in long"),
        ({"target": "zeppelin"}, "does not know every word"),
    ],
)
def test_what_cannot_be_a_concept_is_refused_by_name(change, said, tokenizer):
    with pytest.raises(ValueError, match=said):
        tokenise_concept(concept_of([{**LONG, **change}, SHORT], "two"), tokenizer)


def test_few_of_many_are_named(tokenizer):
    items = [{**LONG, "id": f"item {number}", "foil": None} for number in range(5)]
    with pytest.raises(ValueError, match="item 0, item 1, item 2 and 2 more"):
        tokenise_concept(concept_of(items, "five"), tokenizer)
