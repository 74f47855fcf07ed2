"""How fast do induction heads form, and what does training the seeds as one batched computation bring?

    python -m benchmarks.induction                 a step: batched, against the readable network seed after seed
    python -m benchmarks.induction --classroom     also: whole runs of four seeds and of eight, seconds and seeds that form

Run it from the root of the repository. What is compared is timed in turn, round after round, and told as the median of its
rounds: a noisy neighbour then slows both sides, and ratios hold where milliseconds do not.
"""

import argparse
import statistics
import time
from collections.abc import Callable

import torch
from torch.nn import functional as F

from course_utils.attention_only.config import InductionConfig
from course_utils.attention_only.loop import train, training_batch
from course_utils.attention_only.step import Trainer
from course_utils.training.runs import RunGroup

SPEED_UP, SECONDS, SEEDS_THAT_FORM = 2.0, 40.0, 7  # what we hold ourselves to: four seeds in 40 s, seven of eight form
FORMED = (
    1.0  # nats on repeats: a network that knows which tokens are in the sequence, and not which comes next, has 2.5
)


class PlainTrainer:
    """The readable network, one seed after the other: a forward pass with all its hooks, autograd, AdamW."""

    def __init__(self, configs: list[InductionConfig]) -> None:
        self.configs, self.step = configs, 0
        self.models = [config.initial_model() for config in configs]
        self.optimisers = [
            torch.optim.AdamW(
                model.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay, betas=(0.9, 0.98)
            )
            for model, config in zip(self.models, configs, strict=True)
        ]

    def update(self) -> None:
        self.step += 1
        for config, model, optimiser in zip(self.configs, self.models, self.optimisers, strict=True):
            tokens = training_batch(config, self.step)
            loss = F.cross_entropy(model(tokens)[:, :-1].mT, tokens[:, 1:])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()


def batched(configs: list[InductionConfig]) -> Trainer:
    trainer = Trainer(
        [config.initial_model().state_dict() for config in configs],
        [lambda config=config: training_batch(config, trainer.step + 1) for config in configs],
        learning_rate=configs[0].learning_rate,
        weight_decay=configs[0].weight_decay,
    )
    return trainer


def milliseconds(update: Callable[[], object], updates: int) -> float:
    started = time.perf_counter()
    for _ in range(updates):
        update()
    return (time.perf_counter() - started) / updates * 1000


def compare_steps(seeds: int, rounds: int, updates: int) -> None:
    configs = [InductionConfig(seed=seed) for seed in range(seeds)]
    trainers = {"readable, in turn": PlainTrainer(configs), "batched": batched(configs)}
    times: dict[str, list[float]] = {name: [] for name in trainers}
    for trainer in trainers.values():
        milliseconds(trainer.update, 3)
    for _ in range(rounds):
        for name, trainer in trainers.items():
            times[name].append(milliseconds(trainer.update, updates))
    plain, fast = (statistics.median(times[name]) for name in trainers)
    print(f"one step of {seeds} seeds, median of {rounds} rounds")
    print(f"  readable, in turn   {plain:7.1f} ms")
    print(f"  batched             {fast:7.1f} ms")
    # Of one seed there is nothing to batch; what is left is fewer, larger products.
    held = f"     at least {SPEED_UP}: {answer(plain / fast >= SPEED_UP)}" if seeds > 1 else ""
    print(f"  ratio               {plain / fast:7.2f}{held}")


def whole_runs() -> None:
    for seeds in (4, 8):
        started = time.perf_counter()
        runs = train(InductionConfig(), seeds=range(seeds), progress=False)
        seconds, steps = time.perf_counter() - started, formation_steps(runs)
        print(f"a classroom run of {seeds} seeds: {seconds:.1f} s; formed at steps {steps}")
        if seeds == 4:
            print(f"  under {SECONDS:.0f} s: {answer(seconds < SECONDS)}")
        else:
            formed = sum(step is not None for step in steps)
            print(f"  at least {SEEDS_THAT_FORM} of 8 form: {answer(formed >= SEEDS_THAT_FORM)} ({formed})")


def formation_steps(runs: RunGroup) -> list[int | None]:
    """The first measured step of each seed at which the loss on repeats is below FORMED."""
    found = []
    for run in runs:
        there = run.metrics.index[run.metrics["later_loss"] < FORMED]
        found.append(int(there[0]) if len(there) else None)
    return found


def answer(holds: bool) -> str:
    return "yes" if holds else "NO"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--classroom", action="store_true", help="also train whole runs")
    parser.add_argument("--rounds", type=int, default=7, metavar="N")
    parser.add_argument("--updates", type=int, default=12, metavar="N", help="per round")
    options = parser.parse_args()
    for seeds in (1, 4, 8):
        compare_steps(seeds, options.rounds, options.updates)
    if options.classroom:
        whole_runs()


if __name__ == "__main__":
    main()
