"""Words after texts as tokens, the end of a model as two functions, and what a tokenizer's tokens add to a text."""

import pytest
import torch
from tokenizers import Tokenizer, decoders, pre_tokenizers
from tokenizers.models import BPE
from transformers import PreTrainedTokenizerFast

from course_utils.inside.activations import logits, residual_stream, unembed
from course_utils.inside.unembedding import output_head
from course_utils.suites.load import load_suite
from course_utils.texts.pun_files import load_puns, readable_puns
from course_utils.texts.words_after_texts import continuations, knows_words, token_texts, windows


@pytest.fixture(scope="module")
def suite():
    return load_suite("pun-world")


@pytest.fixture(scope="module")
def pieces():
    """Byte pairs that have " interest" in two pieces, " int" and "erest", as real vocabularies have long words."""
    letters = sorted(set(pre_tokenizers.ByteLevel.alphabet()))
    merges = [("Ġ", "i"), ("n", "t"), ("Ġi", "nt"), ("e", "r"), ("e", "s"), ("es", "t"), ("er", "est")]
    vocabulary = {text: n for n, text in enumerate([*letters, *("".join(pair) for pair in merges)])}
    tokenizer = Tokenizer(BPE(vocabulary, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer)


def test_a_word_is_parted_from_its_text_and_rows_are_padded_on_the_right(suite):
    asked = continuations(suite.tokenizer, ["i had no", "i used to be a banker but i had no"], ["interest", "fault"])
    words = suite.tokenizer.convert_ids_to_tokens
    assert asked.lengths.tolist() == [1, 1] and asked.ends.tolist() == [5, 12]
    assert words(asked.tokens[0, : asked.ends[0]]) == ["<start>", "i", "had", "no", "interest"]
    assert words(asked.tokens[torch.arange(2), asked.last_of_text]) == ["no", "no"]
    assert words(asked.tokens[torch.arange(2), asked.last_of_word]) == ["interest", "fault"]


def test_a_word_can_be_several_tokens(pieces):
    asked = continuations(pieces, ["no", "no"], ["interest", "in"])
    assert asked.lengths.tolist() == [2, 2]
    assert pieces.convert_ids_to_tokens(asked.tokens[0, asked.last_of_text[0] + 1 :]) == ["Ġint", "erest"]


def test_what_the_tokenizer_does_not_know_is_refused(suite):
    with pytest.raises(ValueError, match="'submarine' after 'i had no'; the tokenizer does not know"):
        continuations(suite.tokenizer, ["i had no"], ["submarine"])
    with pytest.raises(ValueError, match="without a space at its end"):
        continuations(suite.tokenizer, ["i had no interest"], [""])
    assert knows_words(suite.tokenizer, "i had no interest") and not knows_words(suite.tokenizer, "I had no interest")


def test_windows_are_the_logits_of_the_model_at_the_end_of_each_text(suite):
    puns = load_puns("pun_world")[:4]
    texts = [pun.setup for pun in puns[:2]] + ["i had no", "on monday anna said i made a"]
    asked = continuations(suite.tokenizer, texts, [pun.target for pun in puns])
    with suite.open(1000) as model:
        whole, ends = logits(model, asked.tokens), list(windows(model, asked))
    for row, (rows, tokens) in enumerate(ends):
        span = slice(int(asked.last_of_text[row]), int(asked.ends[row]))
        torch.testing.assert_close(rows, whole[row, span])
        assert tokens.tolist() == asked.tokens[row, span].tolist()


def test_the_two_functions_at_the_end_are_the_end_of_the_model(suite):
    tokens = suite.tokenizer(["i used to be a banker"], return_tensors="pt")["input_ids"]
    with suite.open(500) as model:
        final_norm, last = output_head(model)
        stream = residual_stream(model, tokens)[-1]
        torch.testing.assert_close(last(final_norm(stream)), logits(model, tokens))
        torch.testing.assert_close(last(final_norm(stream)), unembed(model, stream))
        assert not torch.allclose(last(stream), logits(model, tokens))


def test_a_token_that_begins_a_word_has_its_space_and_others_have_none(suite, pieces):
    texts = token_texts(suite.tokenizer, 365)
    assert texts[suite.tokenizer.vocab["interest"]] == " interest"
    assert (texts[suite.tokenizer.vocab["."]], texts[0], texts[363:]) == (".", "<start>", ["", ""])
    texts = token_texts(pieces, len(pieces))
    assert (texts[pieces.vocab["Ġint"]], texts[pieces.vocab["erest"]]) == (" int", "erest")


def test_each_tokenizer_gets_the_set_of_which_it_knows_every_word(suite, pieces):
    assert readable_puns(suite.tokenizer) == ("pun_world", load_puns("pun_world"))
    assert readable_puns(pieces) == ("english", load_puns("english"))


def test_a_tokenizer_that_knows_neither_set_is_told_which_sentence_it_cannot_read():
    from tests.helpers.tiny_models import tiny_tokenizer

    with pytest.raises(ValueError, match="english: 'I used to be a banker.*pun_world: 'i used to be a banker"):
        readable_puns(tiny_tokenizer())
