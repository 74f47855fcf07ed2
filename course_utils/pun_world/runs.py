"""Runs of pun-world: their checkpoints, measures and tokenizer.

Their training is not in a student's install: it is in `autograder/authoring/shipped/pun_world`.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from course_utils.pun_world.config import PunWorldConfig
from course_utils.pun_world.tokenizer import word_tokenizer
from course_utils.training.runs import TrainingRun

if TYPE_CHECKING:
    from transformers import GPTNeoXForCausalLM, PreTrainedTokenizerFast


class PunWorldRun(TrainingRun):
    """A run of pun-world's trainer: `steps`, `metrics`, `checkpoint(step)`, `tokenizer`, `tokens_seen(step)`, `save`.

    `metrics` has a row per measured step: `train_loss` (nats per token, mean over the updates since the row before) and
    pun-world's measures.
    """

    kind = "pun_world"
    config: PunWorldConfig

    @classmethod
    def config_from_dict(cls, form: dict) -> PunWorldConfig:
        return PunWorldConfig(**form | {"checkpoint_steps": tuple(form["checkpoint_steps"])})

    def build_model(self) -> "GPTNeoXForCausalLM":
        return self.config.build_model()

    @property
    def batch_size(self) -> int:
        return self.config.batch

    def tokens_seen(self, step: int) -> int:
        """Training tokens shown by a step: step times batch times window."""
        return step * self.config.batch * self.config.window

    @property
    def tokenizer(self) -> "PreTrainedTokenizerFast":
        return word_tokenizer()

    def save(self, directory: str | Path, precision: str | None = None) -> Path:
        directory = super().save(directory, precision)
        self.tokenizer.backend_tokenizer.save(str(directory / "tokenizer.json"))
        return directory
