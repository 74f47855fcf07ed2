"""Runs of modular addition: their checkpoints, metrics and pairs."""

from jaxtyping import Int
from torch import Tensor

from course_utils.modular_addition.config import ModularAdditionConfig
from course_utils.modular_addition.model import ModularAdditionTransformer
from course_utils.modular_addition.task import split_pairs
from course_utils.training.runs import TrainingRun


class ModularAdditionRun(TrainingRun):
    """A run of `train`: `steps`, `metrics`, `checkpoint(step)`, `save(directory)`, `train_pairs`, `test_pairs`.

    `metrics` has a row per measured step: train_loss and test_loss (nats), train_accuracy and test_accuracy (shares),
    sum_squared_weights (all parameters, biases included).
    """

    kind = "modular_addition"
    config: ModularAdditionConfig

    @classmethod
    def config_from_dict(cls, form: dict) -> ModularAdditionConfig:
        return ModularAdditionConfig(**form)

    def build_model(self) -> ModularAdditionTransformer:
        return self.config.build_model()

    @property
    def batch_size(self) -> int:
        return self.config.n_train

    def tokens_seen(self, step: int) -> int:
        """Training tokens shown by `step`: three for each example, a, b and "="."""
        return 3 * self.examples_seen(step)

    @property
    def train_pairs(self) -> Int[Tensor, "train 2"]:
        """The pairs trained on."""
        return split_pairs(self.config)[0]

    @property
    def test_pairs(self) -> Int[Tensor, "test 2"]:
        """The pairs held out."""
        return split_pairs(self.config)[1]
