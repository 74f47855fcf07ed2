"""The measures of the induction-heads notebook on what can be known: constructed heads, other libraries, the kit's own."""

import numpy as np
import pytest
import torch

from autograder.exercises.planted import attention as planted
from autograder.authoring.solved_code import solved_functions
from course_utils.attention_only.model import normalise
from course_utils.inside.components import Component, all_heads, head
from course_utils.inside.interventions import ablate_each, path_patch
from course_utils.suites.shipped import load_recorded
from course_utils.attention_only.repeated_tokens import repeated_sequences
from course_utils.suites.opening import as_nnsight
from tests.helpers.hooked_transformer import hooked, needs_transformer_lens

PERIOD, LENGTH = 8, 32


@pytest.fixture(scope="module")
def solved():
    return solved_functions("induction_heads")


@pytest.fixture(scope="module")
def model():
    return load_recorded("induction_classroom").seed(3).checkpoint(280)


@pytest.fixture(scope="module")
def tokens():
    return repeated_sequences(12, LENGTH, 32, torch.Generator().manual_seed(2), (PERIOD, PERIOD))


def distinct_tokens(copies: int = 4) -> torch.Tensor:
    drawn = planted.repeats(np.random.default_rng(0), 1, PERIOD, copies, vocabulary=32, distinct=True)
    return torch.from_numpy(drawn)


def as_pattern(*heads: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.stack(heads)[None])


class TestConstructedPatterns:
    def test_a_perfect_previous_token_head_scores_1_and_one_that_is_off_by_one_0(self, solved):
        heads = as_pattern(*(planted.looks_back(9, back) for back in (1, 2, 0)))
        scores = solved["previous_token_score"](heads)
        # two back: position 1 has no such token and rests at position 0, which is the one before it
        torch.testing.assert_close(scores, torch.tensor([1.0, 1 / 8, 0.0]))

    @pytest.mark.parametrize("length", [5, 33])
    def test_a_uniform_head_gets_the_previous_token_score_that_follows_from_its_length(self, solved, length):
        expected = np.mean([1 / (i + 1) for i in range(1, length)])
        assert solved["previous_token_score"](as_pattern(planted.uniform(length))).item() == pytest.approx(expected)

    def test_a_perfect_induction_head_scores_1_and_its_neighbours_0(self, solved):
        tokens = distinct_tokens()
        spread = planted.all_earlier_copies(tokens[0].numpy())
        heads = as_pattern(spread, *(planted.looks_back(len(spread), PERIOD + change) for change in (-1, 0, -2)))
        scores = solved["prefix_matching_score"](heads, tokens)
        torch.testing.assert_close(scores, torch.tensor([1.0, 1.0, 0.0, 0.0]))

    def test_a_uniform_head_gets_the_prefix_matching_score_that_follows_from_its_length(self, solved):
        tokens = distinct_tokens()
        pattern = as_pattern(planted.uniform(tokens.shape[1]))
        queries = range(PERIOD + 1, tokens.shape[1])  # the second copy and on; earlier copies: one for each copy before
        expected = np.mean([((query - 1) // PERIOD) / (query + 1) for query in queries])
        assert solved["prefix_matching_score"](pattern, tokens).item() == pytest.approx(expected)


class TestConstructedWeights:
    def test_a_copying_head_scores_1_a_suppressing_one_minus_1_and_the_next_token_minus_1(self, solved):
        circuits = [np.eye(6), -np.eye(6), np.roll(np.eye(6), 1, axis=1)]
        weights = planted.ov_weights(np.random.default_rng(1), circuits)
        scores = solved["copying_score"](*(torch.from_numpy(matrix) for matrix in weights))
        torch.testing.assert_close(scores, torch.tensor([1.0, -1.0, -1.0]), atol=1e-4, rtol=0)

    def test_composition_is_largest_for_the_pair_that_fits_and_random_pairs_are_zero_on_average(self, solved):
        generator = torch.Generator().manual_seed(0)
        drawn = [
            torch.randn(60, 8, 2, generator=generator) @ torch.randn(60, 2, 8, generator=generator) for _ in range(4)
        ]
        by_chance = solved["k_composition"](*drawn)
        assert abs(by_chance.mean().item()) < 0.02
        sender = drawn[0][:1]
        reads_it = torch.randn(1, 8, 8, generator=generator) @ sender  # keys along what the sender writes
        assert solved["k_composition"](sender, reads_it, *drawn[2:]).item() > by_chance.max().item()


class TestBesideTheKit:
    """What students write for one place agrees with the interventions that work on every architecture."""

    @pytest.mark.parametrize("method", ["zero", "mean"])
    def test_ablation_of_every_head(self, solved, model, tokens, method):
        def later(logits: torch.Tensor) -> float:
            return solved["repeat_loss"](logits, tokens, PERIOD)["later"]

        wrapped = as_nnsight(model)
        logits = ablate_each(wrapped, tokens, all_heads(wrapped), method)
        expected = torch.tensor([later(of_head) - later(model(tokens)) for of_head in logits])
        _, cache = model.run_with_cache(tokens)
        found = [
            solved["head_ablation_effect"](
                cache[place],
                lambda z, place=place: later(model.run_with_hooks(tokens, {place: lambda _: z})),
                method,
                torch.arange(len(tokens)),
            )
            for place in ("blocks.0.attn.hook_z", "blocks.1.attn.hook_z")
        ]
        torch.testing.assert_close(torch.cat(found), expected, atol=2e-4, rtol=1e-3)

    @pytest.mark.parametrize("receiver", [1, 3])
    def test_path_patching_into_the_keys_of_a_head(self, solved, model, tokens, receiver):
        other = tokens.roll(1, dims=0)
        wrapped = as_nnsight(model)
        _, cache = model.run_with_cache(tokens)
        written = cache["blocks.0.attn.hook_result"]

        def loss_of(residual: torch.Tensor) -> float:
            def put(inputs: torch.Tensor) -> torch.Tensor:
                changed = inputs.clone()
                changed[:, :, receiver] = normalise(residual)
                return changed

            logits = model.run_with_hooks(tokens, {"blocks.1.attn.hook_k_input": put})
            return solved["repeat_loss"](logits, tokens, PERIOD)["later"]

        found = solved["path_patching_effect"](
            cache["blocks.1.hook_resid_pre"], written, written.roll(1, dims=0), loss_of
        )
        before = solved["repeat_loss"](model(tokens), tokens, PERIOD)["later"]
        keys = Component("k", 1, (receiver,))
        logits = [path_patch(wrapped, tokens, other, head(0, sender), keys) for sender in range(4)]
        expected = torch.tensor([solved["repeat_loss"](each, tokens, PERIOD)["later"] - before for each in logits])
        torch.testing.assert_close(found, expected, atol=2e-4, rtol=1e-3)
        assert expected.abs().max() > 0.05


@needs_transformer_lens
class TestBesideTransformerLens:
    """Its head detector scores the same weights. It divides by all positions, those without a target among them."""

    def scores(self, theirs, detection: torch.Tensor, tokens: torch.Tensor) -> torch.Tensor:
        """Its `mul` measure: attention on a detection pattern over all attention, (layer, head)."""
        from transformer_lens.head_detector import compute_head_attention_similarity_score

        _, cache = theirs.run_with_cache(tokens, remove_batch_dim=True)
        return torch.tensor(
            [
                [
                    compute_head_attention_similarity_score(
                        cache["pattern", layer][h],
                        detection,
                        exclude_bos=False,
                        exclude_current_token=False,
                        error_measure="mul",
                    )
                    for h in range(4)
                ]
                for layer in range(2)
            ]
        )

    def test_both_scores_agree(self, solved, model):
        from transformer_lens.head_detector import (
            get_induction_head_detection_pattern,
            get_previous_token_head_detection_pattern,
        )

        tokens, theirs = distinct_tokens(), hooked(model)
        length = tokens.shape[1]
        _, cache = model.run_with_cache(tokens)
        patterns = [cache[f"blocks.{layer}.attn.hook_pattern"] for layer in range(2)]
        previous = torch.stack([solved["previous_token_score"](pattern) for pattern in patterns])
        their_previous = self.scores(theirs, get_previous_token_head_detection_pattern(tokens.cpu()), tokens)
        torch.testing.assert_close(previous * (length - 1) / length, their_previous.float(), atol=1e-4, rtol=0)
        prefix = torch.stack([solved["prefix_matching_score"](pattern, tokens) for pattern in patterns])
        their_prefix = self.scores(theirs, get_induction_head_detection_pattern(tokens.cpu()), tokens)
        counted = length - 1 - PERIOD  # queries with an earlier copy
        torch.testing.assert_close(prefix * counted / length, their_prefix.float(), atol=1e-4, rtol=0)
