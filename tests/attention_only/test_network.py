"""The attention-only transformer against TransformerLens and by hand, its hooks, and its batched training."""

import signal
from dataclasses import replace

import pytest
import torch

from course_utils.attention_only.config import InductionConfig
from course_utils.attention_only.loop import _Recorder, train, training_batch
from course_utils.attention_only.model import AttentionOnlyTransformer
from course_utils.attention_only.step import batched_logits
from course_utils.suites.saved_runs import load_run
from tests.helpers.hooked_transformer import hooked, needs_transformer_lens

SMALL = InductionConfig(
    vocabulary=8, length=12, d_model=16, n_heads=2, periods=(2, 6), batch=4, steps=6, dense=(2, 6, 2), measure_every=3
)


@pytest.fixture(scope="module")
def model():
    built = AttentionOnlyTransformer(vocabulary=9, context=13, d_model=16, n_heads=2, n_layers=2)
    return built.initialise_(torch.Generator().manual_seed(0)).eval().requires_grad_(False)


@pytest.fixture(scope="module")
def tokens():
    return torch.randint(9, (3, 13), generator=torch.Generator().manual_seed(1))


def test_patterns_are_causal_and_every_row_sums_to_one(model, tokens):
    _, cache = model.run_with_cache(tokens)
    for layer in range(2):
        pattern = cache[f"blocks.{layer}.attn.hook_pattern"]
        assert pattern.shape == (3, 2, 13, 13)
        torch.testing.assert_close(pattern.sum(dim=-1), torch.ones(3, 2, 13))
        assert (pattern.triu(1) == 0).all()


def test_later_tokens_change_no_earlier_logits(model, tokens):
    changed = tokens.clone()
    changed[:, 7:] = (changed[:, 7:] + 1) % 9
    before, after = model(tokens), model(changed)
    torch.testing.assert_close(before[:, :7], after[:, :7])
    assert not torch.allclose(before[:, 7:], after[:, 7:])


def test_the_residual_stream_is_the_sum_of_what_the_heads_write(model, tokens):
    _, cache = model.run_with_cache(tokens)
    total = cache["hook_embed"] + model.pos_embed.W_pos
    for layer in range(2):
        torch.testing.assert_close(cache[f"blocks.{layer}.hook_resid_pre"], total)
        result = cache[f"blocks.{layer}.attn.hook_result"]
        z = cache[f"blocks.{layer}.attn.hook_z"]
        by_hand = torch.stack([z[:, :, head] @ model.blocks[layer].attn.W_O[head] for head in range(2)], dim=2)
        torch.testing.assert_close(result, by_hand)
        total = total + result.sum(dim=2)
    torch.testing.assert_close(cache["blocks.1.hook_resid_post"], total)


@pytest.mark.parametrize("path", ["q", "k", "v"])
def test_one_input_of_one_head_can_be_changed_alone(model, tokens, path):
    def change(_part, _args, output):
        output = output.clone()
        output[:, :, 1] = 0
        return output

    _, before = model.run_with_cache(tokens)
    handle = getattr(model.blocks[1].attn, f"hook_{path}_input").register_forward_hook(change)
    try:
        _, after = model.run_with_cache(tokens)
    finally:
        handle.remove()
    z = "blocks.1.attn.hook_z"
    torch.testing.assert_close(before[z][:, :, 0], after[z][:, :, 0])
    assert not torch.allclose(before[z][:, :, 1], after[z][:, :, 1])


@pytest.mark.parametrize("name", ["hook_pattern", "hook_z", "hook_result"])
def test_an_nnsight_trace_reads_and_sets_the_hooks(model, tokens, name):
    import nnsight

    wrapped = nnsight.NNsight(model)
    _, cache = model.run_with_cache(tokens)
    with wrapped.trace(tokens):
        point = getattr(wrapped.blocks[1].attn, name)
        read = point.output.clone().save()
        point.output = point.output * 0
        residual = wrapped.blocks[1].hook_resid_post.output.save()
    torch.testing.assert_close(read, cache[f"blocks.1.attn.{name}"])
    torch.testing.assert_close(residual, cache["blocks.1.hook_resid_pre"])


@needs_transformer_lens
def test_logits_and_patterns_agree_with_transformer_lens(model, tokens):
    theirs = hooked(model)
    their_logits, their_cache = theirs.run_with_cache(tokens)
    logits, cache = model.run_with_cache(tokens)
    torch.testing.assert_close(logits, their_logits, rtol=0, atol=1e-4)
    for layer in range(2):
        name = f"blocks.{layer}.attn.hook_pattern"
        torch.testing.assert_close(cache[name], their_cache[name], rtol=0, atol=1e-4)


@pytest.mark.parametrize("bad", [{"n_layers": 4}, {"n_layers": 0}, {"n_heads": 3}])
def test_impossible_sizes_are_refused(bad):
    sizes = {"vocabulary": 9, "context": 13, "d_model": 16, "n_heads": 2, "n_layers": 2, **bad}
    with pytest.raises(ValueError, match="expected 1 to 3 layers"):
        AttentionOnlyTransformer(**sizes)


def test_tokens_of_another_shape_are_refused(model):
    with pytest.raises(ValueError, match="expected \\(batch, up to 13\\)"):
        model(torch.zeros(2, 14, dtype=torch.long))


def test_seeds_trained_together_are_those_trained_alone():
    together = train(SMALL, seeds=[0, 3], progress=False)
    alone = train(replace(SMALL, seed=3), progress=False)
    assert alone.seed_number == 3
    assert together.seeds == [0, 3]
    for name, weight in alone.weights(6).items():
        torch.testing.assert_close(together.seed(3).weights(6)[name], weight, rtol=1e-4, atol=1e-5)
    assert not torch.equal(together.seed(0).weights(6)["embed.W_E"], together.seed(3).weights(6)["embed.W_E"])


@pytest.mark.parametrize("changes", [{}, {"n_layers": 1}, {"n_layers": 3}, {"positions": False}])
def test_the_batched_network_is_the_readable_one(changes):
    configs = [replace(SMALL, seed=seed, **changes) for seed in (0, 1, 2)]
    models = [config.initial_model() for config in configs]
    states = [model.state_dict() for model in models]
    tokens = torch.stack([training_batch(config, 1) for config in configs])
    stacked = {name: torch.stack([state[name] for state in states]) for name in states[0]}
    together = batched_logits(stacked, tokens)
    for model, own, logits in zip(models, tokens, together, strict=True):
        torch.testing.assert_close(logits, model(own), rtol=1e-4, atol=1e-5)


def test_one_update_is_that_of_plain_adamw():
    model, tokens = SMALL.initial_model(), training_batch(SMALL, 1)
    adamw = torch.optim.AdamW(
        model.parameters(), lr=SMALL.learning_rate, weight_decay=SMALL.weight_decay, betas=(0.9, 0.98)
    )
    losses = torch.nn.functional.cross_entropy(model(tokens)[:, :-1].mT, tokens[:, 1:])
    losses.backward()
    adamw.step()
    for name, weight in train(SMALL, seeds=[0, 1], progress=False).seed(0).weights(1).items():
        torch.testing.assert_close(weight, model.state_dict()[name], rtol=1e-4, atol=1e-5)


def test_a_stopped_run_goes_on_to_the_very_end_of_an_undisturbed_one(monkeypatch, tmp_path):
    undisturbed = train(SMALL, seeds=[0, 1], progress=False)
    update = _Recorder.update

    def interrupted(recorder):
        update(recorder)
        if recorder.trainer.step == 3:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(_Recorder, "update", interrupted)
    stopped = train(SMALL, seeds=[0, 1], progress=False)
    monkeypatch.undo()
    assert stopped.seed(1).trained_steps == 3
    stopped.save(tmp_path / "run")
    resumed = train(SMALL, seeds=[0, 1], resume=load_run(tmp_path / "run"), progress=False)
    assert resumed.steps == undisturbed.steps
    assert resumed.metrics.equals(undisturbed.metrics)
    for name, weight in undisturbed.seed(1).weights(6).items():
        assert torch.equal(resumed.seed(1).weights(6)[name], weight)


def test_a_run_with_other_settings_is_not_gone_on_with():
    stopped = train(SMALL, progress=False)
    with pytest.raises(ValueError, match="another learning_rate"):
        train(replace(SMALL, learning_rate=0.5, steps=9), resume=stopped, progress=False)


def test_hooks_replace_what_they_return_and_are_gone_afterwards(model, tokens):
    before = model(tokens)
    read = []
    assert torch.equal(model.run_with_hooks(tokens, {"blocks.0.attn.hook_z": read.append}), before)
    assert read[0].shape == (3, 13, 2, 8)
    changed = model.run_with_hooks(tokens, {"blocks.1.attn.hook_z": torch.zeros_like})
    assert not torch.allclose(changed, before)
    assert torch.equal(model(tokens), before)
    with pytest.raises(AttributeError):
        model.run_with_hooks(tokens, {"blocks.0.attn.hook_zz": torch.zeros_like})
    assert torch.equal(model(tokens), before)


def test_training_lowers_the_loss_it_trains_on():
    run = train(replace(SMALL, steps=120, dense=(100, 120, 20)), progress=False)
    assert run.metrics.train_loss.iloc[-1] < run.metrics.train_loss.iloc[1] - 0.2


@pytest.mark.parametrize("changes", [{"n_layers": 1}, {"n_layers": 3}, {"positions": False}])
def test_a_saved_run_opens_as_it_was(tmp_path, changes):
    runs = train(replace(SMALL, **changes), seeds=[0, 1], progress=False)
    runs.save(tmp_path / "run")
    opened = load_run(tmp_path / "run")
    assert opened.config == runs.config
    assert opened.steps == runs.steps == [0, 1, 2, 3, 4, 5, 6]
    assert opened.seed(1).metrics.equals(runs.seed(1).metrics)
    for name, weight in runs.seed(1).weights(6).items():
        assert torch.equal(opened.seed(1).weights(6)[name], weight)


def test_divergence_is_said_with_seed_and_step():
    with pytest.raises(FloatingPointError, match="seed 0 is no number at step"):
        train(replace(SMALL, learning_rate=float("inf")), progress=False)
