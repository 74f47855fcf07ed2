"""How the cases of the grokking notebook are drawn, and what counts as equal."""

from collections.abc import Iterator

import numpy as np

from autograder.exercises import DrawnCase, case, exercise, tensor
from course_utils.checks import exact_integers, same_set, up_to_permutation

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


@exercise("key_frequencies", compare=same_set())
def key_frequencies(rng: np.random.Generator) -> Iterator[DrawnCase]:
    """Planted frequencies in noise: one of them, none, with a large mean, in sines only, and random mixtures."""
    yield _planted(rng, "one frequency, 4 of 1..5, modulus 11", 11, [4])
    yield _planted(rng, "no frequency stands out, modulus 23", 23, [])
    yield _planted(rng, "two frequencies and a large mean, modulus 23", 23, [2, 11], mean=5.0)
    yield _planted(rng, "sines only, modulus 29", 29, [3, 14], phase=np.pi / 2)
    for _ in range(3):
        modulus = int(rng.choice([37, 41, 43, 47]))
        count = int(rng.integers(2, 6))
        planted = rng.choice(np.arange(1, modulus // 2 + 1), size=count, replace=False)
        yield _planted(rng, "a random mixture", modulus, planted.tolist(), mean=float(rng.uniform(0, 2)))


def _planted(
    rng: np.random.Generator,
    label: str,
    modulus: int,
    frequencies: list[int],
    mean: float = 0.0,
    phase: float | None = None,
) -> DrawnCase:
    """An embedding of noise in which some frequencies are 6 to 12 times as strong as an even spread would make them."""
    residues, d_model = np.arange(modulus), 24
    embedding = 0.1 * rng.standard_normal((modulus, d_model)) + mean * rng.standard_normal(d_model) / np.sqrt(d_model)
    for frequency in frequencies:
        direction = rng.standard_normal(d_model) / np.sqrt(d_model)
        shift = rng.uniform(0, 2 * np.pi) if phase is None else phase
        embedding += rng.uniform(1.0, 1.3) * np.outer(
            np.cos(2 * np.pi * frequency * residues / modulus - shift), direction
        )
    return case(label, embedding=tensor(embedding.astype(np.float32)), basis=tensor(_basis(modulus).astype(np.float32)))


def _basis(modulus: int) -> np.ndarray:
    """The orthonormal basis that the case hands in: the constant, then cosine and sine of each frequency."""
    angles = 2 * np.pi * np.outer(np.arange(1, modulus // 2 + 1), np.arange(modulus)) / modulus
    waves = np.stack([np.cos(angles), np.sin(angles)], axis=1).reshape(-1, modulus)
    return np.concatenate([np.full((1, modulus), 1 / np.sqrt(modulus)), np.sqrt(2 / modulus) * waves])
