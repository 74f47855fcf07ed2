"""How the cases of the grokking notebook are drawn, and what counts as equal."""

from collections.abc import Iterator

import numpy as np

from autograder.exercises import DrawnCase, case, exercise, given, tensor
from autograder.exercises.planted import waves as planted
from course_utils.checking.comparators import close, exact_integers, same_set, table, up_to_permutation

ODD = range(9, 62, 2)


@exercise("grokking_steps", compare=exact_integers())
def grokking_steps(rng: np.random.Generator) -> Iterator[DrawnCase]:
    """Curves by hand for each way to go wrong, then noisy ones on irregular steps."""
    steps = np.array([0, 10, 30, 100, 300])
    yield case(
        "five checkpoints by hand",
        steps=steps,
        train_accuracy=np.array([0.1, 0.5, 1.0, 1.0, 1.0]),
        test_accuracy=np.array([0.0, 0.1, 0.2, 0.7, 1.0]),
        threshold=0.99,
    )
    yield case(
        "a curve that touches the threshold, falls back, and returns",
        steps=steps,
        train_accuracy=np.array([0.2, 0.95, 0.6, 0.9, 0.9]),
        test_accuracy=np.array([0.0, 0.9, 0.3, 0.95, 0.9]),
        threshold=0.9,
    )
    yield case(
        "a test accuracy that never stays above the threshold",
        steps=steps,
        train_accuracy=np.array([1.0, 1.0, 1.0, 1.0, 1.0]),
        test_accuracy=np.array([0.0, 0.1, 0.995, 0.4, 0.3]),
        threshold=0.99,
    )
    for _ in range(6):
        yield _noisy_run(rng)


def _noisy_run(rng: np.random.Generator) -> DrawnCase:
    """Two logistic curves in log step, with dips, on steps that are not evenly spaced."""
    count = int(rng.integers(12, 40))
    steps = np.unique(np.r_[0, np.geomspace(2, rng.integers(500, 5000), count).astype(int)])
    threshold = float(rng.choice([0.5, 0.9, 0.95, 0.99]))
    memorised = rng.uniform(0.2, 0.4) * np.log(steps[-1])
    generalised = rng.uniform(0.6, 0.8) * np.log(steps[-1])
    curves = [_logistic_with_dips(rng, steps, at) for at in (memorised, generalised)]
    return case(
        "a noisy run with dips",
        steps=steps,
        train_accuracy=curves[0],
        test_accuracy=curves[1],
        threshold=threshold,
    )


def _logistic_with_dips(rng: np.random.Generator, steps: np.ndarray, at: float) -> np.ndarray:
    curve = 1 / (1 + np.exp(-8 * (np.log(np.maximum(steps, 1)) - at)))
    after = np.flatnonzero(curve > 0.995)[1:-2]
    curve[rng.choice(after, size=min(2, len(after)), replace=False)] -= rng.uniform(0.55, 0.8)
    return np.clip(curve.round(4), 0, 1)


# float32 cosines of angles up to 2 pi 30 60 / 61, about 190 radians, are off by up to 2e-5; a wrong normalisation is off
# by 1e-2 or more.
@exercise("fourier_basis", compare=up_to_permutation(axis=0, rtol=0, atol=2e-4, shape="function residue", signs=True))
def fourier_basis(rng: np.random.Generator) -> Iterator[DrawnCase]:
    """Three small primes that can be worked by hand, then any odd modulus."""
    for modulus in (3, 5, 7):
        yield case(f"modulus {modulus}", modulus=modulus)
    for modulus in rng.choice(ODD, size=4, replace=False):
        yield case(f"modulus {modulus}", modulus=int(modulus))


@exercise("embedding_spectrum", compare=close(rtol=1e-3, atol=1e-3, shape="frequency"))
def embedding_spectrum(rng: np.random.Generator) -> Iterator[DrawnCase]:
    """Planted frequencies in noise: one of them, none, with a large mean, in sines only, and random mixtures."""
    for label, modulus, frequencies, settings in (
        ("one frequency, 4 of 1..5, modulus 11", 11, [4], {}),
        ("two frequencies and a large mean, modulus 23", 23, [2, 11], {"mean": 5.0}),
        ("sines only, modulus 13", 13, [3, 5], {"phase": np.pi / 2}),
    ):
        yield _embedding_case(label, planted.embedding(rng, modulus, frequencies, **settings), modulus)
    for _ in range(3):
        modulus = int(rng.choice([17, 19, 29, 31]))
        frequencies = _some_frequencies(rng, modulus, int(rng.integers(2, 6)))
        drawn = planted.embedding(rng, modulus, frequencies, mean=float(rng.uniform(0, 2)))
        yield _embedding_case("a random mixture", drawn, modulus)


def _embedding_case(label: str, embedding: np.ndarray, modulus: int) -> DrawnCase:
    return case(label, embedding=tensor(embedding), basis=tensor(planted.fourier_basis(modulus)))


def _some_frequencies(rng: np.random.Generator, modulus: int, count: int) -> list[int]:
    return rng.choice(np.arange(1, modulus // 2 + 1), size=count, replace=False).tolist()


@exercise("key_frequencies", compare=same_set())
def key_frequencies(rng: np.random.Generator) -> Iterator[DrawnCase]:
    """Spectra by hand, then an uneven floor with some frequencies that stand out, on any scale."""
    yield case("one of eight stands out", spectrum=tensor(np.array([1, 1, 1, 9, 1, 1, 1, 1], dtype="float32")))
    yield case("two of fourteen", spectrum=tensor(np.array([8, *[0.1] * 12, 5], dtype="float32")))
    yield case(
        "none is key, one has twice an even share",
        spectrum=tensor(np.array([1, 1.4, 0.8, 1.1, 0.9, 2.6], dtype="float32")),
    )
    yield case("an uneven floor", spectrum=tensor(planted.spectrum(rng, 20, [6, 17])))
    for _ in range(4):
        count = int(rng.integers(30, 60))
        chosen = rng.choice(np.arange(1, count + 1), size=int(rng.integers(1, 6)), replace=False).tolist()
        yield case("a random spectrum", spectrum=tensor(planted.spectrum(rng, count, chosen, rng.uniform(0.02, 20))))


@exercise("sum_directions", compare=up_to_permutation(axis=0, rtol=0, atol=2e-4, shape="2 a b", signs=True))
def sum_directions(rng: np.random.Generator) -> Iterator[DrawnCase]:
    """Small moduli that can be worked by hand, then any odd modulus and any of its frequencies."""
    yield case("frequency 1, modulus 5", frequency=1, modulus=5)
    yield case("frequency 3, modulus 7", frequency=3, modulus=7)
    for modulus in rng.choice(ODD[:16], size=4, replace=False):
        frequency = int(rng.integers(1, modulus // 2 + 1))
        yield case(f"frequency {frequency}, modulus {modulus}", frequency=frequency, modulus=int(modulus))


@exercise("logit_frequency_share", compare=close(rtol=1e-3, atol=1e-4, shape="frequency"))
def logit_frequency_share(rng: np.random.Generator) -> Iterator[DrawnCase]:
    """Logits that are waves and nothing else, waves of unequal strength, and waves under noise and class means."""
    yield _logits_case("one wave and nothing else", planted.logits(rng, 7, {2: 3.0}), [2])
    yield _logits_case("two waves, one twice as strong", planted.logits(rng, 11, {1: 2.0, 4: 1.0}), [1, 4])
    yield _logits_case("one wave, large class means", planted.logits(rng, 11, {3: 2.0}, class_means=4.0), [3])
    for _ in range(3):
        yield _logits_case("waves, noise and class means", *_noisy_logits(rng))


def _logits_case(label: str, logits: np.ndarray, frequencies: list[int], **more: object) -> DrawnCase:
    directions = tensor(planted.sum_directions(frequencies, len(logits)))
    return case(label, logits=tensor(logits), directions=directions, **more)


def _noisy_logits(rng: np.random.Generator) -> tuple[np.ndarray, list[int]]:
    """Waves under noise, and the frequencies asked about: not all that are there, and one that is not."""
    modulus = int(rng.choice([9, 11, 13]))
    present = _some_frequencies(rng, modulus, 3)
    amplitudes = dict(zip(present, rng.uniform(1, 3, size=3).tolist(), strict=True))
    absent = next(k for k in range(1, modulus // 2 + 1) if k not in present)
    logits = planted.logits(rng, modulus, amplitudes, noise=rng.uniform(0.3, 0.8), class_means=rng.uniform(0.5, 2))
    return logits, [present[0], present[1], absent]


@exercise("restricted_loss", compare=close(rtol=1e-3, atol=1e-13))
def restricted_loss(rng: np.random.Generator) -> Iterator[DrawnCase]:
    """Waves with class means, waves so strong that the loss lies under float32's floor, and noise that must go."""
    yield _logits_case("a wave and class means", planted.logits(rng, 7, {2: 3.0}, class_means=1.0), [2])
    strong = planted.logits(rng, 7, {1: 9.0, 2: 9.0, 3: 9.0}, noise=0.5)
    yield _logits_case("waves so strong that the loss is below 1e-9", strong, [1, 2, 3])
    for _ in range(3):
        yield _logits_case("waves, noise and class means", *_noisy_logits(rng))


@exercise("excluded_loss", compare=close(rtol=1e-3, atol=1e-13))
def excluded_loss(rng: np.random.Generator) -> Iterator[DrawnCase]:
    """The same logits with a training set; what is left is noise, class means, and the frequencies not asked about."""
    waves = planted.logits(rng, 7, {2: 3.0, 3: 2.0}, class_means=1.0)
    yield _logits_case("two waves, one of them taken away", waves, [2], train=tensor(_training_pairs(rng, 7)))
    yield _logits_case("both taken away", waves, [2, 3], train=tensor(_training_pairs(rng, 7)))
    for _ in range(3):
        logits, frequencies = _noisy_logits(rng)
        train = tensor(_training_pairs(rng, len(logits)))
        yield _logits_case("waves, noise and class means", logits, frequencies, train=train)


def _training_pairs(rng: np.random.Generator, modulus: int) -> np.ndarray:
    return rng.random((modulus, modulus)) < 0.4


@exercise("neuron_frequency", compare=table(rtol=1e-3, atol=1e-3))
def neuron_frequency(rng: np.random.Generator) -> Iterator[DrawnCase]:
    """Neurons of one frequency with and without noise, of a or of b alone, and mixtures."""
    residues = np.arange(7)
    wave = np.cos(2 * np.pi * 2 * residues / 7)
    alone = np.stack([wave[:, None] + 0 * wave, 3 + wave[:, None] * wave, 1 + 0 * wave[:, None] + wave], axis=2)
    yield _neurons_case("waves of frequency 2: of a, of a times b, of b", alone.astype("float32"))
    yield _neurons_case("neurons as they are found", planted.neurons(rng, 11, 4))
    for _ in range(3):
        noise = float(rng.uniform(0.1, 0.4))
        yield _neurons_case("neurons with noise", planted.neurons(rng, int(rng.choice([9, 11, 13])), 5, noise=noise))


def _neurons_case(label: str, activations: np.ndarray) -> DrawnCase:
    return case(label, activations=tensor(activations), basis=tensor(planted.fourier_basis(len(activations))))


# Every residue is a sum equally often on the held-out side, so that cosine and sine vary equally, and R^2 over both
# together is the mean of the two.
@exercise("frequency_probe", compare=close(rtol=5e-3, atol=5e-3))
def frequency_probe(rng: np.random.Generator) -> Iterator[DrawnCase]:
    """Neurons that hold the wave exactly, with noise, in the cosine only, and not at all."""
    yield _probe_case(rng, "the wave is there exactly", modulus=7, noise=0.0)
    yield _probe_case(rng, "only its cosine is there", modulus=7, noise=0.1, sine=0.0)
    yield _probe_case(rng, "the wave is not there", modulus=11, noise=1.0, cosine=0.0, sine=0.0)
    for _ in range(3):
        yield _probe_case(rng, "the wave under noise", modulus=int(rng.choice([7, 11])), noise=rng.uniform(0.3, 0.8))


def _probe_case(
    rng: np.random.Generator, label: str, modulus: int, noise: float, cosine: float = 1.0, sine: float = 1.0
) -> DrawnCase:
    frequency, units = int(rng.integers(1, modulus // 2 + 1)), 6
    mixing = rng.standard_normal((2, units))
    offset = rng.uniform(1, 3, units)

    def activations(sums: np.ndarray) -> np.ndarray:
        angles = 2 * np.pi * frequency * sums / modulus
        waves = np.stack([cosine * np.cos(angles), sine * np.sin(angles)], axis=1)
        return (waves @ mixing + offset + noise * rng.standard_normal((len(sums), units))).astype(np.float32)

    train, test = rng.integers(0, modulus, size=4 * modulus), rng.permutation(np.tile(np.arange(modulus), 4))
    return case(
        label,
        train_activations=tensor(activations(train)),
        train_sums=tensor(train),
        test_activations=tensor(activations(test)),
        test_sums=tensor(test),
        frequency=frequency,
        modulus=modulus,
    )


@exercise("ablation_effect", compare=close(rtol=1e-3, atol=1e-5))
def ablation_effect(rng: np.random.Generator) -> Iterator[DrawnCase]:
    """Both methods on one unit, on several, and on a unit that nothing reads."""
    for method in ("zero", "mean"):
        yield _ablation_case(rng, f"one unit, {method}", units=[2], method=method)
    yield _ablation_case(rng, "three units, mean", units=[0, 3, 4], method="mean")
    yield _ablation_case(rng, "a unit that nothing reads, zero", units=[1], method="zero", unread=1)
    for method in rng.permutation(["zero", "mean", "zero", "mean"]).tolist():
        units = sorted(rng.choice(6, size=int(rng.integers(1, 4)), replace=False).tolist())
        yield _ablation_case(rng, f"units {', '.join(map(str, units))}, {method}", units=units, method=method)


def _ablation_case(
    rng: np.random.Generator, label: str, units: list[int], method: str, unread: int | None = None
) -> DrawnCase:
    """A small network whose answers are mostly those that it gives unharmed."""
    pairs, count, hidden, classes = 40, 6, 12, 5
    activations = (rng.standard_normal((pairs, count)) + rng.uniform(0.5, 2, size=count)).astype(np.float32)
    W_in = (rng.standard_normal((count, hidden)) / np.sqrt(count)).astype(np.float32)
    W_out = (2 * rng.standard_normal((hidden, classes)) / np.sqrt(hidden)).astype(np.float32)
    if unread is not None:
        W_in[unread] = 0
    answers = (np.maximum(activations @ W_in, 0) @ W_out).argmax(axis=1)
    answers = np.where(rng.random(pairs) < 0.1, rng.integers(0, classes, size=pairs), answers)
    return case(
        label,
        activations=tensor(activations),
        units=units,
        readout=given("mlp_readout", W_in=tensor(W_in), W_out=tensor(W_out)),
        answers=tensor(answers),
        method=method,
    )


@exercise("gini_coefficient", compare=close(rtol=1e-4, atol=1e-6))
def gini_coefficient(rng: np.random.Generator) -> Iterator[DrawnCase]:
    """All equal, all in one place, worked by hand, and random unsorted values."""
    yield case("four equal values", values=tensor(np.ones(4, dtype="float32")))
    yield case("all in one of four", values=tensor(np.array([0, 3, 0, 0], dtype="float32")))
    yield case("1, 3, 2: worked by hand", values=tensor(np.array([1, 3, 2], dtype="float32")))
    for _ in range(4):
        values = rng.uniform(0.5, 4) * rng.exponential(size=int(rng.integers(10, 60))) ** rng.uniform(0.5, 2)
        yield case("random values", values=tensor(values.astype("float32")))


@exercise("find_transition", compare=table(rtol=0, atol=0, tolerances={"step": (1e-3, 1e-6)}))
def find_transition(rng: np.random.Generator) -> Iterator[DrawnCase]:
    """A rise by hand, a fall, a curve that turns back once, and noisy changes on irregular steps."""
    steps = np.array([1, 10, 100, 1000, 10000, 100000, 1000000])
    yield case("a rise between 100 and 1000", steps=steps, values=np.array([0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0]))
    yield case("a fall that ends elsewhere", steps=steps, values=np.array([5.0, 5.2, 5.1, 4.9, 1.5, 1.0, 1.1]))
    wavering = np.array([0.1, 0.1, 0.1, 0.8, 0.2, 0.3, 0.85, 0.9, 0.9, 0.9])
    yield case("it gets there, turns back, and returns", steps=2 ** np.arange(10), values=wavering)
    for _ in range(5):
        yield _transition_case(rng)


def _transition_case(rng: np.random.Generator) -> DrawnCase:
    """A logistic change in log step, up or down, with noise and one checkpoint that falls back or runs ahead."""
    steps = np.unique(np.geomspace(rng.integers(1, 20), rng.integers(800, 20000), rng.integers(18, 36)).astype(int))
    position = np.log10(steps)
    centre = position[0] + rng.uniform(0.4, 0.7) * (position[-1] - position[0])
    change = 1 / (1 + np.exp(-(position - centre) / rng.uniform(0.03, 0.12)))
    early = int(np.searchsorted(position, centre)) - 3
    if early >= 4:
        change[early] = 0.9
    low, height = rng.uniform(-2, 2), rng.choice([-1, 1]) * rng.uniform(1, 5)
    values = low + height * change + 0.02 * abs(height) * rng.standard_normal(len(steps))
    return case("a noisy change", steps=steps, values=values.round(6))


@exercise("lead_time", compare=table(rtol=1e-3, atol=1e-3))
def lead_time(rng: np.random.Generator) -> Iterator[DrawnCase]:
    """A lead by hand, a lag, seeds without a transition, and seeds that differ more than the two measures do."""
    later = np.array([400.0, 500.0, 450.0, 560.0])
    yield case("four seeds by hand", earlier=np.array([300.0, 420.0, 340.0, 480.0]), later=later)
    yield case("one seed has no transition", earlier=np.array([310.0, np.nan, 330.0, 500.0]), later=later)
    yield case("it lags", earlier=later, later=np.array([350.0, 470.0, 440.0, 510.0]))
    for _ in range(4):
        count = int(rng.integers(5, 10))
        later = rng.uniform(300, 3000, size=count).round(1)
        earlier = (later - rng.uniform(-40, 120) - 30 * rng.standard_normal(count)).round(1)
        earlier[rng.integers(count)] = np.nan if rng.random() < 0.5 else earlier[0]
        yield case("random seeds", earlier=earlier, later=later)


@exercise("forecast_generalisation", compare=close(rtol=1e-3, atol=1e-6, shape="new"))
def forecast_generalisation(rng: np.random.Generator) -> Iterator[DrawnCase]:
    """A law that holds exactly, and laws under noise with one to three measures on very different scales."""
    measure = np.array([1.0, 10.0, 100.0])
    yield case(
        "step = 20 sqrt(measure), exactly",
        known=measure[:, None],
        known_steps=20 * measure**0.5,
        new=np.array([[4.0], [400.0]]),
    )
    for count in (1, 2, 3, 2):
        yield _forecast_case(rng, count)


def _forecast_case(rng: np.random.Generator, count: int) -> DrawnCase:
    """Runs whose logarithm of the step is a noisy line in the logarithms of their measures."""
    scales, slopes = (
        10 ** rng.uniform(-2, 3, size=count),
        rng.choice([-1, 1], size=count) * rng.uniform(0.3, 1, size=count),
    )
    position = rng.uniform(-0.8, 0.8, size=(20, count))
    logs = 2.8 + position @ slopes + 0.05 * rng.standard_normal(20)
    measures, steps = (scales * 10**position).round(6), (10**logs).round(1)
    return case(f"{count} measures", known=measures[:15], known_steps=steps[:15], new=measures[15:])
