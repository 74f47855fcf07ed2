"""The grokking trainer: does it train the textbook network, and is a run what it says it is?"""

import subprocess
import sys
from dataclasses import replace

import pandas as pd
import pytest
import torch

from course_utils.modular_addition.config import ModularAdditionConfig
from course_utils.modular_addition.loop import train
from course_utils.modular_addition.step import PIECE, BatchPart, Portion, Trainer, compose
from course_utils.modular_addition.task import all_pairs, cross_entropy, pair_sums, pair_tokens, split_pairs
from tests.helpers.plain_modular_addition import PlainTrainer, plain_logits

SMALL = ModularAdditionConfig(
    modulus=13, d_model=16, n_heads=2, d_mlp=32, steps=40, measure_every=5, checkpoint_every=10
)


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """These networks are too small for a second thread to help, and two test workers would wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def quiet(config, **options):
    return train(config, progress=False, **options)


def logits_of(model, pairs):
    return model(pair_tokens(pairs, model.modulus))


# The network


def test_the_model_is_the_textbook_network_read_at_equals():
    model = replace(SMALL, dtype="float64").initial_model()
    tokens = pair_tokens(all_pairs(13), 13)
    expected = plain_logits(model.state_dict(), tokens)[:, -1]
    torch.testing.assert_close(model(tokens), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("scale", [1.0, 6.0])  # at 6, attention scores differ by hundreds, and the softmax is hard
def test_the_fast_forward_pass_is_the_model(scale):
    model = replace(SMALL, dtype="float64").initial_model().requires_grad_(False)
    weights = {name: weight * (scale if "attn" in name else 1) for name, weight in model.state_dict().items()}
    model.load_state_dict(weights)
    maps, pairs = compose(weights), all_pairs(13)
    fast = BatchPart(len(pairs), maps).logits(maps, pairs.T.contiguous())
    torch.testing.assert_close(fast, logits_of(model, pairs), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("count", [1, PIECE, PIECE + 1, 3 * PIECE - 1])
def test_pieces_cover_the_batch_once(count):
    maps = compose(SMALL.initial_model().state_dict())
    covered = [row for piece in BatchPart(count, maps).pieces(count) for row in range(piece.start, piece.stop)]
    assert covered == list(range(count))


def test_gradients_are_those_of_autograd():
    config = replace(SMALL, dtype="float64")
    pairs, _ = split_pairs(config)
    weights = {name: w.clone().requires_grad_() for name, w in config.initial_model().state_dict().items()}
    maps, answers = compose(weights), pair_sums(pairs, 13)
    batch_part = BatchPart(len(pairs), maps, piece=18)  # several pieces, the last one shorter
    one_hot = torch.nn.functional.one_hot(answers, 13).double()
    gradients = batch_part.gradients(maps, Portion(pairs.T.contiguous(), one_hot), len(pairs))
    torch.autograd.backward(maps, gradients)
    plain = {name: w.detach().clone().requires_grad_() for name, w in weights.items()}
    torch.nn.functional.cross_entropy(plain_logits(plain, pair_tokens(pairs, 13))[:, -1], answers).backward()
    for name, weight in weights.items():
        torch.testing.assert_close(weight.grad, plain[name].grad, rtol=1e-9, atol=1e-12, msg=name)


def test_cache_holds_every_hook_and_a_hook_changes_the_output():
    model = SMALL.initial_model().requires_grad_(False)
    tokens = pair_tokens(all_pairs(13), 13)
    logits, cache = model.run_with_cache(tokens)
    assert cache["attn.hook_pattern"].shape == (169, 2, 3)
    assert cache["mlp.hook_post"].shape == (169, 32)
    torch.testing.assert_close(cache["attn.hook_pattern"].sum(-1), torch.ones(169, 2))
    torch.testing.assert_close(cache["hook_resid_post"] @ model.unembed.W_U, logits)
    handle = model.mlp.hook_post.register_forward_hook(lambda module, args, output: torch.zeros_like(output))
    without_neurons = model(tokens)
    handle.remove()
    expected = (cache["hook_resid_mid"] + model.mlp.b_out) @ model.unembed.W_U
    torch.testing.assert_close(without_neurons, expected)
    torch.testing.assert_close(model(tokens), logits)


def test_model_refuses_pairs_without_equals():
    with pytest.raises(ValueError, match=r"got tokens of shape \(169, 2\); expected \(batch, 3\)"):
        SMALL.initial_model()(all_pairs(13))


# The data


def test_split_is_a_partition_and_depends_on_the_seed_alone():
    first, held_out = split_pairs(SMALL)
    assert len(first) == SMALL.n_train == 50
    assert sorted(torch.cat([first, held_out]).tolist()) == all_pairs(13).tolist()
    assert torch.equal(first, split_pairs(replace(SMALL, d_model=32, learning_rate=1.0))[0])
    assert not torch.equal(first, split_pairs(replace(SMALL, seed=1))[0])


def test_the_paper_sizes():
    config = ModularAdditionConfig.mainline()
    assert (config.n_train, 113**2 - config.n_train, config.learning_rate) == (3830, 8939, 1e-3)


# The loss


@pytest.mark.parametrize("gap", [25.0, 30.0])
def test_float64_loss_floor_is_below_1e_9(gap):
    logits = torch.zeros(1, 113)  # float32, as from the network
    logits[0, 5] = gap
    loss = cross_entropy(logits, torch.tensor([5])).item()
    assert loss == pytest.approx(112 * torch.exp(torch.tensor(-gap, dtype=torch.float64)).item(), rel=1e-3)
    assert 0 < loss < 1.6e-9


def test_cross_entropy_of_uniform_logits_is_log_modulus():
    assert cross_entropy(torch.zeros(4, 113), torch.arange(4)).tolist() == pytest.approx([4.727387818712341] * 4)


# Training


@pytest.mark.parametrize(("learning_rate", "weight_decay"), [(1e-2, 1.0), (1e-3, 0.0)])
def test_losses_agree_with_the_textbook_over_200_steps(learning_rate, weight_decay):
    config = ModularAdditionConfig(
        modulus=23,
        d_model=32,
        d_mlp=64,
        learning_rate=learning_rate,
        weight_decay=weight_decay,
        steps=200,
        measure_every=1,
        dtype="float64",
    )
    plain = PlainTrainer(config)
    expected = [plain.update() for _ in range(201)]
    assert quiet(config).metrics.train_loss.tolist() == pytest.approx(expected, rel=1e-4)


def test_metrics_are_those_of_the_checkpoint():
    run = quiet(SMALL)
    assert set(run.steps) <= set(run.metrics.index)
    for step in (0, 10, 40):
        model, row = run.checkpoint(step), run.metrics.loc[step]
        for name, pairs in (("train", run.train_pairs), ("test", run.test_pairs)):
            logits, answers = logits_of(model, pairs), pair_sums(pairs, 13)
            assert row[f"{name}_loss"] == pytest.approx(cross_entropy(logits, answers).mean().item(), rel=1e-4)
            assert row[f"{name}_accuracy"] == pytest.approx((logits.argmax(-1) == answers).double().mean().item())
        squares = sum(weight.double().square().sum().item() for weight in model.parameters())
        assert row["sum_squared_weights"] == pytest.approx(squares)
        assert not model.training and not any(weight.requires_grad for weight in model.parameters())


def test_it_learns_and_generalises():
    config = ModularAdditionConfig(
        modulus=29, train_fraction=0.7, d_model=32, d_mlp=64, steps=500, measure_every=50, checkpoint_every=250
    )
    metrics = quiet(config).metrics
    assert metrics.train_accuracy.iloc[-1] == 1
    assert metrics.test_accuracy.iloc[-1] > 0.95


def test_a_seed_gives_the_same_run():
    first, second = quiet(SMALL), quiet(SMALL)
    pd.testing.assert_frame_equal(first.metrics, second.metrics, check_exact=True)
    for name, weight in first.weights(40).items():
        assert torch.equal(weight, second.weights(40)[name])


def test_seeds_trained_together_equal_those_trained_alone():
    group = quiet(SMALL, seeds=[3, 0, 7])
    assert group.seeds == [3, 0, 7]
    for seed in group.seeds:
        alone = quiet(replace(SMALL, seed=seed))
        pd.testing.assert_frame_equal(group.seed(seed).metrics, alone.metrics, check_exact=True)
        assert torch.equal(group.seed(seed).train_pairs, alone.train_pairs)
    assert group.metrics.loc[7].index.equals(group.seed(7).metrics.index)


@pytest.mark.parametrize("count", [2, 3])
def test_seeds_that_share_the_cores_equal_those_trained_alone(count):
    config = ModularAdditionConfig(steps=4, measure_every=4, checkpoint_every=4)
    torch.set_num_threads(2)
    group = quiet(config, seeds=range(count))
    alone = quiet(replace(config, seed=count - 1))
    torch.set_num_threads(1)
    # Not to the last bit, though it is so with MKL: other libraries may sum in another order on one thread than on two.
    for name, weight in alone.weights(4).items():
        torch.testing.assert_close(group.seed(count - 1).weights(4)[name], weight, rtol=1e-4, atol=1e-5, msg=name)


def test_a_diverging_run_raises():
    with pytest.raises(FloatingPointError, match="diverged; got learning_rate=1e"):
        quiet(replace(SMALL, learning_rate=1e30))


# Stopping and going on


def stop_before(monkeypatch, step):
    update = Trainer.update

    def interrupted(trainer):
        if trainer.step == step:
            raise KeyboardInterrupt
        update(trainer)

    monkeypatch.setattr(Trainer, "update", interrupted)


def test_an_interrupt_keeps_what_was_trained_and_says_so(monkeypatch, capsys):
    whole = quiet(SMALL)
    with monkeypatch.context() as patch:
        stop_before(patch, 17)
        run = quiet(SMALL)
    assert "Stopped at step 17 of 40" in capsys.readouterr().out
    assert run.trained_steps == run.metrics.index.max() == max(run.steps) == 17
    shared = run.metrics.index.intersection(whole.metrics.index)
    pd.testing.assert_frame_equal(run.metrics.loc[shared], whole.metrics.loc[shared], check_exact=True)


def test_a_stopped_run_goes_on_to_the_same_end(monkeypatch, tmp_path):
    whole = quiet(SMALL)
    with monkeypatch.context() as patch:
        stop_before(patch, 17)
        run = quiet(SMALL)
    from course_utils.suites.saved_runs import load_run

    for stopped in (run, load_run(run.save(tmp_path / "run"))):
        resumed = quiet(SMALL, resume=stopped)
        assert set(whole.steps) <= set(resumed.steps)
        pd.testing.assert_frame_equal(resumed.metrics.loc[whole.metrics.index], whole.metrics, check_exact=True)


def test_more_steps_extend_a_run_and_other_settings_do_not():
    run = quiet(SMALL)
    longer = quiet(replace(SMALL, steps=60), resume=run)
    assert longer.trained_steps == 60
    with pytest.raises(ValueError, match="the run to resume has another learning_rate"):
        quiet(replace(SMALL, learning_rate=1e-3), resume=run)


# What is refused


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"modulus": 2}, "modulus=2; expected an integer, at least 3"),
        ({"modulus": 13.0}, "modulus=13.0; expected an integer"),
        ({"train_fraction": 30}, "train_fraction=30; expected a fraction between 0 and 1"),
        ({"modulus": 3, "train_fraction": 0.01}, "expected pairs in training and pairs held out"),
        ({"n_heads": 3}, "n_heads=3; expected a divisor of d_model = 128"),
        ({"learning_rate": -1e-2}, "expected a positive number"),
        ({"learning_rate": float("nan")}, "expected a positive number"),
        ({"weight_decay": -1}, "expected 0 or more"),
        ({"betas": (0.9, 1.0)}, "expected two numbers, each at least 0 and below 1"),
        ({"seed": -1}, "seed=-1; expected an integer, at least 0"),
        ({"steps": True}, "steps=True; expected an integer"),
        ({"dtype": "bfloat16"}, "expected 'float32' or 'float64'"),
        ({"lr": 1e-2}, "got lr; expected names of settings: modulus, train_fraction"),
    ],
)
def test_bad_settings_say_what_was_expected(changes, message):
    with pytest.raises(ValueError, match=message):
        ModularAdditionConfig.classroom(**changes)


def test_bad_calls_say_what_was_expected():
    with pytest.raises(TypeError, match="got dict; expected a ModularAdditionConfig"):
        train({})
    with pytest.raises(ValueError, match=r"got seeds \[1, 1\]; expected one or more, each once"):
        train(SMALL, seeds=[1, 1])
    with pytest.raises(ValueError, match=r"got seeds \[\]"):
        train(SMALL, seeds=[])


def test_importing_the_package_does_not_import_torch():
    code = "import sys, course_utils; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
