"""The benchmark compares like with like: every rung trains the same network to the same weights."""

import pytest
import torch

from benchmarks.grokking import RUNGS, product_flops, trainer_without
from course_utils.modular_addition.config import ModularAdditionConfig

SMALL = ModularAdditionConfig(modulus=13, d_model=16, n_heads=2, d_mlp=32, dtype="float64")


FIRST = next(iter(RUNGS))


def weights_after_updates(make, config):
    trainer = make(config)
    for _ in range(12):
        trainer.update()
    return trainer.weights[0] if isinstance(trainer.weights, list) else trainer.weights


@pytest.mark.parametrize("name", list(RUNGS)[1:])
def test_every_rung_trains_the_same_network(name):
    textbook = weights_after_updates(RUNGS[FIRST], SMALL)
    for parameter, weight in weights_after_updates(RUNGS[name], SMALL).items():
        torch.testing.assert_close(weight, textbook[parameter], rtol=1e-6, atol=1e-9, msg=parameter)


def test_products_are_counted_in_every_form():
    textbook = product_flops(RUNGS[FIRST](SMALL).update)
    trainer = product_flops(trainer_without(SMALL, "halves").update)
    rows, width, d_mlp, modulus = SMALL.n_train, 16, 32, 13
    long_products = 3 * 2 * rows * (width * d_mlp + (width + d_mlp) * modulus)
    assert long_products < trainer < 3 * long_products  # the rest is composing maps, which at this size is not small
    assert textbook > trainer
