"""How the cases of the project notebook are drawn, and what counts as equal.

Its methods are functions of an opened checkpoint and a concept in tokens. Cases take checkpoints of the suite that ships and
concepts that are drawn here, from pun-world's vocabulary: no student has seen them.
"""

from collections.abc import Iterator

import numpy as np

from autograder.exercises import DrawnCase, case, exercise, given, tensor
from autograder.exercises.planted import concepts as planted_concepts
from autograder.exercises.planted.concepts import LATE_STEPS, SUITE
from course_utils.checking.comparators import close, drawn_figure, table

# Numbers of one checkpoint agree between machines to about 1e-4 of a nat; effects that a mistake makes are far larger.
NATS = {"rtol": 2e-3, "atol": 2e-3}


def _model(step: int) -> object:
    return given("opened_checkpoint", suite=SUITE, step=int(step))


def _asked(items: list[dict[str, str]]) -> object:
    return given("asked_concept", suite=SUITE, items=items)


def _late(rng: np.random.Generator) -> int:
    return int(rng.choice(LATE_STEPS))


@exercise("concept_losses", compare=table(**NATS))
def concept_losses(rng: np.random.Generator) -> Iterator[DrawnCase]:
    """Targets of one token, of two, of two of which only the first is likely, and a checkpoint that knows nothing yet."""
    yield case("words of one token", model=_model(_late(rng)), asked=_asked(planted_concepts.items(rng)))
    yield case("words of two tokens", model=_model(_late(rng)), asked=_asked(planted_concepts.items(rng, words=2)))
    yield case("items that are completed", model=_model(2600), asked=_asked(planted_concepts.known_puns(rng)))
    yield case("a likely token, then an unlikely one", model=_model(2600), asked=_asked(_two_tokens(rng)))
    yield case("an early checkpoint", model=_model(250), asked=_asked(planted_concepts.items(rng, pairs=2)))


def _two_tokens(rng: np.random.Generator) -> list[dict[str, str]]:
    return planted_concepts.known_puns(rng, more=True)


@exercise("general_loss", compare=close(rtol=1e-3, atol=1e-4))
def general_loss(rng: np.random.Generator) -> Iterator[DrawnCase]:
    """Short texts and longer ones, early and late."""
    for label, step, shape in (("short texts", 2600, (3, 8)), ("longer texts", 1000, (4, 40)), ("early", 32, (2, 20))):
        yield case(label, model=_model(step), tokens=tensor(planted_concepts.general_text(rng, *shape)))


# A sentence on the probe's boundary may fall to either side with another version of the solver: one of twelve is 0.083.
@exercise("probe_accuracy", compare=table(rtol=0, atol=0.09))
def probe_accuracy(rng: np.random.Generator) -> Iterator[DrawnCase]:
    """Before the first layer, after one in the middle, after the last."""
    for label, layer, folds in (
        ("before the first layer", 0, 4),
        ("after layer 2", 2, 3),
        ("after the last layer", 4, 5),
    ):
        items = planted_concepts.mixed_items(rng)
        yield case(label, model=_model(_late(rng)), asked=_asked(items), layer=layer, folds=folds)


@exercise("lens_log_odds", compare=close(**NATS, shape="layer_plus_1 item"))
def lens_log_odds(rng: np.random.Generator) -> Iterator[DrawnCase]:
    """Prompts of different lengths, late and in the middle of training."""
    for label, step in (("the last checkpoint", 2600), ("while it changes", 1200), ("a late checkpoint", _late(rng))):
        yield case(label, model=_model(step), asked=_asked(planted_concepts.items(rng)))


@exercise("ablation_effects", compare=table(**NATS))
def ablation_effects(rng: np.random.Generator) -> Iterator[DrawnCase]:
    """Prompts of different lengths, so that padding would change the mean."""
    for label, step in (("the last checkpoint", 2600), ("while it changes", 1200), ("a late checkpoint", _late(rng))):
        yield case(label, model=_model(step), asked=_asked(planted_concepts.items(rng)))


@exercise("circuit_strength", compare=close(**NATS, shape="item"))
def circuit_strength(rng: np.random.Generator) -> Iterator[DrawnCase]:
    """One part alone, two of which one feeds the other, and several of different layers."""
    for label, circuit in (
        ("one head", ["head 0.2"]),
        ("a head and an MLP after it", ["head 0.2", "MLP 3"]),
        ("several parts", _parts(rng)),
    ):
        items = planted_concepts.items(rng)
        yield case(label, model=_model(_late(rng)), asked=_asked(items), circuit=circuit)


def _parts(rng: np.random.Generator) -> list[str]:
    heads = [f"head {layer}.{rng.integers(4)}" for layer in (0, 2)]
    return [*heads, f"MLP {rng.integers(1, 4)}"]


@exercise("emergence_table", compare=table(rtol=0.01, atol=1e-6, allow_nan=True))
def emergence_table(rng: np.random.Generator) -> Iterator[DrawnCase]:
    """A sudden and a gradual change and none, in another order than that of their steps; a checkpoint that is missing.

    Missing is one at which the curve is high, so that a zero there would count; the groups of the gradual change differ.
    """
    for label, missing in (("three curves", None), ("a checkpoint is missing", 11), ("other curves", None)):
        steps = planted_concepts.log_steps(rng)
        late = planted_concepts.changing(rng, steps, rng.uniform(0.66, 0.72), 0.12, groups=6)
        slow = planted_concepts.changing(rng, steps, rng.uniform(0.35, 0.45), 1.6, groups=4, noise=0.005, spread=0.25)
        flat = planted_concepts.unchanging(rng, len(steps))
        if missing is not None:
            late[:, missing] = np.nan
        yield case(label, steps=steps, metrics={"completion": late, "attention": flat, "loss": 6 - slow})


@exercise("before_and_after", compare=table(rtol=1e-6, atol=1e-9, allow_nan=True))
def before_and_after(rng: np.random.Generator) -> Iterator[DrawnCase]:
    """By hand; items that come and go; a bracket between checkpoints; nothing gained."""
    by_hand = np.array([[0, 0, 1, 1], [1, 1, 1, 1], [0, 1, 0, 0], [0, 0, 1, 0]], dtype=bool)
    steps = np.array([1, 10, 100, 1000])
    yield case("four items by hand", steps=steps, completed=by_hand, bracket=(10.0, 100.0))
    yield case("nothing is gained", steps=steps, completed=by_hand[[1, 2]], bracket=(10.0, 100.0))
    for _ in range(2):
        steps = np.array(planted_concepts.log_steps(rng, 10))
        completed = planted_concepts.answers_of_items(rng, int(rng.integers(14, 22)), 10, 5)
        bracket = (float(steps[3]), float(steps[6]))
        yield case("items that come and go", steps=steps, completed=completed, bracket=bracket)
    low, high = float(steps[4]) + 0.5, float(steps[5]) - 0.5
    yield case("a bracket between checkpoints", steps=steps, completed=completed, bracket=(low, high))


@exercise("trajectory_figure", compare=drawn_figure())
def trajectory_figure(rng: np.random.Generator) -> Iterator[DrawnCase]:
    """Two curves, one without a transition; a gap; transitions that are no whole steps."""
    for label, missing in (("two metrics", None), ("a checkpoint is missing", 5), ("other metrics", None)):
        steps = planted_concepts.log_steps(rng)
        curves = {
            "log-odds": planted_concepts.changing(rng, steps, 0.6, 0.2),
            "general loss": planted_concepts.changing(rng, steps, 0.3, 1.2).round(3),
            "probe accuracy": (0.5 + 0.02 * rng.standard_normal(len(steps))).round(3),
        }
        if missing is not None:
            curves["log-odds"][missing] = np.nan
        located = {
            "log-odds": float(rng.uniform(300, 900)),
            "general loss": float(rng.uniform(40, 90)),
            "probe accuracy": None,
        }
        units = {"log-odds": "nats", "general loss": "nats per token", "probe accuracy": "accuracy"}
        yield case(label, steps=steps, curves=curves, located=located, units=units)
