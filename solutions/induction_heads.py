# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Induction heads: watch a circuit assemble
#
# You read "Mrs Dursley", and two pages later "Mrs": you know what comes. A transformer can know it too, without having
# met the name in training. It looks for an earlier copy of the current token, looks at what followed, and says that
# again. A head that does so is an *induction head*. It needs a partner, a *previous-token head*, that writes into every
# position which token stood before it. Olsson et al. (2022) found that such heads form within a short stretch of
# training, and that the loss curve bends there.
#
# In this notebook you train a network that is just large enough for it, eight times over, in less than a minute, and
# then you
#
# 1. measure the behaviour: what the network gains from having seen a sequence before,
# 2. score every head by what it attends to,
# 3. read from the weights what a head copies, and which heads are wired to each other,
# 4. probe, ablate, and patch a single path from one head into another,
# 5. say when each part formed, in which order, and whether eight seeds agree,
# 6. meet a network that reaches a low loss *without* the mechanism, and tell it from one that has it.
#
# **How to work with it.** Predict before you compute. Write your code where an exercise says so, then run the check
# below it. A check that fails says what came, what was expected, and what probably went wrong. A check that passes has
# tried a few public cases; when the notebook is graded, other cases are drawn.

# %%
import itertools
from collections.abc import Callable

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import scipy.stats
import torch
from jaxtyping import Float, Int
from torch import Tensor

from course_utils import (
    check, compare_transitions, describe_transition, load_recorded, load_suite, load_table,
    mark_steps, plot_trajectories, redundancy, step_slider, sweep,
)
from course_utils.attention_only import (
    InductionConfig, context_bigrams, normalise, repeated_sequences, train, zipf_streams,
)
from course_utils.inside import Component, run_edited

# %% [markdown]
# ## 1. Train it and watch
#
# **The task.** A sequence is a start token, then random tokens out of 32, which repeat after a *period* that is drawn
# anew for each sequence, from 4 to 20. The first time round nothing can be known. From the second time round everything
# can, if one looks back.
#
# **The network.** Two layers of attention with four heads each, and no MLP. Positions are learned, and there is a
# LayerNorm before each layer and before the logits. That is all: 11,360 weights. Each of eight seeds has its own
# weights and its own data.
#
# **Predict.** What is the loss, in nats, of a network that knows nothing about 32 equally frequent tokens? And what
# shape will the curve have: a straight slide, or something else? Sketch it.

# %% tags=["experiment"]
live = True  # False: open runs that were recorded earlier, instead of training eight
runs = train(InductionConfig(), seeds=range(8)) if live else load_recorded("induction_classroom")
torch.set_num_threads(
    1
)  # from here on many small products, for which threads only wait for each other
run = runs.seed(3)
vocabulary, start = runs.config.vocabulary, runs.config.vocabulary
run.metrics.loc[[0, 10, 100, 200, 220, 240, 260, 280, 360, 800]].round(2)

# %% tags=["experiment"]
losses = run.metrics[["first_loss", "later_loss"]]
axis = plot_trajectories(losses, ylabel="loss (nats)", title="Loss over training, seed 3")

# %% [markdown]
# **What to see.** Both curves start near $\ln 32 \approx 3.47$, and the loss on what is seen for the first time stays
# there. The loss on what has been seen before falls slowly for a while, and then drops by two nats between step 200 and
# 300. That drop is what Olsson et al. saw as a *bump* in the loss of language models.
#
# **What this does not show.** What happened inside. The rest of the notebook is about that.

# %% [markdown]
# ### 1.1 The loss on repeats
#
# To follow the change you need a number for it. On tokens that repeat with a known period, the loss on the first copy
# measures what the network knows without context, and the loss on later copies what it gains from looking back.
#
# Mind the border. Say the period is p, and call the start token position 0. Positions 1 to p hold the first copy. The
# token at position p + 1 is a repeat, but nobody can know that: the token before it, the last of the first copy, has
# not been seen with a follower. So **first** means the predictions of positions 1 to p, **later** those of positions p
# + 2 and on, and position p + 1 counts for neither.
#
# **Predict** before you compute: which of the two losses can lie *above* $\ln 32$, and why?
#
# *Difficulty 2 of 5, about 10 minutes.*
# <details><summary>Hint 1: the idea</summary>The logits at position i speak of the token at position i + 1. So logits
# lose their last position, tokens their first.</details>
# <details><summary>Hint 2: the interface</summary>Two numbers under the names <code>"first"</code> and
# <code>"later"</code>, each a mean over sequences and positions, in nats: natural logarithm. <code>log_softmax</code>
# turns logits into log probabilities.</details>
# <details><summary>Hint 3: shapes</summary><code>logits[:, :-1].log_softmax(dim=-1)</code> is (batch, pos - 1,
# vocabulary); <code>gather(-1, tokens[:, 1:, None])</code> picks the right token's entry. Column 0 of the result is the
# prediction of position 1, so the first copy is columns 0 to p - 1.</details>


# %% exercise="repeat_loss"
def repeat_loss(
    logits: Float[Tensor, "batch pos vocabulary"], tokens: Int[Tensor, "batch pos"], period: int
) -> dict[str, float]:
    """Mean loss in nats on first and on later occurrences of tokens that repeat with a period.

    tokens[:, 0] is the start token. "first": predictions of positions 1..period; "later": those of
    positions period + 2 and on. The loss of position i + 1 is
    -log softmax(logits[:, i])[tokens[:, i + 1]].
    """
    ### BEGIN SOLUTION
    log_probabilities = logits[:, :-1].log_softmax(dim=-1)
    losses = -log_probabilities.gather(-1, tokens[:, 1:, None])[..., 0]
    return {
        "first": losses[:, :period].mean().item(),
        "later": losses[:, period + 1 :].mean().item(),
    }
    ### END SOLUTION


# %% check="repeat_loss" points=3
check("repeat_loss", repeat_loss)


# %% tags=["experiment"]
def repeats(
    period: int, count: int = 32, length: int = 32, seed: int = 5
) -> Int[Tensor, "batch pos"]:
    """Sequences that no network was trained on, all of one period."""
    generator = torch.Generator().manual_seed(seed)
    return repeated_sequences(count, length, vocabulary, generator, (period, period))


period = 8
tokens = repeats(period)  # eight random tokens, four times
rows = {step: repeat_loss(run.checkpoint(step)(tokens), tokens, period) for step in run.steps}
behaviour = pd.DataFrame.from_dict(rows, orient="index").rename_axis("step")
axis = plot_trajectories(behaviour, ylabel="loss (nats)", title=f"Period {period}, seed 3")
axis.axhline(np.log(vocabulary), color="0.6", linestyle=":", linewidth=1)
plt.show()

# %% [markdown]
# **What to see.** The dotted line is $\ln 32$. The loss on the first copy lies a little above it once the network
# copies: when a token turns up twice within the first copy by chance, the network is sure of the wrong follower.
#
# **What this does not show.** *How* the network knows. Section 6 has a network with an even lower loss that does it
# another way.

# %% [markdown]
# ### 1.2 The in-context-learning score
#
# Real text has no period. Olsson et al. use a measure that needs none: how much better is a model late in its context
# than early in it? Their score is the loss at the 500th token minus the loss at the 50th, averaged over texts. It is
# negative for a model that uses its context.
#
# **Predict:** at step 0, what is the score? At the end, with tokens out of 32 and a network that copies nearly
# perfectly?
#
# *Difficulty 2 of 5, about 6 minutes.*
# <details><summary>Hint 1: the idea</summary>Two columns of the same table of losses as in 1.1, and the mean of their
# difference over sequences.</details>
# <details><summary>Hint 2: the interface</summary>"The k-th token" counts from 1 after the start token, so it stands at
# position k of <code>tokens</code>, and what predicts it are the logits at position k - 1. One number: late minus
# early.</details>
# <details><summary>Hint 3: shapes</summary>With <code>losses</code> as in 1.1, (batch, pos - 1), the loss of the k-th
# token is column k - 1.</details>


# %% exercise="in_context_learning_score"
def in_context_learning_score(
    logits: Float[Tensor, "batch pos vocabulary"],
    tokens: Int[Tensor, "batch pos"],
    early: int = 50,
    late: int = 500,
) -> float:
    """Loss in nats of the late-th token minus that of the early-th, mean over sequences.

    tokens[:, 0] is the start token, so that the k-th token is tokens[:, k]. Olsson et al. (2022).
    """
    ### BEGIN SOLUTION
    log_probabilities = logits[:, :-1].log_softmax(dim=-1)
    losses = -log_probabilities.gather(-1, tokens[:, 1:, None])[..., 0]
    return (losses[:, late - 1] - losses[:, early - 1]).mean().item()
    ### END SOLUTION


# %% check="in_context_learning_score" points=2
check("in_context_learning_score", in_context_learning_score)

# %% tags=["experiment"]
mixed = repeated_sequences(
    128, 32, vocabulary, torch.Generator().manual_seed(6), runs.config.periods
)
early, late = 4, 30  # before the least period is over, and near the end of the context
scores = {
    step: in_context_learning_score(run.checkpoint(step)(mixed), mixed, early, late)
    for step in run.steps
}
behaviour["in_context_learning"] = pd.Series(scores)
axis = plot_trajectories(
    behaviour[["in_context_learning"]],
    ylabel="loss at 30th - loss at 4th token (nats)",
    title="In-context learning, seed 3",
)
plt.show()

# %% [markdown]
# **What to see.** The score starts at zero, drifts to about -0.7, and then falls to about -3.2, close to $-\ln 32$:
# late tokens are nearly known, early ones not at all.
#
# **What this does not show.** That a score of -0.4 in a language model, which is what Olsson et al. report after the
# bump, is a small effect. Text is only partly a repetition of itself. Here all of it is.

# %% [markdown]
# ## 2. What do heads attend to?
#
# Look before you measure. Below are the attention patterns of all eight heads on one sequence, which repeats every
# eight tokens. Rows are queries (the position that looks), columns are keys (what it looks at). Move the slider.


# %% tags=["experiment"]
def patterns_at(
    model: torch.nn.Module, tokens: Tensor
) -> list[Float[Tensor, "batch head query key"]]:
    """The attention patterns of each layer."""
    _, cache = model.run_with_cache(tokens)
    return [cache[f"blocks.{layer}.attn.hook_pattern"] for layer in range(len(model.blocks))]


def draw_patterns(step: int) -> plt.Figure:
    """The pattern of every head on the first sequence."""
    figure, axes = plt.subplots(2, 4, figsize=(11, 5.6), layout="constrained")
    for layer, pattern in enumerate(patterns_at(run.checkpoint(step), tokens[:1])):
        for head, axis in enumerate(axes[layer]):
            axis.imshow(pattern[0, head], cmap="Blues", vmin=0, vmax=1)
            axis.set(
                title=f"head {layer}.{head}", xticks=[0, 8, 16, 24, 32], yticks=[0, 8, 16, 24, 32]
            )
    figure.suptitle(f"step {step}: rows look at columns")
    return figure


step_slider(run.steps, draw_patterns)

# %% [markdown]
# **What to see.** At the end one head of layer 0 draws a line just below the diagonal: every position looks at the one
# before. Heads of layer 1 draw lines further down: a token of the second copy looks at the token *after* its own first
# copy, which is seven back when the period is eight.
#
# **What this does not show.** That what you see on one sequence holds on others. So now as numbers.

# %% [markdown]
# ### 2.1 Previous-token score
#
# A previous-token head attends from every position to the one before it. (Some course pages say "to the previous
# occurrence of the current token"; that is another thing.) Its score is the attention from i to i - 1, averaged over
# positions and sequences.
#
# **Predict:** what is the score of a head that attends everywhere alike, on 33 positions: 1/33, or more?
#
# *Difficulty 1 of 5, about 5 minutes.*
# <details><summary>Hint 1: the idea</summary>The entries just below the diagonal of the pattern.</details>
# <details><summary>Hint 2: the interface</summary>One number for each head. Position 0 has nothing before it and does
# not count.</details>
# <details><summary>Hint 3: shapes</summary><code>pattern.diagonal(offset=..., dim1=-2, dim2=-1)</code> puts the entries
# of one diagonal on a new last axis: (batch, head, pos - 1). Rows are queries. Which offset lies <em>below</em> the
# diagonal?</details>


# %% exercise="previous_token_score"
def previous_token_score(pattern: Float[Tensor, "batch head query key"]) -> Float[Tensor, "head"]:
    """Mean attention from each position to the one before: A[i, i - 1], for i >= 1."""
    ### BEGIN SOLUTION
    return pattern.diagonal(offset=-1, dim1=-2, dim2=-1).mean(dim=(0, 2))
    ### END SOLUTION


# %% check="previous_token_score" points=2
check("previous_token_score", previous_token_score)

# %% [markdown]
# ### 2.2 Prefix-matching score
#
# An induction head attends to a token *that follows an earlier copy of the current token*. On tokens that repeat,
# Olsson et al. add up the attention on all such positions. A token that has no earlier copy has nothing to match and
# does not count.
#
# Say a key at position j *matches* a query at position i when the token at j - 1 is the token at i, and j - 1 comes
# before i. The score is the attention on all matching keys, summed for each query, then averaged over all queries that
# have an earlier copy, in all sequences alike. (The paper's appendix says "preceded" in one place; its list of changes
# corrects that to "followed".)
#
# **Predict:** a head that attends to the earlier copy itself, instead of the token after it: what is its score?
#
# *Difficulty 4 of 5, about 15 minutes.*
# <details><summary>Hint 1: the idea</summary>First a table of "same token, and earlier", for each pair of positions.
# Then move it by one: what matches is not the copy but its follower.</details>
# <details><summary>Hint 2: the interface</summary>One number for each head. Sum over keys, since a token may have
# several earlier copies; mean over queries. The mean is over all queries of all sequences that count, in one
# go.</details>
# <details><summary>Hint 3: shapes</summary><code>same = (tokens[:, :, None] == tokens[:, None, :]).tril(-1)</code> is
# (batch, query, key). A table <code>follows</code> of the same shape has <code>follows[:, :, 1:] = same[:, :,
# :-1]</code>. Queries that count are <code>same.any(dim=-1)</code>.</details>


# %% exercise="prefix_matching_score"
def prefix_matching_score(
    pattern: Float[Tensor, "batch head query key"], tokens: Int[Tensor, "batch pos"]
) -> Float[Tensor, "head"]:
    """Mean attention to the tokens that follow an earlier copy of the current token.

    For query i: sum of A[i, j] over all j with tokens[j - 1] == tokens[i] and j - 1 < i. Mean over
    all queries, of all sequences together, that have such a j. Olsson et al. (2022).
    """
    ### BEGIN SOLUTION
    same = (tokens[:, :, None] == tokens[:, None, :]).tril(-1)
    follows = torch.zeros_like(same)
    follows[:, :, 1:] = same[:, :, :-1]
    attention = (pattern * follows[:, None]).sum(dim=-1).transpose(0, 1)
    return attention[:, same.any(dim=-1)].mean(dim=1)
    ### END SOLUTION


# %% check="prefix_matching_score" points=4
check("prefix_matching_score", prefix_matching_score)


# %% tags=["experiment"]
def attention_scores(run, step: int) -> dict[str, float]:
    """Both scores of every head at one checkpoint, on eight random tokens repeated four times."""
    scores = {}
    for layer, pattern in enumerate(patterns_at(run.checkpoint(step), tokens)):
        for head, (previous, prefix) in enumerate(
            zip(previous_token_score(pattern), prefix_matching_score(pattern, tokens), strict=True)
        ):
            scores[f"previous {layer}.{head}"] = previous.item()
            scores[f"prefix {layer}.{head}"] = prefix.item()
    return scores


# %% tags=["experiment"]
heads = pd.DataFrame.from_dict(
    {step: attention_scores(run, step) for step in run.steps}, orient="index"
).rename_axis("step")
figure, axes = plt.subplots(1, 2, figsize=(11, 4), sharey=True, layout="constrained")
for axis, kind in zip(axes, ("previous", "prefix"), strict=True):
    plot_trajectories(
        heads.filter(like=kind), ylabel="score", title=f"{kind}: all heads", axis=axis
    )
plt.show()

# %% [markdown]
# **What to see.** Prefix matching rises in heads of layer 1, within a hundred steps, in several heads at once. In this
# seed one of them gives it up again, long after the loss is down. In layer 0 all heads first look back a little; then
# one takes over and the others let go. No head of layer 0 matches prefixes.
#
# The score of that head of layer 0 stops near 0.5. Look at the pattern once more: in the second half of the sequence
# the line is gone. Is it a bad previous-token head?

# %% tags=["experiment"]
last = patterns_at(run.checkpoint(run.steps[-1]), tokens)[0]
by_position = last.diagonal(offset=-1, dim1=-2, dim2=-1).mean(dim=0)
figure, axis = plt.subplots(figsize=(8, 3), layout="constrained")
for head, attention in enumerate(by_position):
    axis.plot(range(1, last.shape[-1]), attention, marker=".", label=f"head 0.{head}")
axis.set(
    xlabel="position", ylabel="attention to the one before", title="Previous token, by position"
)
axis.legend(frameon=False)
plt.show()

# %% [markdown]
# **What to see.** It looks at the token before with nearly all of its attention up to position 15 or so, and hardly at
# all after 20. In training periods are at most 20, so that the first copy, which is where an induction head finds its
# key, lies in the first twenty positions. The network has learned what pays.
#
# **What this does not show.** That a mean of 0.5 is "half a previous-token head". A mean over positions hides where a
# head works.

# %% [markdown]
# ## 3. What do the weights say?
#
# Attention says where a head looks. What it then does is in two products of its weights. What a head *moves* from the
# place it looks at is decided by $W_V W_O$, the *OV circuit*. Where it looks is decided by $W_Q W_K^\top$, the *QK
# circuit* (Elhage et al. 2021).

# %% [markdown]
# ### 3.1 Copying score
#
# An induction head must raise the token that it attends to. From the weights alone: let a head attend to a position
# that holds token t, and let what it writes go straight to the logits: row t of $E W_V W_O W_U$, where row t of E is
# what the head reads there. Subtract the row's mean, as a shift of all logits changes nothing, and keep the positive
# part: the tokens that the head *raises*. The share of t in all that is raised lies between 0 and 1; averaged over t,
# and stretched to lie between -1 and 1, it is the copying score.
#
# **Predict:** a head with random weights and 32 tokens: is its score near 0, or near -1?
#
# *Difficulty 3 of 5, about 12 minutes.*
# <details><summary>Hint 1: the idea</summary>A table from tokens read to tokens raised. Copying is its
# diagonal.</details>
# <details><summary>Hint 2: the interface</summary>One number for each head: 2 * share - 1. The mean to subtract is over
# output tokens, for each token read.</details>
# <details><summary>Hint 3: shapes</summary><code>embedding @ W_V @ W_O @ W_U</code> broadcasts over heads: (head, token
# read, token raised). After <code>relu</code>, <code>diagonal(dim1=1, dim2=2)</code> is (head, token), and so is the
# sum over the last axis.</details>


# %% exercise="copying_score"
def copying_score(
    embedding: Float[Tensor, "vocabulary d_model"],
    W_V: Float[Tensor, "head d_model d_head"],
    W_O: Float[Tensor, "head d_head d_model"],
    W_U: Float[Tensor, "d_model vocabulary"],
) -> Float[Tensor, "head"]:
    """How far each head raises the token that it attends to, from -1 (never) to 1 (that one alone).

    With L = embedding W_V W_O W_U and R = relu(L - mean of L over output tokens), the score is
    2 * mean over t of (R[t, t] / sum over u of R[t, u]) - 1.
    """
    ### BEGIN SOLUTION
    logits = embedding @ W_V @ W_O @ W_U
    raised = (logits - logits.mean(dim=-1, keepdim=True)).relu()
    share = raised.diagonal(dim1=1, dim2=2) / raised.sum(dim=-1)
    return 2 * share.mean(dim=1) - 1
    ### END SOLUTION


# %% check="copying_score" points=3
check("copying_score", copying_score)

# %% [markdown]
# ### 3.2 K-composition
#
# An induction head finds "a token that follows a copy of mine" by its *keys*: the key at position j must say which
# token stood at j - 1. The previous-token head writes that. So the head's keys must read what the other head writes.
# Elhage et al. (2021) measure this from the weights: the *K-composition* of a sender and a receiver is
#
# $$\frac{\lVert W_{OV} W_{QK}^\top \rVert_F}{\lVert W_{OV} \rVert_F \, \lVert W_{QK} \rVert_F}, \qquad W_{OV} = W_V W_O, \quad W_{QK} = W_Q W_K^\top.$$
#
# It is large when the directions that the sender writes are those that the receiver's keys read. Random matrices do not
# give 0. So the number means something only beside that of random matrices: subtract their mean.
#
# **Predict:** for d_model = 32 and d_head = 8, is the K-composition of two random heads nearer to 0.05, 0.2 or 0.8?
#
# *Difficulty 3 of 5, about 12 minutes.*
# <details><summary>Hint 1: the idea</summary>One product and three norms, for every pair of a sender and a receiver;
# then the same for the random ones, and a difference.</details>
# <details><summary>Hint 2: the interface</summary>A table (sender, receiver). The random matrices come in pairs: the
# first random OV belongs to the first random QK, and so on; their mean is one number. Mind the transpose: the
# receiver's <em>keys</em> are its second side.</details>
# <details><summary>Hint 3: shapes</summary><code>W_OV[:, None] @ W_QK.mT[None]</code> is (sender, receiver, d_model,
# d_model); <code>.norm(dim=(-2, -1))</code> is the Frobenius norm of the last two axes. A small function inside the
# function serves both times.</details>


# %% exercise="k_composition"
def k_composition(
    W_OV: Float[Tensor, "sender d_model d_model"],
    W_QK: Float[Tensor, "receiver d_model d_model"],
    random_OV: Float[Tensor, "draw d_model d_model"],
    random_QK: Float[Tensor, "draw d_model d_model"],
) -> Float[Tensor, "sender receiver"]:
    """K-composition of every pair of heads, less that of random pairs (Elhage et al. 2021).

    |W_OV W_QK^T| / (|W_OV| |W_QK|) in Frobenius norms, minus the mean of the same over the draws,
    each random_OV with the random_QK of its own draw.
    """

    ### BEGIN SOLUTION
    def composition(OV: Tensor, QK: Tensor) -> Tensor:
        norms = OV.norm(dim=(-2, -1)) * QK.norm(dim=(-2, -1))
        return (OV @ QK.mT).norm(dim=(-2, -1)) / norms

    return composition(W_OV[:, None], W_QK[None]) - composition(random_OV, random_QK).mean()
    ### END SOLUTION


# %% check="k_composition" points=4
check("k_composition", k_composition)


# %% tags=["experiment"]
def random_circuits(count: int, model: torch.nn.Module, seed: int = 0) -> Tensor:
    """Products of random matrices of the shapes that a head's have."""
    generator = torch.Generator().manual_seed(seed)
    _, d_model, d_head = model.blocks[0].attn.W_V.shape
    left = torch.randn(count, d_model, d_head, generator=generator)
    return left @ torch.randn(count, d_head, d_model, generator=generator)


def weight_scores(run, step: int) -> dict[str, float]:
    """Copying of each head of layer 1, and K-composition of each pair, at one checkpoint."""
    model = run.checkpoint(step)
    first, second = (block.attn for block in model.blocks)
    embedding = normalise(model.embed.W_E[:start])  # without the start token
    copying = copying_score(embedding, second.W_V, second.W_O, model.unembed.W_U)
    others = random_circuits(100, model, 0), random_circuits(100, model, 1)
    composed = k_composition(first.W_V @ first.W_O, second.W_Q @ second.W_K.mT, *others)
    return {f"copying 1.{head}": score.item() for head, score in enumerate(copying)} | {
        f"K 0.{sender} to 1.{receiver}": composed[sender, receiver].item()
        for sender, receiver in itertools.product(range(len(composed)), repeat=2)
    }


# %% tags=["experiment"]
weights = pd.DataFrame.from_dict(
    {step: weight_scores(run, step) for step in run.steps}, orient="index"
).rename_axis("step")
sender = heads.filter(like="previous 0").iloc[-1].argmax()
figure, axes = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
plot_trajectories(
    weights.filter(like="copying"), ylabel="copying score", title="Copying", axis=axes[0]
)
plot_trajectories(
    weights.filter(like="K 0"),
    ylabel="above random",
    title="K-composition",
    axis=axes[1],
    color="0.75",
)
wired = weights.filter(like=f"K 0.{sender}")
for name in wired:
    axes[1].plot(wired.index, wired[name], color="tab:blue")
axes[1].get_legend().remove()
axes[1].text(
    0.03, 0.9, f"blue: from head 0.{sender}", color="tab:blue", transform=axes[1].transAxes
)
plt.show()

# %% [markdown]
# **What to see.** Copying rises with prefix matching, in the same heads, and levels off well below 1: with 32 tokens in
# 32 dimensions a head cannot raise one token without raising others a little. In blue is what the receivers' keys read
# of the previous-token head: it rises with the change and goes on rising long after, for the heads that stay induction
# heads. The other layer-0 heads' wires go back to random or below.
#
# **What this does not show.** That the wire is *used*. Weights say what could flow. To see what does flow, intervene.

# %% [markdown]
# ## 4. Read it, break it, re-route it

# %% [markdown]
# ### 4.1 Probe: where is the previous token written?
#
# If some head writes the previous token into position i, then it can be read off the residual stream at i: after that
# layer, and not before. A linear *probe* asks just that. Train it on some sequences, test it on others; the tokens have
# to be random and without repeats, or the previous token can be guessed from the current one.
#
# We use the plainest probe there is: least squares from the residual stream (with an intercept) to the one-hot previous
# token, and the largest output is the guess.
#
# **Predict:** the accuracy at step 0, after layer 0: that of a blind guess, or more? (Random attention mixes in *some*
# of the token before.)
#
# *Difficulty 3 of 5, about 15 minutes.*
# <details><summary>Hint 1: the idea</summary>For each layer: positions 1 and on give the inputs, the tokens one to the
# left the labels. Fit on the first <code>train</code> sequences, count right guesses on the others.</details>
# <details><summary>Hint 2: the interface</summary>One accuracy for each layer, a tensor of floats between 0 and 1.
# Whole sequences are held out, not single positions.</details>
# <details><summary>Hint 3: shapes</summary>Inputs (sequence * position, d_model + 1) with a column of ones; targets
# <code>torch.nn.functional.one_hot(labels).double()</code>; <code>torch.linalg.lstsq(inputs, targets,
# driver="gelsy").solution</code>, then <code>argmax(dim=-1)</code>. In float64.</details>


# %% exercise="previous_token_probe"
def previous_token_probe(
    residual: Float[Tensor, "layer sequence pos d_model"],
    tokens: Int[Tensor, "sequence pos"],
    train: int,
) -> Float[Tensor, "layer"]:
    """Held-out accuracy of a linear probe for token i - 1 from the stream at i, for each layer.

    Least squares with an intercept onto one-hot tokens, fitted at all positions i >= 1 of the first
    `train` sequences; the guess is the largest output; the accuracy is over i >= 1 of the others.
    """
    ### BEGIN SOLUTION
    labels, accuracies = tokens[:, :-1], []
    for layer in residual[:, :, 1:].double():
        inputs = torch.cat([layer, torch.ones_like(layer[..., :1])], dim=-1)
        wanted = torch.nn.functional.one_hot(labels[:train].flatten()).double()
        fit = torch.linalg.lstsq(inputs[:train].flatten(0, 1), wanted, driver="gelsy").solution
        guess = (inputs[train:] @ fit).argmax(dim=-1)
        accuracies.append((guess == labels[train:]).double().mean())
    return torch.stack(accuracies)
    ### END SOLUTION


# %% check="previous_token_probe" points=4
check("previous_token_probe", previous_token_probe)


# %% tags=["experiment"]
unrepeated = torch.cat(
    [
        torch.full((120, 1), start),
        torch.randint(vocabulary, (120, 12), generator=torch.Generator().manual_seed(7)),
    ],
    dim=1,
)
PLACES = {
    "before layer 0": "blocks.0.hook_resid_pre",
    "after layer 0": "blocks.0.hook_resid_post",
    "after layer 1": "blocks.1.hook_resid_post",
}


def probe_scores(run, step: int) -> dict[str, float]:
    """Accuracy of the probe at every place, on random tokens; the start token is left out."""
    _, cache = run.checkpoint(step).run_with_cache(unrepeated)
    residual = torch.stack([cache[place][:, 1:] for place in PLACES.values()])
    accuracy = previous_token_probe(residual, unrepeated[:, 1:], train=80)
    return dict(zip(PLACES, accuracy.tolist(), strict=True))


# %% tags=["experiment"]
probes = pd.DataFrame.from_dict(
    {step: probe_scores(run, step) for step in run.steps}, orient="index"
).rename_axis("step")
axis = plot_trajectories(
    probes, ylabel="held-out accuracy", title="Reading the previous token, seed 3"
)
axis.axhline(1 / vocabulary, color="0.6", linestyle=":", linewidth=1)
plt.show()

# %% [markdown]
# **What to see.** Before layer 0 the probe guesses blindly (dotted: 1/32). After layer 0 it starts above that even at
# step 0, and rises early and steadily: at step 200 it reads about a third of the previous tokens, although no head has
# a previous-token score worth the name. Every head mixes in a little, and together that is enough to read.
#
# **What this does not show.** That anything later in the network reads it too. A probe reads what *can* be read.

# %% [markdown]
# ### 4.2 Ablation: what breaks without a head?
#
# Take one head away and see how much the loss on repeats rises. "Away" has three common meanings. *Zero*: the head
# mixes nothing. *Mean*: it mixes its own average over all sequences and positions, so that only what varies is gone.
# *Resample*: it mixes what it mixed on another sequence, a value that does occur, but a wrong one.
#
# `z` is what each head mixed from the values, before its $W_O$. `loss_of(z)` runs the rest of the network from there
# and gives the mean loss on later occurrences.
#
# **Predict:** which heads matter at the end: the previous-token head, each of the induction heads, or both kinds alike?
#
# *Difficulty 3 of 5, about 12 minutes.*
# <details><summary>Hint 1: the idea</summary>For each head: copy, replace that head's part, run the rest, subtract the
# loss of what was not changed.</details>
# <details><summary>Hint 2: the interface</summary>One number for each head: loss after minus loss before, in nats.
# <code>order[b]</code> says from which sequence sequence b takes its values when resampling. <code>z</code> must stay
# as it is.</details>
# <details><summary>Hint 3: shapes</summary>The mean is <code>z.mean(dim=(0, 1))</code>, (head, d_head); resampled is
# <code>z[order]</code>, of the shape of z; one head's part is <code>[:, :, head]</code>.</details>


# %% exercise="head_ablation_effect"
def head_ablation_effect(
    z: Float[Tensor, "batch pos head d_head"],
    loss_of: Callable[[Float[Tensor, "batch pos head d_head"]], float],
    method: str,
    order: Int[Tensor, "batch"],
) -> Float[Tensor, "head"]:
    """By how many nats the loss rises when each head in turn is ablated, the others left alone.

    method "zero": 0; "mean": the head's mean over batch and positions; "resample": for sequence b,
    its values on sequence order[b].
    """
    ### BEGIN SOLUTION
    instead = {
        "zero": torch.zeros_like(z),
        "mean": z.mean(dim=(0, 1)).expand_as(z),
        "resample": z[order],
    }
    before, effects = loss_of(z), []
    for head in range(z.shape[2]):
        ablated = z.clone()
        ablated[:, :, head] = instead[method][:, :, head]
        effects.append(loss_of(ablated) - before)
    return torch.tensor(effects)
    ### END SOLUTION


# %% check="head_ablation_effect" points=4
check("head_ablation_effect", head_ablation_effect)


# %% tags=["experiment"]
other_rows = torch.arange(len(tokens)).roll(1)  # each takes the values of the sequence before


def loss_after(
    model: torch.nn.Module, place: str, tokens: Tensor, period: int
) -> Callable[[Tensor], float]:
    """The rest of the network: from a value of that place to the mean loss on later occurrences."""

    def loss(value: Tensor) -> float:
        return repeat_loss(model.run_with_hooks(tokens, {place: lambda _: value}), tokens, period)[
            "later"
        ]

    return loss


def ablation_scores(run, step: int, methods=("zero", "mean", "resample")) -> dict[str, float]:
    """The effect of every head at one checkpoint, by method."""
    model, scores = run.checkpoint(step), {}
    _, cache = model.run_with_cache(tokens)
    for layer, method in itertools.product(range(len(model.blocks)), methods):
        place = f"blocks.{layer}.attn.hook_z"
        rest = loss_after(model, place, tokens, period)
        effects = head_ablation_effect(cache[place], rest, method, other_rows)
        scores |= {f"{method} {layer}.{head}": effect.item() for head, effect in enumerate(effects)}
    return scores


# %% tags=["experiment"]
ablations = pd.DataFrame.from_dict(
    {step: ablation_scores(run, step) for step in run.steps}, orient="index"
).rename_axis("step")
figure, axes = plt.subplots(1, 3, figsize=(12, 4), sharey=True, layout="constrained")
for axis, method in zip(axes, ("zero", "mean", "resample"), strict=True):
    plot_trajectories(
        ablations.filter(like=method), ylabel="rise of the loss (nats)", title=method, axis=axis
    )
plt.show()

# %% [markdown]
# **What to see.** At the end everything hangs on the previous-token head: without it the loss goes back to that of a
# network without induction. Any one induction head can be missed, at a few tenths of a nat: the others do the same
# work. While the circuit forms, the other heads of layer 0 matter a little, and later not at all. Resampling does more
# harm than zero and mean, as a wrong previous token is worse than none. Look at head 1.0 under zero ablation: for a
# while the network is *better* without it.
#
# **What this does not show.** How a head does its harm or its good. Its effect on the loss can go through any path. Nor
# that induction heads are unimportant: one at a time, each is covered by the others.

# %% [markdown]
# ### 4.3 Path patching: does it go through the keys?
#
# The story says: the previous-token head writes into position j which token stood at j - 1, and the induction head's
# *keys* read it there. To test it, change that one path and nothing else. Take another sequence. Let the receiver make
# its keys, and its keys only, of a residual stream in which the *sender's* part has been exchanged for what it wrote on
# the other sequence. Queries, values and all other heads stay as they were (Wang et al. 2023; Goldowsky-Dill et al.
# 2023).
#
# **Predict:** for a receiver that is an induction head, how does the loss react to each of the four senders? And to the
# same exchange in its *queries*?
#
# *Difficulty 4 of 5, about 12 minutes.*
# <details><summary>Hint 1: the idea</summary>The residual stream is a sum. Exchange one summand.</details>
# <details><summary>Hint 2: the interface</summary><code>loss_of</code> takes a residual stream that is <em>not</em>
# normalised yet, gives it to the receiver's keys, and returns the loss. One number for each sender: loss with the
# exchange minus loss without.</details>
# <details><summary>Hint 3: shapes</summary><code>written[:, :, head]</code> and <code>other[:, :, head]</code> are
# (batch, pos, d_model), as <code>residual</code> is.</details>


# %% exercise="path_patching_effect"
def path_patching_effect(
    residual: Float[Tensor, "batch pos d_model"],
    written: Float[Tensor, "batch pos head d_model"],
    other: Float[Tensor, "batch pos head d_model"],
    loss_of: Callable[[Float[Tensor, "batch pos d_model"]], float],
) -> Float[Tensor, "head"]:
    """By how many nats the loss rises when one sender's part of what a receiver reads is exchanged.

    `residual` holds the sum of what all senders have `written`; `other` is what they write on other
    sequences. `loss_of` normalises what it is given.
    """
    ### BEGIN SOLUTION
    before, effects = loss_of(residual), []
    for head in range(written.shape[2]):
        exchanged = residual - written[:, :, head] + other[:, :, head]
        effects.append(loss_of(exchanged) - before)
    return torch.tensor(effects)
    ### END SOLUTION


# %% check="path_patching_effect" points=4
check("path_patching_effect", path_patching_effect)


# %% tags=["experiment"]
def reads_from(model: torch.nn.Module, side: str, receiver: int) -> Callable[[Tensor], float]:
    """Residual stream -> loss, where one head of layer 1 makes its q, k or v of it, and no more."""

    def loss(residual: Tensor) -> float:
        def put(inputs: Tensor) -> Tensor:
            changed = inputs.clone()
            changed[:, :, receiver] = normalise(residual)
            return changed

        logits = model.run_with_hooks(tokens, {f"blocks.1.attn.hook_{side}_input": put})
        return repeat_loss(logits, tokens, period)["later"]

    return loss


def path_scores(run, step: int, sides: str = "qkv") -> dict[str, float]:
    """The effect of every path from layer 0 into one side of each head of layer 1."""
    model = run.checkpoint(step)
    _, cache = model.run_with_cache(tokens)
    residual, written = cache["blocks.1.hook_resid_pre"], cache["blocks.0.attn.hook_result"]
    return {
        f"{side}: 0.{head} to 1.{receiver}": effect.item()
        for side, receiver in itertools.product(sides, range(written.shape[2]))
        for head, effect in enumerate(
            path_patching_effect(
                residual, written, written[other_rows], reads_from(model, side, receiver)
            )
        )
    }


# %% tags=["experiment"]
paths = pd.DataFrame.from_dict(
    {step: path_scores(run, step) for step in run.steps[::2]}, orient="index"
).rename_axis("step")
figure, axes = plt.subplots(1, 3, figsize=(12, 4), sharey=True, layout="constrained")
for axis, side in zip(axes, "qkv", strict=True):
    plot_trajectories(
        paths.filter(like=f"{side}:"),
        ylabel="rise of the loss (nats)",
        title=f"into {side}",
        axis=axis,
        color="0.75",
    )
    for name in paths.filter(like=f"{side}: 0.{sender}"):
        axis.plot(paths.index, paths[name], color="tab:blue")
    axis.get_legend().remove()
axes[0].text(
    0.03, 0.9, f"blue: from head 0.{sender}", color="tab:blue", transform=axes[0].transAxes
)
plt.show()

# %% [markdown]
# **What to see.** What layer 0 writes hardly matters to queries and to values. It matters to *keys*, and what matters
# is what the previous-token head writes (blue): nothing before the change, then more and more, for each head that stays
# an induction head. That is K-composition in use, where 3.2 could only say that it is possible.
#
# **What this does not show.** That these paths are all there is: several receivers share the work, so that spoiling one
# of them is made up for by the others.

# %% [markdown]
# ### Experiment: is it enough?
#
# Ablation asks whether a part is *necessary*. The other question is whether it is *sufficient*. Put the heads of a
# later checkpoint, with all their weights, into an earlier one: those of layer 0, those of layer 1, or both. Who brings
# the behaviour?


# %% tags=["experiment"]
def transplanted(target: int, donor: int, layers: list[int], embeddings: bool = False) -> float:
    """Loss on repeats of an early checkpoint with heads or embeddings of a later one put in."""
    model, later = run.checkpoint(target), run.checkpoint(donor)
    for layer in layers:
        model.blocks[layer].load_state_dict(later.blocks[layer].state_dict())
    for part in ("embed", "pos_embed", "unembed") if embeddings else ():
        getattr(model, part).load_state_dict(getattr(later, part).state_dict())
    return repeat_loss(model(tokens), tokens, period)["later"]


# %% tags=["experiment"]
targets = [step for step in run.steps if 100 <= step <= 260]
parts = {
    "nothing": ([], False),
    "heads of layer 0": ([0], False),
    "heads of layer 1": ([1], False),
    "both": ([0, 1], False),
    "embeddings alone": ([], True),
}
figure, axes = plt.subplots(1, 2, figsize=(11, 4), sharey=True, layout="constrained")
for axis, donor in zip(axes, (260, 800), strict=True):
    transplants = pd.DataFrame(
        {
            name: {target: transplanted(target, donor, *what) for target in targets}
            for name, what in parts.items()
        }
    ).rename_axis("step")
    title = f"put in from step {donor}, seed 3"
    plot_trajectories(transplants, ylabel="loss on repeats (nats)", title=title, axis=axis)
    axis.set_xticks([100, 150, 200, 260])
plt.show()

# %% [markdown]
# **What to see.** Left, with heads from just after the change: those of layer 0 alone bring next to nothing, those of
# layer 1 alone neither, both together bring a good part of it, earlier than the network itself gets there. It takes the
# pair. The rest is in the embeddings. Right, with heads from the end of training: every transplant does *harm*.
# Embeddings and heads have moved on together since, and the late heads read and write directions that mean something
# else in the early network.
#
# **What this does not show.** That a head is a module that can be moved. It is one in the company in which it grew.

# %% [markdown]
# ### Experiment: how many heads carry it?
#
# At each checkpoint, how many of the eight heads does it take to carry 90 % of the summed effect of (mean) ablation?

# %% tags=["experiment"]
effects = ablations.filter(like="mean").to_numpy().T
spread = redundancy(run.steps, effects, least_total=0.3)
axis = plot_trajectories(
    spread[["components", "effective_number"]],
    ylabel="heads",
    title="How many heads carry the effect, seed 3",
)
axis.set_ylim(0, 8)
plt.show()

# %% [markdown]
# **What to see.** Where the effects together are under 0.3 nats nothing is shown, as noise spreads evenly over all
# heads. When the circuit forms the effect is spread over nearly all heads. Then it gathers in fewer: four of eight at
# the end, and by the effective number, which weighs large effects more, two. This pruning comes *after* the change,
# while the loss hardly moves.
#
# **What this does not show.** That four heads would do. Heads that cover each other count too little here, as each is
# ablated alone.

# %% [markdown]
# ## 5. When, and in which order?

# %% [markdown]
# ### 5.1 When did a head form?
#
# "For good" is a fine rule for a curve that ends where it arrives. Heads are not like that: some form, work, and are
# pruned again. So we say that a head **has formed** at the first checkpoint at which its score is at or above a
# threshold *and still is at the next checkpoint*. One checkpoint alone may be a flash, and the last one has no next.
# What lies between two checkpoints is not known: the **bracket** is the checkpoint before, and that checkpoint. For one
# number, interpolate between the two, linearly in the logarithm of the step.
#
# **Predict:** look at the figure in 2.2. With a threshold of 0.4, how many heads of layer 1 form? How many would, if
# they had to stay above it?
#
# *Difficulty 3 of 5, about 15 minutes.*
# <details><summary>Hint 1: the idea</summary>A table of True and False, and the same table moved by one checkpoint:
# where both are True, a head has formed.</details>
# <details><summary>Hint 2: the interface</summary>Three arrays of floats, one entry for each head: NaN, in all three,
# for a head that never forms. At the first checkpoint no head is at the threshold.</details>
# <details><summary>Hint 3: a walk through</summary>With i the position of the first such checkpoint, the share of the
# way is <code>(threshold - scores[i - 1]) / (scores[i] - scores[i - 1])</code>, and the same share of the way from
# <code>np.log10(steps[i - 1])</code> to <code>np.log10(steps[i])</code> is the logarithm of the answer.</details>


# %% exercise="formation_step"
def formation_step(
    steps: np.ndarray, scores: Float[np.ndarray, "checkpoint head"], threshold: float
) -> dict[str, Float[np.ndarray, "head"]]:
    """When each head formed: its score reaches a threshold and stays for a checkpoint.

    Steps (checkpoint,) ascend from 1. Returns {"step", "before", "after"}: the bracket of two
    checkpoints, and the crossing between them, linear in log10(step). NaN in all three for a head
    that does not form.
    """
    ### BEGIN SOLUTION
    there = scores >= threshold
    formed = there[:-1] & there[1:]
    found = {name: np.full(scores.shape[1], np.nan) for name in ("step", "before", "after")}
    for head in np.flatnonzero(formed.any(axis=0)):
        i = formed[:, head].argmax()
        low, high = scores[i - 1, head], scores[i, head]
        ends = np.log10(steps[i - 1 : i + 1])
        found["step"][head] = 10 ** (
            ends[0] + (threshold - low) / (high - low) * (ends[1] - ends[0])
        )
        found["before"][head], found["after"][head] = steps[i - 1], steps[i]
    return found
    ### END SOLUTION


# %% check="formation_step" points=4
check("formation_step", formation_step)

# %% tags=["experiment"]
later_steps = np.array([step for step in run.steps if step > 0])
table = heads.join(weights).loc[later_steps]
kinds = {"previous 0": 0.3, "prefix 1": 0.4, "copying 1": -0.7, "K 0": 0.08}
formed = pd.concat(
    pd.DataFrame(
        formation_step(later_steps, table.filter(like=kind).to_numpy(), threshold),
        index=table.filter(like=kind).columns,
    )
    for kind, threshold in kinds.items()
)
formed.dropna().sort_values("step").round(0).astype(int)

# %% tags=["experiment"]
scores = table.filter(like="prefix 1")
best = scores.iloc[-1].idxmax()
where = formed.loc[best]
figure, axis = plt.subplots(figsize=(9, 4), layout="constrained")
plot_trajectories(
    behaviour.loc[later_steps, ["later"]], ylabel="loss (nats)", axis=axis, color="0.3"
)
right = axis.twinx()
for name in scores:
    right.plot(scores.index, scores[name], marker=".", label=name)
right.set(ylabel="prefix-matching score", ylim=(0, 1))
right.legend(frameon=False, loc="center left")
axis.axvspan(where["before"], where["after"], color="gold", alpha=0.5)
axis.set_title(f"Loss and heads on one axis; gold: the bracket of {best}")
plt.show()

# %% [markdown]
# **What to see.** The heads of layer 1 cross the threshold within a few dozen steps of each other, right where the loss
# falls. The yellow band is all that these checkpoints know about when: anything inside it is interpolation.
#
# **What this does not show.** That 0.4 is *the* threshold. Another one moves every step in the table. What comes first
# among *different* measures depends on it even more: that is the next question, and it needs a rule that treats all
# measures alike.

# %% [markdown]
# ### 5.2 In which order?
#
# The textbook order is: previous-token head, then composition, then induction. One run cannot show it, since another
# seed may do it otherwise. Take the step of each event in every seed, and for two events look at $\log_{10}$ of the
# ratio of their steps *within each seed*, as a step later means less at step 1000 than at step 10. If the 95 % interval
# of the mean (Student's t) leaves out zero, one comes first. If it does not, the honest answer is that **these seeds
# cannot order them**.
#
# **Predict:** will "previous-token head before induction head" be among the findings?
#
# *Difficulty 4 of 5, about 15 minutes.*
# <details><summary>Hint 1: the idea</summary>For each pair of events: differences of logarithms first, then mean and
# interval.</details>
# <details><summary>Hint 2: the interface</summary>A list of sentences, one for each pair: <code>"A before B"</code>, or
# <code>"A and B cannot be ordered"</code> with A standing before B in the dict. A seed in which either event is NaN
# does not count for that pair; with fewer than three seeds nothing can be ordered.</details>
# <details><summary>Hint 3: a walk through</summary><code>itertools.combinations(events, 2)</code> gives the pairs in
# order. n lags with sample standard deviation s (<code>ddof=1</code>): half the width is <code>scipy.stats.t.ppf(0.975,
# n - 1) * s / np.sqrt(n)</code>.</details>


# %% exercise="assembly_order"
def assembly_order(events: dict[str, Float[np.ndarray, "seed"]]) -> list[str]:
    """The order of each pair of events: "A before B", or "A and B cannot be ordered".

    Each value holds the step of an event in every seed, NaN where there was none. Judged by the
    95 % t interval of the mean of log10(step of B / step of A) over the seeds that have both, three
    at least.
    """
    ### BEGIN SOLUTION
    findings = []
    for first, second in itertools.combinations(events, 2):
        lags = np.log10(events[second] / events[first])
        lags, finding = lags[~np.isnan(lags)], f"{first} and {second} cannot be ordered"
        if len(lags) >= 3:
            half = scipy.stats.t.ppf(0.975, len(lags) - 1) * lags.std(ddof=1) / np.sqrt(len(lags))
            if abs(lags.mean()) > half:
                finding = (
                    f"{first} before {second}" if lags.mean() > 0 else f"{second} before {first}"
                )
        findings.append(finding)
    return findings
    ### END SOLUTION


# %% check="assembly_order" points=4
check("assembly_order", assembly_order)

# %% [markdown]
# Now for all eight seeds. To treat all measures alike, each is put on a scale from 0 (its first value) to 1 (its last),
# taking the best head where a measure has several, and an event is the crossing of one half.


# %% tags=["experiment"]
def measures_at(run, step: int) -> dict[str, float]:
    """Every measure at one checkpoint, that of the best head or pair where there are several."""
    model = run.checkpoint(step)
    attention, circuits = (
        pd.Series(attention_scores(run, step)),
        pd.Series(weight_scores(run, step)),
    )
    logits = model(tokens)
    return {
        "previous token readable": probe_scores(run, step)["after layer 0"],
        "previous-token score": attention.filter(like="previous 0").max(),
        "copying": circuits.filter(like="copying").max(),
        "K-composition": circuits.filter(like="K 0").max(),
        "prefix matching": attention.filter(like="prefix 1").max(),
        "loss on repeats": repeat_loss(logits, tokens, period)["later"],
        "in-context learning": in_context_learning_score(model(mixed), mixed, early, late),
    }


# %% tags=["experiment"]
common = [step for step in load_recorded("induction_classroom").steps if step > 0]
curves = {
    seed: pd.DataFrame.from_dict(
        {step: measures_at(runs.seed(seed), step) for step in [0, *common]}, orient="index"
    )
    for seed in runs.seeds
}
scaled = {seed: (c - c.iloc[0]) / (c.iloc[-3:].median() - c.iloc[0]) for seed, c in curves.items()}
brackets = {
    seed: pd.DataFrame(
        formation_step(np.array(common), s.loc[common].to_numpy(), 0.5), index=s.columns
    )
    for seed, s in scaled.items()
}
events = {name: np.array([b.loc[name, "step"] for b in brackets.values()]) for name in curves[0]}
pd.DataFrame(events, index=pd.Index(runs.seeds, name="seed")).round(0)

# %% tags=["experiment"]
assembly_order(events)

# %% tags=["experiment"]
by_seed = {name: np.stack([s.loc[common, name] for s in scaled.values()]) for name in events}
compared = compare_transitions(by_seed, common, paired=True)
axis = compared.plot()
plt.show()
intervals = pd.DataFrame(
    {
        name: {"step": t.step, "from": t.interval[0], "to": t.interval[1], "verdict": t.verdict}
        for name, t in sorted(compared.transitions.items(), key=lambda item: item[1].step)
    }
).T
intervals.rename_axis("event")

# %% [markdown]
# **What to see.** Black bars are 95 % intervals over the seeds, coloured ones the width of the change. In the recorded
# runs the previous token becomes *readable*, and heads begin to copy, near step 190; these two cannot be ordered.
# Prefix matching and the loss on repeats follow within 20 steps, then in-context learning. The previous-token *score of
# the best head* comes last, near step 255, after everything that is said to need it. Both are right: early on many
# heads look back a little, which is enough to read and to use; the one head that does it all grows out of them later.
# "Previous-token heads form first" is true of the information and false of the head. K-composition differs so much
# between seeds that it can be ordered only against the first and the last of these.
#
# Two ways to place a change, the crossing of one half (5.1) and a fitted curve (the figure), agree on all this. They do
# not agree on whether prefix matching or the loss comes first: the two lie within 2 % of each other in steps. Believe
# neither.
#
# **What this does not show.** That an earlier event *causes* a later one. And eight seeds of one setting say nothing
# about another setting.

# %% [markdown]
# ### 5.3 Do the seeds agree?
#
# "It forms around step 220" is a claim about seeds that nobody has trained yet. Put three numbers beside it: the share
# of seeds in which the change came at all, how far the steps spread, in decades, and how far a single bracket reaches,
# in decades. A spread no larger than a bracket means that the seeds agree as closely as these checkpoints can tell.
#
# **Predict:** is the spread over seeds larger or smaller than a factor of 2, which is 0.3 decades?
#
# *Difficulty 2 of 5, about 8 minutes.*
# <details><summary>Hint 1: the idea</summary>Each seed that formed has a bracket; its middle, on a log axis, stands for
# the step.</details>
# <details><summary>Hint 2: the interface</summary>Four numbers. The middle of a bracket is the geometric mean of its
# ends; <code>"step"</code> is the geometric mean over seeds. Seeds that never formed count in <code>"formed"</code>
# only.</details>
# <details><summary>Hint 3: a walk through</summary><code>low, high = np.log10(before), np.log10(after)</code> without
# the NaN; middles <code>(low + high) / 2</code>; mean and <code>std(ddof=1)</code> of the middles; mean of <code>high -
# low</code>.</details>


# %% exercise="seed_agreement"
def seed_agreement(
    before: Float[np.ndarray, "seed"], after: Float[np.ndarray, "seed"]
) -> dict[str, float]:
    """Do seeds change at a similar step? From each seed's bracket, NaN where it never formed.

    Returns {"formed": share of seeds, "step": geometric mean over seeds of the brackets' geometric
    middles, "spread": sample standard deviation (ddof=1) of log10 of the middles, "bracket": mean
    of log10(after / before)}.
    """
    ### BEGIN SOLUTION
    there = ~np.isnan(before)
    low, high = np.log10(before[there]), np.log10(after[there])
    middles = (low + high) / 2
    return {
        "formed": float(there.mean()),
        "step": float(10 ** middles.mean()),
        "spread": float(middles.std(ddof=1)),
        "bracket": float((high - low).mean()),
    }
    ### END SOLUTION


# %% check="seed_agreement" points=3
check("seed_agreement", seed_agreement)

# %% tags=["experiment"]
agreement = pd.DataFrame(
    {
        name: seed_agreement(
            np.array([b.loc[name, "before"] for b in brackets.values()]),
            np.array([b.loc[name, "after"] for b in brackets.values()]),
        )
        for name in events
    }
).T
agreement.round(3)

# %% tags=["experiment"]
later_losses = np.stack([c.loc[common, "loss on repeats"] for c in curves.values()])
each = {
    f"seed {seed}": describe_transition(common, row)
    for seed, row in zip(runs.seeds, later_losses, strict=True)
}
verdicts = pd.DataFrame(
    {
        name: {
            "verdict": t.verdict,
            "step": t.step,
            "bracket": t.bracket,
            "width (decades)": t.width_decades,
        }
        for name, t in each.items()
    }
).T
verdicts.rename_axis("run")

# %% [markdown]
# **What to see.** It forms in eight of eight seeds. For prefix matching and the loss the spread is about 0.025 decades,
# a factor of 1.06, and the brackets are as wide: the seeds agree as closely as these checkpoints can tell.
# K-composition spreads more. Each seed by itself is *sudden* by the rules of `course_utils.transitions`: the loss
# changes within 0.2 decades, from step 190 to 300 or so.
#
# **What this does not show.** That language models agree as well. All seeds here share data of one kind, one size and
# one learning rate.

# %% [markdown]
# ## 6. A low loss is not a mechanism
#
# One more network: the same in everything, but trained on sequences that *all* have period 16. Its loss on such
# sequences falls faster and lower than that of the others.

# %% tags=["experiment"]
trap = (
    train(InductionConfig(periods=(16, 16), steps=300))
    if live
    else load_recorded("induction_fixed_period")
)
fixed = trap.checkpoint(trap.steps[-1])
honest = run.checkpoint(run.steps[-1])
at_16 = repeats(16)
pd.DataFrame(
    {
        "any period": repeat_loss(honest(at_16), at_16, 16),
        "period 16 only": repeat_loss(fixed(at_16), at_16, 16),
    }
).round(2)

# %% [markdown]
# ### 6.1 Does it do induction?
#
# "Look 15 back" is a rule too, and it needs no induction head: positions alone do it. On sequences of period 16 the two
# rules cannot be told apart. They can at *other* periods. So the verdict is about behaviour where the shortcut fails:
# **a network does induction if, at every one of several periods, its mean loss on later occurrences is below ln 2**,
# which means that the right token has, on (geometric) average, more than half of the probability.
#
# **Predict:** a network that looks 15 back is tried at periods 16, 8 and 4. Where does it look right?
#
# *Difficulty 2 of 5, about 6 minutes.*
# <details><summary>Hint 1: the idea</summary>A rule that holds at one period proves nothing; one that fails at one
# period is refuted.</details>
# <details><summary>Hint 2: the interface</summary><code>losses_at(p)</code> gives <code>{"first": ..., "later":
# ...}</code> on sequences of period p. Return <code>True</code> or <code>False</code>.</details>
# <details><summary>Hint 3: a walk through</summary><code>all(... for period in periods)</code>; the natural logarithm
# is <code>np.log</code>.</details>


# %% exercise="is_induction"
def is_induction(losses_at: Callable[[int], dict[str, float]], periods: list[int]) -> bool:
    """Whether the mean loss on later occurrences is below ln 2 at every one of the periods."""
    ### BEGIN SOLUTION
    return all(losses_at(period)["later"] < np.log(2) for period in periods)
    ### END SOLUTION


# %% check="is_induction" points=3
check("is_induction", is_induction)


# %% tags=["experiment"]
def losses_of(model: torch.nn.Module) -> Callable[[int], dict[str, float]]:
    """Period -> losses on sequences of that period."""

    def losses_at(period: int) -> dict[str, float]:
        tokens = repeats(period)
        return repeat_loss(model(tokens), tokens, period)

    return losses_at


tried = list(range(6, 17))
by_period = pd.DataFrame(
    {
        name: {period: losses_of(model)(period)["later"] for period in tried}
        for name, model in (("any period", honest), ("period 16 only", fixed))
    }
)
axis = by_period.plot(marker="o", figsize=(8, 3.5))
axis.axhline(np.log(2), color="0.6", linestyle=":", linewidth=1)
axis.set(
    xlabel="period",
    ylabel="loss on later occurrences (nats)",
    title="Trained on any period, and on 16 alone",
)
print("any period:", is_induction(losses_of(honest), tried))
print("period 16 only:", is_induction(losses_of(fixed), tried))


# %% tags=["experiment"]
def best_scores(model: torch.nn.Module, period: int) -> dict[str, float]:
    """Both scores of the best head, on sequences of one period."""
    tokens = repeats(period)
    layers = patterns_at(model, tokens)
    return {
        f"previous token, period {period}": max(
            previous_token_score(p).max().item() for p in layers
        ),
        f"prefix matching, period {period}": max(
            prefix_matching_score(p, tokens).max().item() for p in layers
        ),
    }


pd.DataFrame(
    {
        "any period": best_scores(honest, 8) | best_scores(honest, 11),
        "period 16 only": best_scores(fixed, 8) | best_scores(fixed, 11),
    }
).round(2)

# %% [markdown]
# **What to see.** Away from period 16 the network is worse than one that knows nothing: 7 to 9 nats where a blind guess
# costs 3.5. It is sure, and wrong. At period 8 it does rather well: a token that stands 15 back there, too, follows an
# earlier copy. So one other period is not enough of a test, and *neither is one score*: at period 8 even its prefix
# matching looks like that of an induction head. At period 11 it does not. And no head of it looks at the previous
# token.
#
# **What this does not show.** That the first network would pass at any length. It was trained, and tried, within 33
# positions.

# %% [markdown]
# ### Experiment: change one thing
#
# What does the change need? A table holds the loss on repeats (of random period, 8 to 16) of networks in which one
# setting differs, three seeds each.

# %% tags=["experiment"]
settings = load_table("induction_settings")
means = settings.groupby(["setting", "step"], sort=False)["later_loss"].mean().unstack("setting")
axis = plot_trajectories(
    means, ylabel="loss on repeats (nats)", title="One setting changed, mean of three seeds"
)
plt.show()

# %% [markdown]
# **What to see.** One layer gets to about 2.5 nats, from knowing which tokens are in the sequence, and there is no
# drop: one layer cannot compose. Without positions the previous token cannot be found by its place, and there is no
# drop in these 800 steps either. Without weight decay the same change comes, somewhat later. Training on one period
# makes the loss on *other* periods rise and rise, while the loss that it is trained on is near zero.
#
# **What this does not show.** That one layer, or no positions, never gets there. A causal mask alone tells a little
# about positions, and 800 steps are where we stopped looking.

# %% [markdown]
# ### Experiment: does it carry over?
#
# Repeats are one kind of context. In a second kind every sequence has a rule of its own for which token follows which;
# in a third, tokens are as uneven as words, and a passage returns once. Nobody trained the networks on these.

# %% tags=["experiment"]
kinds = {"a rule for each sequence": context_bigrams, "a passage that returns": zipf_streams}


def split_loss(make: Callable, model: torch.nn.Module) -> dict[str, float]:
    """Mean loss (nats) on tokens whose pair with the one before stood earlier in the sequence, and on others."""
    sequences = make(256, 32, vocabulary, torch.Generator().manual_seed(9))
    pairs = sequences[:, :-1] * (vocabulary + 1) + sequences[:, 1:]
    seen = (pairs[:, :, None] == pairs[:, None, :]).tril(-1).any(dim=-1)
    log_probabilities = model(sequences)[:, :-1].log_softmax(dim=-1)
    losses = -log_probabilities.gather(-1, sequences[:, 1:, None])[..., 0]
    return {"pair seen before": losses[seen].mean().item(), "not seen": losses[~seen].mean().item()}


models = {"step 0": run.checkpoint(0), "any period": honest, "period 16 only": fixed}
pd.DataFrame(
    {
        (kind, name): split_loss(make, model)
        for kind, make in kinds.items()
        for name, model in models.items()
    }
).T.round(2)

# %% [markdown]
# **What to see.** Where a pair of tokens has been seen before in the sequence, the network that was trained on any
# period knows the second one: 1.1 and 1.6 nats, on kinds of sequences that it never met. Elsewhere it is worse than a
# blind guess (3.5): it names followers that do not come. The network with the shortcut is worse than an untrained one
# on both kinds and in both columns. A rule about *content* carries over, a rule about *places* does not.
#
# **What this does not show.** That a network which copies whenever it can has learned *when* to. In its training data
# copying was always right, from the second time on.

# %% [markdown]
# ## 7. The same functions on other models
#
# Nothing that you wrote knows the toy network. On a suite of checkpoints, `sweep` applies a function at every step.
# Here is the suite `pun-world`, a small language model that ships with the kit. It was trained on short texts about
# puns, never on random tokens that repeat.

# %% tags=["experiment"]
source = "pun-world"  # with a network connection: "EleutherAI/pythia-70m"
suite = load_suite(source)
with suite.open(suite.steps[-1]) as model:
    size = model._module.config.vocab_size
print(f"{suite.name}: {len(suite.steps)} steps, {size:,} tokens")


# %% tags=["experiment"]
def random_repeats(size: int, period: int = 15, copies: int = 4, count: int = 16) -> Tensor:
    """Random tokens repeated, after a start token, which is token 0."""
    generator = torch.Generator().manual_seed(8)
    once = torch.randint(1, size, (count, period), generator=generator)
    return torch.cat([torch.zeros(count, 1, dtype=torch.long), once.repeat(1, copies)], dim=1)


foreign = random_repeats(size)


def behaviour_of(model) -> dict[str, float]:
    """Your repeat_loss, on any model that nnsight can run."""
    logits = run_edited(model, foreign, [[]])[0]
    return repeat_loss(logits, foreign, 15)


def best_heads_of(model) -> dict[str, float]:
    """Your two scores, of the best head of the model."""
    from course_utils.inside import patterns

    layers = patterns(model, foreign)
    return {
        "previous": max(previous_token_score(p).max().item() for p in layers),
        "prefix": max(prefix_matching_score(p, foreign).max().item() for p in layers),
    }


# %% tags=["experiment"]
steps = suite.select(14)  # evenly spaced on a log axis; from a hub, only these are downloaded
elsewhere = sweep(suite, {"loss": behaviour_of, "best": best_heads_of}, steps, progress=False)
figure, axes = plt.subplots(1, 2, figsize=(11, 4), layout="constrained")
plot_trajectories(
    elsewhere.filter(like="loss"), ylabel="loss (nats)", title=str(suite.name), axis=axes[0]
)
plot_trajectories(
    elsewhere.filter(like="best"),
    ylabel="score of the best head",
    title=str(suite.name),
    axis=axes[1],
)
axes[1].set_ylim(0, 1)
plt.show()

# %% [markdown]
# **What to see.** Up to step 1000 random tokens that repeat are no easier than random tokens that do not. Then a
# previous-token head and a prefix-matching head appear between two or three checkpoints, and the loss on later
# occurrences falls from 6 to 1 nat. Nobody trained this model on such sequences: it learned to look back because its
# texts repeat themselves. On first occurrences it gets worse than a blind guess ($\\ln 363 \\approx 5.9$), as random
# words are nothing like its texts.
#
# **What this does not show.** Which comes first. There is one checkpoint at 1000, one at 1200 and one at 1450, and all
# curves move between them.
#
# **What published checkpoints can resolve.** Pythia's are at steps 0, 1, 2, 4, ..., 512, 1000, 2000 and on, with
# 2,097,152 tokens a step. Induction appears in it after about two billion tokens (Tigges et al. 2024), which is near
# step 1000.

# %% tags=["experiment"]
published = np.array([*(2**i for i in range(10)), 1000, 2000, 3000])
tokens_seen = published * 2_097_152
around = pd.DataFrame({"step": published, "tokens (billions)": tokens_seen / 1e9}).tail(6)
around["decades to the next"] = np.log10(published[-5:] / published[-6:-1]).tolist() + [np.nan]
around.round(2)

# %% [markdown]
# **What to see.** Between steps 512 and 2000 there is one checkpoint, and each gap is about 0.3 decades, a factor of
# two. The whole change took 0.2 to 0.3 decades in section 5. Whether Pythia's heads form in 0.05 or 0.5 decades, and
# which head comes first, cannot be told from these checkpoints, with any detector. Olsson et al. (2022), who had denser
# ones of their own models, place the change between 2.5 and 5 billion tokens.

# %% [markdown]
# ## 8. What you make of it

# %% [markdown] written="necessary_and_sufficient" points=4
# **Question.** Take the claim "a previous-token head and an induction head, wired by K-composition, cause the drop of
# the loss". For each of these four kinds of evidence in this notebook, say in one sentence what it adds to the claim
# and what it leaves open: the attention scores, the probe, the ablations, the path patching.
#
# ### BEGIN SOLUTION
# Attention scores show that heads with the right patterns appear where the loss falls; they do not show that the loss
# depends on them. The probe shows that the previous token is present in the residual stream after layer 0, and that it
# is there early; it does not show that anything reads it. Ablations show that the loss depends on the heads; not by
# which path, and a head that others can stand in for looks unnecessary. Path patching shows that what the
# previous-token head writes matters *through the keys* of the induction heads and hardly through queries; it leaves
# open what else is needed, and it is told for one receiver at a time.
# ### END SOLUTION
#
# ### BEGIN MARK SCHEME
# - 1 point each for scores, probe, ablation, path patching: both what it adds and what it leaves open. Half a point for
#   one of the two.
# - For the probe, "readable is not used" has to be there in some form.
# - For ablation, either back-up heads or "not by which path" is enough.
# ### END MARK SCHEME

# %% [markdown] written="what_comes_first" points=4
# **Question.** "Previous-token heads form first, then induction heads." Do your results of 5.2 support this? Answer
# with the findings that the intervals allow, say how the answer depends on *which measure* stands for "the
# previous-token head has formed", and name one more measurement that would make the answer firmer.
#
# ### BEGIN SOLUTION
# It depends on the measure. Read by the probe, the previous token is available before prefix matching rises, in every
# seed, and the interval leaves out zero: so far the sentence holds. By the attention of the best head it does not hold:
# the previous-token score of the best head is halfway to its final value only after prefix matching is. The reason is
# that several heads share the work first and one takes over later. A score for all heads of layer 0 together, or an
# ablation of the whole layer's attention to the previous token at each checkpoint, would say when the network *uses*
# it. More seeds would narrow the intervals.
# ### END SOLUTION
#
# ### BEGIN MARK SCHEME
# - 1 point: states findings with their intervals or the words "cannot be ordered", not best guesses.
# - 2 points: sees that probe and best-head score give different answers, and says why (many heads a little, one head
#   later). 1 point for the difference without a reason.
# - 1 point: a measurement that would really decide (pooled score, ablation or patching over checkpoints, another
#   threshold, denser checkpoints, more seeds, with what it would show).
# ### END MARK SCHEME

# %% [markdown] written="the_shortcut" points=4
# **Question.** The network of section 6 has a lower loss than any other in this notebook, on the data it was trained
# on. Say what it has learned, what in the *training data* allowed that, and which two measurements of this notebook
# would have given it away without trying other periods. Then name a shortcut of this kind that a study of a *language
# model* could fall for.
#
# ### BEGIN SOLUTION
# It has learned to attend a fixed number of positions back, which position embeddings alone can do. All training
# sequences had the same period, so that this rule was always right, and it is easier to learn than a composition of two
# heads. No head of it is a previous-token head, so that there is nothing to compose, and its prefix-matching score at
# period 11 is near zero (at period 8, which divides 16, it is not); path patching into the keys would show no effect.
# In a language model: a probe for puns on sentences whose puns all end with the same few words can succeed by topic;
# "induction" measured on prompts of one length can be a positional habit.
# ### END SOLUTION
#
# ### BEGIN MARK SCHEME
# - 1 point: attends to a fixed distance, by position.
# - 1 point: the fixed period made the shortcut always right.
# - 1 point: two measurements that show it (prefix matching on another period, previous-token score, probe, path
#   patching).
# - 1 point: a plausible shortcut in a language-model study, with the reason why the measure could not tell.
# ### END MARK SCHEME

# %% [markdown]
# ## References
#
# - N. Elhage, N. Nanda, C. Olsson, and others (2021). *A mathematical framework for transformer circuits.* Transformer
#   Circuits Thread.
# - C. Olsson, N. Elhage, N. Nanda, and others (2022). *In-context learning and induction heads.* arXiv 2209.11895.
# - K. Wang, A. Variengien, A. Conmy, B. Shlegeris, J. Steinhardt (2023). *Interpretability in the wild.* arXiv
#   2211.00593.
# - N. Goldowsky-Dill, C. MacLeod, L. Sato, A. Arora (2023). *Localizing model behavior with path patching.* arXiv
#   2304.05969.
# - A. Singh, T. Moskovitz, F. Hill, S. Chan, A. Saxe (2024). *What needs to go right for an induction head?* arXiv
#   2404.07129.
# - C. Tigges, M. Hanna, Q. Yu, S. Biderman (2024). *LLM circuit analyses are consistent across training and scale.*
#   arXiv 2407.10827.
