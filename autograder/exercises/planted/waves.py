"""Planted structure, of which one knows what a measure must find: waves in embeddings, logits and neurons."""

import numpy as np


def fourier_basis(modulus: int) -> np.ndarray:
    """Orthonormal rows: the constant, then cosine and sine of each frequency; float32, shape (function, residue)."""
    angles = 2 * np.pi * np.outer(np.arange(1, modulus // 2 + 1), np.arange(modulus)) / modulus
    waves = np.stack([np.cos(angles), np.sin(angles)], axis=1).reshape(-1, modulus)
    return np.concatenate([np.full((1, modulus), 1 / np.sqrt(modulus)), np.sqrt(2 / modulus) * waves]).astype("float32")


def sum_directions(frequencies: list[int], modulus: int) -> np.ndarray:
    """Cosine and sine of w (a + b), each of length 1 over all pairs; float64, shape (frequency, 2, a, b)."""
    residues = np.arange(modulus)
    sums = residues[:, None] + residues
    angles = 2 * np.pi * np.asarray(frequencies)[:, None, None] * sums / modulus
    return np.stack([np.cos(angles), np.sin(angles)], axis=1) * np.sqrt(2) / modulus


def embedding(
    rng: np.random.Generator, modulus: int, frequencies: list[int], *, mean: float = 0.0, phase: float | None = None
) -> np.ndarray:
    """Noise in which some frequencies are 6 to 12 times as strong as an even spread would make them; (residue, d_model)."""
    residues, d_model = np.arange(modulus), 24
    drawn = 0.1 * rng.standard_normal((modulus, d_model)) + mean * rng.standard_normal(d_model) / np.sqrt(d_model)
    for frequency in frequencies:
        direction = rng.standard_normal(d_model) / np.sqrt(d_model)
        shift = rng.uniform(0, 2 * np.pi) if phase is None else phase
        wave = np.cos(2 * np.pi * frequency * residues / modulus - shift)
        drawn += rng.uniform(1.0, 1.3) * np.outer(wave, direction)
    return drawn.astype(np.float32)


def spectrum(rng: np.random.Generator, count: int, frequencies: list[int], scale: float = 1.0) -> np.ndarray:
    """Powers of `count` frequencies: an uneven floor, some that stand out of it by far, and one with twice an even share."""
    power = np.minimum(rng.exponential(1.0, size=count) + 0.05, 2.0)
    chosen = np.asarray(frequencies, dtype=int) - 1
    power[chosen] = power.mean() * rng.uniform(20, 40, size=len(chosen))
    between = rng.choice(np.setdiff1d(np.arange(count), chosen))
    power[between] = 2 * np.delete(power, between).sum() / (count - 2)  # twice the mean, its own value counted
    return (scale * power).astype(np.float32)


def logits(
    rng: np.random.Generator,
    modulus: int,
    amplitudes: dict[int, float],
    *,
    noise: float = 0.0,
    class_means: float = 0.0,
) -> np.ndarray:
    """Sum over frequencies of amplitude * cos(w (a + b - c)), with noise and a mean for each class; (a, b, class)."""
    residues = np.arange(modulus)
    gap = residues[:, None, None] + residues[:, None] - residues
    drawn = noise * rng.standard_normal((modulus, modulus, modulus)) + class_means * rng.standard_normal(modulus)
    for frequency, amplitude in amplitudes.items():
        drawn += amplitude * np.cos(2 * np.pi * frequency * gap / modulus)
    return drawn.astype(np.float32)


def neurons(rng: np.random.Generator, modulus: int, count: int, *, noise: float = 0.05) -> np.ndarray:
    """ReLU of waves in a and in b, each neuron with a frequency of its own; float32, shape (a, b, neuron)."""
    residues = np.arange(modulus)
    frequencies = rng.integers(1, modulus // 2 + 1, size=count)
    first, second = (
        np.cos(2 * np.pi * np.outer(residues, frequencies) / modulus + rng.uniform(0, 2 * np.pi, size=count))
        for _ in range(2)
    )
    before = rng.uniform(0.6, 1.4, count) * first[:, None] + rng.uniform(0.6, 1.4, count) * second[None, :]
    offset = rng.uniform(0.1, 0.6, count)
    return (np.maximum(before + offset, 0) + noise * rng.standard_normal(before.shape)).astype(np.float32)
