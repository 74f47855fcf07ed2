# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # When do puns emerge?

# %%
import math
from collections.abc import Callable

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from jaxtyping import Bool, Float, Int
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from course_utils import check

# %% [markdown]
# ### 1.1 x
# <details><summary>Hint 1: the idea</summary>x</details>
# <details><summary>Hint 2: the interface</summary>x</details>
# <details><summary>Hint 3: shapes</summary>x</details>


# %% exercise="select_checkpoints"
def select_checkpoints(steps: list[int], count: int, expected: tuple[int, int]) -> list[int]:
    """Existing steps to look at, ascending, each once. `steps` ascend, and hold what is asked for.

    For each of `count` places, evenly spaced in log10 from the first positive step to the last, the
    existing positive step nearest to it in log10; the last step at or before expected[0]; the first
    at or after expected[1]; and step 0, where it exists.
    """
    ### BEGIN SOLUTION
    positive = np.array([step for step in steps if step > 0])
    places = np.linspace(np.log10(positive[0]), np.log10(positive[-1]), count)
    nearest = np.abs(np.log10(positive)[:, None] - places).argmin(axis=0)
    before = max(step for step in steps if step <= expected[0])
    after = min(step for step in steps if step >= expected[1])
    untrained = [step for step in steps if step == 0]
    return sorted({*positive[nearest].tolist(), before, after, *untrained})
    ### END SOLUTION


# %% check="select_checkpoints" points=3
check("select_checkpoints", select_checkpoints)

# %% [markdown]
# ### 1.2 x
# <details><summary>Hint 1: the idea</summary>x</details>
# <details><summary>Hint 2: the interface</summary>x</details>
# <details><summary>Hint 3: shapes</summary>x</details>


# %% exercise="top_predictions"
def top_predictions(
    logits: Float[Tensor, "vocabulary"], texts: list[str], count: int = 5
) -> dict[str, list[str] | Tensor]:
    """The likeliest next words and their probabilities: softmax over the whole vocabulary.

    texts[i] is what token i adds to a text; it begins a new word where it begins with a space. Returns
    {"words": the `count` likeliest of those, likeliest first, without the space, "probabilities": ...}.
    """
    ### BEGIN SOLUTION
    probabilities = logits.double().softmax(dim=-1)
    order = probabilities.argsort(descending=True).tolist()
    words = [token for token in order if texts[token].startswith(" ")][:count]
    return {
        "words": [texts[token].strip() for token in words],
        "probabilities": probabilities[words],
    }
    ### END SOLUTION


# %% check="top_predictions" points=3
check("top_predictions", top_predictions)

# %% [markdown]
# ### 1.3 x
# <details><summary>Hint 1: the idea</summary>x</details>
# <details><summary>Hint 2: the interface</summary>x</details>
# <details><summary>Hint 3: shapes</summary>x</details>


# %% exercise="word_log_probability"
def word_log_probability(
    logits: Float[Tensor, "position vocabulary"], tokens: Int[Tensor, "position"], length: int
) -> dict[str, float]:
    """How well a model predicts the last word of a text, which is its last `length` tokens.

    logits[i] are for the token that comes after tokens[i]. Returns {"log_probability": sum over the
    word's tokens of log p (nats), "per_token": the same divided by length, "rank": the worst rank of
    its tokens, where 1 is the first choice}.
    """
    ### BEGIN SOLUTION
    log_p = logits[:-1].double().log_softmax(dim=-1)[-length:]
    own = log_p.gather(1, tokens[-length:, None])
    ranks = 1 + (log_p > own).sum(dim=1)
    return {
        "log_probability": own.sum().item(),
        "per_token": own.mean().item(),
        "rank": ranks.max().item(),
    }
    ### END SOLUTION


# %% check="word_log_probability" points=3
check("word_log_probability", word_log_probability)

# %% [markdown]
# ### 1.4 x
# <details><summary>Hint 1: the idea</summary>x</details>
# <details><summary>Hint 2: the interface</summary>x</details>
# <details><summary>Hint 3: shapes</summary>x</details>


# %% exercise="completion_accuracy"
def completion_accuracy(
    ranks: Int[np.ndarray, "pun"],
    target_log_p: Float[np.ndarray, "pun"],
    foil_log_p: Float[np.ndarray, "pun"],
    words: list[str],
    resamples: Int[np.ndarray, "resample word"],
) -> dict[str, Float[np.ndarray, "3"]]:
    """Share of puns completed (rank 1) and mean log-odds of target over foil, with 95 % intervals.

    Every pun word counts once: puns are averaged within their word, then over words. Each row of
    `resamples` draws words by their place in alphabetical order; the interval goes from the 2.5 % to
    the 97.5 % quantile of its means. Returns {"accuracy": [mean, low, high], "foil_margin": ...}.
    """

    ### BEGIN SOLUTION
    def with_interval(values: np.ndarray) -> np.ndarray:
        by_word = pd.Series(values).groupby(words).mean().to_numpy()
        low, high = np.quantile(by_word[resamples].mean(axis=1), [0.025, 0.975])
        return np.array([by_word.mean(), low, high])

    return {
        "accuracy": with_interval(ranks == 1),
        "foil_margin": with_interval(target_log_p - foil_log_p),
    }
    ### END SOLUTION


# %% check="completion_accuracy" points=3
check("completion_accuracy", completion_accuracy)

# %% [markdown]
# ### 1.5 x
# <details><summary>Hint 1: the idea</summary>x</details>
# <details><summary>Hint 2: the interface</summary>x</details>
# <details><summary>Hint 3: shapes</summary>x</details>


# %% exercise="pun_probe"
def pun_probe(
    activations: Float[np.ndarray, "sentence d_model"],
    is_pun: Bool[np.ndarray, "sentence"],
    shuffled: Bool[np.ndarray, "sentence"],
    words: list[str],
    folds: int = 6,
) -> dict[str, Float[np.ndarray, "word"]]:
    """Cross-validated accuracy of a linear probe for pun against non-pun, and of its control task.

    The probe: StandardScaler, then LogisticRegression(C=0.01, max_iter=1000), in GroupKFold(folds) with
    `words` as groups. The control: the same, fitted to and judged by `shuffled`. Returns {"accuracy":
    share of a word's sentences told rightly, for each word in alphabetical order, "control": ...}.
    """
    ### BEGIN SOLUTION
    probe = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))

    def by_word(labels: np.ndarray) -> np.ndarray:
        told = cross_val_predict(probe, activations, labels, groups=words, cv=GroupKFold(folds))
        return pd.Series(told == labels).groupby(words).mean().to_numpy()

    return {"accuracy": by_word(is_pun), "control": by_word(shuffled)}
    ### END SOLUTION


# %% check="pun_probe" points=3
check("pun_probe", pun_probe)

# %% [markdown]
# ### 1.6 x
# <details><summary>Hint 1: the idea</summary>x</details>
# <details><summary>Hint 2: the interface</summary>x</details>
# <details><summary>Hint 3: shapes</summary>x</details>


# %% exercise="threshold_step"
def threshold_step(
    steps: Int[np.ndarray, "checkpoint"],
    accuracy: Float[np.ndarray, "checkpoint"],
    resampled: Float[np.ndarray, "resample checkpoint"],
    threshold: float,
) -> tuple[int | None, int | None, int | None]:
    """First checkpoint from which an accuracy stays at or above a threshold, with a 95 % interval.

    None where the last checkpoint is below. Checkpoints whose accuracy is NaN are left out. The
    interval: the same step for each row of `resampled`, in ascending order with None last; of n, those
    at places floor(0.025 n) and ceil(0.975 n) - 1, counted from 0. Returns (step, low, high).
    """
    ### BEGIN SOLUTION
    known = ~np.isnan(accuracy)

    def settled(curve: np.ndarray) -> float:
        below = np.flatnonzero(curve[known] < threshold)
        first = below[-1] + 1 if len(below) else 0
        return steps[known][first] if first < known.sum() else np.inf

    found = np.sort([settled(curve) for curve in resampled])
    low, high = found[int(0.025 * len(found))], found[math.ceil(0.975 * len(found)) - 1]
    return tuple(None if np.isinf(s) else int(s) for s in (settled(accuracy), low, high))
    ### END SOLUTION


# %% check="threshold_step" points=3
check("threshold_step", threshold_step)

# %% [markdown]
# ### 1.7 x
# <details><summary>Hint 1: the idea</summary>x</details>
# <details><summary>Hint 2: the interface</summary>x</details>
# <details><summary>Hint 3: shapes</summary>x</details>


# %% exercise="logit_lens"
def logit_lens(
    residual: Float[Tensor, "layer d_model"],
    final_norm: Callable[[Tensor], Tensor],
    unembed: Callable[[Tensor], Tensor],
    target: int,
) -> dict[str, Tensor]:
    """What each layer would answer if it were the last: probability and rank of a target token.

    The residual stream goes through the final normalisation and the unembedding of the model.
    Returns {"probability": (layer,), "rank": (layer,), where 1 is the first choice}.
    """
    ### BEGIN SOLUTION
    logits = unembed(final_norm(residual)).double()
    probability = logits.softmax(dim=-1)[:, target]
    rank = 1 + (logits > logits[:, [target]]).sum(dim=-1)
    return {"probability": probability, "rank": rank}
    ### END SOLUTION


# %% check="logit_lens" points=3
check("logit_lens", logit_lens)

# %% [markdown]
# ### 1.8 x
# <details><summary>Hint 1: the idea</summary>x</details>
# <details><summary>Hint 2: the interface</summary>x</details>
# <details><summary>Hint 3: shapes</summary>x</details>


# %% exercise="emergence_layer"
def emergence_layer(ranks: Int[np.ndarray, "pun layer"], top: int = 5) -> list[int | None]:
    """For each pun the first layer from which its target stays among the `top` first choices.

    ranks[:, 0] is the embedding, ranks[:, l] the stream after layer l. None where the last one is not.
    """
    ### BEGIN SOLUTION
    found = []
    for row in ranks:
        outside = np.flatnonzero(row > top)
        first = int(outside[-1]) + 1 if len(outside) else 0
        found.append(first if first < len(row) else None)
    return found
    ### END SOLUTION


# %% check="emergence_layer" points=3
check("emergence_layer", emergence_layer)

# %% [markdown]
# ### 1.9 x
# <details><summary>Hint 1: the idea</summary>x</details>
# <details><summary>Hint 2: the interface</summary>x</details>
# <details><summary>Hint 3: shapes</summary>x</details>


# %% exercise="pun_ablation"
def pun_ablation(
    outputs: Float[Tensor, "component pun d"],
    rerun: Callable[[Tensor], Float[Tensor, "component pun vocabulary"]],
    targets: Int[Tensor, "pun"],
    foils: Int[Tensor, "pun"],
) -> Float[Tensor, "component pun"]:
    """By how many nats the log-odds of target over foil fall when a component is mean-ablated.

    rerun(outputs)[i] are the logits when component i, and no other, is given outputs[i]; given its own
    outputs it changes nothing. The mean is over puns, for each component and each entry on its own.
    """

    ### BEGIN SOLUTION
    def margins(logits: Tensor) -> Tensor:
        puns = torch.arange(len(targets))
        return logits[:, puns, targets] - logits[:, puns, foils]

    ablated = outputs.mean(dim=1, keepdim=True).expand_as(outputs)
    return margins(rerun(outputs)) - margins(rerun(ablated))
    ### END SOLUTION


# %% check="pun_ablation" points=3
check("pun_ablation", pun_ablation)

# %% [markdown]
# ### 1.10 x
# <details><summary>Hint 1: the idea</summary>x</details>
# <details><summary>Hint 2: the interface</summary>x</details>
# <details><summary>Hint 3: shapes</summary>x</details>


# %% exercise="pun_transition"
def pun_transition(
    steps: Int[np.ndarray, "checkpoint"], values: Float[np.ndarray, "word checkpoint"]
) -> dict[str, float | str]:
    """Where and how fast the mean curve over words changes, and whether these checkpoints resolve it.

    Share of the way: (mean - first level) / (last level - first level), levels being medians of the
    first and last three checkpoints; settled: at each checkpoint the least share from there on.
    Returns {"step": where the settled share passes 0.5, interpolated linearly in log10 step, "before"
    and "after": the checkpoints around it, "width_decades": log10 of the step of 0.9 over that of 0.1,
    "verdict": "unresolved" if the width is at most log10(after / before), else "sudden" if at most
    0.4, else "gradual"}. Steps start from 1 or more, and the curve does change.
    """
    ### BEGIN SOLUTION
    position, mean = np.log10(steps), values.mean(axis=0)
    first, last = np.median(mean[:3]), np.median(mean[-3:])
    share = (mean - first) / (last - first)
    settled = np.minimum.accumulate(share[::-1])[::-1]
    low, middle, high = np.interp([0.1, 0.5, 0.9], settled, position)
    i = np.flatnonzero(settled < 0.5)[-1]
    width, gap = high - low, position[i + 1] - position[i]
    verdict = "unresolved" if width <= gap else "sudden" if width <= 0.4 else "gradual"
    bracket = {"before": int(steps[i]), "after": int(steps[i + 1])}
    return {"step": 10**middle, **bracket, "width_decades": width, "verdict": verdict}
    ### END SOLUTION


# %% check="pun_transition" points=3
check("pun_transition", pun_transition)

# %% [markdown]
# ### 1.11 x
# <details><summary>Hint 1: the idea</summary>x</details>
# <details><summary>Hint 2: the interface</summary>x</details>
# <details><summary>Hint 3: shapes</summary>x</details>


# %% exercise="general_ability"
def general_ability(
    steps: Int[np.ndarray, "checkpoint"],
    margins: Float[np.ndarray, "word checkpoint"],
    plain_loss: Float[np.ndarray, "checkpoint"],
    resamples: Int[np.ndarray, "resample word"],
) -> dict[str, Float[np.ndarray, "3"]]:
    """Correlation over checkpoints of the mean pun margin with general ability, minus the plain loss.

    Partial: of what a straight line in log10 step leaves of each. Returns {"correlation": [value, low,
    high], "partial_correlation": ...}; intervals are 2.5 % to 97.5 % quantiles over resampled words.
    """

    ### BEGIN SOLUTION
    def rest(curve: np.ndarray) -> np.ndarray:
        line = np.polynomial.Polynomial.fit(np.log10(steps), curve, 1)
        return curve - line(np.log10(steps))

    def with_interval(change: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        curves = [margins.mean(axis=0), *(margins[words].mean(axis=0) for words in resamples)]
        found = [np.corrcoef(change(curve), change(-plain_loss))[0, 1] for curve in curves]
        return np.array([found[0], *np.quantile(found[1:], [0.025, 0.975])])

    return {"correlation": with_interval(np.array), "partial_correlation": with_interval(rest)}
    ### END SOLUTION


# %% check="general_ability" points=3
check("general_ability", general_ability)

# %% [markdown]
# ### 1.12 x
# <details><summary>Hint 1: the idea</summary>x</details>
# <details><summary>Hint 2: the interface</summary>x</details>
# <details><summary>Hint 3: shapes</summary>x</details>


# %% exercise="in_context_gain"
def in_context_gain(
    setups: list[str],
    targets: list[str],
    puns: list[str],
    others: list[str],
    shots: int,
    separator: str,
    score: Callable[[list[str], list[str]], Float[np.ndarray, "pun"]],
) -> Float[np.ndarray, "pun"]:
    """score(prompt, target) after pun examples minus that after their matched non-puns, for each pun.

    puns[i] is the whole sentence of pun i, others[i] its matched non-pun. The examples for pun k are the
    next `shots` puns after it whose target is another word, going on from the start of the list after its
    end; both contexts use the same ones. A prompt is examples, then setup, joined by `separator`.
    """
    ### BEGIN SOLUTION
    contexts = {"puns": [], "others": []}
    for k, target in enumerate(targets):
        order = [*range(k + 1, len(targets)), *range(k)]
        chosen = [i for i in order if targets[i] != target][:shots]
        for name, sentences in (("puns", puns), ("others", others)):
            contexts[name].append(separator.join([*(sentences[i] for i in chosen), setups[k]]))
    return score(contexts["puns"], targets) - score(contexts["others"], targets)
    ### END SOLUTION


# %% check="in_context_gain" points=3
check("in_context_gain", in_context_gain)

# %% [markdown]
# ### 1.13 x
# <details><summary>Hint 1: the idea</summary>x</details>
# <details><summary>Hint 2: the interface</summary>x</details>
# <details><summary>Hint 3: shapes</summary>x</details>


# %% exercise="emergence_by_category"
def emergence_by_category(
    steps: Int[np.ndarray, "checkpoint"],
    completed: Bool[np.ndarray, "pun checkpoint"],
    categories: list[str],
    threshold: float = 0.5,
) -> list[tuple[str, int | None]]:
    """For each category the first step from which its share of completed puns stays >= threshold.

    In the order of these steps, equal ones in alphabetical order, and those that never do, None, last.
    """
    ### BEGIN SOLUTION
    shares = pd.DataFrame(completed, columns=steps).groupby(categories).mean()
    found = []
    for name, share in shares.iterrows():
        below = np.flatnonzero(share < threshold)
        first = below[-1] + 1 if len(below) else 0
        found.append((name, int(steps[first]) if first < len(steps) else None))
    return sorted(found, key=lambda pair: (pair[1] is None, pair[1] or 0, pair[0]))
    ### END SOLUTION


# %% check="emergence_by_category" points=3
check("emergence_by_category", emergence_by_category)

