"""Heads and MLPs at the last word: what they write, and the model run again with one of them changed."""

import pytest
import torch

from course_utils.inside.activations import logits
from course_utils.inside.components import head, mlp
from course_utils.inside.interventions import ablate_each
from course_utils.inside.last_word import component_runs
from course_utils.suites.load import load_suite
from course_utils.texts.pun_files import load_puns


@pytest.fixture(scope="module")
def opened():
    suite = load_suite("pun-world")
    with suite.open(1750) as model:
        yield suite.tokenizer, model


TEXTS = ["i had no", *(pun.setup for pun in load_puns("pun_world")[:3]), "on monday anna said i lost my"]


@pytest.mark.parametrize("place", ["z", "mlp_out"])
def test_its_own_outputs_change_nothing(opened, place):
    tokenizer, model = opened
    rows = tokenizer(TEXTS)["input_ids"]
    runs = component_runs(model, rows, place, layers=[0, 2], token_ids=[7, 100, 300])
    again = runs(runs.outputs)
    for text, row in enumerate(rows):
        own = logits(model, torch.tensor([row]))[0, -1, [7, 100, 300]]
        for component in again[:, text]:
            torch.testing.assert_close(component, own, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("place", "part"), [("z", lambda n, k: head(2, k, n - 1)), ("mlp_out", lambda n, k: mlp(2, n - 1))]
)
def test_a_mean_at_the_last_word_is_what_ablation_gives(opened, place, part):
    tokenizer, model = opened
    rows = tokenizer([pun.setup for pun in load_puns("pun_world")[:6]])["input_ids"]
    runs = component_runs(model, rows, place, layers=[2], token_ids=range(363))
    found = runs(runs.outputs.mean(dim=1, keepdim=True).expand_as(runs.outputs))
    groups = [part(len(rows[0]), k) for k in range(len(runs.names))]
    expected = ablate_each(model, torch.tensor(rows), groups, "mean", per_position=True, positions=-1)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)
    assert (found - runs(runs.outputs)).abs().max() > 0.1


def test_names_say_layer_and_head_and_shapes_are_checked(opened):
    tokenizer, model = opened
    runs = component_runs(model, tokenizer(TEXTS)["input_ids"], "z", layers=[1], token_ids=[5])
    assert runs.names == ["head 1.0", "head 1.1", "head 1.2", "head 1.3"] and runs.outputs.shape == (4, 5, 32)
    with pytest.raises(ValueError, match=r"expected \(component, text, d\), \(4, 5, 32\)"):
        runs(runs.outputs[:2])
    with pytest.raises(ValueError, match='expected "z"'):
        component_runs(model, [[1, 2]], "resid_post", layers=[0], token_ids=[5])
