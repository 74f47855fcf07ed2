"""What must hold of the measures of the grokking notebook, whatever the network: exact identities on planted structure."""

import numpy as np
import pytest
import torch

from autograder.exercises.planted import waves as planted
from autograder.authoring.solved_code import solved_functions

PRIMES = (7, 13, 31, 113)


@pytest.fixture(scope="module")
def solved():
    return solved_functions("grokking")


def directions(solved, frequencies, modulus):
    return torch.stack([solved["sum_directions"](k, modulus) for k in frequencies])


@pytest.fixture
def rng():
    return np.random.default_rng(3)


@pytest.mark.parametrize("modulus", PRIMES)
def test_planted_trigonometric_logits_have_share_1_on_the_planted_frequencies(solved, rng, modulus):
    frequencies = [1, modulus // 2]
    logits = torch.tensor(planted.logits(rng, modulus, dict.fromkeys(frequencies, 2.0), class_means=3.0))
    shares = solved["logit_frequency_share"](logits, directions(solved, frequencies, modulus))
    assert shares.tolist() == pytest.approx([0.5, 0.5], abs=1e-5)


@pytest.mark.parametrize("modulus", PRIMES)
def test_all_frequencies_run_from_1_to_half_of_p_and_are_orthonormal(solved, modulus):
    frequencies = range(1, modulus // 2 + 1)
    rows = directions(solved, frequencies, modulus).flatten(0, 1).flatten(1)
    assert len(rows) == modulus - 1
    assert torch.allclose(rows @ rows.T, torch.eye(len(rows), dtype=rows.dtype), atol=1e-9)
    basis = solved["fourier_basis"](modulus)
    assert torch.allclose(basis @ basis.T, torch.eye(modulus, dtype=basis.dtype), atol=1e-9)


@pytest.mark.parametrize("modulus", PRIMES)
def test_the_highest_frequency_is_found_in_an_embedding(solved, rng, modulus):
    highest = modulus // 2
    spectrum = solved["embedding_spectrum"](
        torch.tensor(planted.embedding(rng, modulus, [highest])), solved["fourier_basis"](modulus)
    )
    assert len(spectrum) == highest
    assert int(spectrum.argmax()) + 1 == highest


def test_the_power_of_all_frequencies_and_the_mean_is_the_power_of_the_embedding(solved, rng):
    embedding = torch.tensor(planted.embedding(rng, 31, [4, 9], mean=2.0), dtype=torch.float64)
    spectrum = solved["embedding_spectrum"](embedding, solved["fourier_basis"](31))
    mean = 31 * embedding.mean(dim=0).square().sum()
    assert float(spectrum.sum() + mean) == pytest.approx(float(embedding.square().sum()))


def test_what_is_kept_and_what_is_excluded_rebuild_the_logits(solved, rng):
    """Losses do not add up, so the parts are read off where they do: with the other part known to be zero."""
    modulus, frequencies = 13, [2, 5]
    chosen = directions(solved, frequencies, modulus)
    waves = torch.tensor(planted.logits(rng, modulus, {2: 2.0, 5: 1.0}))
    rest = torch.tensor(planted.logits(rng, modulus, {3: 1.5}))
    every = torch.ones(modulus, modulus, dtype=torch.bool)
    answers = torch.arange(modulus)[:, None] + torch.arange(modulus)
    loss = lambda logits: solved["cross_entropy"](logits, answers % modulus).mean().item()  # noqa: E731
    assert solved["restricted_loss"](waves + rest, chosen) == pytest.approx(loss(waves), rel=1e-5)
    assert solved["excluded_loss"](waves + rest, chosen, every) == pytest.approx(loss(rest), rel=1e-5)


def test_with_all_frequencies_restricted_and_excluded_losses_take_everything_that_depends_on_the_sum(solved, rng):
    modulus = 11
    logits = torch.tensor(planted.logits(rng, modulus, {1: 1.0, 4: 2.0}))
    chosen = directions(solved, range(1, 6), modulus)
    every = torch.ones(modulus, modulus, dtype=torch.bool)
    assert solved["excluded_loss"](logits, chosen, every) == pytest.approx(np.log(modulus), rel=1e-5)


def test_the_floor_of_the_loss_lies_below_1e_9(solved, rng):
    modulus = 13
    logits = torch.tensor(planted.logits(rng, modulus, dict.fromkeys(range(1, 7), 4.0)))
    loss = solved["restricted_loss"](logits, directions(solved, range(1, 7), modulus))
    assert 0 < loss < 1e-9


@pytest.mark.parametrize("modulus", (7, 13, 31))
def test_a_neuron_of_one_frequency_is_explained_whole(solved, modulus):
    angles = 2 * torch.pi * 3 * torch.arange(modulus, dtype=torch.float64) / modulus
    neuron = 2 + (angles.cos()[:, None] + (angles + 1).sin()).clone() + angles.sin()[:, None] * angles.cos()
    found = solved["neuron_frequency"](neuron[..., None], solved["fourier_basis"](modulus))
    assert found["frequency"].tolist() == [3]
    assert found["share"].tolist() == pytest.approx([1.0])


@pytest.mark.parametrize("method", ["zero", "mean"])
def test_ablating_what_is_already_ablated_changes_nothing(solved, rng, method):
    activations = torch.tensor(rng.standard_normal((20, 4)))
    activations[:, 2] = 0 if method == "zero" else 1.5
    readout = lambda x: x @ torch.ones(4, 3, dtype=torch.float64).cumsum(dim=1)  # noqa: E731
    effect = solved["ablation_effect"](activations, [2], readout, torch.zeros(20, dtype=torch.long), method)
    assert effect == pytest.approx(0, abs=1e-12)


def test_a_transition_does_not_depend_on_how_values_are_scaled_or_turned_over(solved, rng):
    steps = np.array([1, 3, 10, 30, 100, 300, 1000, 3000])
    values = np.array([0.0, 0.1, 0.0, 0.2, 0.7, 1.0, 0.9, 1.0])
    once, again = (solved["find_transition"](steps, curve) for curve in (values, 5 - 3 * values))
    assert once == pytest.approx(again)
    assert (once["before"], once["after"]) == (30, 100)
