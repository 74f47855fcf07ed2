"""Runs of the attention-only transformer: their checkpoints and metrics."""

from course_utils.attention_only.config import InductionConfig
from course_utils.attention_only.model import AttentionOnlyTransformer
from course_utils.training.runs import TrainingRun


class InductionRun(TrainingRun):
    """One seed's run; `metrics` has train_loss, first_loss and later_loss (nats) for each measured step."""

    kind = "attention_only"
    config: InductionConfig

    @classmethod
    def config_from_dict(cls, form: dict) -> InductionConfig:
        return InductionConfig(
            **{key: tuple(value) if isinstance(value, list) else value for key, value in form.items()}
        )

    def build_model(self) -> AttentionOnlyTransformer:
        return self.config.build_model()

    @property
    def batch_size(self) -> int:
        return self.config.batch

    def tokens_seen(self, step: int) -> int:
        """Training tokens shown by `step`, the start token of each sequence not counted."""
        return self.examples_seen(step) * self.config.length
