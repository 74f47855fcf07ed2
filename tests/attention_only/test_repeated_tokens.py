"""Repeated sequences, bigrams of a context and streams: what repeats, what does not, and what is refused."""

import pytest
import torch

from course_utils.attention_only.repeated_tokens import context_bigrams, repeated_sequences, with_start, zipf_streams


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("period", [1, 4, 12])
def test_every_token_repeats_after_one_period(period):
    tokens = repeated_sequences(5, 12, 9, generator(), periods=(period, period))
    body = tokens[:, 1:]
    assert tokens.shape == (5, 13)
    assert torch.equal(body[:, period:], body[:, : 12 - period])
    assert body.max() < 9 and body.min() >= 0


def test_random_periods_reach_both_ends_and_nothing_else():
    tokens = repeated_sequences(400, 24, 50, generator(), periods=(3, 6))[:, 1:]
    fits = torch.stack([(tokens[:, p:] == tokens[:, : 24 - p]).all(dim=1) for p in range(3, 7)], dim=1)
    assert fits.any(dim=1).all()
    assert (fits.sum(dim=0) > 60).all()  # about 100 of each


@pytest.mark.parametrize("periods", [(0, 3), (4, 3), (3, 13)])
def test_impossible_periods_are_refused(periods):
    with pytest.raises(ValueError, match="expected 1 <= least"):
        repeated_sequences(2, 12, 9, generator(), periods=periods)


@pytest.mark.parametrize("make", [context_bigrams, zipf_streams])
def test_streams_start_with_the_start_token_and_follow_their_seed(make):
    tokens = make(6, 30, 8, generator(3))
    assert tokens.shape == (6, 31)
    assert (tokens[:, 0] == 8).all() and (tokens[:, 1:] < 8).all()
    assert torch.equal(tokens, make(6, 30, 8, generator(3)))
    assert not torch.equal(tokens, make(6, 30, 8, generator(4)))


def test_in_a_context_of_bigrams_the_same_token_is_mostly_followed_by_the_same():
    tokens = context_bigrams(200, 40, 8, generator())[:, 1:]
    before, after = tokens[:, :-1], tokens[:, 1:]
    counts = torch.zeros(200, 8, 8)
    counts.index_put_((torch.arange(200)[:, None].expand_as(before), before, after), torch.ones(()), accumulate=True)
    assert 0.85 < counts.amax(dim=2).sum() / counts.sum() < 0.97


def test_streams_use_frequent_tokens_often():
    counts = zipf_streams(200, 60, 16, generator())[:, 1:].flatten().bincount(minlength=16)
    assert counts[0] > 1.5 * counts[1] > 1.5 * counts[4]


def test_the_start_token_is_one_past_the_last():
    assert with_start(torch.tensor([[1, 2]]), 5).tolist() == [[5, 1, 2]]
