"""Planted structure of which one knows what a measure of puns must find: suites, sentences, curves, and texts."""

import numpy as np

WORDS = ("appeal", "bed", "branch", "charge", "credit", "hook", "interest", "joint", "nail", "net", "note", "port")
SUBJECTS = ("banker", "broker", "judge", "pianist", "captain", "florist", "whaler", "chef", "weaver", "planter")
ENDINGS = ("lost my", "found no", "needed a", "took the", "made a")


def suite_steps(rng: np.random.Generator) -> list[int]:
    """Steps as suites have them: 0 or not, powers at first, then even ones, and a few missing."""
    early = [0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512]
    spacing = int(rng.choice([500, 1000, 2000]))
    late = list(range(spacing * 2, spacing * int(rng.integers(20, 40)), spacing))
    steps = sorted({*early[int(rng.integers(0, 2)) :], *late})
    gone = set(rng.choice(steps[2:-2], size=3, replace=False).tolist())
    return [step for step in steps if step not in gone]


def nearest_is_clear(steps: list[int], count: int) -> bool:
    """Whether no evenly spaced place lies in the middle between two existing steps, where rounding would decide."""
    positive = np.log10([step for step in steps if step > 0])
    places = np.linspace(positive[0], positive[-1], count)
    nearest, second = np.sort(np.abs(positive[:, None] - places), axis=0)[:2]
    return bool((second - nearest > 1e-3).all())


def token_texts(rng: np.random.Generator, count: int) -> list[str]:
    """What tokens add to a text: about half of them begin a word, some of these stand once more without their space."""
    letters = np.array(list("abcdefghijklmnoprstuw"))
    stems = sorted({"".join(rng.choice(letters, size=int(rng.integers(2, 6)))) for _ in range(count)})
    texts = [f" {stem}" if rng.random() < 0.6 else stem for stem in stems]
    texts += [text.strip() for text in texts if text.startswith(" ")][:4]
    return rng.permutation(texts).tolist()


def resamples(rng: np.random.Generator, words: int, count: int) -> np.ndarray:
    """Draws of words with replacement, (resample, word)."""
    return rng.integers(0, words, (count, words))


def words_of_puns(rng: np.random.Generator, count: int) -> list[str]:
    """The target of each pun, not in alphabetical order, one to three puns of each word."""
    words = rng.choice(WORDS, size=count, replace=False)
    return rng.permutation(np.repeat(words, [3, 1, *rng.integers(1, 4, count - 2)])).tolist()


def sentences(rng: np.random.Generator, shared: float, own: float) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Activations of puns and non-puns that differ along one direction, and along one of each word: (sentence, d_model)."""
    words, per_class, d_model = 10, 3, 16
    names = np.repeat(rng.choice(WORDS, size=words, replace=False), 2 * per_class)
    is_pun = np.tile(np.repeat([True, False], per_class), words)
    sign = np.where(is_pun, 1.0, -1.0)[:, None]
    direction, directions = _unit(rng.standard_normal(d_model)), _unit(rng.standard_normal((words, d_model)))
    activations = (
        0.5 * rng.standard_normal((len(names), d_model)) + rng.standard_normal((words, d_model))[_order(names)]
    )
    activations = activations + shared * sign * direction + own * sign * directions[_order(names)]
    mixed = rng.permutation(len(names))
    return activations[mixed].astype("float32"), is_pun[mixed], names[mixed].tolist()


def shuffled_within_words(rng: np.random.Generator, is_pun: np.ndarray, words: list[str]) -> np.ndarray:
    """Labels of a control task: each word keeps its numbers of puns and non-puns, and which is which is drawn."""
    shuffled, names = is_pun.copy(), np.array(words)
    for word in sorted(set(words)):
        shuffled[names == word] = rng.permutation(is_pun[names == word])
    return shuffled


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def _order(names: np.ndarray) -> np.ndarray:
    return np.unique(names, return_inverse=True)[1]


def accuracy_curves(rng: np.random.Generator) -> dict:
    """A curve that rises through a threshold with dips and a missing checkpoint, and resamples around it."""
    count = int(rng.integers(8, 14))
    steps = np.unique(np.geomspace(rng.integers(1, 20), rng.integers(2000, 20_000), count).astype(int))
    rise = 0.5 + 0.48 / (1 + np.exp(-np.linspace(-6, 6, len(steps)) - rng.uniform(-2, 2)))
    threshold = float(rng.choice([0.7, 0.9]))
    curves = np.clip(rise + 0.06 * rng.standard_normal((41, len(steps))), 0, 1).round(3)
    curves[0, 1], curves[0, 2], curves[0, -1] = threshold + 0.05, 0.55, threshold
    curves[:, int(rng.integers(3, len(steps) - 1))] = np.nan
    return {"steps": steps, "accuracy": curves[0], "resampled": curves[1:], "threshold": threshold}


def changing_words(rng: np.random.Generator, width: float, sign: float, dip: bool) -> tuple[np.ndarray, np.ndarray]:
    """Curves of words that change over a 10-90 % width in decades, each to a level of its own; (word, checkpoint)."""
    count = int(rng.integers(18, 26))
    steps = np.unique(np.geomspace(rng.integers(1, 20), rng.integers(5000, 50_000), count).astype(int))
    position = np.log10(steps)
    centre = position[0] + rng.uniform(0.45, 0.55) * np.ptp(position)
    share = 1 / (1 + np.exp(-4.394 * (position - centre) / width))
    if dip:
        share[int(np.searchsorted(position, centre)) - 3] = 0.8  # runs ahead, then falls back
    heights, noise = rng.uniform(0.5, 4, (6, 1)), 0.01 * rng.standard_normal((6, len(steps)))
    return steps, (rng.uniform(-1, 1) + sign * heights * share + noise).round(4)


def verdict_is_clear(steps: np.ndarray, values: np.ndarray) -> bool:
    """Whether the width is not within rounding of a limit of the verdicts, and the halfway point is inside the curve."""
    position, mean = np.log10(steps), values.mean(axis=0)
    first, last = np.median(mean[:3]), np.median(mean[-3:])
    settled = np.minimum.accumulate(((mean - first) / (last - first))[::-1])[::-1]
    below = np.flatnonzero(settled < 0.5)
    if not 2 <= len(below) < len(steps) - 2 or settled[0] > 0.09 or settled[-1] < 0.91:
        return False
    low, high = np.interp([0.1, 0.9], settled, position)
    gap = position[below[-1] + 1] - position[below[-1]]
    return min(abs(high - low - gap), abs(high - low - 0.4)) > 0.01


def pun_texts(rng: np.random.Generator, words: int) -> tuple[dict[str, list[str]], list[str]]:
    """Setups, targets, puns and matched non-puns, two of each word one after the other; and the words they are made of."""
    targets = np.repeat(rng.choice(WORDS, size=words, replace=False), 2).tolist()
    setups, puns, others = [], [], []
    for target in targets:
        one, other = rng.choice(SUBJECTS, size=2, replace=False)
        ending = rng.choice(ENDINGS)
        often = " very" * int(rng.integers(0, 3))  # sentences of unequal length
        setups.append(f"the{often} old {one} {ending}")
        puns.append(f"{setups[-1]} {target}")
        others.append(f"the{often} old {other} {ending} {target}")
    vocabulary = sorted({word for text in [*puns, *others] for word in text.split()})
    return {"setups": setups, "targets": targets, "puns": puns, "others": others}, vocabulary


def completed(rng: np.random.Generator, checkpoints: int, puns: int, never: bool) -> np.ndarray:
    """Which puns are completed at which checkpoint: rarely, then mostly, with one checkpoint that runs ahead."""
    centre = checkpoints + 3 if never else rng.integers(4, checkpoints - 1)
    chance = np.where(np.arange(checkpoints) < centre, 0.1, 0.85)
    found = rng.random((puns, checkpoints)) < chance
    found[:, 1] = True  # at one early checkpoint all are completed, and then forgotten
    found[:, 2] = False
    return found
