"""Suites of the kit's own runs, which steps are chosen, and what is found in a suite with planted faults."""

import gc
import shutil
import weakref
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from course_utils.modular_addition.config import ModularAdditionConfig
from course_utils.modular_addition.loop import train
from course_utils.suites.base import Suite
from course_utils.suites.load import load_suite
from course_utils.training.runs import RunGroup, weights_file
from course_utils.training.selection import nearest_step, select_steps

SMALL = ModularAdditionConfig(modulus=7, d_model=8, n_heads=2, d_mlp=16, steps=8, checkpoint_every=1, measure_every=1)


@pytest.fixture(scope="module")
def run():
    return train(SMALL, progress=False)


@pytest.fixture
def saved(run, tmp_path):
    return run.save(tmp_path / "run")


# --- which steps -------------------------------------------------------------------------------------------------------

PYTHIA_STEPS = [0, *(2**k for k in range(10)), *range(1000, 144000, 1000)]


@pytest.mark.parametrize("spacing", ["log", "linear"])
@pytest.mark.parametrize("count", [2, 3, 8, 10, 15])
def test_what_is_selected_exists_and_holds_the_ends(spacing, count):
    chosen = select_steps(PYTHIA_STEPS, count, spacing)
    assert len(chosen) == count == len(set(chosen)) and chosen == sorted(chosen)
    assert set(chosen) <= set(PYTHIA_STEPS)
    assert chosen[0] == 0 and chosen[-1] == 143000


def test_log_spacing_gives_each_order_of_magnitude_its_share():
    chosen = np.array(select_steps(PYTHIA_STEPS, 12))
    assert ((chosen > 0) & (chosen <= 1000)).sum() >= 6
    linear = np.array(select_steps(PYTHIA_STEPS, 12, "linear"))
    assert (linear <= 1000).sum() <= 2 and np.ptp(np.diff(linear)) <= 2000


@pytest.mark.parametrize("spacing", ["log", "linear"])
def test_the_choice_is_the_best_of_all(spacing):
    steps = [0, 1, 2, 3, 5, 9, 10, 11, 40, 100]
    place = {step: step if spacing == "linear" else (np.log10(step) if step else -np.log10(2)) for step in steps}

    def cost(chosen):
        return sum((place[b] - place[a]) ** 2 for a, b in zip(chosen, chosen[1:], strict=False))

    among = [c for c in combinations(steps, 5) if c[0] == 0 and c[-1] == 100 and 10 in c]
    assert cost(select_steps(steps, 5, spacing, include=[10])) == pytest.approx(min(map(cost, among)))


def test_fewer_steps_than_asked_for_gives_all():
    assert select_steps([5, 1, 3, 3], 10) == [1, 3, 5]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"count": 1}, "at least 2"),
        ({"count": 3, "include": [1, 2]}, "at least 4"),
        ({"count": 4, "include": [700]}, r"700 \(nearest: 512\)"),
        ({"count": 4, "spacing": "cubic"}, "expected one of log, linear"),
    ],
)
def test_a_choice_that_cannot_be_made_is_refused(arguments, told):
    with pytest.raises(ValueError, match=told):
        select_steps(PYTHIA_STEPS, **arguments)
    with pytest.raises(TypeError, match="whole number"):
        select_steps(PYTHIA_STEPS, 4.0)


def test_nearest_is_on_the_axis_asked_for():
    assert nearest_step([1, 100], 20) == 100
    assert nearest_step([1, 100], 20, "linear") == 1
    assert nearest_step([0, 10], 1) == 0


# --- a run as a suite --------------------------------------------------------------------------------------------------


def test_a_saved_run_opens_as_a_suite(run, saved):
    suite = load_suite(saved)
    assert suite.steps == run.steps and suite.tokenizer is None
    assert suite.tokens(4) == 4 * SMALL.n_train * 3
    assert suite.recorded_loss(8) == pytest.approx(run.metrics.test_loss[8])
    tokens = torch.tensor([[1, 2, 7]])
    with suite.open(4) as model, torch.no_grad(), model.trace(tokens):
        logits = model.output.save()
    torch.testing.assert_close(logits, run.checkpoint(4)(tokens))


def test_memory_is_given_back_even_where_the_model_is_kept(saved):
    with load_suite(saved).open(8) as model:
        weights = weakref.ref(next(model._module.parameters()).untyped_storage())
    gc.collect()
    assert weights() is None or weights().nbytes() == 0
    assert next(model._module.parameters()).device.type == "meta"


def test_memory_is_given_back_where_the_block_fails(saved):
    with pytest.raises(ZeroDivisionError), load_suite(saved).open(8) as model:
        raise ZeroDivisionError
    assert next(model._module.parameters()).device.type == "meta"


def test_opening_twice_gives_the_same_weights(saved):
    suite = load_suite(saved)
    for _ in range(2):
        with suite.open(8) as model:
            assert all(torch.isfinite(p).all() for p in model._module.parameters())


def test_a_step_that_is_not_there_is_told_with_its_neighbours(saved):
    suite = load_suite(saved)
    with pytest.raises(KeyError, match="has no step 77; the nearest are"), suite.open(77):
        pass
    assert suite.nearest(77) == 8


def test_dtype_is_an_argument(saved):
    with load_suite(saved, dtype="bfloat16").open(8) as model:
        assert next(model._module.parameters()).dtype == torch.bfloat16
    with pytest.raises(ValueError, match="torch dtype"):
        load_suite(saved, dtype="int-ish")


def test_one_seed_of_several_is_asked_for(tmp_path):
    group = RunGroup([train(replace(SMALL, seed=seed, steps=2), progress=False) for seed in (0, 3)])
    directory = group.save(tmp_path / "group")
    with pytest.raises(ValueError, match=r"holds the seeds \[0, 3\].*seed=0"):
        load_suite(directory)
    suite = load_suite(directory, seed=3)
    assert suite.weights_hash(2) != load_suite(directory, seed=0).weights_hash(2)
    assert suite.name.endswith("seed 3")
    with pytest.raises(KeyError, match="expected one of"):
        load_suite(directory, seed=1)


def test_the_recorded_grokking_run_ships_and_opens():
    suite = load_suite("grokking_classroom")
    assert suite.steps[0] == 0 and suite.steps[-1] == 1000
    with suite.open(1000) as model, torch.no_grad(), model.trace(torch.tensor([[3, 5, 113]])):
        logits = model.output.save()
    assert int(logits.flatten()[:113].argmax()) == 8


def test_a_directory_without_a_run_says_what_was_expected(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"run\.json"):
        load_suite(tmp_path)


@pytest.mark.parametrize("fault", ["missing", "truncated"])
def test_a_damaged_step_is_told_and_the_others_still_open(saved, fault):
    path = saved / weights_file(4)
    if fault == "missing":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-100])
    suite = load_suite(saved)
    with pytest.raises(OSError, match=r"step-000004.*(is missing|is damaged).*other steps"), suite.open(4):
        pass
    with suite.open(8):
        pass


# --- what verify finds -------------------------------------------------------------------------------------------------


def findings(suite, **arguments):
    table = suite.verify(progress=False, **arguments)
    return {(row.finding, row.steps) for row in table.itertuples()}


def test_nothing_is_found_in_a_sound_run(saved):
    assert findings(load_suite(saved)) == set()


def test_the_same_weights_under_two_steps_are_found(saved):
    shutil.copy(saved / weights_file(8), saved / weights_file(2))
    assert findings(load_suite(saved)) == {("same weights", (2, 8))}
    assert findings(load_suite(saved), steps=[1, 2]) == set()


def test_weights_that_are_no_numbers_are_found(saved):
    path = saved / weights_file(4)
    tensors = load_file(path)
    name = next(iter(tensors))
    tensors[name].view(-1)[0] = float("nan")
    save_file(tensors, path)
    assert findings(load_suite(saved)) == {("not finite", (4,))}


def test_a_step_that_cannot_be_read_is_a_finding_and_the_rest_is_looked_at(saved):
    (saved / weights_file(4)).write_bytes(b"nothing")
    shutil.copy(saved / weights_file(8), saved / weights_file(2))
    assert findings(load_suite(saved)) == {("unreadable", (4,)), ("same weights", (2, 8))}


def test_gaps_in_which_a_transition_could_hide_are_found(saved):
    assert findings(load_suite(saved), steps=[0, 1, 2, 8]) == {("gap", (2, 8))}


class Told(Suite):
    """A suite of one number a step, with labels and losses as given."""

    name, tokenizer = "told", None

    def __init__(self, labels=None, losses=None):
        self.labels, self.losses = labels or {}, losses or {}

    @property
    def steps(self):
        return [100, 200, 400]

    def tokens(self, step):
        return step * 10**7

    def label_tokens(self, step):
        return self.labels.get(step)

    def recorded_loss(self, step):
        return self.losses.get(step)

    def weights(self, step):
        return {"w": torch.tensor([float(step)])}

    def build(self, step):
        raise AssertionError("verify needs no model")


def test_labels_that_disagree_with_step_times_batch_are_found():
    right, wrong = (10**9, 2 * 10**9), (3 * 10**9, 4 * 10**9)
    assert findings(Told(labels={100: right, 200: wrong})) == {("label disagrees", (200,))}


@pytest.mark.parametrize(
    ("losses", "expected"),
    [
        ({100: 4.0, 200: 2.0, 400: 1.0}, set()),
        ({100: 4.0, 200: 1.0, 400: 1.02}, set()),  # a little noise
        ({100: 4.0, 200: 1e-6, 400: 1e-5}, set()),  # both are nothing
        ({100: 4.0, 200: 1.0, 400: 2.0}, {("end is worse", (200, 400))}),
        ({100: 4.0, 200: float("nan"), 400: 2.0}, set()),
        ({400: 2.0}, set()),
    ],
)
def test_an_end_that_is_worse_than_before_is_found(losses, expected):
    assert findings(Told(losses=losses)) == expected
