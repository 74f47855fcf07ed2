"""How fast is the grokking trainer, how near to what the machine can do, and what did each trick bring?

    python -m benchmarks.grokking               the step: against the textbook form, the products' bound, several seeds
    python -m benchmarks.grokking --classroom   also: five whole classroom runs, steps and seconds until they generalise
    python -m benchmarks.grokking --exact       also: 200 float64 steps beside the textbook form, largest relative gap
    python -m benchmarks.grokking --whole       only: steps a second at the beginning, middle and end of a whole run,
                                                subnormal numbers as they come and as 0; what recording costs
    python -m benchmarks.grokking --whole --setting mainline --steps 12000 --textbook

Run it from the root of the repository. Everything that is compared is timed in turn, round after round, and told as the
median of its rounds: a noisy neighbour then slows both sides, and ratios hold where milliseconds do not.

Pitfall: the matrix-product bound is the time that the step's products would take at the rate of a large square product
on the same machine in the same minutes. No product as narrow as this network's reaches that rate, so 100 % is out of
reach; the last line of that table says how much is lost to the shapes alone.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from course_utils.modular_addition.config import ModularAdditionConfig
from course_utils.modular_addition.loop import Meter, new_trainer, train
from course_utils.modular_addition.step import BatchPart, Maps, Trainer, Weights, _operand_tables, compose
from course_utils.modular_addition.task import pair_sums, pair_tokens, split_pairs
from course_utils.training import worker_threads
from course_utils.training.subnormals import subnormals_as_zero
from tests.helpers.plain_modular_addition import PlainTrainer

SPEED_UP, SHARE_OF_BOUND, SECONDS = 4.0, 0.65, 25.0  # what we hold ourselves to


# The rungs between the textbook form and the trainer, each with one trick more


class AutogradTrainer:
    """AdamW as it comes, on the logits of some function of weights and pairs, differentiated by autograd."""

    def __init__(self, config: ModularAdditionConfig, logits: Callable[[Weights, Tensor], Tensor]) -> None:
        self.pairs, _ = split_pairs(config)
        self.answers, self.logits = pair_sums(self.pairs, config.modulus), logits
        self.weights = {n: w.clone().requires_grad_() for n, w in config.initial_model().state_dict().items()}
        self.optimiser = _adamw(config, self.weights)
        self.step, self.config = 0, config

    def update(self) -> None:
        self.step += 1
        warmth = min(1.0, self.step / max(1, self.config.warmup_steps))
        self.optimiser.param_groups[0]["lr"] = self.config.learning_rate * warmth
        loss = F.cross_entropy(self.logits(self.weights, self.pairs), self.answers)
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()


def _adamw(config: ModularAdditionConfig, weights: Weights) -> torch.optim.AdamW:
    return torch.optim.AdamW(
        weights.values(), lr=config.learning_rate, betas=config.betas, weight_decay=config.weight_decay
    )


def asking_at_equals(config: ModularAdditionConfig) -> AutogradTrainer:
    model = config.build_model()
    return AutogradTrainer(
        config, lambda weights, pairs: torch.func.functional_call(model, weights, (pair_tokens(pairs, config.modulus),))
    )


def _mixed_values(first: Tensor, second: Tensor, pairs: Tensor) -> Tensor:
    numerators, denominators = (first[pairs[:, 0]] + second[pairs[:, 1]]).chunk(2, dim=1)
    return numerators / denominators


def _logits_from_tables(weights: Weights, pairs: Tensor) -> Tensor:
    first, second, equals = _operand_tables(weights)
    residual = equals + _mixed_values(first, second, pairs) @ weights["attn.W_O"].flatten(0, 1)
    neurons = F.relu(residual @ weights["mlp.W_in"] + weights["mlp.b_in"])
    return (residual + neurons @ weights["mlp.W_out"] + weights["mlp.b_out"]) @ weights["unembed.W_U"]


def _logits_from_maps(weights: Weights, pairs: Tensor) -> Tensor:
    maps = compose(weights)
    z = _mixed_values(maps.first, maps.second, pairs)
    neurons = F.relu(z @ maps.into_mlp + maps.into_mlp_bias)
    return torch.cat([z, neurons], dim=1) @ maps.to_logits + maps.to_logits_bias


def trainer_without(config: ModularAdditionConfig, *tricks: str) -> Trainer:
    """The trainer less some of "pieces", "fused" and "halves"."""
    trainer = new_trainer([config])
    if "pieces" in tricks:
        trainer.batch_parts = [BatchPart(config.n_train, trainer.maps(0), piece=config.n_train)]
    if "fused" in tricks:
        trainer.optimiser = _adamw(config, trainer.weights[0])
    if "halves" in tricks:
        trainer.pool = None  # the halves are then gone through one after the other, each by all cores
    return trainer


RUNGS: dict[str, Callable[[ModularAdditionConfig], object]] = {
    "textbook: three positions, autograd, AdamW": PlainTrainer,
    '+ ask at "=" only': asking_at_equals,
    "+ tables of scores and values": lambda config: AutogradTrainer(config, _logits_from_tables),
    "+ composed maps": lambda config: AutogradTrainer(config, _logits_from_maps),
    "+ derivative written out, memory allocated once": lambda c: trainer_without(c, "pieces", "fused", "halves"),
    "+ batch in pieces": lambda config: trainer_without(config, "fused", "halves"),
    "+ fused AdamW": lambda config: trainer_without(config, "halves"),
    "+ half a batch per core = the trainer": trainer_without,
}


# Timing


@dataclass
class Timing:
    """Seconds of each round, of one of the things that are compared."""

    rounds: list[float]

    @property
    def median(self) -> float:
        return statistics.median(self.rounds)


def interleaved(actions: dict[str, Callable[[], object]], rounds: int, warm_up: int = 2) -> dict[str, Timing]:
    """Run every action once per round, and time it; the first rounds are not counted."""
    timings = {name: Timing([]) for name in actions}
    for done in range(-warm_up, rounds):
        for name, action in actions.items():
            start = time.perf_counter()
            action()
            if done >= 0:
                timings[name].rounds.append(time.perf_counter() - start)
    return timings


def median_ratio(numerator: Timing, denominator: Timing) -> float:
    """The median over rounds of one time over the other."""
    return statistics.median(a / b for a, b in zip(numerator.rounds, denominator.rounds, strict=True))


def product_flops(action: Callable[[], object]) -> int:
    """Floating-point operations of the matrix products in an action, additions and multiplications both counted.

    Only what the calling thread does is counted.
    """
    with FlopCounterMode(display=False, custom_mapping={torch.ops.aten.addmm_: _in_place_product_flops}) as counter:
        action()
    return counter.get_total_flops()


def _in_place_product_flops(_total: torch.Size, left: torch.Size, right: torch.Size, **_: object) -> int:
    # torch's counter knows addmm, and not the form of it that works in place.
    return 2 * left[0] * left[1] * right[1]


def square_product(size: int = 1024) -> Callable[[], Tensor]:
    left, right, out = (torch.randn(size, size) for _ in range(3))
    return lambda: torch.mm(left, right, out=out)


def products_alone(config: ModularAdditionConfig, maps: Maps) -> Callable[[], None]:
    """The six products of the step that are as long as the batch, in the trainer's pieces and memory, and no more."""
    part = BatchPart(config.n_train, maps)
    whole = part.arrays(part.rows)
    for array in (whole.hidden, whole.hidden_gradient, whole.logits):
        array.normal_()
    into, out = torch.zeros_like(maps.into_mlp), torch.zeros_like(maps.to_logits)

    def run() -> None:
        for piece in part.pieces(config.n_train):
            at = part.arrays(piece.stop - piece.start)
            torch.mm(at.z, maps.into_mlp, out=at.neurons)
            torch.mm(at.hidden, maps.to_logits, out=at.logits)
            torch.mm(at.logits, maps.to_logits.T, out=at.hidden_gradient)
            torch.mm(at.neurons_gradient, maps.into_mlp.T, out=at.z_gradient)
            torch.mm(at.hidden.T, at.logits, out=out)
            torch.mm(at.z.T, at.neurons_gradient, out=into)

    return run


# The tables


def verdict(holds: bool) -> str:
    return "holds" if holds else "MISSED"


def report_step(config: ModularAdditionConfig, rounds: int, together: int) -> None:
    """Print what each trick brings, the share of the products' bound, and the cost of a seed among several."""
    trainers = {name: make(config) for name, make in RUNGS.items()}
    group = new_trainer([replace(config, seed=seed) for seed in range(together)])
    fast_name, plain_name = list(RUNGS)[-1], next(iter(RUNGS))
    fast = trainers[fast_name]
    meter = Meter([config], fast.maps(0))
    square, square_flops = square_product(), 2 * 1024**3
    alone = products_alone(config, fast.maps(0))
    actions = {name: trainer.update for name, trainer in trainers.items()}
    actions |= {"square": square, "alone": alone, "measure": lambda: meter.measure(fast, 0)}
    # One after the other, as often as there are seeds: both sides then find the caches as warm as a long run does.
    actions |= {"in turn": lambda: [fast.update() for _ in range(together)], "together": group.update}
    times = interleaved(actions, rounds)

    threads = torch.get_num_threads()
    print(f"\nOne step, p = {config.modulus}, {config.n_train} pairs, {threads} threads, medians of {rounds}")
    print(f"{'':52s}{'ms':>8s}{'times':>8s}{'textbook':>10s}")
    before = None
    for name in RUNGS:
        gain = f"{median_ratio(times[before], times[name]):7.2f}x" if before else " " * 8
        total = median_ratio(times[plain_name], times[name])
        print(f"{name:52s}{times[name].median * 1e3:8.1f}{gain}{total:9.2f}x")
        before = name
    speed_up = median_ratio(times[plain_name], times[fast_name])
    print(f"target: {SPEED_UP:.0f} times the textbook form: {speed_up:.2f} ({verdict(speed_up >= SPEED_UP)})")

    _report_bound(
        times, fast_name, product_flops(trainer_without(config, "halves").update), product_flops(alone), square_flops
    )
    per_seed = median_ratio(times["together"], times["in turn"])
    print(f"\n{together} seeds together, per seed and step: {per_seed:.2f} of a seed alone", end=" ")
    print(f"(target: no more than 1: {verdict(per_seed <= 1)})")
    _report_measuring(config, times["measure"].median, times[fast_name].median)


def _report_bound(times: dict[str, Timing], fast: str, flops: int, long_flops: int, square_flops: int) -> None:
    rate = square_flops / times["square"].median
    share = flops / square_flops * median_ratio(times["square"], times[fast])
    shapes = long_flops / square_flops * median_ratio(times["square"], times["alone"])
    print(f"\nThe products of a step: {flops / 1e9:.2f} GFLOP; a square product runs at {rate / 1e9:.0f} GFLOP/s")
    print(f"at that rate they take {flops / rate * 1e3:.1f} ms, which is {share:.0%} of the step", end=" ")
    print(f"(target: {SHARE_OF_BOUND:.0%}: {verdict(share >= SHARE_OF_BOUND)})")
    print(f"the six long products alone, in their own shapes, reach {shapes:.0%} of that rate", end=" ")
    print(f"and take {median_ratio(times['alone'], times[fast]):.0%} of the step")


def _report_measuring(config: ModularAdditionConfig, measure: float, step: float) -> None:
    scheduled = len(config.measured_steps) / (config.steps + 1) * measure
    print(
        f"\nMeasuring all pairs takes {measure * 1e3:.0f} ms. On the schedule it adds {scheduled / step:.0%} to a step,"
    )
    print(f"at every step it would add {measure / step:.0%}")


def first_step_above(run: object, column: str, level: float) -> int | None:
    """The first measured step at which a metric has reached a level, None where it never does."""
    above = run.metrics.index[run.metrics[column] >= level]
    return int(above[0]) if len(above) else None


def report_classroom(seeds: range) -> None:
    """Print a row per seed: steps to memorise and to generalise, seconds until 99 % and until the end."""
    print("\nClassroom runs, p = 113    train 100 %   test 50 %   test 99 %   seconds to 99 %   seconds in all")
    for seed in seeds:
        config = ModularAdditionConfig.classroom(seed=seed)
        start = time.perf_counter()
        run = train(config, progress=False)
        seconds = time.perf_counter() - start
        memorised = first_step_above(run, "train_accuracy", 1.0)
        half, generalised = (first_step_above(run, "test_accuracy", level) for level in (0.5, 0.99))
        until = seconds * generalised / config.steps if generalised else float("nan")
        row = f"seed {seed}{memorised!s:>29s}{half!s:>12s}{generalised!s:>12s}{until:18.1f}{seconds:17.1f}"
        print(f"{row}   ({verdict(until < SECONDS)})")


def report_exactness(steps: int = 200) -> None:
    """Print the largest relative difference of the losses from the textbook form's over a float64 run."""
    config = ModularAdditionConfig.classroom(steps=steps, measure_every=1, dtype="float64")
    plain = PlainTrainer(config)
    expected = [plain.update() for _ in range(steps + 1)]
    losses = train(config, progress=False).metrics.train_loss
    gap = max(abs(loss / value - 1) for loss, value in zip(losses, expected, strict=True))
    print(
        f"\n{steps} steps in float64, p = 113: losses within {gap:.1e} of the textbook form's ({verdict(gap < 1e-4)})"
    )


WINDOW = 100  # steps, of which the rate is told


def report_whole_run(config: ModularAdditionConfig, textbook: bool) -> None:
    """Print steps a second in three windows of a run, and what subnormal numbers and recording cost in all of it."""
    forms = {"the trainer": trainer_without} | ({"the textbook form": PlainTrainer} if textbook else {})
    print(f"\nA whole run of {config.steps} steps, learning rate {config.learning_rate:g}, steps a second")
    print(f"{'':42s}{'first 100':>10s}{'middle':>10s}{'last 100':>10s}{'seconds':>10s}")
    seconds = {}
    for name, make in forms.items():
        for kind, setting in (("as they come", nullcontext), ("as 0", subnormals_as_zero)):
            with patched_workers(kind), setting():
                windows = _seconds_of_windows(make(config), config.steps)
            seconds[name, kind] = sum(windows)
            rates = [WINDOW / windows[place] for place in (0, len(windows) // 2, -1)]
            shown = "".join(f"{rate:10.0f}" for rate in rates)
            print(f"{name + ', subnormals ' + kind:42s}{shown}{sum(windows):10.1f}", flush=True)
        print(f"{'':42s}{seconds[name, 'as they come'] / seconds[name, 'as 0']:.2f} times the time, as they come")
    start = time.perf_counter()
    train(config, progress=False)
    share = (time.perf_counter() - start) / seconds["the trainer", "as 0"] - 1
    print(f"recording on the schedule adds {share:.0%} (at most 15 %: {verdict(share <= 0.15)})")


def _seconds_of_windows(trainer: object, steps: int) -> list[float]:
    seconds = []
    for _ in range(steps // WINDOW):
        start = time.perf_counter()
        for _ in range(WINDOW):
            trainer.update()
        seconds.append(time.perf_counter() - start)
    return seconds


@contextmanager
def patched_workers(kind: str) -> Iterator[None]:
    """Workers that begin as those of the trainer do, or without that setting where subnormal numbers stay as they come."""
    before = worker_threads._begin
    if kind == "as they come":
        worker_threads._begin = torch.set_num_threads
    try:
        yield
    finally:
        worker_threads._begin = before


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--together", type=int, default=4, help="how many seeds train together")
    parser.add_argument("--classroom", action="store_true")
    parser.add_argument("--exact", action="store_true")
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--setting", choices=("classroom", "mainline"), default="classroom")
    parser.add_argument("--steps", type=int, default=1000, help="of the whole run")
    parser.add_argument("--textbook", action="store_true", help="the textbook form's whole run too, which takes long")
    arguments = parser.parse_args()
    if arguments.whole:
        setting = getattr(ModularAdditionConfig, arguments.setting)
        report_whole_run(setting(steps=arguments.steps), arguments.textbook)
        return
    report_step(ModularAdditionConfig.classroom(), arguments.rounds, arguments.together)
    if arguments.classroom:
        report_classroom(range(5))
    if arguments.exact:
        report_exactness()


if __name__ == "__main__":
    main()
