# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # When do puns emerge?
#
# *I used to be a banker, but I lost ...* Whoever ends this with *interest* has put two things together: a phrase that wants a
# last word ("I lost ...") and a setting that gives one of the possible words a second sense (the banker's). A language model is not
# born with that. In this notebook you look at one model at many moments of its training and find out *when* it comes, *how fast*,
# *where* inside the model, and whether it comes with everything else that the model learns or apart from it.
#
# **The plan for class is 60 minutes**, in three parts. Exercises marked **in class** are its core; those marked *afterwards* go
# deeper, and nothing in class depends on them.
#
# | part | minutes | in class |
# |---|---:|---|
# | 1. Set-up and checkpoints | 15 | 1.1 |
# | 2. Track what the model can do | 25 | 2.1, 2.2, 2.3, then half of the room 2.4 and the other half 2.6 |
# | 3. Phase transitions | 20 | 3.1, 3.3 |
#
# **How to work with it.** Predict before you compute. Write your code where an exercise says so, then run the check below
# it. A check that fails says what came, what was expected, and what probably went wrong. A check that passes has tried a
# few public cases; when the notebook is graded, other cases are drawn.

# %%
import itertools
import math
import textwrap
from collections.abc import Callable

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import scipy.stats
import torch
from jaxtyping import Bool, Float, Int
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from course_utils import (
    check, checkpoint_costs, choice_and_step, compare_transitions, describe_transition,
    load_puns, load_suite, mark_missing, mark_steps, missing_steps, plot_trajectories,
    plot_with_intervals, sweep, thresholded_twin, visit_checkpoints,
)
from course_utils.figures import Panel, component_heat_map, draw_pun, pun_dashboard
from course_utils.inside import architecture, component_runs, logits, output_head, residual_stream
from course_utils.texts import (
    continuations, knows_words, puns_table, readable_puns, token_texts, windows,
)

# %% [markdown]
# ## Part 1. Set-up and checkpoints (15 minutes)
#
# **The model** is one line. As it stands it opens *pun-world*, a small model that ships with the course: everything it ever
# read is known, so a pun that it never saw is known to be one. It runs here, without a download. With that one line changed the rest
# of the notebook asks the same of another model:
#
# | source | the line |
# |---|---|
# | what ships | `suite = load_suite("pun-world")` |
# | Pythia, downloaded from the hub | `suite = load_suite("EleutherAI/pythia-160m")` |
# | OLMo, early training, downloaded | `suite = load_suite("allenai/OLMo-2-0425-1B-early-training")` |
# | OLMo on NDIF, where it is hosted | `suite = load_suite("allenai/OLMo-2-0425-1B", remote=True)` |
#
# NDIF runs the model on its own machines and wants a key (`NDIF_API_KEY`, or the Colab secret of that name). It hosts few training
# steps: the table below says which, before anything is loaded. Nothing in this notebook falls back on something else in silence. A
# checkpoint that cannot be opened is a gap in a curve, and its reason is printed.

# %% tags=["experiment"]
suite = load_suite("pun-world")  # the one line to change for another model
print(suite)

# %% [markdown]
# **The puns.** Each has a *target* that makes the pun, a *foil* that fits the phrase but not the setting, and a matched *non-pun*:
# the same ending and length with another setting, in which the target is no pun. Which of the two sets that ship is read depends on what words
# the model knows, and is told. Your own puns of Week 3 go in as a file, 10 to 15 are enough: `set_name, puns = "mine",
# load_puns("mine.csv")` (columns `setup`, `target`, `foil`, `non_pun`).

# %% tags=["experiment"]
set_name, puns = readable_puns(suite.tokenizer)
targets, foils = [pun.target for pun in puns], [pun.foil for pun in puns]
setups = [pun.setup for pun in puns]
print(
    f"{suite.name} is asked {len(puns)} puns of the set {set_name!r}, on {len(set(targets))} words"
)
puns_table(puns)[["category", "setup", "target", "foil", "non_pun"]].head(4)

# %% [markdown]
# ### 1.1 Which checkpoints? (in class)
#
# A question about training is asked at a few moments out of many, and what happens between two of them nobody sees. Mechanisms form over
# orders of magnitude, so the moments should be evenly spaced in the *logarithm* of the step, and they must exist: a suite has
# the steps that its authors kept.
#
# **Predict** before you compute: of ten checkpoints evenly spaced in *steps* over a training of 100,000 steps, how many fall in the first
# 1,000?
#
# *Difficulty 3 of 5, about 8 minutes.*
# <details><summary>Hint 1: the idea</summary>First say where you would like to look: <code>count</code> places, evenly spaced between the
# logarithms of the first positive step and the last. Then see what exists near each.</details>
# <details><summary>Hint 2: the interface</summary>A list of existing steps, ascending, each once: two places may share their nearest step.
# "Nearest" is measured in log10 too. Step 0 has no logarithm; it is added where it exists, as the untrained model is what
# all others are compared with.</details>
# <details><summary>Hint 3: a walk through</summary><code>np.abs(np.log10(positive)[:, None] - places)</code> has a row for each existing step
# and a column for each place; <code>argmin(axis=0)</code> finds the nearest step of each place. Around the expected change: the last
# step <code>&lt;= expected[0]</code>, the first one <code>&gt;= expected[1]</code>.</details>


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

# %% tags=["experiment"]
at_most, closer = 10, 8  # checkpoints of this first look, and at most so many more later
expected = suite.nearest(500), suite.nearest(1500)  # where you expect a change, before you look
chosen = select_checkpoints(suite.steps, at_most, expected)
costs = checkpoint_costs(suite, chosen)
print("cannot be had:", missing_steps(costs) or "none")
costs.round(1)

# %% [markdown]
# **What to see.** Nine steps out of fourteen: several of the ten places share a step, as this suite has few early ones. Everything is
# here already. For a model on the hub the table says how many megabytes each checkpoint would be, for NDIF which of them run.
#
# **What this does not show.** What happens between 700 and 1450. You chose these steps before looking, which is right, and it leaves
# gaps, about which the curves below will say nothing.

# %% [markdown]
# ## Part 2. Track what the model can do (25 minutes)

# %% [markdown]
# ### 2.1 What does it expect next? (in class)
#
# The plainest question to a language model is what it would say next. Its answer is a probability for every token of its vocabulary;
# a token that begins a new word carries the space before it, so `" interest"` is the word, and `"interest"` without a space would
# go on with the word before.
#
# **Predict:** after *i used to be a banker but i had no*, which words will an untrained model prefer? And a half-trained one?
#
# *Difficulty 1 of 5, about 5 minutes.*
# <details><summary>Hint 1: the idea</summary>Logits are known up to a constant. Softmax makes probabilities of them.</details>
# <details><summary>Hint 2: the interface</summary>Only tokens whose text begins with a space are next words, and they are returned without
# it. Their probabilities are those in the whole vocabulary, so they need not sum to 1.</details>
# <details><summary>Hint 3: a walk through</summary><code>logits.softmax(dim=-1)</code>, <code>argsort(descending=True)</code>, keep those with
# <code>texts[token].startswith(" ")</code>, take the first <code>count</code>.</details>


# %% exercise="top_predictions"
def top_predictions(
    logits: Float[Tensor, "vocabulary"], texts: list[str], count: int = 5
) -> dict[str, list[str] | Tensor]:
    """The likeliest next words and their probabilities: softmax over the whole vocabulary.

    texts[i] is what token i adds to a text; it begins a new word where it begins with a space.
    Returns {"words": the `count` likeliest of those, likeliest first, without the space,
    "probabilities": ...}.
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


# %% check="top_predictions" points=2
check("top_predictions", top_predictions)

# %% tags=["experiment"]
pun = next((pun for pun in puns if pun.target == "interest"), puns[0])  # the one that we follow


def five_words(model) -> list[str]:
    """The five likeliest words after the setup of one pun, each with its probability."""
    asked = continuations(suite.tokenizer, [pun.setup], [pun.target])
    after = next(windows(model, asked))[0][0]
    best = top_predictions(after, token_texts(suite.tokenizer, len(after)))
    return [f"{w} {p:.2f}" for w, p in zip(best["words"], best["probabilities"], strict=True)]


seen = visit_checkpoints(suite, chosen, five_words)
print(
    f"{pun.setup} ...   target: {pun.target}, foil: {pun.foil}   missing: {seen.missing or 'none'}"
)
pd.DataFrame(seen.results, index=[f"choice {n}" for n in range(1, 6)]).T.rename_axis("step")

# %% [markdown]
# **What to see.** At step 0 the answer is noise. At step 32 the likely words are those that end such sentences, at step 500 and 700 those
# that fit the phrase "i had no ...": *dough*, *chip*, *branch*, each from another setting. *Interest* is among them at step 32, 100 and 250,
# gone at 500 and 700, and first by far at 1450. That it stood first at step 100 was no understanding of bankers: look at how near the others are.
#
# **What this does not show.** One pun is an anecdote. Neither is a probability of 0.37 low: in pun-world half of such sentences are no puns,
# so a model that knows everything still has to leave room for another word.

# %% [markdown]
# ### 2.2 The probability of a whole word (in class)
#
# Words can span several tokens, and the first of them may begin many words: its probability is not the word's. The log probability
# of the word is the *sum* over its tokens of log p, each given all tokens before it. A longer word has more chances to be
# wrong, so the sum divided by the number of tokens is told beside it. And the word is the model's first choice only if each of its tokens is.
#
# **Predict:** which of the two will favour long words, the sum or the mean?
#
# *Difficulty 3 of 5, about 8 minutes.*
# <details><summary>Hint 1: the idea</summary>Log-softmax over the vocabulary, then pick the entry of the token that really comes.</details>
# <details><summary>Hint 2: the interface</summary>Three numbers by name. A rank counts from 1: 1 plus the number of tokens that are likelier.
# The rank of a word is the worst of its tokens' ranks.</details>
# <details><summary>Hint 3: positions</summary>logits[i] are for the token <em>after</em> tokens[i]. So the word, which is
# <code>tokens[-length:]</code>, is predicted by the <code>length</code> rows before the last one:
# <code>logits[:-1][-length:]</code>. <code>gather(1, tokens[-length:, None])</code> picks.</details>


# %% exercise="word_log_probability"
def word_log_probability(
    logits: Float[Tensor, "position vocabulary"], tokens: Int[Tensor, "position"], length: int
) -> dict[str, float]:
    """How well a model predicts the last word of a text, which is its last `length` tokens.

    logits[i] are for the token that comes after tokens[i]. Returns {"log_probability": sum over the
    word's tokens of log p (nats), "per_token": the same divided by length, "rank": the worst rank
    of its tokens, where 1 is the first choice}.
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


# %% check="word_log_probability" points=4
check("word_log_probability", word_log_probability)


# %% tags=["experiment"]
def scored(model, texts: list[str], words: list[str]) -> pd.DataFrame:
    """The log probability and rank of each word after its text, a row for each."""
    asked = continuations(suite.tokenizer, texts, words)
    ends = windows(model, asked)
    return pd.DataFrame([word_log_probability(rows, t, len(t) - 1) for rows, t in ends])


with suite.open(suite.steps[-1]) as model:
    n_layers = architecture(model).n_layers
    lengths = continuations(suite.tokenizer, setups, targets).lengths
    last = scored(model, setups, targets).assign(tokens=lengths, setup=setups, target=targets)
last.sort_values("log_probability").iloc[[0, 1, 2, -2, -1]].round(2)

# %% [markdown]
# ### 2.3 Completed or not, and its continuous twin (in class)
#
# A pun counts as *completed* when its target is the first choice. That is a threshold, and thresholded measures jump where nothing
# jumps (Schaeffer et al. 2023). So it needs a continuous twin: the *foil margin*, the log-odds of target over foil, which asks whether
# the setting counts at all, as both words fit the phrase.
#
# Puns on one word are not independent, so words are the unit: average within a word, then over words; for the interval draw *words* with
# replacement, many times, and see how the mean varies.
#
# **Predict:** how wide is the interval of an accuracy near 0.5, with 36 words?
#
# *Difficulty 3 of 5, about 8 minutes.*
# <details><summary>Hint 1: the idea</summary>One function for both measures: means by word, their mean, and the spread of the means of
# resampled words. The log-odds of target over foil are the difference of two log probabilities.</details>
# <details><summary>Hint 2: the interface</summary>Two arrays by name, each [mean, low, high]. Words are in alphabetical order when a row of
# <code>resamples</code> picks them. Completed means rank 1.</details>
# <details><summary>Hint 3: shapes</summary><code>pd.Series(values).groupby(words).mean()</code> is (word,), in alphabetical order;
# indexed with <code>resamples</code> it is (resample, word); its mean over words (resample,); then two quantiles.</details>


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
    `resamples` draws words by their place in alphabetical order; the interval goes from the 2.5 %
    to the 97.5 % quantile of its means. Returns {"accuracy": [mean, low, high], "foil_margin":
    ...}.
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


# %% check="completion_accuracy" points=4
check("completion_accuracy", completion_accuracy)


# %% tags=["experiment"]
def completion(model) -> dict[str, float]:
    """Rank and log probability of every pun's target, and log probability of its foil."""
    target, foil = scored(model, setups, targets), scored(model, setups, foils)
    columns = {"rank": target["rank"], "target": target["log_probability"]}
    columns["foil"] = foil["log_probability"]
    return {f"{c} {pun.id}": v for c in columns for pun, v in zip(puns, columns[c], strict=True)}


def over_training(name: str, function: Callable, steps: list[int]) -> pd.DataFrame:
    """A function of the model at some steps, as a table; what is missing is told, and why."""
    table = sweep(suite, {name: function}, steps)
    for step, reason in missing_steps(table).items():
        print(f"step {step} is missing: {reason}")
    return table


def per_pun(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """The columns of a sweep that hold one measure of every pun, one for each, in order."""
    return table.reindex(columns=[f"{name} {p.id}" for p in puns]).set_axis(
        [p.id for p in puns], axis=1
    )


# %% tags=["experiment"]
n_words = len(set(targets))
resamples = np.random.default_rng(0).integers(0, n_words, (1000, n_words))


def completion_curves(table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Accuracy and foil margin with their intervals, by step; what is missing stays missing."""
    parts = [per_pun(table, f"completion.{c}").dropna() for c in ("rank", "target", "foil")]
    rows = {
        step: completion_accuracy(
            *(part.loc[step].to_numpy() for part in parts), targets, resamples
        )
        for step in parts[0].index
    }
    as_table = {
        name: pd.DataFrame({s: row[name] for s, row in rows.items()}, ["mean", "low", "high"]).T
        for name in ("accuracy", "foil_margin")
    }
    return {name: curve.reindex(table.index) for name, curve in as_table.items()}


# %% tags=["experiment"]
completions = over_training("completion", completion, chosen)
curves = completion_curves(completions)
curves["accuracy"].join(curves["foil_margin"].add_prefix("margin ")).round(2)

# %% [markdown]
# **Look closer.** Between two of these checkpoints nearly everything happens, and ten evenly spaced places cannot say how. So take
# more: from the last checkpoint before the first sign of a change to the end, every step that the suite has, or some of them where
# it has many. (Adding checkpoints where a curve moves is fair for *locating* a change. To *test* whether there is one it would be
# cherry-picking.)

# %% tags=["experiment"]
low_ends = curves["foil_margin"]["low"]
first_sign = low_ends.index[low_ends > 0][0] if (low_ends > 0).any() else chosen[-1]
before = max(step for step in chosen if step < first_sign)
more = [step for step in suite.steps if step >= before]
if len(more) > closer:
    more = select_checkpoints(more, closer, (more[0], more[-1]))
steps = sorted({*chosen, *more})
print(f"first sign at step {first_sign}; {len(steps) - len(chosen)} more steps from {before} on")
completions = over_training("completion", completion, steps)
curves = completion_curves(completions)

# %% tags=["experiment"]
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 3.6), layout="constrained")
plot_with_intervals(
    {"completed": curves["accuracy"]}, ylabel="share of puns", title="Completed", axis=left
)
plot_with_intervals(
    {"margin": curves["foil_margin"]}, ylabel="nats", title="Target over foil", axis=right
)
right.axhline(0, color="0.6", linestyle="--", linewidth=0.8)
for axis in (left, right):
    mark_missing(axis, missing_steps(completions))

# %% [markdown]
# **What to see.** Up to step 500 the margin is zero: target and foil are equally likely, the setting does not count. At step 1000, 69 % of the
# puns are completed (58 to 81), at 1200 it is 92 % (85 to 97), and the margin, without any threshold, rises at the same time: 0.2 nats at 700
# (0.07 to 0.35), 2.4 at 1200. None of these puns was in the training text, nor anything else that begins as they do.
#
# **What this does not show.** Whether another seed would do it at the same step. The intervals are over *words*, in one run. The
# card of pun-world has three seeds, and their halfway points differ by a few hundred steps.

# %% [markdown]
# The same for every measure that follows: its mean over words, with a 95 % interval (Student's t, for which the words are
# the sample).


# %% tags=["experiment"]
def word_means(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """One measure of a sweep by pun word: rows are steps, columns words."""
    return per_pun(table, name).T.groupby(targets).mean().T


def over_words(table: pd.DataFrame) -> pd.DataFrame:
    """Mean over the columns of a table, one for each word, with a 95 % interval."""
    half = scipy.stats.t.ppf(0.975, table.shape[1] - 1) * table.sem(axis=1, skipna=False)
    mean = table.mean(axis=1, skipna=False)
    return pd.DataFrame({"mean": mean, "low": mean - half, "high": mean + half})


# %% [markdown]
# ### 2.4 Probe: does it know that it is a pun? (in class, half of the room)
#
# Completing a pun is one thing, telling it from a non-pun another. A linear probe asks whether that can be *read* from the residual
# stream. Two traps: a probe may know single *words* by heart, so the sentences of a word must be on one side of the split; and
# with many dimensions it finds something in anything, so it needs a *control task*, the same probe on labels that mean
# nothing (Hewitt and Liang 2019).
#
# The sentences: every pun with its target, and its matched non-pun with the same target. No word and no length gives the class
# away. Two places: the *target word* itself, and later, after "... and everyone", where pun-world's audience is about to groan or to nod.
#
# **Predict:** at the last checkpoint, at which of the two places is the accuracy higher?
#
# *Difficulty 3 of 5, about 8 minutes.*
# <details><summary>Hint 1: the idea</summary>Cross-validation in which all sentences of a word are in the same fold. The same for
# both sets of labels.</details>
# <details><summary>Hint 2: the interface</summary>One number for each word: the share of its sentences that were told rightly by a probe that
# had seen none of them. Words in alphabetical order.</details>
# <details><summary>Hint 3: a walk through</summary><code>cross_val_predict(probe, activations, labels, groups=words,
# cv=GroupKFold(folds))</code> gives a label for each sentence; compare it with the labels that the probe was fitted to, the shuffled
# ones in the control; average within words.</details>


# %% exercise="pun_probe"
def pun_probe(
    activations: Float[np.ndarray, "sentence d_model"],
    is_pun: Bool[np.ndarray, "sentence"],
    shuffled: Bool[np.ndarray, "sentence"],
    words: list[str],
    folds: int = 6,
) -> dict[str, Float[np.ndarray, "word"]]:
    """Cross-validated accuracy of a linear probe for pun against non-pun, and of its control task.

    The probe: StandardScaler, then LogisticRegression(C=0.01, max_iter=1000), in GroupKFold(folds)
    with `words` as groups. The control: the same, fitted to and judged by `shuffled`. Returns
    {"accuracy": share of a word's sentences told rightly, for each word in alphabetical order,
    "control": ...}.
    """
    ### BEGIN SOLUTION
    probe = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))

    def by_word(labels: np.ndarray) -> np.ndarray:
        told = cross_val_predict(probe, activations, labels, groups=words, cv=GroupKFold(folds))
        return pd.Series(told == labels).groupby(words).mean().to_numpy()

    return {"accuracy": by_word(is_pun), "control": by_word(shuffled)}
    ### END SOLUTION


# %% check="pun_probe" points=4
check("pun_probe", pun_probe)


# %% tags=["experiment"]
sentences = [pun.sentence for pun in puns] + [pun.non_pun_sentence for pun in puns]
is_pun, probe_words = np.repeat([True, False], len(puns)), targets * 2
shuffled, rng = is_pun.copy(), np.random.default_rng(0)
for word in sorted(set(targets)):  # which of a word's sentences are called puns is drawn
    own = np.flatnonzero(np.array(probe_words) == word)
    shuffled[own] = rng.permutation(is_pun[own])
ends = {
    "target word": continuations(suite.tokenizer, setups + [p.non_pun for p in puns], probe_words),
    "everyone": continuations(
        suite.tokenizer, [f"{text} and" for text in sentences], ["everyone"] * len(sentences)
    ),
}


# %% tags=["experiment"]
def probes(model) -> dict[str, float]:
    """Accuracy of the probe and of its control at both places, after each layer, for each word."""
    row = {}
    for place, asked in ends.items():
        stream = residual_stream(model, asked.tokens, positions=asked.last_of_word)
        for layer, activations in enumerate(stream.float().numpy()):
            found = pun_probe(activations, is_pun, shuffled, probe_words)
            for kind, word in itertools.product(found, range(n_words)):
                row[f"{place}, {kind}, layer {layer}, word {word}"] = float(found[kind][word])
    return row


def by_word(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """The columns of a sweep whose name begins so, one for each word."""
    return table[[column for column in table.columns if column.startswith(name)]]


probed = over_training("probe", probes, steps)

# %% tags=["experiment"]
figure, axes = plt.subplots(1, 3, figsize=(13, 3.6), layout="constrained", width_ratios=[1, 1, 1.3])
for axis, place in zip(axes, ends, strict=False):
    rows = [
        by_word(probed, f"probe.{place}, accuracy, layer {layer},").mean(axis=1)
        for layer in range(n_layers + 1)
    ]
    image = axis.imshow(rows, vmin=0, vmax=1, cmap="RdBu_r", origin="lower", aspect="auto")
    axis.set(title=f"read at: {place}", xlabel="training step", ylabel="after layer")
    axis.set_xticks(range(len(steps)), [f"{step:,}" for step in steps], rotation=60)
    axis.set_yticks(range(n_layers + 1))
figure.colorbar(image, ax=axes[1], label="accuracy")
last_layer = {
    f"{place}{'' if kind == 'accuracy' else ', control'}": over_words(
        by_word(probed, f"probe.{place}, {kind}, layer {n_layers},")
    )
    for place, kind in (
        ("target word", "accuracy"),
        ("everyone", "accuracy"),
        ("everyone", "control"),
    )
}
plot_with_intervals(last_layer, ylabel="accuracy", title="last layer", axis=axes[2])
axes[2].axhline(0.5, color="0.6", linestyle="--", linewidth=0.8)
mark_missing(axes[2], missing_steps(probed))

# %% [markdown]
# **What to see.** After "everyone" the last layer tells puns from non-puns from step 1750 on (87 %, 79 to 94; in the end 97 %), while the control stays
# at chance. At the target word it never does: the model seems to decide when it is asked, not when the pun falls. And early accuracies are *below* chance,
# down to 20 %. That is the design showing through: every setup stands in a pun with its own word and in a non-pun with another. A probe that has learned "this
# setup was a non-pun" from the training side meets the same setup as a pun on the test side. With balanced sentences and nothing to read, chance is
# not the floor. So compare with the control, and do not read "below 50 %" as knowledge.
#
# **What this does not show.** That nothing at the target word tells a pun. 144 sentences of 36 words are few for a probe; one with more sentences
# might find something small. And what a probe reads, the model need not use.

# %% [markdown]
# ### 2.5 From which step on? (afterwards)
#
# "Probe accuracy exceeds 70 % at step 1750" needs a rule, and an uncertainty. A curve may touch a threshold and fall back; the
# accuracy is measured on a few dozen words, and other words would have crossed elsewhere. So: the first checkpoint from which it
# *stays* at or above the threshold, and the same in every resample of words.
#
# **Predict:** can the interval of a step be empty on one side, that is, not end?
#
# *Difficulty 3 of 5, about 10 minutes.*
# <details><summary>Hint 1: the idea</summary>Look from the end: the last checkpoint <em>below</em> the threshold comes just before the answer. Do
# that for every resample, and order the answers.</details>
# <details><summary>Hint 2: the interface</summary>Three steps, whole numbers or <code>None</code>. A checkpoint with NaN is left out, as if it
# were not in the suite. Equal to the threshold counts as there.</details>
# <details><summary>Hint 3: a walk through</summary><code>np.flatnonzero(curve &lt; threshold)</code> gives the positions below. With infinity for
# "never" the steps can be sorted; turn it into <code>None</code> at the end. Of 1000, the places are 25 and 974.</details>


# %% exercise="threshold_step"
def threshold_step(
    steps: Int[np.ndarray, "checkpoint"],
    accuracy: Float[np.ndarray, "checkpoint"],
    resampled: Float[np.ndarray, "resample checkpoint"],
    threshold: float,
) -> tuple[int | None, int | None, int | None]:
    """First checkpoint from which an accuracy stays at or above a threshold, with a 95 % interval.

    None where the last checkpoint is below. Checkpoints whose accuracy is NaN are left out. The
    interval: the same step for each row of `resampled`, in ascending order with None last; of n,
    those at places floor(0.025 n) and ceil(0.975 n) - 1, counted from 0. Returns (step, low, high).
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

# %% tags=["experiment"]
rows = {}
for place, threshold in itertools.product(ends, (0.7, 0.9)):
    words_at = by_word(probed, f"probe.{place}, accuracy, layer {n_layers},").to_numpy().T
    drawn = words_at[resamples].mean(axis=1)
    found = threshold_step(np.array(steps), words_at.mean(axis=0), drawn, threshold)
    rows[f"{place}, {threshold:.0%}"] = ["never" if step is None else step for step in found]
columns = ["stays there from step", "interval from", "to"]
pd.DataFrame.from_dict(rows, orient="index", columns=columns)

# %% [markdown]
# **What to see.** After "everyone" 70 % is passed for good at step 1750 in all resamples that count for the interval, 90 % at 2100 (1750 to 2100). At the target word
# neither is ever reached: "never", with an interval of "never".
#
# **What this does not show.** That it happened *at* 1750. It happened after 1450 and not later than 1750; the interval over words cannot be finer than the
# checkpoints. An interval of one single step says that the words agree, not that the step is known exactly.

# %% [markdown]
# ### 2.6 Logit lens: where in the model does the punchline appear? (in class, the other half)
#
# The *logit lens* (nostalgebraist 2020) asks each layer what it would answer if it were the last: take the residual stream there, put it
# through the model's final normalisation and its unembedding. If the answer is made step by step, the target climbs from layer to layer.
#
# **Predict:** as training goes on, will the punchline appear in earlier layers, in later ones, or stay where it is?
#
# *Difficulty 3 of 5, about 8 minutes.*
# <details><summary>Hint 1: the idea</summary>Both functions are given and take any stream. In which order? The unembedding expects a normalised
# stream.</details>
# <details><summary>Hint 2: the interface</summary>Probability and rank of each pun's own target, for each layer; the softmax is over the
# vocabulary. Rank 1 is the first choice: 1 plus the number of tokens with a larger logit.</details>
# <details><summary>Hint 3: shapes</summary>Logits are (layer, pun, vocabulary). <code>targets.expand(layers, -1)[..., None]</code> is (layer, pun, 1), which
# <code>gather(-1, ...)</code> takes.</details>


# %% exercise="logit_lens"
def logit_lens(
    residual: Float[Tensor, "layer pun d_model"],
    final_norm: Callable[[Tensor], Tensor],
    unembed: Callable[[Tensor], Tensor],
    targets: Int[Tensor, "pun"],
) -> dict[str, Tensor]:
    """What each layer would answer if it were the last: probability and rank of each pun's target
    token.

    The residual stream goes through the final normalisation and the unembedding of the model.
    Returns {"probability": (layer, pun), "rank": (layer, pun), where 1 is the first choice}.
    """
    ### BEGIN SOLUTION
    logits = unembed(final_norm(residual)).double()
    own = targets.expand(len(residual), -1)[..., None]
    probability = logits.softmax(dim=-1).gather(-1, own)[..., 0]
    rank = 1 + (logits > logits.gather(-1, own)).sum(dim=-1)
    return {"probability": probability, "rank": rank}
    ### END SOLUTION


# %% check="logit_lens" points=4
check("logit_lens", logit_lens)


# %% tags=["experiment"]
def lens(model) -> dict[str, float]:
    """Probability and rank of every pun's target (its first token) after each layer."""
    asked = continuations(suite.tokenizer, setups, targets)
    stream = residual_stream(model, asked.tokens, positions=asked.last_of_text)
    first = asked.tokens[torch.arange(len(puns)), asked.last_of_text + 1]
    found = logit_lens(stream, *output_head(model), first)
    return {
        f"{kind}, layer {layer}, {pun.id}": float(value)
        for kind, values in found.items()
        for layer, row in enumerate(values)
        for pun, value in zip(puns, row, strict=True)
    }


# %% tags=["experiment"]
lensed = over_training("lens", lens, steps)
probability = pd.DataFrame(
    {k: lensed[f"lens.probability, layer {k}, {pun.id}"] for k in range(n_layers + 1)}
)
third = len(steps) // 3
stages = {"early": steps[third - 1], "middle": steps[2 * third], "late": steps[-1]}
figure, axis = plt.subplots(figsize=(7, 3.4), layout="constrained")
for stage, step in stages.items():
    axis.plot(probability.columns, probability.loc[step], "o-", label=f"{stage}, step {step:,}")
axis.set(xlabel="after layer (0: embedding)", ylabel="probability", yscale="log")
axis.set(title=f"{pun.setup} ... {pun.target}", xticks=range(n_layers + 1))
axis.legend(frameon=False)
plt.show()

# %% [markdown]
# **What to see.** Early the probability creeps up over all layers and ends at 6 %. In the middle of training the first two layers bring it to 40 %, late
# the first layer alone brings it to 45 %. At the last step the layers after the second *lower* it again.
#
# **What this does not show.** What a middle layer "thinks". The lens reads each layer with a normalisation and an unembedding that were trained for
# the last one; a layer may hold the answer in a form that the lens cannot read.

# %% [markdown]
# ### 2.7 The layer from which it stays (afterwards)
#
# One pun is an anecdote. For each pun take the first layer from which its target *stays* among the five first choices, and follow that
# over training: that is the course's question, "does the correct punchline emerge at earlier layers as training progresses?"
#
# **Predict:** a target that is in the top 5 after layer 1, drops out after layer 2 and is back after layer 3: which layer counts?
#
# *Difficulty 2 of 5, about 6 minutes.*
# <details><summary>Hint 1: the idea</summary>For good, from the end: the layer after the last one at which it was outside.</details>
# <details><summary>Hint 2: the interface</summary>A list with an <code>int</code> or <code>None</code> for each pun. Position 0 is the embedding. Rank 5 is
# in the top 5.</details>
# <details><summary>Hint 3: a walk through</summary>Row by row: <code>np.flatnonzero(row &gt; top)</code>. Empty: layer 0. Its last entry the last layer:
# <code>None</code>.</details>


# %% exercise="emergence_layer"
def emergence_layer(ranks: Int[np.ndarray, "pun layer"], top: int = 5) -> list[int | None]:
    """For each pun the first layer from which its target stays among the `top` first choices.

    ranks[:, 0] is the embedding, ranks[:, l] the stream after layer l. None where the last one is
    not.
    """
    ### BEGIN SOLUTION
    found = []
    for row in ranks:
        outside = np.flatnonzero(row > top)
        first = int(outside[-1]) + 1 if len(outside) else 0
        found.append(first if first < len(row) else None)
    return found
    ### END SOLUTION


# %% check="emergence_layer" points=2
check("emergence_layer", emergence_layer)

# %% tags=["experiment"]
layers = {}
for step in lensed.dropna().index:
    ranks = [per_pun(lensed, f"lens.rank, layer {k},").loc[step] for k in range(n_layers + 1)]
    layers[step] = emergence_layer(np.array(ranks).T.astype(int))
kinds = [*range(n_layers + 1), None]
shares = pd.DataFrame(
    {s: [np.mean([f == k for f in row]) for k in kinds] for s, row in layers.items()}
)
figure, axis = plt.subplots(figsize=(9, 3.4), layout="constrained")
names = ["embedding", *(f"layer {k}" for k in kinds[1:-1]), "never"]
shades = [*plt.colormaps["viridis"](np.linspace(1, 0.1, n_layers + 1)), "0.85"]
bottom = np.zeros(shares.shape[1])
for name, share, shade in zip(names, shares.to_numpy(), shades, strict=True):
    axis.bar(range(shares.shape[1]), share, bottom=bottom, label=name, color=shade, width=0.9)
    bottom += share
axis.set_xticks(range(shares.shape[1]), [f"{step:,}" for step in shares], rotation=60)
axis.set(xlabel="training step", ylabel="share of puns", title="In the top 5 for good from ...")
axis.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
plt.show()

# %% [markdown]
# **What to see.** From step 850 to 2100 more and more puns are settled after layer 1: half of them at step 850, 68 % at 1000, 96 % at 2100. At step 1000
# a quarter still needed layer 3. So in this model the punchline does move to earlier layers as training goes on. Before step 500 the quarter of puns
# in the top 5 are words that are likely after their phrase, whatever the setting.
#
# **What this does not show.** That later layers became useless, or that deeper models do the same: with four layers there is little room to move. The last
# step (92 % after layer 1) is below the one before; with 36 words that is within what words differ by.
#
# Below: pick any pun and any checkpoint. Above the next words (target green, foil red), under them the lens at every word of
# the setup: the colour is the probability of the target, the text what the lens would say there.

# %% tags=["experiment"]
by_id = {pun.id: pun for pun in puns}


def draw(pun_id: str, step: int) -> plt.Figure:
    """The next words and the lens of one pun at one checkpoint."""
    shown = by_id[pun_id]
    asked = continuations(suite.tokenizer, [shown.setup], [shown.target])
    tokens = asked.tokens[:, : int(asked.last_of_text) + 1]
    with suite.open(step) as model:
        final_norm, unembed = output_head(model)
        stream = residual_stream(model, tokens)[:, 0]
        here = asked.tokens[0, int(asked.last_of_text) + 1].expand(tokens.shape[1])
        found = logit_lens(stream, final_norm, unembed, here)
        said = unembed(final_norm(stream))
    texts = token_texts(suite.tokenizer, said.shape[-1])
    best = top_predictions(said[-1, -1], texts)
    return draw_pun(
        [suite.tokenizer.decode(token) for token in tokens[0]],
        np.asarray(found["probability"]),
        [[top_predictions(one, texts, 1)["words"][0] for one in row] for row in said],
        dict(zip(best["words"], map(float, best["probabilities"]), strict=True)),
        target=shown.target, foil=shown.foil, title=f"{shown.setup} ...   step {step:,}",
    )  # fmt: skip


choice_and_step(list(by_id), steps, draw, what="pun")

# %% [markdown]
# ### 2.8 Ablation: which parts does it need? (afterwards)
#
# A probe and a lens read; neither shows that the model *uses* what they find. So change something: give a head or an MLP, at the
# last word of the setup, its *mean* over all puns. What it says of this pun in particular is then gone, what it says of every sentence
# stays. How far does the foil margin fall?
#
# **Predict:** will many parts carry the margin, each a little, or few?
#
# *Difficulty 3 of 5, about 10 minutes.*
# <details><summary>Hint 1: the idea</summary>The log-odds of two words are the difference of their logits: the normaliser of the softmax is the
# same for both and drops out.</details>
# <details><summary>Hint 2: the interface</summary>Before minus after, so a part that helps has a positive effect; one number for each component and
# pun. <code>rerun</code> does the ablation for all components at once, each alone.</details>
# <details><summary>Hint 3: shapes</summary><code>outputs.mean(dim=1, keepdim=True).expand_as(outputs)</code> is the mean over puns in the shape of the
# outputs. From logits (component, pun, vocabulary) pick <code>logits[:, puns, targets]</code> with
# <code>puns = torch.arange(len(targets))</code>.</details>


# %% exercise="pun_ablation"
def pun_ablation(
    outputs: Float[Tensor, "component pun d"],
    rerun: Callable[[Tensor], Float[Tensor, "component pun vocabulary"]],
    targets: Int[Tensor, "pun"],
    foils: Int[Tensor, "pun"],
) -> Float[Tensor, "component pun"]:
    """By how many nats the log-odds of target over foil fall when a component is mean-ablated.

    rerun(outputs)[i] are the logits when component i, and no other, is given outputs[i]; given its
    own outputs it changes nothing. The mean is over puns, for each component and each entry on its
    own.
    """

    ### BEGIN SOLUTION
    def margins(logits: Tensor) -> Tensor:
        puns = torch.arange(len(targets))
        return logits[:, puns, targets] - logits[:, puns, foils]

    ablated = outputs.mean(dim=1, keepdim=True).expand_as(outputs)
    return margins(rerun(outputs)) - margins(rerun(ablated))
    ### END SOLUTION


# %% check="pun_ablation" points=4
check("pun_ablation", pun_ablation)


# %% tags=["experiment"]
words_asked = sorted({*targets, *foils})
first_token = {
    word: suite.tokenizer(f" {word}", add_special_tokens=False)["input_ids"][0]
    for word in words_asked
}
target_place = torch.tensor([words_asked.index(word) for word in targets])
foil_place = torch.tensor([words_asked.index(word) for word in foils])
most_layers = 4  # of a deeper model so many layers, evenly spaced, are ablated


# %% tags=["experiment"]
def ablation(model) -> dict[str, float]:
    """The effect of each head and MLP on each pun's margin, of first tokens."""
    depth = architecture(model).n_layers
    chosen_layers = np.unique(
        np.linspace(0, depth - 1, min(depth, most_layers)).round().astype(int)
    )
    texts, row = suite.tokenizer(setups)["input_ids"], {}
    for place in ("z", "mlp_out"):
        token_ids = [first_token[word] for word in words_asked]
        runs = component_runs(model, texts, place, layers=chosen_layers, token_ids=token_ids)
        effects = pun_ablation(runs.outputs.float(), runs, target_place, foil_place)
        for name, effect in zip(runs.names, np.asarray(effects), strict=True):
            row |= {f"{name}, {p.id}": float(e) for p, e in zip(puns, effect, strict=True)}
    return row


# %% tags=["experiment"]
ablated = over_training("effect", ablation, steps)
parts = list(dict.fromkeys(name.split(".", 1)[1].split(",")[0] for name in ablated.columns))


def effect_of(part: str) -> pd.DataFrame:
    """The effect of one part by word: rows are steps, columns words."""
    return word_means(ablated, f"effect.{part},")


mean_effects = pd.DataFrame({part: effect_of(part).mean(axis=1) for part in parts})
component_heat_map(mean_effects, label="fall of the margin (nats)", title="What each part carries")
plt.show()

# %% tags=["experiment"]
strongest = mean_effects.iloc[-1].abs().sort_values(ascending=False).index[:4]
effect_curves = {part: over_words(effect_of(part)) for part in strongest}
axis = plot_with_intervals(
    effect_curves, ylabel="fall of the margin (nats)", title="Strongest in the end"
)
axis.axhline(0, color="0.6", linestyle="--", linewidth=0.8)
mark_missing(axis, missing_steps(ablated))

# %% [markdown]
# **What to see.** Few parts carry the margin. Head 2.0 (layer and head, counted from 0) has an effect of 0.3 nats at step 850 and of 1.5 (1.3 to 1.7) at 2100.
# Heads 0.3 and 3.0 carry something while the ability forms and next to nothing in the end: the first way of doing it is not the one that stays. MLP 0 has a
# negative effect: without what it says of this pun the margin is *larger*.
#
# **What this does not show.** A circuit. Each part is ablated alone, at the last word only, so what it does at earlier words, and what others do in its
# place when it is gone, is not in these numbers. Effects do not add up to the margin.

# %% [markdown]
# ## Part 3. Phase transitions (20 minutes)

# %% [markdown]
# ### 3.1 Sudden, gradual, or not resolved? (in class)
#
# A change has a place and a width. The place is where the curve is halfway between its first and its last level, for good; it lies
# between two checkpoints, its *bracket*. The width is how many decades of training the middle 80 % of the change take. And where the width
# is no larger than the gap between the two checkpoints around the place, nobody has seen how fast it went: *unresolved*.
#
# **Predict:** what verdict would the nine checkpoints of the first look have given?
#
# *Difficulty 4 of 5, about 10 minutes.*
# <details><summary>Hint 1: the idea</summary>Scale the mean curve so that it goes from 0 to 1. Take at each checkpoint the least value from there to
# the end: that is what the curve keeps. Where does it pass 0.1, 0.5 and 0.9?</details>
# <details><summary>Hint 2: the interface</summary>Steps before and after are <code>int</code>; widths and gaps are in decades, differences of log10 steps;
# the verdict is a text. Falling curves too: dividing by (last - first) turns them.</details>
# <details><summary>Hint 3: a walk through</summary><code>np.minimum.accumulate(share[::-1])[::-1]</code> is the least from each checkpoint on, and rises;
# so <code>np.interp([0.1, 0.5, 0.9], settled, position)</code> finds the places. The bracket begins at the last checkpoint with
# <code>settled &lt; 0.5</code>.</details>


# %% exercise="pun_transition"
def pun_transition(
    steps: Int[np.ndarray, "checkpoint"], values: Float[np.ndarray, "word checkpoint"]
) -> dict[str, float | str]:
    """Where and how fast the mean curve over words changes, and whether its checkpoints resolve it.

    Share of the way: (mean - first level) / (last level - first level), levels being medians of the
    first and last three checkpoints; settled: at each checkpoint the least share from there on.
    Returns {"step": where the settled share passes 0.5, interpolated linearly in log10 step,
    "before" and "after": the checkpoints around it, "width_decades": log10 of the step of 0.9 over
    that of 0.1, "verdict": "unresolved" if the width is at most log10(after / before), else
    "sudden" if at most 0.4, else "gradual"}. Steps start from 1 or more, and the curve does change.
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


# %% check="pun_transition" points=4
check("pun_transition", pun_transition)


# %% tags=["experiment"]
def words_and_steps(table: pd.DataFrame, steps: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """Curves by pun word, (word, checkpoint), and their steps: positive ones, none missing."""
    kept = [step for step in steps if step > 0 and not table.loc[step].isna().any()]
    return np.array(kept), table.loc[kept].T.groupby(targets).mean().to_numpy(dtype=float)


margins = per_pun(completions, "completion.target") - per_pun(completions, "completion.foil")
completed = (per_pun(completions, "completion.rank") == 1).where(margins.notna())
verdicts = {}
looks = {"first look": [step for step in chosen if step in completions.index], "closer look": steps}
measures = {"foil margin": margins, "completed": completed}
for (look, at), (name, table) in itertools.product(looks.items(), measures.items()):
    kept, values = words_and_steps(table, at)
    fitted = describe_transition(kept, values)  # with a fit, and limits to its errors
    told = fitted.verdict != "none" and len(kept) >= 6  # a change, and checkpoints for two levels
    found = pun_transition(kept, values) if told else {}
    verdicts[f"{name}, {look}"] = {**found, "course_utils": fitted.verdict}
pd.DataFrame.from_dict(verdicts, orient="index")

# %% tags=["experiment"]
kept, margin_rows = words_and_steps(margins, steps)
_, completed_rows = words_and_steps(completed, steps)
twin = thresholded_twin(kept, margin_rows, thresholded=completed_rows)
figure, axes = plt.subplots(1, 2, figsize=(11, 3.8), layout="constrained")
twin.plot(axes)
print(textwrap.fill(twin.message, 88))

# %% [markdown]
# **What to see.** With the nine checkpoints of the first look both curves are *unresolved*: the width that one would read off, 0.28 decades, is less
# than the gap from 700 to 1450. The closer look resolves it: halfway between 850 and 1000, a width of 0.23 to 0.30 decades, a factor of about two in steps, so *sudden*
# by our rule. And it is no work of a threshold: the continuous twin changes at the same place and as fast. (The kit's own detector fits a curve and
# calls the first look sudden as well: it asks whether a change over a decade or more can be ruled out, which these nine can. Two rules, two questions.)
#
# **What this does not show.** That puns emerge suddenly in language models. "Sudden" is a word for this curve on this axis: a factor of two in steps is
# half of the training up to there. And one run is one run.

# %% [markdown]
# ### 3.2 With general ability, or apart from it? (afterwards)
#
# Perhaps puns just come as everything gets better. General ability is measured here by the loss on plain sentences, in which each pun
# word stands in one of its literal senses. Two curves that both rise over training correlate whatever they have to do with each
# other, so take the trend out of both first: a *partial correlation* given log step.
#
# **Predict:** will the partial correlation be larger or smaller than the plain one?
#
# *Difficulty 3 of 5, about 10 minutes.*
# <details><summary>Hint 1: the idea</summary>Fit a straight line in log10 step to each curve and correlate what is left. A falling loss is a growing
# ability.</details>
# <details><summary>Hint 2: the interface</summary>Two arrays by name, each [value, low, high]. The intervals come from the mean curves of resampled
# words.</details>
# <details><summary>Hint 3: a walk through</summary>Mean margin (checkpoint,); <code>np.polynomial.Polynomial.fit(x, curve, 1)(x)</code> is the line;
# <code>np.corrcoef(one, other)[0, 1]</code>. For a row of resamples the curve is <code>margins[row].mean(axis=0)</code>.</details>


# %% exercise="general_ability"
def general_ability(
    steps: Int[np.ndarray, "checkpoint"],
    margins: Float[np.ndarray, "word checkpoint"],
    plain_loss: Float[np.ndarray, "checkpoint"],
    resamples: Int[np.ndarray, "resample word"],
) -> dict[str, Float[np.ndarray, "3"]]:
    """Correlation over checkpoints of the mean pun margin with general ability, minus plain loss.

    Partial: of what a straight line in log10 step leaves of each. Returns {"correlation": [value,
    low, high], "partial_correlation": ...}; intervals are 2.5 % to 97.5 % quantiles over resampled
    words.
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


# %% tags=["experiment"]
texts = [f"{sense.context} {sense.word}" for pun in puns for sense in pun.senses]
if not texts:
    print("these puns come without literal contexts; their non-puns are the plain sentences")
    texts = [pun.non_pun_sentence for pun in puns]
plain = sorted({tuple(text.split(" ", 1)) for text in texts})


def plain_loss(model) -> list[float]:
    """Loss per token of each plain sentence, all but its first word, in nats."""
    return (-scored(model, *zip(*plain, strict=True))["per_token"]).to_numpy()


losses = over_training("loss", plain_loss, steps)
kept, margin_rows = words_and_steps(margins.where(losses.notna().all(axis=1)), steps)
sentence_loss = losses.loc[kept].to_numpy().T
found = general_ability(kept, margin_rows, sentence_loss.mean(axis=0), resamples)
order = compare_transitions({"puns": margin_rows, "plain sentences": sentence_loss}, kept)
print(textwrap.fill(order.message, 88))
pd.DataFrame(found, index=["value", "low", "high"]).T.round(2)

# %% tags=["experiment"]
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 3.6), layout="constrained")
plot_with_intervals(
    {"plain sentences": over_words(losses)}, ylabel="loss (nats per token)", axis=left
)
left.set_title("General ability")
scatter = right.scatter(-sentence_loss.mean(axis=0), margin_rows.mean(axis=0), c=np.log10(kept))
right.set(
    xlabel="general ability (minus loss)", ylabel="foil margin (nats)", title="Against each other"
)
figure.colorbar(scatter, ax=right, label="log10 step")
mark_missing(left, missing_steps(losses))

# %% [markdown]
# **What to see.** Plain sentences are learned by step 250, the puns around 900: later by a factor of about 21 in steps (18 to 25, over words and sentences). From step 250
# on the points go straight up: the margin rises while general ability hardly moves. The plain correlation is 0.54 all the same, as both curves end higher than
# they begin, and the partial one is *negative*, -0.74: a straight line fits neither, and what it leaves has opposite signs for an early rise and
# a late one. So no correlation over a few checkpoints says "apart"; the order of the two changes does.
#
# **What this does not show.** That puns do not need general ability. What comes first may well be what the rest is built on. The intervals are over words; they
# do not tell how much these numbers would change with other checkpoints.

# %% [markdown]
# ### 3.3 Does it help to have read other puns? (in class)
#
# A model that learns from its context should do better on a pun after reading a few. But *any* text before a setup changes what comes
# next, by its length and its words alone. So compare with a context that differs in one thing: the same examples as
# matched *non-puns*, sentence for sentence.
#
# In pun-world an audience reacts to some sentences, "and everyone groaned" after puns, "nodded" otherwise. So we try examples twice: bare,
# and with the reaction, which says aloud what they are.
#
# **Predict:** at early checkpoints, will examples help more than at late ones, or less? Bare ones, or those with a reaction?
#
# *Difficulty 4 of 5, about 10 minutes.*
# <details><summary>Hint 1: the idea</summary>Two lists of prompts that differ in the examples only. Score both, subtract.</details>
# <details><summary>Hint 2: the interface</summary>Examples come after the pun in the list, going round at its end, and never share its target: a model
# could just copy it. Three arrays by name, a number for each pun.</details>
# <details><summary>Hint 3: a walk through</summary><code>[*range(k + 1, n), *range(k)]</code> are the others in order; drop those with the same target, take
# the first <code>shots</code>; <code>separator.join([*examples, setup])</code>.</details>


# %% exercise="in_context_gain"
def in_context_gain(
    setups: list[str],
    targets: list[str],
    puns: list[str],
    others: list[str],
    shots: int,
    separator: str,
    score: Callable[[list[str], list[str]], Float[np.ndarray, "pun"]],
) -> dict[str, Float[np.ndarray, "pun"]]:
    """score(prompts, targets) after pun examples, after their matched non-puns, and the gain, puns
    - others.

    puns[i] is the whole sentence of pun i, others[i] its matched non-pun. The examples for pun k
    are the next `shots` puns after it whose target is another word, going on from the start of the
    list after its end; both contexts use the same ones. A prompt is examples, then setup, joined by
    `separator`. Returns {"puns": ..., "others": ..., "gain": ...}, each (pun,).
    """
    ### BEGIN SOLUTION
    prompts = {"puns": [], "others": []}
    for k, target in enumerate(targets):
        order = [*range(k + 1, len(targets)), *range(k)]
        chosen = [i for i in order if targets[i] != target][:shots]
        for name, sentences in (("puns", puns), ("others", others)):
            prompts[name].append(separator.join([*(sentences[i] for i in chosen), setups[k]]))
    found = {name: score(texts, targets) for name, texts in prompts.items()}
    return {**found, "gain": found["puns"] - found["others"]}
    ### END SOLUTION


# %% check="in_context_gain" points=4
check("in_context_gain", in_context_gain)

# %% tags=["experiment"]
stop = knows_words(suite.tokenizer, f"{puns[0].sentence}. {puns[0].setup}")
separator = ". " if stop else " . "  # where a full stop is a word of its own, it stands alone
reactions = {"bare": ("", ""), "with reaction": (" and everyone groaned", " and everyone nodded")}


def in_context(model) -> dict[str, float]:
    """Mean log probability of the targets after examples, and each pun's gain."""

    def score(prompts: list[str], words: list[str]) -> np.ndarray:
        return scored(model, prompts, words)["log_probability"].to_numpy()

    row = {}
    for (kind, (groan, nod)), shots in itertools.product(reactions.items(), (1, 3)):
        examples = [p.sentence + groan for p in puns], [p.non_pun_sentence + nod for p in puns]
        found = in_context_gain(setups, targets, *examples, shots, separator, score)
        for name, values in found.items():
            row |= {
                f"{name}, {kind}, {shots}, {p.id}": float(v)
                for p, v in zip(puns, values, strict=True)
            }
    return row


# %% tags=["experiment"]
contexts = over_training("context", in_context, steps)
gains = {
    f"{kind}, {shots} example{'s' if shots > 1 else ''}": over_words(
        word_means(contexts, f"context.gain, {kind}, {shots},")
    )
    for kind in reactions
    for shots in (1, 3)
}

# %% [markdown]
# Is that the time at which the model learns to look back and copy at all? Random words said twice show it: how much easier is
# the second time than the first?


# %% tags=["experiment"]
def copying(model) -> list[float]:
    """By how many nats random words are easier the second time they are said, for each text."""
    start, vocabulary = suite.tokenizer("")["input_ids"], len(suite.tokenizer)
    drawn = torch.randint(3, vocabulary, (24, 8), generator=torch.Generator().manual_seed(0))
    tokens = torch.cat([torch.tensor(start, dtype=torch.long).expand(24, -1), drawn, drawn], dim=1)
    log_p = logits(model, tokens)[:, :-1].double().log_softmax(dim=-1)
    own = log_p.gather(-1, tokens[:, 1:, None])[..., 0]
    return (own[:, -7:] - own[:, -15:-8]).mean(dim=1).numpy()


copied = over_training("copying", copying, steps)
figure, (left, middle, right) = plt.subplots(1, 3, figsize=(14, 3.6), layout="constrained")
zero = over_words(word_means(completions, "completion.target"))
shown = {"no examples": zero}
for kind, name in itertools.product(reactions, ("puns", "others")):
    table = word_means(contexts, f"context.{name}, {kind}, 3,")
    shown[f"3 {'puns' if name == 'puns' else 'non-puns'}, {kind}"] = over_words(table)
plot_with_intervals(shown, ylabel="nats", title="log p of the target", axis=left)
plot_with_intervals(gains, ylabel="nats", title="Gain: puns over non-puns", axis=middle)
plot_with_intervals({"copying": over_words(copied)}, ylabel="nats", title="Copying", axis=right)
for axis in (middle, right):
    axis.axhline(0, color="0.6", linestyle="--", linewidth=0.8)
mark_missing(middle, missing_steps(contexts))

# %% tags=["experiment"]
gain_table = per_pun(contexts, "context.gain, with reaction, 3,")
kept, gain_rows = words_and_steps(gain_table.where(copied.notna().all(axis=1)), steps)
events = {"gain from examples": gain_rows, "copying": copied.loc[kept].to_numpy().T}
events["completed"] = words_and_steps(completed.loc[kept], list(kept))[1]
order = compare_transitions(events, kept)
print(textwrap.fill(order.message, 88))
order.lags.round(2)

# %% [markdown]
# **What to see.** Bare examples hardly help at any step: the largest gain is 0.08 nats. Examples with their reaction help nothing up to step 1200, and then a lot: 0.5 nats
# at 1450, 1.2 (1.1 to 1.3) in the end, and one example does what three do. So here context helps *late* models, not early ones, contrary to the guess that a
# weak model needs help most. On the left one sees what the gain is made of: after three non-puns with a reaction the model expects less of a pun than without any
# example. The gain comes after completion, by a factor of about 1.7 in steps, and together with copying: halfway points in neighbouring brackets, copying a
# little earlier (a factor of 1.02 to 1.13).
#
# **What this does not show.** That copying, or induction heads, cause the gain. Two changes in one run that come close together may have a cause in
# common, or none. Whether copying is first in *every* run three seeds could begin to tell (the card of pun-world has attention to
# earlier copies for three seeds); an ablation of the heads that copy would say more.

# %% [markdown]
# ### 3.4 Do kinds of puns emerge at different times? (afterwards)
#
# Homographs, homophones, idioms and structural puns ask for different things, so they may come at different times. With a dozen puns
# of a kind, chance alone makes differences too: compare them with those between kinds drawn at random.
#
# **Predict:** which kind comes first, and why?
#
# *Difficulty 2 of 5, about 8 minutes.*
# <details><summary>Hint 1: the idea</summary>The share of completed puns in each category at each step, then the first step from which it stays.</details>
# <details><summary>Hint 2: the interface</summary>A list of pairs (category, step or <code>None</code>), in the order in which they emerge.</details>
# <details><summary>Hint 3: a walk through</summary><code>pd.DataFrame(completed).groupby(categories).mean()</code> is (category, checkpoint). For the
# order, sort by <code>(step is None, step or 0, category)</code>.</details>


# %% exercise="emergence_by_category"
def emergence_by_category(
    steps: Int[np.ndarray, "checkpoint"],
    completed: Bool[np.ndarray, "pun checkpoint"],
    categories: list[str],
    threshold: float = 0.5,
) -> list[tuple[str, int | None]]:
    """For each category the first step from which its share of completed puns stays >= threshold.

    In the order of these steps, equal ones in alphabetical order, and those that never do, None,
    last.
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

# %% tags=["experiment"]
categories = [pun.category for pun in puns]
if len(set(categories)) == 1:
    print(f"all puns of {set_name!r} are of one kind, {categories[0]}; grouped by phrase instead")
    categories = [" ".join(pun.setup.split()[-2:]) for pun in puns]
found = completed.dropna()
at, by_pun = found.index.to_numpy(), found.to_numpy(dtype=bool).T
columns = ["category", "half completed from step"]


def spread(labels: list[str]) -> float:
    """How far categories differ in their share of completed puns, over all checkpoints."""
    return float(pd.DataFrame(by_pun).groupby(labels).mean().mean(axis=1).std())


rng = np.random.default_rng(0)
drawn = [spread(rng.permutation(categories)) for _ in range(999)]
p_value = (1 + sum(value >= spread(categories) for value in drawn)) / 1000
print(f"spread of categories {spread(categories):.3f}; as large in random ones: p = {p_value:.3f}")
pd.DataFrame(emergence_by_category(at, by_pun, categories), columns=columns)

# %% tags=["experiment"]
shares = pd.DataFrame(by_pun, columns=at).groupby(categories).mean().T.reindex(steps)
sizes = pd.Series(categories).value_counts()
shares.columns = [f"{name} ({sizes[name]})" for name in shares.columns]
axis = plot_trajectories(shares, ylabel="share completed", title="By category (number of puns)")
axis.axhline(0.5, color="0.6", linestyle="--", linewidth=0.8)
axis.legend(frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
mark_missing(axis, missing_steps(completions))

# %% [markdown]
# **What to see.** The set for pun-world holds homographs only, so this suite cannot answer the question about kinds of puns at all. Grouped by phrase instead, seven
# phrases pass one half at step 1000 and two at 1200. That is no more than random groups differ (p = 0.19): with three to thirteen puns in a group the
# order of the phrases is not resolved.
#
# **What this does not show.** Anything about homophones, idioms or structural puns. For that take a model that reads English (one line at the top): the
# English set has 68 puns of four kinds. Even there a kind has at most about twenty puns.

# %% [markdown]
# ### 3.5 Everything on one page

# %% tags=["experiment"]
missing = missing_steps(completions) | missing_steps(contexts) | missing_steps(probed)
top_five = pd.DataFrame(
    {p.id: [row[i] is not None for row in layers.values()] for i, p in enumerate(puns)},
    index=list(layers),
)
in_top = {"after the last layer": over_words(top_five.astype(float).T.groupby(targets).mean().T)}
early = per_pun(lensed, "lens.rank, layer 1,").le(5).where(margins.notna()).astype(float)
in_top["after layer 1"] = over_words(early.T.groupby(targets).mean().T)
panels = {
    "Completed": Panel({"completed": curves["accuracy"]}, "share of puns"),
    "Target over foil": Panel({"margin": curves["foil_margin"]}, "nats", level=0),
    "Probe, last layer": Panel(last_layer, "accuracy", level=0.5),
    "Target in the top 5": Panel(in_top, "share of puns"),
    "Ablation": Panel(effect_curves, "fall of the margin (nats)", level=0),
    "Gain from examples": Panel(gains, "nats", level=0),
}
pun_dashboard(panels, title=f"{suite.name}: puns over training, 95 % intervals over words")
plt.show()

# %% [markdown]
# ## 4. What you make of it

# %% [markdown] written="distinct_capability" points=5
# **Question.** Is pun understanding a distinct capability that emerges at a specific point, or does it improve gradually with general language
# ability? Answer for the model that you looked at: name the curves that speak for one or the other, give the bracket of the change and its width,
# and say what part of the question your checkpoints, your puns or your single run leave open.
#
# ### BEGIN SOLUTION
# In pun-world completing puns changes between steps 850 and 1000, within about 0.23 to 0.30 decades, and the foil margin, which has no threshold, changes
# with it, so the threshold did not make the jump. General ability is there long before: the loss on plain sentences is down by step 250 and hardly moves while the
# margin rises, so the change does not come with it. But "pun understanding" is not one thing here: completing a pun comes around step 900, telling a pun from a
# non-pun (the probe after "everyone") and using examples only after 1450. So two or three changes, each at its place, rather than one. Left open: other
# seeds move these steps by hundreds; 36 words and one kind of pun; and that plain language comes first does not mean that it is not needed.
# ### END SOLUTION
#
# ### BEGIN MARK SCHEME
# - 1 point: a bracket (two checkpoints) and a width, not a single step.
# - 1 point: accuracy and its continuous twin are compared, and the conclusion drawn for the threshold.
# - 1 point: general ability is compared by order or by the loss that no longer moves, not by a correlation of two rising curves alone.
# - 1 point: sees that completing, telling apart and using examples come at different times (or argues from the data that they are one).
# - 1 point: says what is left open: one run, few words, one kind of pun, gaps between checkpoints. No point for "more data is needed" without saying what for.
# ### END MARK SCHEME

# %% [markdown] written="below_chance" points=4
# **Question.** In 2.4 the early probe after "everyone" is right in about one sentence of five, far below chance. A classmate says: "So the
# untrained model knows what a pun is, with the sign turned." Explain what really happens, in terms of which sentences are on which side of the split.
# Then say what a probe *without* groups would have shown, and why the control task is not below chance.
#
# ### BEGIN SOLUTION
# Every setup stands once in a pun, with its own word, and elsewhere as a non-pun, with another word. When all sentences of a word are held out, the pun
# with that setup is on the test side, while the non-pun with the same setup, which ends in another word, is on the training side. An untrained model's activations tell
# setups apart and nothing else, so the probe learns "this setup: non-pun" and is wrong on the pun. Without groups the other sentences
# of the same word would be in the training side as well, so a probe could use what it knows of single words and sentences, and its accuracy would say little about new words. The
# control's labels are drawn within each word, so a setup's label on the training side says nothing about its label on the test side:
# chance, and no mirror image.
# ### END SOLUTION
#
# ### BEGIN MARK SCHEME
# - 2 points: the same setup (profession and phrase) is on both sides with opposite labels, so what is learned is wrong on the test side. 1 point for
#   "it is an artefact of the balanced design" without the mechanism.
# - 1 point: without groups, sentences of the tested word are in the training side, and the accuracy does not speak for new words.
# - 1 point: shuffled labels are not tied to the setup, so nothing systematic is learned.
# ### END MARK SCHEME

# %% [markdown] written="humour_in_models" points=4
# **Question.** What does this tell us about how models learn to process humour? Name one thing that the ablations or the examples in context add to
# the curves, one reason why pun-world must not stand for English or for an audience, and one experiment on a real model (which suite, which measure, what
# result would change your mind).
#
# ### BEGIN SOLUTION
# The ablations add that few parts carry the completion, one head of layer 2 above all, and that the parts that carried it first (head 0.3) are not those that carry
# it in the end: something forms and is then rebuilt. The examples add that the model has tied puns to the audience's reaction: once it has, an example that is groaned at makes
# it expect a pun. Pun-world must not stand for English: each profession belongs to one setting, its puns have one form, and
# its audience follows a rule without exception. What is learned is to bind two associations, not to find something funny. An experiment: the English
# set on the early checkpoints of OLMo-2 1B, foil margin and loss on plain sentences. If the margin of held-out kinds of puns
# rose smoothly with the loss, and no checkpoint stood out, I would give up "a distinct capability".
# ### END SOLUTION
#
# ### BEGIN MARK SCHEME
# - 1 point: something from ablation or context that the capability curves alone do not say, with its evidence.
# - 1 point: a reason that is specific to pun-world (one setting for each profession, one form, a rule for the reaction).
# - 1 point: an experiment with suite and measure that exist.
# - 1 point: a result that would really change the conclusion.
# ### END MARK SCHEME

# %% [markdown]
# ## References
#
# - J. Hewitt, P. Liang (2019). *Designing and interpreting probes with control tasks.* EMNLP 2019, arXiv 1909.03368.
# - nostalgebraist (2020). *Interpreting GPT: the logit lens.* LessWrong.
# - C. Olsson et al. (2022). *In-context learning and induction heads.* arXiv 2209.11895.
# - R. Schaeffer, B. Miranda, S. Koyejo (2023). *Are emergent abilities of large language models a mirage?* NeurIPS 2023, arXiv 2304.15004.
# - S. Biderman et al. (2023). *Pythia: a suite for analyzing large language models across training and scaling.* arXiv 2304.01373.
