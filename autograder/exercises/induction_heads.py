"""How the cases of the induction-heads notebook are drawn, and what counts as equal."""

from collections.abc import Iterator

import numpy as np

from autograder.exercises import DrawnCase, case, exercise, given, tensor
from autograder.exercises.planted import attention as planted
from course_utils.checking.comparators import close, same_set, same_truth, table


@exercise("repeat_loss", compare=table(rtol=1e-3, atol=1e-4))
def repeat_loss(rng: np.random.Generator) -> Iterator[DrawnCase]:
    """A network that always knows the next token, one that knows only repeats, and logits under noise."""
    yield _logits_case(rng, "a network that knows every repeat", 1, period=3, copies=2, vocabulary=5, known="later")
    yield _logits_case(rng, "a network that knows the first copy only", 2, period=4, copies=2, known="first")
    yield _logits_case(rng, "three copies, loud logits", 2, period=3, copies=3, known="later", noise=2.0)
    for _ in range(3):
        sizes = {"period": int(rng.integers(2, 6)), "copies": int(rng.integers(2, 5))}
        yield _logits_case(rng, "random logits", int(rng.integers(2, 5)), **sizes, noise=float(rng.uniform(0.5, 2)))


def _logits_case(
    rng: np.random.Generator, label: str, batch: int, period: int, copies: int, vocabulary: int = 7, **how: object
) -> DrawnCase:
    tokens = planted.repeats(rng, batch, period, copies, vocabulary)
    logits = planted.logits(rng, tokens, vocabulary + 1, period=period, **how)
    return case(label, logits=tensor(logits), tokens=tensor(tokens), period=period)


@exercise("in_context_learning_score", compare=close(rtol=1e-3, atol=1e-4))
def in_context_learning_score(rng: np.random.Generator) -> Iterator[DrawnCase]:
    """A network that gets better along the sequence, one that gets worse, and logits under noise."""
    yield _context_case(rng, "better and better", slope=0.6, early=2, late=9)
    yield _context_case(rng, "worse and worse", slope=-0.4, early=1, late=7)
    yield _context_case(rng, "the last token that is predicted", slope=0.3, early=3, late=11)
    for _ in range(3):
        early = int(rng.integers(1, 5))
        yield _context_case(rng, "random", float(rng.uniform(-0.5, 0.8)), early, early + int(rng.integers(3, 7)))


def _context_case(rng: np.random.Generator, label: str, slope: float, early: int, late: int) -> DrawnCase:
    tokens = planted.random_tokens(rng, batch=6, length=11, vocabulary=6)
    strength = slope * np.arange(12)  # of the right next token, growing along the sequence
    logits = planted.logits(rng, tokens, 7, noise=1.0)
    logits[:, :-1] += strength[:-1, None] * (tokens[:, 1:, None] == np.arange(7))
    return case(label, logits=tensor(logits), tokens=tensor(tokens), early=early, late=late)


@exercise("previous_token_score", compare=close(rtol=1e-4, atol=1e-5, shape="head"))
def previous_token_score(rng: np.random.Generator) -> Iterator[DrawnCase]:
    """Heads that look one back, at themselves, at the next but one, everywhere alike, and random ones."""
    perfect = np.stack([planted.looks_back(6, back) for back in (1, 0, 2)])
    yield case("three heads: one back, none back, two back", pattern=tensor(perfect[None]))
    yield case("a head that looks everywhere alike", pattern=tensor(planted.uniform(5)[None, None]))
    mixed = 0.5 * planted.looks_back(7, 1) + 0.5 * planted.uniform(7)
    yield case("half one back, half everywhere", pattern=tensor(np.stack([mixed, planted.looks_back(7, 1)])[None]))
    for _ in range(3):
        shape = rng.integers(2, 5), rng.integers(2, 5), rng.integers(5, 12)
        yield case("random causal patterns", pattern=tensor(planted.random_patterns(rng, *map(int, shape))))


@exercise("prefix_matching_score", compare=close(rtol=1e-4, atol=1e-5, shape="head"))
def prefix_matching_score(rng: np.random.Generator) -> Iterator[DrawnCase]:
    """A perfect induction head and its near misses, one that looks everywhere alike, and random patterns."""
    tokens = planted.repeats(rng, 1, period=4, copies=3, vocabulary=30, distinct=True)
    heads = [planted.looks_back(13, back) for back in (3, 4, 5)]
    yield case(
        "period 4: heads that look 3, 4 and 5 back", pattern=tensor(np.stack(heads)[None]), tokens=tensor(tokens)
    )
    yield case(
        "a head that looks everywhere alike", pattern=tensor(planted.uniform(13)[None, None]), tokens=tensor(tokens)
    )
    spread = np.stack([planted.all_earlier_copies(tokens[0]), planted.looks_back(13, 1)])
    yield case("attention shared by all copies; one back", pattern=tensor(spread[None]), tokens=tensor(tokens))
    for _ in range(4):
        batch, heads_count, period = (int(n) for n in (rng.integers(2, 4), rng.integers(2, 4), rng.integers(3, 6)))
        drawn = planted.repeats(rng, batch, period, copies=3, vocabulary=8)
        pattern = planted.random_patterns(rng, batch, heads_count, drawn.shape[1])
        yield case("random patterns on repeated tokens", pattern=tensor(pattern), tokens=tensor(drawn))


@exercise("copying_score", compare=close(rtol=1e-3, atol=1e-4, shape="head"))
def copying_score(rng: np.random.Generator) -> Iterator[DrawnCase]:
    """A head that copies, one that suppresses what it sees, one that says the next number, and random ones."""
    copies, suppresses, next_one = np.eye(5), -np.eye(5), np.roll(np.eye(5), 1, axis=1)
    yield _circuits_case(rng, "a head that copies, and one that suppresses", [copies, suppresses])
    yield _circuits_case(rng, "token t raises t + 1", [next_one])
    yield _circuits_case(rng, "copies, and raises token 0 whatever it sees", [copies + np.eye(5)[0]])
    for _ in range(3):
        vocabulary = int(rng.integers(5, 9))
        drawn = rng.standard_normal((3, vocabulary, vocabulary)) + rng.uniform(0, 3, (3, 1, 1)) * np.eye(vocabulary)
        yield _circuits_case(rng, "random heads", list(drawn))


def _circuits_case(rng: np.random.Generator, label: str, circuits: list[np.ndarray]) -> DrawnCase:
    """Weights whose product is a wanted map from tokens to logits, for each head."""
    embedding, W_V, W_O, W_U = planted.ov_weights(rng, circuits)
    return case(label, embedding=tensor(embedding), W_V=tensor(W_V), W_O=tensor(W_O), W_U=tensor(W_U))


@exercise("k_composition", compare=close(rtol=1e-3, atol=1e-4, shape="sender receiver"))
def k_composition(rng: np.random.Generator) -> Iterator[DrawnCase]:
    """A receiver that reads exactly what a sender writes, one that reads none of it, and random heads."""
    writes, reads = np.zeros((2, 4, 4)), np.zeros((2, 4, 4))
    writes[0, 0, 1], writes[1, 0, 2] = 2.0, 1.0  # sender 0 writes direction 1, sender 1 direction 2
    reads[0, 3, 1], reads[1, 3, 3] = 1.5, 1.0  # receiver 0 matches keys along 1, receiver 1 along 3
    noise = [rng.standard_normal((6, 4, 4)) for _ in range(2)]
    yield _composition_case("one pair fits, the others do not", writes, reads, *noise)
    for _ in range(4):
        width, count = int(rng.integers(4, 7)), int(rng.integers(2, 4))
        drawn = [planted.low_rank(rng, number, width) for number in (count, count + 1, 8, 8)]
        drawn[1][0] += rng.uniform(1, 3) * drawn[0][0]  # not symmetric, so that a transpose shows
        yield _composition_case("random heads", *drawn)


def _composition_case(label: str, W_OV: np.ndarray, W_QK: np.ndarray, *others: np.ndarray) -> DrawnCase:
    named = {"W_OV": W_OV, "W_QK": W_QK, "random_OV": others[0], "random_QK": others[1]}
    return case(label, **{name: tensor(value.astype("float32")) for name, value in named.items()})


# Held-out accuracy moves in steps of 1 over the number of held-out places, at least 300 here; ties are broken by rounding.
@exercise("previous_token_probe", compare=close(rtol=0, atol=0.011, shape="layer"))
def previous_token_probe(rng: np.random.Generator) -> Iterator[DrawnCase]:
    """Residual streams that hold the token before clearly, faintly or not at all, beside the token itself."""
    yield _probe_case(rng, "not there, faint, clear", strengths=(0.0, 0.5, 2.0))
    yield _probe_case(rng, "the next token is there as well", strengths=(0.4, 1.0), ahead=1.0)
    for _ in range(3):
        yield _probe_case(rng, "faint", strengths=tuple(rng.uniform(0.2, 1.0, size=3)), ahead=float(rng.uniform(0, 1)))


def _probe_case(
    rng: np.random.Generator, label: str, strengths: tuple[float, ...], ahead: float = 0.0, width: int = 10
) -> DrawnCase:
    tokens = rng.integers(0, 6, size=(44, 10))
    residual = [planted.residual_stream(rng, tokens, width, previous, ahead) for previous in strengths]
    return case(label, residual=tensor(np.stack(residual)), tokens=tensor(tokens), train=22)


@exercise("head_ablation_effect", compare=close(rtol=1e-3, atol=1e-5, shape="head"))
def head_ablation_effect(rng: np.random.Generator) -> Iterator[DrawnCase]:
    """Every method, on heads of which some matter and one is read by nothing."""
    for method in ("zero", "mean", "resample"):
        yield _ablation_case(rng, f"three heads, {method}", method, heads=3)
    yield _ablation_case(rng, "a head that nothing reads, zero", "zero", heads=3, unread=1)
    for method in rng.permutation(["zero", "mean", "resample"]).tolist():
        yield _ablation_case(rng, f"random heads, {method}", method, heads=int(rng.integers(2, 5)))


def _ablation_case(
    rng: np.random.Generator, label: str, method: str, heads: int, unread: int | None = None
) -> DrawnCase:
    batch, pos, d_head, d_model, vocabulary = 5, 6, 3, 8, 6
    z = rng.standard_normal((batch, pos, heads, d_head)) + rng.uniform(-1, 1, size=(heads, d_head))
    W_O, W_U = rng.standard_normal((heads, d_head, d_model)), rng.standard_normal((d_model, vocabulary))
    if unread is not None:
        W_O[unread] = 0
    residual = 0.3 * rng.standard_normal((batch, pos, d_model))
    after = residual + np.einsum("bphe,hed->bpd", z, W_O)
    targets = planted.mostly_right(rng, (after @ W_U).argmax(axis=-1), vocabulary)
    rest = given("heads_to_loss", residual=_f32(residual), W_O=_f32(W_O), W_U=_f32(W_U), targets=tensor(targets))
    return case(label, z=_f32(z), loss_of=rest, method=method, order=tensor(planted.derangement(rng, batch)))


@exercise("path_patching_effect", compare=close(rtol=1e-3, atol=1e-5, shape="head"))
def path_patching_effect(rng: np.random.Generator) -> Iterator[DrawnCase]:
    """A receiver that finds its key in what one sender wrote, a sender that says the same on both texts, random ones."""
    yield _path_case(rng, "three senders", heads=3)
    yield _path_case(rng, "a sender that writes the same on both texts", heads=2, same=0)
    for _ in range(4):
        yield _path_case(rng, "random senders", heads=int(rng.integers(2, 5)))


def _path_case(rng: np.random.Generator, label: str, heads: int, same: int | None = None) -> DrawnCase:
    batch, pos, d_head, d_model, vocabulary = 4, 7, 3, 8, 5
    embedded = rng.standard_normal((batch, pos, d_model))
    scale = rng.uniform(0.3, 2.0, size=(heads, 1))
    written, other = (scale * rng.standard_normal((batch, pos, heads, d_model)) for _ in range(2))
    if same is not None:
        other[:, :, same] = written[:, :, same]
    residual = embedded + written.sum(axis=2)
    head = {
        "query": 2 * rng.standard_normal((batch, pos, d_head)),
        "W_K": rng.standard_normal((d_model, d_head)),
        "written": 2 * rng.standard_normal((batch, pos, d_model)),
        "residual": 0.3 * rng.standard_normal((batch, pos, d_model)),
        "W_U": rng.standard_normal((d_model, vocabulary)),
    }
    targets = planted.answers_of_head(residual, **head)
    rest = given("keys_to_loss", **{name: _f32(value) for name, value in head.items()}, targets=tensor(targets))
    return case(label, residual=_f32(residual), written=_f32(written), other=_f32(other), loss_of=rest)


def _f32(array: np.ndarray) -> object:
    return tensor(array.astype("float32"))


@exercise("formation_step", compare=table(rtol=0, atol=0, allow_nan=True, tolerances={"step": (1e-3, 1e-6)}))
def formation_step(rng: np.random.Generator) -> Iterator[DrawnCase]:
    """Heads that form, form and are pruned, flash up once, come at the last checkpoint, or never; then noisy ones."""
    steps = np.array([1, 10, 100, 1000, 10000])
    heads = [
        [0, 0, 1, 1, 1],
        [0, 0.8, 0.9, 0.1, 0],
        [0, 0.9, 0.1, 0.1, 0.2],
        [0, 0, 0, 0.1, 0.9],
        [0, 0, 0.5, 0.5, 0.6],
    ]
    yield _formation_case("forms; is pruned; flashes up; at the end; exactly at the threshold", steps, heads, 0.5)
    yield _formation_case(
        "flashes up, and forms later", steps, [[0, 0.7, 0.2, 0.6, 0.8], [0.1, 0.2, 0.2, 0.3, 0.2]], 0.6
    )
    for _ in range(4):
        yield _noisy_formation(rng)


def _formation_case(label: str, steps: np.ndarray, heads: list, threshold: float) -> DrawnCase:
    return case(label, steps=steps, scores=np.array(heads, dtype=float).T, threshold=threshold)


def _noisy_formation(rng: np.random.Generator) -> DrawnCase:
    """Heads that rise in log step; one that is pruned again, one that flashes up first, one that stays down."""
    steps = np.unique(np.geomspace(rng.integers(1, 20), rng.integers(500, 5000), rng.integers(14, 24)).astype(int))
    position, threshold = np.log10(steps), float(rng.choice([0.3, 0.4, 0.5]))
    low, high = position[0], position[-1]
    centres = low + rng.uniform(0.4, 0.7, size=4) * (high - low)
    scores = 0.9 / (1 + np.exp(-(position[:, None] - centres) / 0.08)) + rng.uniform(0, 0.05, size=(len(steps), 4))
    scores[-3:, 1] = 0.1  # pruned
    scores[2, 2] = 0.8  # a flash
    scores[:, 3] *= 0.2
    return case("noisy heads", steps=steps, scores=scores.round(4), threshold=threshold)


@exercise("assembly_order", compare=same_set())
def assembly_order(rng: np.random.Generator) -> Iterator[DrawnCase]:
    """An order in every seed, seeds that differ more than events do, a missing step, too few seeds, and random events."""
    first = np.array([100.0, 200.0, 400.0, 800.0, 1600.0])
    later = first * np.array([1.25, 1.3, 1.2, 1.28, 1.22])
    yield case("a fifth later in every seed", events={"copying": later, "probe": first})
    few = {"probe": np.array([100.0, 200.0, np.nan, 150.0]), "loss": np.array([110.0, 220.0, 160.0, np.nan])}
    yield case("two seeds have both", events=few)
    wide = {"probe": np.array([100.0, 200.0, 300.0]), "loss": np.array([111.0, 250.0, 390.0])}
    yield case("three seeds, all in one order, and a wide interval", events=wide)
    gap = {"probe": np.array([100.0, 200.0, np.nan, 150.0, 120.0, 90.0])}
    gap["loss"] = gap["probe"] * np.array([1.5, 1.4, 1.0, 1.6, 1.45, 1.5])
    gap["loss"][2] = 40.0
    yield case("one seed lacks an event", events=gap)
    for _ in range(4):
        yield case("random events", events=_random_events(rng))


def _random_events(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Three events, each later than the one before by a factor with a scatter of its own; not in that order."""
    seeds = int(rng.integers(5, 9))
    base, events = 10 ** rng.uniform(2, 3.5, size=seeds), {}
    for name, lag, scatter in zip(
        ("prefix", "icl", "k"), (0, 0.15, rng.choice([0.0, 0.3])), (0.01, 0.02, 0.2), strict=True
    ):
        events[name] = (base * 10 ** (lag + scatter * rng.standard_normal(seeds))).round(1)
    names = rng.permutation(list(events)).tolist()
    return {name: events[name] for name in names}


@exercise("seed_agreement", compare=table(rtol=1e-3, atol=1e-6))
def seed_agreement(rng: np.random.Generator) -> Iterator[DrawnCase]:
    """Seeds that agree, seeds that do not, seeds in which nothing formed."""
    yield case("two seeds by hand", before=np.array([100.0, 1000.0]), after=np.array([1000.0, 10000.0]))
    yield case(
        "one of three never formed", before=np.array([200.0, np.nan, 220.0]), after=np.array([220.0, np.nan, 250.0])
    )
    for _ in range(4):
        count = int(rng.integers(4, 9))
        before = (10 ** rng.uniform(2, 3, size=count)).round(0)
        after = (before * 10 ** rng.uniform(0.02, 0.5, size=count)).round(0) + 1
        if rng.random() < 0.5:
            before[0] = after[0] = np.nan
        yield case("random seeds", before=before, after=after)


@exercise("is_induction", compare=same_truth())
def is_induction(rng: np.random.Generator) -> Iterator[DrawnCase]:
    """Networks that copy at any period, at one alone, that know only the context, and that know nothing."""
    yield _behaviour_case(rng, "copies at any period", "induction", 0.85, [6, 10, 16])
    yield _behaviour_case(rng, "copies 12 back, whatever the period", "offset", 0.97, [6, 12, 17], offset=12)
    yield _behaviour_case(rng, "the first period is the one it knows", "offset", 0.97, [10, 7, 15], offset=10)
    yield _behaviour_case(rng, "knows which tokens occur", "context", 0.97, [4, 6, 9])
    yield _behaviour_case(rng, "knows the last of these periods", "offset", 0.99, [5, 9, 14], offset=14)
    drawn = [("induction", 0), ("offset", 11), ("context", 0), ("memory", 0), ("induction", 0)]
    for rule, offset in [drawn[number] for number in rng.permutation(len(drawn))]:
        periods = [*rng.choice([4, 5, 6, 7, 8, 9, 13, 15], size=2, replace=False).tolist(), 11]
        ordered = rng.permutation(periods).tolist()
        yield _behaviour_case(rng, "another network", rule, float(rng.uniform(0.8, 0.97)), ordered, offset=offset)


def _behaviour_case(
    rng: np.random.Generator, label: str, rule: str, confidence: float, periods: list[int], offset: int = 0
) -> DrawnCase:
    settings = {
        "rule": rule,
        "confidence": confidence,
        "vocabulary": 1000,
        "seed": int(rng.integers(1000)),
        "offset": offset,
    }
    return case(label, losses_at=given("losses_of_predictor", **settings), periods=periods)
