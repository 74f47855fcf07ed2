"""A planted dictionary is found again; the same seed gives the same; what cannot be trained on or asked is refused."""

import doctest

import pytest
import torch
from torch.nn import functional as F

from course_utils.inside import sparse_autoencoder
from course_utils.inside.sparse_autoencoder import (
    MEASURES,
    SparseAutoencoder,
    concept_features,
    feature_contrasts,
    top_k,
    train_sparse_autoencoder,
)

D_MODEL, PLANTED, ACTIVE = 32, 64, 4
N_FEATURES = 2 * PLANTED  # with no more than were planted, about one in ten is not found


def planted(directions: torch.Tensor, count: int, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Activations that are sums of a few directions, far from 0, and which directions each is made of."""
    generator = torch.Generator().manual_seed(seed)
    active = torch.rand(count, len(directions), generator=generator).argsort(dim=1) < ACTIVE
    lengths = active * (0.5 + torch.rand(count, len(directions), generator=generator))
    return 5 * (lengths @ directions) + 100, active


@pytest.fixture(scope="module")
def directions():
    return F.normalize(torch.randn(PLANTED, D_MODEL, generator=torch.Generator().manual_seed(7)), dim=-1)


@pytest.fixture(scope="module")
def autoencoder(directions):
    x, _ = planted(directions, 4000, seed=1)
    return train_sparse_autoencoder(x, N_FEATURES, k=ACTIVE, steps=1200, progress=False)


@pytest.fixture
def by_hand():
    """Two features, the axes of a plane around (1, 2), of which the greater one is let through."""
    return SparseAutoencoder(torch.tensor([1.0, 2.0]), 2.0, torch.eye(2), torch.zeros(2), torch.eye(2), k=1)


def test_a_planted_dictionary_is_found_again(autoencoder, directions):
    cosines = (directions @ autoencoder.decoder.T).max(dim=1).values
    assert cosines.min() > 0.9 and cosines.mean() > 0.98
    assert torch.allclose(autoencoder.decoder.norm(dim=-1), torch.ones(N_FEATURES), atol=1e-5)


def test_activations_that_were_not_trained_on_are_explained_with_few_features(autoencoder, directions):
    x, _ = planted(directions, 1000, seed=2)
    assert autoencoder.explained_variance(x) > 0.85
    assert (autoencoder.encode(x) > 0).sum(dim=1).max() <= ACTIVE
    assert autoencoder.firing_rates(x).sum() <= ACTIVE + 1e-4


def test_the_feature_of_a_planted_concept_comes_first(autoencoder, directions):
    x, active = planted(directions, 1500, seed=3)
    for concept in (0, 17):
        table = concept_features(autoencoder, x[active[:, concept]], x[~active[:, concept]], count=3)
        assert len(table) == 3 and tuple(table.columns) == MEASURES and table.difference.is_monotonic_decreasing
        assert directions[concept] @ autoencoder.decoder[table.index[0]] > 0.9
        assert table.auroc.iloc[0] > 0.9 and table.rate_with.iloc[0] > 0.8 > 0.2 > table.rate_without.iloc[0]


def test_the_same_seed_gives_the_same_whatever_torch_drew_before(directions):
    x, _ = planted(directions, 300, seed=4)
    torch.manual_seed(1)
    first = train_sparse_autoencoder(x, 40, steps=250, seed=3, progress=False)
    before = torch.randn(3)
    torch.manual_seed(1)
    again = train_sparse_autoencoder(x, 40, steps=250, seed=3, progress=False)
    assert torch.equal(first.decoder, again.decoder) and torch.equal(first.encoder, again.encoder)
    assert torch.equal(before, torch.randn(3))  # and draws nothing from torch's own generator
    other = train_sparse_autoencoder(x, 40, steps=250, seed=4, progress=False)
    assert not torch.allclose(first.decoder, other.decoder)


def test_units_and_offset_of_the_stream_do_not_matter(directions):
    x, _ = planted(directions, 500, seed=5)
    near, far = (train_sparse_autoencoder(y, 40, steps=200, progress=False) for y in (x, 1000 * x - 50))
    assert near.explained_variance(x) == pytest.approx(far.explained_variance(1000 * x - 50), abs=0.02)


def test_dead_features_start_again_from_what_is_explained_worst_and_no_other_is_touched():
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(200, 8, generator=generator)
    trainer = sparse_autoencoder._Trainer(x, 16, 2, 1e-3, generator)
    trainer.update(64, 1e-3)
    before = trainer.decoder.detach().clone()
    trainer.fired[:] = torch.arange(16) >= 5
    trainer.resample()
    after = trainer.decoder.detach()
    assert torch.equal(after[5:], before[5:]) and not torch.isclose(after[:5], before[:5]).all(dim=1).any()
    assert torch.allclose(after.norm(dim=1), torch.ones(16)) and not trainer.fired.any()
    assert torch.allclose(trainer.encoder[:, :5].T, after[:5] / 2)
    assert (trainer.optimiser.state[trainer.decoder]["exp_avg"][:5] == 0).all()
    assert (trainer.optimiser.state[trainer.decoder]["exp_avg"][5:] != 0).any()


def test_what_is_explained_perfectly_resamples_nothing():
    x = torch.tensor([[1.0, 0.0], [-1.0, 0.0]]).repeat(20, 1)
    autoencoder = train_sparse_autoencoder(x, 16, k=2, steps=400, progress=False)
    assert autoencoder.explained_variance(x) > 0.99 and autoencoder.decoder.isfinite().all()


def test_encoding_and_decoding_by_hand(by_hand):
    x = torch.tensor([[5.0, 4.0], [-1.0, 2.0]])
    assert by_hand.encode(x).tolist() == [[2.0, 0.0], [0.0, 0.0]]
    assert by_hand.decode(by_hand.encode(x)).tolist() == [[5.0, 2.0], [1.0, 2.0]]
    assert by_hand.encode(x[None]).shape == (1, 2, 2)
    # around the mean (2, 3): 18 + 2 in all, of which (0, 2) and (-2, 0) are left
    assert by_hand.explained_variance(x) == pytest.approx(1 - 8 / 20)
    assert by_hand.firing_rates(x).tolist() == [0.5, 0.0] and by_hand.dead_share(x) == 0.5


def test_less_than_the_mean_explains_is_below_zero(by_hand):
    far = torch.tensor([[-50.0, -50.0], [-51.0, -50.0]])
    assert by_hand.explained_variance(far) < 0


@pytest.mark.parametrize("value", [0.0, 0.1, 1e6])
def test_the_explained_variance_of_a_constant_is_refused(by_hand, value):
    with pytest.raises(ValueError, match="got 7 activations that are all the same"):
        by_hand.explained_variance(torch.full((7, 2), value))
    with pytest.raises(ValueError, match="not all the same"):
        train_sparse_autoencoder(torch.full((7, 2), value), 4, k=1, progress=False)


def test_contrasts_by_hand(by_hand):
    present = torch.tensor([[5.0, 2.0], [1.0, 2.0]])  # the first feature: 2 and 0
    absent = torch.tensor([[3.0, 2.0], [1.0, 2.0], [1.0, 8.0]])  # the first: 1, 0, 0; the second: 0, 0, 3
    table = feature_contrasts(by_hand, present, absent)
    assert table.loc[0].to_dict() == pytest.approx(
        {
            "difference": 1 - 1 / 3,
            "auroc": (3 + 2 * 0.5) / 6,
            "mean_with": 1.0,
            "mean_without": 1 / 3,
            "rate_with": 0.5,
            "rate_without": 1 / 3,
        }
    )
    assert table.loc[1, "difference"] == -1 and table.loc[1, "auroc"] == pytest.approx(4 / 6 * 0.5)
    assert concept_features(by_hand, present, absent, count=1).index.tolist() == [0]


@pytest.mark.parametrize(
    ("x", "error", "told"),
    [
        (torch.ones(3, 4), ValueError, r"shape \(3, 4\); expected \(..., 2\)"),
        (torch.ones(0, 2), ValueError, "and some"),
        (torch.tensor([[1.0, float("nan")], [float("inf"), 1.0]]), ValueError, "got 2 NaN or infinite among 4 numbers"),
        (torch.ones(3, 2, dtype=torch.long), TypeError, "torch.int64; expected a tensor of activations"),
        ([[1.0, 2.0]], TypeError, "got list"),
    ],
)
def test_what_is_no_activation_is_refused(by_hand, x, error, told):
    for asked in (by_hand.encode, by_hand.explained_variance, by_hand.firing_rates):
        with pytest.raises(error, match=told):
            asked(x)


def test_nan_and_wrong_shapes_are_not_trained_on():
    with pytest.raises(ValueError, match="1 NaN"):
        train_sparse_autoencoder(torch.tensor([[1.0, 2.0], [float("nan"), 1.0]]), 4, k=1)
    with pytest.raises(ValueError, match=r"\(5, 6, 7\); expected \(activation, d_model\)"):
        train_sparse_autoencoder(torch.randn(5, 6, 7), 4, k=1)


@pytest.mark.parametrize("options", [{"k": 0}, {"k": 5}, {"steps": 0}, {"batch": 0}])
def test_impossible_settings_are_refused(options):
    with pytest.raises(ValueError, match="expected 1 <= k <= n_features"):
        train_sparse_autoencoder(torch.randn(6, 3), 4, **({"k": 1} | options))


def test_features_and_contrasts_of_another_shape_are_refused(by_hand):
    with pytest.raises(ValueError, match=r"shape \(5,\); expected \(..., 2\), as encode gives"):
        by_hand.decode(torch.ones(5))
    with pytest.raises(ValueError, match=r"\(3, 1, 2\); expected \(activation, d_model\)"):
        feature_contrasts(by_hand, torch.ones(3, 1, 2), torch.ones(3, 2))
    for count in (0, 3):
        with pytest.raises(ValueError, match=f"got count={count}; expected 1 to 2"):
            concept_features(by_hand, torch.ones(3, 2), torch.ones(3, 2), count=count)


def test_top_k_lets_nothing_below_zero_through():
    assert top_k(torch.tensor([[-1.0, -2.0, 3.0], [1.0, 2.0, 3.0]]), 2).tolist() == [[0, 0, 3], [0, 2, 3]]
    assert doctest.testmod(sparse_autoencoder).failed == 0
