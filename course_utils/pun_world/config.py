"""All that decides a run of pun-world's language model, a small GPT-NeoX on words, and which of its steps are kept."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from course_utils.pun_world.corpus import vocabulary
from course_utils.training.neox_output_name import either_name_of_the_output

if TYPE_CHECKING:
    from transformers import GPTNeoXForCausalLM

# Log-spaced, each step about 1.2 times the one before where puns and reactions are learned.
CHECKPOINT_STEPS = (0, 10, 32, 100, 250, 500, 700, 850, 1000, 1200, 1450, 1750, 2100, 2600)


@dataclass(frozen=True)
class PunWorldConfig:
    """Settings of a pun-world run; the defaults are those of the suite that ships.

    `window` is the context length in tokens, `checkpoint_steps` the updates after which weights are kept and measured;
    every `measure_every` updates the model is measured as well. `pun_rate` is the share of puns among
    pun-shaped training sentences: 0 for none, None for the corpus's own mixture.
    """

    d_model: int = 128
    n_layers: int = 4
    n_heads: int = 4
    d_mlp: int = 512
    window: int = 64
    batch: int = 32
    learning_rate: float = 1e-3
    weight_decay: float = 0.01
    warmup_steps: int = 50
    steps: int = CHECKPOINT_STEPS[-1]
    checkpoint_steps: tuple[int, ...] = field(default=CHECKPOINT_STEPS)
    measure_every: int = 100
    seed: int = 0
    dtype: str = "float32"
    pun_rate: float | None = None

    def __post_init__(self) -> None:
        steps = tuple(self.checkpoint_steps)
        if list(steps) != sorted(set(steps)) or not steps or steps[0] < 0:
            raise ValueError(f"got checkpoint_steps={steps}; expected ascending steps from 0 on, each once")
        if self.d_model % self.n_heads:
            raise ValueError(
                f"got d_model={self.d_model}, n_heads={self.n_heads}; expected heads that divide the model"
            )
        if self.measure_every < 1:
            raise ValueError(f"got measure_every={self.measure_every}; expected at least 1")
        object.__setattr__(
            self, "checkpoint_steps", tuple(sorted({*(step for step in steps if step <= self.steps), self.steps}))
        )

    def is_measured(self, step: int) -> bool:
        """Whether the model is measured after an update: at every kept step, every `measure_every`, and at the end."""
        return step in self.checkpoint_steps or step % self.measure_every == 0 or step == self.steps

    def build_model(self) -> "GPTNeoXForCausalLM":
        """The network, with weights as initialised by transformers from torch's current seed."""
        from transformers import GPTNeoXConfig, GPTNeoXForCausalLM

        model = GPTNeoXForCausalLM(
            GPTNeoXConfig(
                vocab_size=len(vocabulary()),
                hidden_size=self.d_model,
                num_hidden_layers=self.n_layers,
                num_attention_heads=self.n_heads,
                intermediate_size=self.d_mlp,
                max_position_embeddings=self.window,
                bos_token_id=0,
                eos_token_id=0,
                attention_dropout=0.0,
                hidden_dropout=0.0,
                use_cache=False,
                attn_implementation="eager",  # so that attention patterns can be read
            )
        )
        model.register_load_state_dict_pre_hook(either_name_of_the_output)
        return model
