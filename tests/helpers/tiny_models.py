"""Transformers models small enough to make in a test: GPT-NeoX (Pythia) and OLMo-2, with a word tokenizer."""

from pathlib import Path

import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit
from transformers import (
    GPTNeoXConfig,
    GPTNeoXForCausalLM,
    Olmo2Config,
    Olmo2ForCausalLM,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

WORDS = ["<start>", "<unknown>", *(f"w{n}" for n in range(38))]
SIZES = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}


def tiny_tokenizer() -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(WordLevel({word: n for n, word in enumerate(WORDS)}, unk_token="<unknown>"))
    tokenizer.pre_tokenizer = WhitespaceSplit()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<start>", pad_token="<start>")


def tiny_neox(seed: int = 0, attention: str = "eager") -> PreTrainedModel:
    torch.manual_seed(seed)
    config = GPTNeoXConfig(vocab_size=len(WORDS), max_position_embeddings=32, **SIZES, attn_implementation=attention)
    return GPTNeoXForCausalLM(config).eval()


def tiny_olmo2(seed: int = 0, attention: str = "eager") -> PreTrainedModel:
    torch.manual_seed(seed)
    config = Olmo2Config(
        vocab_size=len(WORDS), max_position_embeddings=32, pad_token_id=0, bos_token_id=0, eos_token_id=0,
        **SIZES, attn_implementation=attention,
    )  # fmt: skip
    return Olmo2ForCausalLM(config).eval()


def saved(model: PreTrainedModel, folder: Path, **options: object) -> Path:
    """A model and its tokenizer as transformers saves them."""
    model.save_pretrained(folder, **options)
    tiny_tokenizer().save_pretrained(folder)
    return folder
