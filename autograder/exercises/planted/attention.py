"""Planted attention and circuits, of which one knows what a measure must find: patterns, logits, weights and streams."""

import numpy as np


def random_tokens(rng: np.random.Generator, batch: int, length: int, vocabulary: int) -> np.ndarray:
    """A start token, whose id is `vocabulary`, then random ones: (batch, length + 1)."""
    return np.concatenate([np.full((batch, 1), vocabulary), rng.integers(0, vocabulary, size=(batch, length))], axis=1)


def repeats(
    rng: np.random.Generator, batch: int, period: int, copies: int, vocabulary: int, distinct: bool = False
) -> np.ndarray:
    """A start token, then random tokens that repeat: (batch, period * copies + 1); `distinct` within a period if asked."""
    if distinct:
        once = np.stack([rng.permutation(vocabulary)[:period] for _ in range(batch)])
    else:
        once = rng.integers(0, vocabulary, size=(batch, period))
    return np.concatenate([np.full((batch, 1), vocabulary), np.tile(once, copies)], axis=1)


def logits(
    rng: np.random.Generator,
    tokens: np.ndarray,
    vocabulary: int,
    *,
    period: int = 0,
    known: str = "",
    noise: float = 1.0,
) -> np.ndarray:
    """Noise, and a logit of 5 for the right next token in the first copy or in later ones, if one of them is known."""
    drawn = noise * rng.standard_normal((*tokens.shape, vocabulary))
    if known:
        place = np.arange(1, tokens.shape[1])  # of the token that is predicted
        knows = place <= period if known == "first" else place > period + 1
        right = tokens[:, 1:, None] == np.arange(vocabulary)
        drawn[:, :-1] += 5 * (right & knows[None, :, None])
    return drawn.astype(np.float32)


def looks_back(length: int, back: int) -> np.ndarray:
    """A head that attends that many positions back, or to position 0 where there are not so many; (query, key)."""
    pattern = np.zeros((length, length), dtype="float32")
    for query in range(length):
        pattern[query, max(query - back, 0)] = 1
    return pattern


def uniform(length: int) -> np.ndarray:
    """A causal head that attends everywhere alike; (query, key)."""
    allowed = np.tril(np.ones((length, length)))
    return (allowed / allowed.sum(axis=1, keepdims=True)).astype("float32")


def all_earlier_copies(tokens: np.ndarray) -> np.ndarray:
    """A head that shares its attention among all tokens that follow an earlier copy, or rests at position 0."""
    pattern = np.zeros((len(tokens), len(tokens)), dtype="float32")
    for query in range(len(tokens)):
        keys = [key for key in range(1, query + 1) if tokens[key - 1] == tokens[query] and key - 1 < query]
        pattern[query, keys or [0]] = 1 / max(len(keys), 1)
    return pattern


def random_patterns(rng: np.random.Generator, batch: int, heads: int, length: int) -> np.ndarray:
    """Causal patterns of softmax over random scores; (batch, head, query, key)."""
    scores = np.exp(2 * rng.standard_normal((batch, heads, length, length))) * np.tril(np.ones((length, length)))
    return (scores / scores.sum(axis=-1, keepdims=True)).astype("float32")


def ov_weights(rng: np.random.Generator, circuits: list[np.ndarray]) -> tuple[np.ndarray, ...]:
    """Weights with embedding W_V W_O W_U = circuit for each head, hidden behind random invertible matrices; float32."""
    vocabulary = len(circuits[0])
    embedding, between, W_U = (_well_conditioned(rng, vocabulary) for _ in range(3))
    maps = [np.linalg.inv(embedding) @ circuit @ np.linalg.inv(W_U) for circuit in circuits]
    W_V, W_O = np.stack([m @ np.linalg.inv(between) for m in maps]), np.stack([between for _ in maps])
    return tuple(matrix.astype("float32") for matrix in (embedding, W_V, W_O, W_U))


def _well_conditioned(rng: np.random.Generator, size: int) -> np.ndarray:
    rotation, _ = np.linalg.qr(rng.standard_normal((size, size)))
    return rotation * rng.uniform(0.7, 1.5, size=size)


def low_rank(rng: np.random.Generator, count: int, width: int, rank: int = 2) -> np.ndarray:
    """Random matrices of the rank that a head's have; (count, width, width)."""
    return rng.standard_normal((count, width, rank)) @ rng.standard_normal((count, rank, width))


def residual_stream(
    rng: np.random.Generator, tokens: np.ndarray, width: int, previous: float, ahead: float = 0.0
) -> np.ndarray:
    """Embedding of the token, of the one before and of the next, each with its strength, and noise; float32."""
    vocabulary = int(tokens.max()) + 1
    own, before, after = rng.standard_normal((3, vocabulary, width))
    stream = own[tokens] + 0.6 * rng.standard_normal((*tokens.shape, width))
    stream[:, 1:] += previous * before[tokens[:, :-1]]
    stream[:, :-1] += ahead * after[tokens[:, 1:]]
    return stream.astype(np.float32)


def mostly_right(rng: np.random.Generator, answers: np.ndarray, vocabulary: int) -> np.ndarray:
    """The answers, one in ten of them replaced."""
    return np.where(rng.random(answers.shape) < 0.1, rng.integers(0, vocabulary, size=answers.shape), answers)


def derangement(rng: np.random.Generator, count: int) -> np.ndarray:
    """For each row another one: one cycle through all."""
    order = rng.permutation(count)
    others = np.empty_like(order)
    others[order] = np.roll(order, 1)
    return others


def answers_of_head(
    keys_from: np.ndarray,
    query: np.ndarray,
    W_K: np.ndarray,
    written: np.ndarray,
    residual: np.ndarray,
    W_U: np.ndarray,
) -> np.ndarray:
    """What a network with one head says where the head makes its keys of `keys_from`; (batch, pos)."""
    keys = keys_from - keys_from.mean(axis=-1, keepdims=True)
    keys = keys / np.sqrt((keys**2).mean(axis=-1, keepdims=True) + 1e-5) @ W_K
    scores = np.exp(query @ keys.swapaxes(1, 2) / np.sqrt(W_K.shape[1])) * np.tril(np.ones((query.shape[1],) * 2))
    pattern = scores / scores.sum(axis=-1, keepdims=True)
    return ((residual + pattern @ written) @ W_U).argmax(axis=-1)
