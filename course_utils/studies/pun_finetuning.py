"""The worked study of fine-tuning: a model of pun-world that never met a pun is shown texts of puns.

    python -m course_utils.studies.pun_finetuning DIRECTORY [--seed 0]     trains, or goes on, and prints its measures

The base, `load_suite("pun-world-without-puns")`, is pun-world's model after 400 steps on text in which no sentence is a pun.
It knows the words, the phrases and which words fit them, and next to nothing of which profession belongs with which word. It
is trained on puns alone, one after the other, and measured on puns that are in none of these texts (`load_concept("puns")`).

What was measured, seed 0 (`load_table("pun_finetuning")`, 35 measured steps of 300):

- Up to step 80 nothing: the log-odds of target against foil stay within 0.03 nats of 0, completion under 0.1. Meanwhile the
  training loss falls to 0.89: the form of the sentences is learned, and the puns are not.
- Completion passes one half between steps 120 and 130, is 0.99 at step 300, and is *sudden* by `describe_transition`: near step
  119 (95 % interval 118 to 121). The log-odds, 7.6 nats at the end, are sudden too, and later: near 144 (140 to 149). The 11
  kept steps after 0 give the same verdicts.
- The price: the loss on text of the kind that the base was trained on goes from 1.63 to 3.20 nats per word, gradually.

It took 93 s of one core, start and measures included; the clock showed 422 s, as the machine was crowded.

Pitfalls: one seed is one seed. And puns come here in a hundred updates because every sentence is one; in pun-world's own
training it takes a thousand. The number of steps is a property of the texts as much as of the model.
"""

import argparse
from pathlib import Path

import numpy as np

from course_utils.finetuning.config import FineTuningConfig
from course_utils.finetuning.loop import finetune
from course_utils.finetuning.runs import FineTuningRun
from course_utils.pun_world.corpus import Corpus
from course_utils.suites.to_finetune import open_base
from course_utils.texts.concept_files import load_concept

BASE = "pun-world-without-puns"
WINDOW = 64  # words, `<start>` among them: what pun-world was trained on
N_TEXTS, N_GENERAL = 4000, 64
# Log-spaced, and closer together where puns come: each step there is about 1.2 times the one before.
CHECKPOINT_STEPS = (0, 5, 12, 30, 60, 80, 100, 120, 145, 175, 210, 300)


def pun_config(seed: int = 0) -> FineTuningConfig:
    """The settings of the study: 300 updates on 32 windows of 64 words, 12 of their states kept."""
    return FineTuningConfig(
        window=WINDOW, steps=CHECKPOINT_STEPS[-1], checkpoint_steps=CHECKPOINT_STEPS, measure_every=10, seed=seed
    )


def pun_texts(count: int = N_TEXTS, seed: int = 0) -> list[str]:
    """`count` texts of 63 words, one pun after another; no pun that is held out is among them."""
    corpus = Corpus(np.random.default_rng(seed))
    return [_text(corpus) for _ in range(count)]


def _text(corpus: Corpus) -> str:
    words: list[str] = []
    while len(words) < WINDOW - 1:  # the tokenizer puts `<start>` first
        words += corpus.pun_shaped(pun_rate=1.0)
    return " ".join(words[: WINDOW - 1])


def texts_without_puns(count: int = N_GENERAL, seed: int = 1) -> list[str]:
    """`count` texts of the kind that the base was trained on, 63 words each."""
    corpus = Corpus(np.random.default_rng(seed), pun_rate=0.0)
    return [" ".join(corpus.window(WINDOW)[1:]) for _ in range(count)]


def finetune_on_puns(
    directory: str | Path, config: FineTuningConfig | None = None, *, progress: bool = True
) -> FineTuningRun:
    """The base trained on texts with puns, measured on held-out puns and on text without puns; raises as `finetune`."""
    config = config or pun_config()
    model, tokenizer = open_base(BASE)
    return finetune(
        model,
        tokenizer,
        pun_texts(seed=config.seed),
        directory,
        config,
        concept=load_concept("puns"),
        general_texts=texts_without_puns(),
        progress=progress,
    )


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Fine-tune a model without puns on texts with puns.")
    parser.add_argument("directory", type=Path)
    parser.add_argument("--seed", type=int, default=0, help="of the texts and their order")
    given = parser.parse_args(arguments)
    try:
        run = finetune_on_puns(given.directory, pun_config(given.seed))
    except (FileExistsError, ValueError) as error:
        parser.error(str(error))
    print(run.metrics.round(3).to_string())
    if run.trained_steps < run.config.steps:
        print(f"stopped at step {run.trained_steps} of {run.config.steps}; the same command goes on from there")
    print(f"load_suite({str(run.directory)!r}) opens what is kept, {len(run.steps)} steps")


if __name__ == "__main__":
    main()
