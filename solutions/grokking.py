# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Grokking: a network that learns twice
#
# A small transformer learns to add modulo a prime. First it learns its training examples by heart. Much later, though
# nothing about the data has changed, it also gets the pairs right that it has never seen. Power et al. (2022) called this
# *grokking*. Nanda et al. (2023) opened such a network up and found the algorithm that it ends with: it turns numbers into
# angles and adds angles.
#
# In this notebook you train that network yourself, in well under a minute on a laptop, and then you
#
# 1. say exactly *when* it memorised and when it generalised,
# 2. build the basis in which its weights are simple, and find the few frequencies that it chose,
# 3. measure the algorithm in its logits, on its own and taken away,
# 4. look at neurons, probe them, and break them,
# 5. find out *what moves first*, and whether that lets you predict when it will generalise.
#
# **How to work with it.** Predict before you compute. Write your code where an exercise says so, then run the check below
# it. A check that fails says what came, what was expected, and what probably went wrong. A check that passes has tried a
# few public cases; when the notebook is graded, other cases are drawn.

# %%
import itertools
from collections.abc import Callable

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import scipy.stats
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from course_utils import (
    check, describe_transition, load_recorded, load_table, mark_steps, plot_trajectories,
    step_slider,
)
from course_utils.modular_addition import (
    ModularAdditionConfig, all_pairs, cross_entropy, pair_sums, pair_tokens, train,
)

# %% [markdown]
# ## 1. Train it and watch
#
# **The task.** The input is three tokens, `a b =`, with a and b from 0 to 112. At `=` the network has to say
# $(a + b) \bmod 113$. There are $113^2 = 12769$ such pairs. The network is shown 30 % of them, all of them in every step, and
# is tested on the rest.
#
# **The network.** One layer: attention with 4 heads, then an MLP with 512 ReLU neurons, no LayerNorm. It is trained with
# AdamW with weight decay 1. The learning rate is 0.01, ten times that of Nanda et al., which brings the whole story into a
# thousand steps.
#
# **Predict.** After how many steps will the training accuracy reach 100 %? And what will the test accuracy be at that
# moment: near 0, near chance (1/113), about half, or also near 100 %? Write your guess down.

# %% tags=["experiment"]
live = True  # False: open a run that was recorded earlier, instead of training one
run = (
    train(ModularAdditionConfig.classroom(seed=4)) if live else load_recorded("grokking_classroom")
)
modulus = run.config.modulus
run.metrics.iloc[::10].round(4)

# %% tags=["experiment"]
losses = run.metrics[["train_loss", "test_loss"]]
axis = plot_trajectories(losses, ylabel="loss (nats)", title="Loss over training")
axis.set_yscale("log")

# %% [markdown]
# **What to see.** The training loss falls at once. The test loss goes the other way, far above the loss of a uniform guess,
# $\ln 113 \approx 4.73$: the network is confidently wrong about what it has not seen. Then the test loss falls as well, by many
# orders of magnitude.
#
# **What this does not show.** It does not show that nothing happened in between. A loss that stays flat, or even rises, says
# what comes out of the network, not what changes inside. The rest of this notebook is about that difference.

# %% [markdown]
# ### 1.1 When did it memorise, and when did it generalise?
#
# "Grokking happens around step 500" is not a measurement. To compare runs you need a rule that two people apply in the same
# way. A curve may touch a threshold, fall back and return, so the first touch is not a good rule. We say: the
# **memorisation step** is the first checkpoint from which the *training* accuracy stays at or above the threshold *for good*,
# that is, to the end of the run. The **generalisation step** is the same for the *test* accuracy. Where a curve does not
# end at or above the threshold, there is no such step, and the answer is `None`.
#
# **Predict** before you compute: for the run above and a threshold of 0.99, how many times as many steps does generalising
# take as memorising?
#
# *Difficulty 2 of 5, about 10 minutes.*
# <details><summary>Hint 1: the idea</summary>Look from the end. The last checkpoint <em>below</em> the threshold is the last
# moment at which the curve was not there for good.</details>
# <details><summary>Hint 2: the interface</summary>The answer is a step, an entry of <code>steps</code>, not a position in the
# array, and a plain <code>int</code>. "At or above" means that a value equal to the threshold counts. Two curves, one rule:
# a small function inside the function saves you from writing it twice.</details>
# <details><summary>Hint 3: a walk through</summary><code>below = np.flatnonzero(accuracy &lt; threshold)</code> gives the positions
# that are still below. If it is empty, the answer is the first step. If its last entry is the last position of the curve, the
# answer is <code>None</code>. Otherwise it is the step that follows that entry.</details>


# %% exercise="grokking_steps"
def grokking_steps(
    steps: np.ndarray,
    train_accuracy: np.ndarray,
    test_accuracy: np.ndarray,
    threshold: float = 0.99,
) -> tuple[int | None, int | None]:
    """Memorisation and generalisation step: from there on train and test accuracy stay >= threshold.

    All three arrays have the shape (checkpoint,), with steps ascending. None stands for a curve that
    is below the threshold at the last checkpoint.
    """

    ### BEGIN SOLUTION
    def settled(accuracy: np.ndarray) -> int | None:
        below = np.flatnonzero(accuracy < threshold)
        first = below[-1] + 1 if len(below) else 0
        return int(steps[first]) if first < len(steps) else None

    return settled(train_accuracy), settled(test_accuracy)
    ### END SOLUTION


# %% check="grokking_steps" points=3
check("grokking_steps", grokking_steps)

# %% tags=["experiment"]
accuracies = run.metrics[["train_accuracy", "test_accuracy"]]
train_accuracy, test_accuracy = accuracies.to_numpy().T
memorised, generalised = grokking_steps(accuracies.index.to_numpy(), train_accuracy, test_accuracy)
axis = plot_trajectories(accuracies, ylabel="accuracy", title="It learns twice")
mark_steps(axis, {"memorised": memorised, "generalised": generalised})

# %% [markdown]
# **What to see.** Two rises, well apart on an axis of log steps. Between the two marks the network knows every training pair
# and fails on most of the others.
#
# **What this does not show.** Accuracy is a thresholded measure: a pair counts as right as soon as the right answer is ahead
# by a hair. A jump in accuracy can come from something that has been growing smoothly for a long time. So do not conclude
# from this figure alone that the network changed suddenly.

# %% [markdown]
# ## 2. Looking inside: angles instead of numbers
#
# Adding modulo 113 is walking around a circle. A network that represents a as the angle $2 \pi k a / 113$, for some whole
# number k, can add by rotating, and never has to carry. k is called the *frequency*. If this network does so, then the rows of
# its embedding matrix, read as functions of a, should be made of a few cosines and sines. To see that, we need a basis
# of cosines and sines.

# %% [markdown]
# ### 2.1 The Fourier basis of functions on the residues
#
# A function that gives a number to each residue 0, ..., p - 1 is a vector with p entries. For odd p the constant function
# and, for each frequency $k = 1, \dots, (p-1)/2$, the functions $\cos(2 \pi k a / p)$ and $\sin(2 \pi k a / p)$ are p functions that are orthogonal
# to each other. Scaled to length 1 they are an orthonormal basis, and the coefficients of any function in it
# are just dot products.
#
# **Predict:** there are p residues. Why do the frequencies stop at (p - 1)/2? What would the cosine of frequency p - 1 look like?
#
# *Difficulty 2 of 5, about 10 minutes.*
# <details><summary>Hint 1: the idea</summary>Make the angles first: one row for each frequency, one column for each residue.
# The rest is cosine, sine, and lengths.</details>
# <details><summary>Hint 2: the interface</summary>Return all p functions as rows: the constant one, then cosine and sine of
# frequency 1, of frequency 2, and so on. Each row must have length 1: check it with
# <code>basis @ basis.T</code>, which should be the identity.</details>
# <details><summary>Hint 3: shapes and lengths</summary>Frequencies 1 to (p - 1)/2 outer residues 0 to p - 1 gives angles of
# shape ((p - 1)/2, p). The squares of a cosine over all residues sum to p/2, so its length is sqrt(p/2); the
# constant function 1 has length sqrt(p).</details>


# %% exercise="fourier_basis"
def fourier_basis(modulus: int) -> Float[Tensor, "function residue"]:
    """Orthonormal basis of the functions on 0..p-1, for odd p.

    Returns shape (p, p), a function in each row: constant, cos 1, sin 1, ..., cos (p-1)/2, sin (p-1)/2.
    Each has length 1, and may have either sign.
    """
    ### BEGIN SOLUTION
    residues = torch.arange(modulus, dtype=torch.float64)
    rows = [torch.ones(modulus, dtype=torch.float64)]
    for frequency in range(1, modulus // 2 + 1):
        angles = 2 * torch.pi * frequency * residues / modulus
        rows += [angles.cos(), angles.sin()]
    return torch.nn.functional.normalize(torch.stack(rows), dim=1)
    ### END SOLUTION


# %% check="fourier_basis" points=3
check("fourier_basis", fourier_basis)

# %% tags=["experiment"]
basis = fourier_basis(modulus)
figure, axes = plt.subplots(1, 3, figsize=(11, 2.4), sharey=True)
shown = {0: "constant", 1: "cosine, frequency 1", 28: "sine, frequency 14"}
for axis, (row, name) in zip(axes, shown.items(), strict=True):
    axis.plot(basis[row], marker=".", markersize=3, linewidth=0.8)
    axis.set(title=name, xlabel="residue a")
figure.tight_layout()

# %% [markdown]
# ### 2.2 How much of each frequency is in the embedding?
#
# Write the embedding in this basis, and you have, for each basis function, a vector of d_model coefficients. The *power* of
# frequency k is the sum of the squares of all coefficients of its cosine and its sine. Both belong together: how much falls
# on the cosine and how much on the sine only says where the wave starts.
#
# **Predict:** the embedding starts as random numbers. What does its spectrum look like at step 0: one peak, a few, flat?
#
# *Difficulty 2 of 5, about 8 minutes.*
# <details><summary>Hint 1: the idea</summary>Coefficients, squares, sums. The constant function is the mean of the embedding
# over all numbers; it has no frequency and takes no part.</details>
# <details><summary>Hint 2: the interface</summary>Row 0 of the basis is the constant; rows 1 and 2 are the cosine and sine of
# frequency 1; rows 2k - 1 and 2k those of frequency k. One number comes out for each frequency: the power itself,
# neither its square root nor its share.</details>
# <details><summary>Hint 3: shapes</summary>basis (function, residue) times embedding (residue, d_model) gives coefficients
# (function, d_model). Squared and summed over d_model: (function,). Without the first, reshaped to (frequency, 2) and summed over
# the 2: (frequency,).</details>


# %% exercise="embedding_spectrum"
def embedding_spectrum(
    embedding: Float[Tensor, "residue d_model"], basis: Float[Tensor, "function residue"]
) -> Float[Tensor, "frequency"]:
    """Power of each frequency k = 1, ..., (p-1)/2 in an embedding: |cos_k . W_E|^2 + |sin_k . W_E|^2.

    The rows of basis are constant, cos 1, sin 1, cos 2, sin 2, ...; each has length 1.
    """
    ### BEGIN SOLUTION
    coefficients = basis @ embedding.to(basis.dtype)
    row_power = coefficients.square().sum(dim=1)
    return row_power[1:].reshape(-1, 2).sum(dim=1)
    ### END SOLUTION


# %% check="embedding_spectrum" points=3
check("embedding_spectrum", embedding_spectrum)

# %% [markdown]
# ### 2.3 Which frequencies did the network choose?
#
# There is no published threshold above which a frequency counts as a *key frequency*, so any such list needs its rule
# with it. Ours: if all frequencies had the same power, each would have a share of $1 / ((p-1)/2)$ of the whole;
# **a key frequency has more than three times that share**.
#
# **Predict:** how many key frequencies will there be at step 0, and how many at the end?
#
# *Difficulty 1 of 5, about 5 minutes.*
# <details><summary>Hint 1: the idea</summary>An even share is the mean of the spectrum, whatever its scale.</details>
# <details><summary>Hint 2: the interface</summary>Return the frequencies themselves, as a list of <code>int</code>, the lowest
# possible one being 1. There may be none of them, or many: the rule decides, not a fixed number.</details>
# <details><summary>Hint 3: a walk through</summary>Compare the spectrum with three times its mean, take the positions where
# it is above, add 1.</details>


# %% exercise="key_frequencies"
def key_frequencies(spectrum: Float[Tensor, "frequency"]) -> list[int]:
    """Key frequencies of a spectrum: share_k = power_k / (sum of all powers) > 3 / (number of frequencies).

    The first entry of spectrum is the power of frequency 1.
    """
    ### BEGIN SOLUTION
    key = spectrum > 3 * spectrum.mean()
    return (key.nonzero().flatten() + 1).tolist()
    ### END SOLUTION


# %% check="key_frequencies" points=2
check("key_frequencies", key_frequencies)


# %% tags=["experiment"]
def spectrum_at(step: int) -> Float[Tensor, "frequency"]:
    """The spectrum of the embedding of the numbers, without the one of the = sign."""
    return embedding_spectrum(run.checkpoint(step).embed.W_E[:modulus], basis)


def draw_spectrum(step: int) -> plt.Figure:
    """Share of the power of each frequency at one checkpoint, key frequencies marked."""
    power = spectrum_at(step)
    key = key_frequencies(power)
    figure, axis = plt.subplots(figsize=(8, 3))
    colors = ["tab:orange" if k in key else "tab:blue" for k in range(1, len(power) + 1)]
    axis.bar(range(1, len(power) + 1), power / power.sum(), color=colors)
    axis.axhline(3 / len(power), color="gray", linestyle="--", linewidth=0.8)
    axis.set(
        xlabel="frequency k",
        ylabel="share of power",
        ylim=(0, 0.5),
        title=f"step {step}: key frequencies {key}",
    )
    return figure


step_slider(run.steps, draw_spectrum)

# %% [markdown]
# **What to see.** Move the slider. At step 0 the power is spread about evenly, and no frequency is key. In the end a handful of
# frequencies hold nearly all of it. Find the step at which the final list first appears, and compare it with the
# generalisation step that you computed above.
#
# **What this does not show.** That the network *uses* these frequencies. An embedding can hold what nothing reads. To show
# use, one has to take a frequency away and see what breaks.

# %% [markdown]
# ## 3. The algorithm in the logits
#
# If the network adds angles, then what it says about a class c depends on a and b through $\cos(w_k (a + b - c))$ with
# $w_k = 2 \pi k / p$: largest exactly where $c = a + b$. This is a sum of $\cos(w_k(a+b)) \cos(w_k c)$ and
# $\sin(w_k(a+b)) \sin(w_k c)$. So, seen as functions of the pair (a, b), the logits of *every* class should lie in the
# plane that $\cos(w_k(a+b))$ and $\sin(w_k(a+b))$ span: two directions out of $p^2$ for each key frequency.
#
# From here on the network is looked at on all $p^2$ pairs at once: `logits[a, b, c]`.

# %% [markdown]
# ### 3.1 The two directions of a frequency
#
# *Difficulty 1 of 5, about 6 minutes.* **Predict:** how long is the vector $\cos(w_k(a+b))$, with one entry for each of the
# $p^2$ pairs?
# <details><summary>Hint 1: the idea</summary>A table of all sums first. Cosine and sine of it. Then lengths.</details>
# <details><summary>Hint 2: the interface</summary>Shape (2, a, b): the cosine, then the sine. Each of the two has length 1 as
# one vector of p * p entries.</details>
# <details><summary>Hint 3: lengths</summary><code>residues[:, None] + residues</code> is the table of sums. A squared cosine is
# 1/2 on average, so the length of the unscaled wave is p / sqrt(2).</details>


# %% exercise="sum_directions"
def sum_directions(frequency: int, modulus: int) -> Float[Tensor, "2 a b"]:
    """cos(w (a + b)) and sin(w (a + b)) with w = 2 pi frequency / p, each scaled to length 1 over all p * p pairs."""
    ### BEGIN SOLUTION
    residues = torch.arange(modulus, dtype=torch.float64)
    angles = 2 * torch.pi * frequency / modulus * (residues[:, None] + residues)
    waves = torch.stack([angles.cos(), angles.sin()])
    return waves / waves.norm(dim=(1, 2), keepdim=True)
    ### END SOLUTION


# %% check="sum_directions" points=2
check("sum_directions", sum_directions)

# %% [markdown]
# ### 3.2 How much of the logits lies on these directions?
#
# A class that is simply said more often has a larger mean logit. That is no addition, so take the mean over all pairs away
# from each class first. What is left is the *variance* of the logits. The share of frequency k is the part of it
# that lies on its two directions.
#
# **Predict:** for the key frequencies together, what share at step 0, at the memorisation step, and at the end?
#
# *Difficulty 3 of 5, about 10 minutes.*
# <details><summary>Hint 1: the idea</summary>Project each class's logits, a vector with an entry for each pair, on a direction:
# a dot product. Squared coefficients are variance explained, as the directions have length 1.</details>
# <details><summary>Hint 2: the interface</summary>One number for each frequency. The two directions of a frequency and all classes
# are summed over. The whole is the sum of squares of the centred logits, not only of what was projected.</details>
# <details><summary>Hint 3: shapes</summary><code>torch.einsum("fdab,abc-&gt;fdc", directions, centred)</code> gives (frequency, 2,
# class). Directions are float64, so convert the logits.</details>


# %% exercise="logit_frequency_share"
def logit_frequency_share(
    logits: Float[Tensor, "a b class"], directions: Float[Tensor, "frequency 2 a b"]
) -> Float[Tensor, "frequency"]:
    """Share of the variance of the logits on the two directions of each frequency.

    centred = logits - mean over pairs, class by class;
    share_k = sum over both directions d and all classes c of (d . centred_c)^2 / sum of all centred^2.
    """
    ### BEGIN SOLUTION
    centred = (logits - logits.mean(dim=(0, 1))).to(directions.dtype)
    coefficients = torch.einsum("fdab,abc->fdc", directions, centred)
    return coefficients.square().sum(dim=(1, 2)) / centred.square().sum()
    ### END SOLUTION


# %% check="logit_frequency_share" points=3
check("logit_frequency_share", logit_frequency_share)

# %% [markdown]
# ### 3.3 Restricted loss: what if the network had nothing but the waves?
#
# The share says how much is there, not whether it is enough. So keep *only* the directions of the key frequencies, add
# back each class's mean over pairs, and compute the loss on all pairs. If this *restricted loss* is low, the waves
# alone solve the task.
#
# Use the given `cross_entropy(logits, answers)`, which is in float64: single precision reads any loss under about
# $10^{-7}$ as zero, and the end of training happens down there.
#
# **Predict:** once training is over, will the restricted loss be higher or lower than the loss of the whole network?
#
# *Difficulty 3 of 5, about 10 minutes.*
# <details><summary>Hint 1: the idea</summary>Project, and build the projection up again: coefficient times direction, summed over all
# directions. Then add the means back, one for each class.</details>
# <details><summary>Hint 2: the interface</summary>One number, the mean over all p * p pairs. The right class of (a, b) is
# <code>(a + b) % p</code>.</details>
# <details><summary>Hint 3: shapes</summary>Coefficients as in 3.2, (frequency, 2, class);
# <code>torch.einsum("fdab,fdc-&gt;abc", directions, coefficients)</code> is the part to keep. The means have shape (class,).</details>


# %% exercise="restricted_loss"
def restricted_loss(
    logits: Float[Tensor, "a b class"], directions: Float[Tensor, "frequency 2 a b"]
) -> float:
    """Mean loss in nats over all pairs of the logits restricted to some directions, each class's mean added back."""
    ### BEGIN SOLUTION
    logits = logits.double()
    coefficients = torch.einsum("fdab,abc->fdc", directions, logits)
    kept = torch.einsum("fdab,fdc->abc", directions, coefficients) + logits.mean(dim=(0, 1))
    residues = torch.arange(len(logits))
    answers = (residues[:, None] + residues) % len(logits)
    return cross_entropy(kept, answers).mean().item()
    ### END SOLUTION


# %% check="restricted_loss" points=3
check("restricted_loss", restricted_loss)

# %% [markdown]
# ### 3.4 Excluded loss: what if it had everything but the waves?
#
# The other way round: subtract those directions, and compute the loss on the *training* pairs. Early on this changes little,
# as the network knows its training pairs by heart. Where this *excluded loss* rises, the network has come to need the waves even
# for what it once knew by heart.
#
# **Predict:** will the excluded loss rise before, at, or after the generalisation step?
#
# *Difficulty 3 of 5, about 8 minutes.*
# <details><summary>Hint 1: the idea</summary>The same projection, taken away instead of kept.</details>
# <details><summary>Hint 2: the interface</summary><code>train</code> is a table of True and False: only pairs that are True count.
# Nothing is added back, and no mean is removed.</details>
# <details><summary>Hint 3: shapes</summary>The loss of every pair has the shape (a, b); index it with
# <code>[train]</code> before the mean.</details>


# %% exercise="excluded_loss"
def excluded_loss(
    logits: Float[Tensor, "a b class"],
    directions: Float[Tensor, "frequency 2 a b"],
    train: Bool[Tensor, "a b"],
) -> float:
    """Mean loss in nats over the training pairs of the logits without some directions."""
    ### BEGIN SOLUTION
    logits = logits.double()
    coefficients = torch.einsum("fdab,abc->fdc", directions, logits)
    left = logits - torch.einsum("fdab,fdc->abc", directions, coefficients)
    residues = torch.arange(len(logits))
    answers = (residues[:, None] + residues) % len(logits)
    return cross_entropy(left, answers)[train].mean().item()
    ### END SOLUTION


# %% check="excluded_loss" points=3
check("excluded_loss", excluded_loss)


# %% tags=["experiment"]
def logits_at(step: int) -> Float[Tensor, "a b class"]:
    """The logits of one checkpoint for all pairs."""
    tokens = pair_tokens(all_pairs(modulus), modulus)
    return run.checkpoint(step)(tokens).reshape(modulus, modulus, modulus)


final_key = key_frequencies(spectrum_at(run.steps[-1]))
key_directions = torch.stack([sum_directions(k, modulus) for k in final_key])
train_pairs = torch.zeros(modulus, modulus, dtype=torch.bool)
train_pairs[run.train_pairs[:, 0], run.train_pairs[:, 1]] = True

kept = sorted({*run.steps[:: 1 + len(run.steps) // 40], run.steps[-1]})  # enough for a curve
rows = {}
for step in kept:
    logits = logits_at(step)
    rows[step] = {
        "restricted_loss": restricted_loss(logits, key_directions),
        "excluded_loss": excluded_loss(logits, key_directions, train_pairs),
        "logit_share": logit_frequency_share(logits, key_directions).sum().item(),
    }
    rows[step] |= {
        f"without {k}": excluded_loss(logits, d[None], train_pairs)
        for k, d in zip(final_key, key_directions, strict=True)
    }
circuits = pd.DataFrame.from_dict(rows, orient="index").rename_axis("step")
circuits.iloc[:: max(1, len(circuits) // 8)].round(4)

# %% tags=["experiment"]
figure, (above, below) = plt.subplots(2, 1, figsize=(8, 7), sharex=True, layout="constrained")
curves = circuits[["restricted_loss", "excluded_loss"]].join(
    run.metrics[["train_loss", "test_loss"]]
)
plot_trajectories(curves, ylabel="loss (nats)", title="Two circuits", axis=above).set_yscale("log")
mark_steps(above, {"memorised": memorised, "generalised": generalised})
axis = plot_trajectories(
    circuits.filter(like="without"),
    ylabel="excluded loss (nats)",
    title="One frequency less",
    axis=below,
)

# %% [markdown]
# **What to see.** The restricted loss, the strength of the waves on their own, falls *while the test loss is still high*. The
# excluded loss, which says how far the training pairs are known without the waves, first falls with the training loss and later
# rises to several nats. For a while the network has both solutions: one that knows the training pairs by heart, and one that adds
# angles. Below: taking a single frequency away costs much less than taking all of them, each has its own course, and one of
# them costs next to nothing. The frequencies left over stand in for the one that is gone.
#
# **What this does not show.** When a circuit "began": the key frequencies were read off the *last* checkpoint, so this is
# history told from its end. Nor that memorising is gone: these measures see the waves, and everything else is "the rest".

# %% [markdown]
# ## 4. Inside: neurons, probes, and what breaks

# %% [markdown]
# ### 4.1 Does each neuron have a frequency?
#
# Nanda et al. found that most neurons of the MLP respond to *one* frequency. A neuron's activation is a function of the pair (a, b).
# Its components of frequency k are the products of {constant, cos k, sin k} of a with {constant, cos k, sin k} of b, without the
# constant of both: eight numbers. The share of frequency k is the part of the neuron's variance that these eight hold.
#
# **Predict:** what share has the best of 56 frequencies for a neuron at step 0? And for one at the end?
#
# *Difficulty 4 of 5, about 15 minutes.*
# <details><summary>Hint 1: the idea</summary>Transform over a and over b with the same basis; variance is then the sum of
# all squared coefficients but the one of constant times constant.</details>
# <details><summary>Hint 2: the interface</summary>Two entries under the names <code>"frequency"</code> and <code>"share"</code>, each with
# one value for each neuron. Frequencies count from 1 and are whole numbers.</details>
# <details><summary>Hint 3: shapes</summary>First over a, <code>torch.einsum("ia,abn-&gt;ibn", basis, activations)</code>, then the
# same over b: (function, function, neuron), to be squared. (Both at once is a much larger product.) For frequency k take rows and columns 0, 2k - 1 and 2k: nine entries, and leave out the one at
# [0, 0].</details>


# %% exercise="neuron_frequency"
def neuron_frequency(
    activations: Float[Tensor, "a b neuron"], basis: Float[Tensor, "function residue"]
) -> dict[str, Tensor]:
    """For each neuron the frequency that explains most of its variance over all pairs, and the share that it explains.

    share_k = sum of squared coefficients of {1, cos k, sin k}(a) x {1, cos k, sin k}(b) but 1 x 1, over the sum of all
    squared coefficients but 1 x 1. Returns {"frequency": (neuron,) integers from 1, "share": (neuron,)}. No neuron is
    constant.
    """
    ### BEGIN SOLUTION
    over_a = torch.einsum("ia,abn->ibn", basis, activations.to(basis.dtype))
    power = torch.einsum("jb,ibn->ijn", basis, over_a).square()
    power[0, 0] = 0
    shares = []
    for k in range(1, len(basis) // 2 + 1):
        rows = torch.tensor([0, 2 * k - 1, 2 * k])
        shares.append(power[rows][:, rows].sum(dim=(0, 1)) / power.sum(dim=(0, 1)))
    share, position = torch.stack(shares).max(dim=0)
    return {"frequency": position + 1, "share": share}
    ### END SOLUTION


# %% check="neuron_frequency" points=4
check("neuron_frequency", neuron_frequency)


# %% tags=["experiment"]
def neurons_at(step: int) -> Float[Tensor, "pair neuron"]:
    """The activations of all neurons of one checkpoint for all pairs, in the order of all_pairs."""
    return run.checkpoint(step).run_with_cache(pair_tokens(all_pairs(modulus), modulus))[1][
        "mlp.hook_post"
    ]


def alive(activations: Float[Tensor, "pair neuron"]) -> Float[Tensor, "pair neuron"]:
    """The neurons that are active on at least one pair: one that never is has no variance to explain."""
    return activations[:, activations.std(dim=0) > 0]


def draw_neurons(step: int) -> plt.Figure:
    """How much of each neuron one frequency explains, and what four neurons do on all pairs."""
    active = alive(neurons_at(step)).reshape(modulus, modulus, -1)
    found = neuron_frequency(active, basis.float())
    figure, axes = plt.subplots(
        1, 5, figsize=(12, 2.6), width_ratios=[1.8, 1, 1, 1, 1], layout="constrained"
    )
    axes[0].hist(found["share"], bins=np.linspace(0, 1, 21), color="tab:blue")
    axes[0].axvline(0.85, color="gray", linestyle="--", linewidth=0.8)
    axes[0].set(
        xlabel="share of the best frequency",
        ylabel="neurons",
        title=f"step {step}: {active.shape[2]} active",
    )
    best = found["share"].argsort(descending=True)
    for axis, neuron in zip(axes[1:], best[[0, 40, 80, 120]], strict=True):
        axis.imshow(active[:, :, neuron], cmap="viridis", origin="lower")
        axis.set(
            title=f"frequency {found['frequency'][neuron]}, {found['share'][neuron]:.2f}",
            xticks=[],
            yticks=[],
        )
        axis.set(xlabel="b", ylabel="a")
    return figure


step_slider(run.steps, draw_neurons)

# %% [markdown]
# **What to see.** On the left, neurons move from "no frequency in particular" to the right edge. On the right, four neurons as
# pictures over all pairs: noise at first, then waves in a and in b.
#
# **What this does not show.** That a neuron with a share of 0.85 does nothing else. The other 15 % may matter where logits are
# close.

# %% [markdown]
# ### 4.2 Probe: can the wave of the sum be read off the neurons?
#
# The embedding knows waves of a and of b. The answer needs a wave of the *sum*, and only the attention and the MLP can make one.
# A linear *probe* asks whether it is there: fit $\cos(w_k(a+b))$ and $\sin(w_k(a+b))$ as a linear function of the neurons
# on some pairs, and measure $R^2$ on others. With hundreds of neurons, a fit on the pairs it was made from says little.
#
# **Predict:** at step 0, with random weights, will $R^2$ be 0?
#
# *Difficulty 3 of 5, about 12 minutes.*
# <details><summary>Hint 1: the idea</summary>Least squares with an intercept, made on the training side, judged on the
# test side.</details>
# <details><summary>Hint 2: the interface</summary>One number. 1 - (sum of squared errors) / (sum of squared deviations of the
# held-out targets from their mean), both targets together. It is negative for a probe that does worse than the
# mean.</details>
# <details><summary>Hint 3: shapes</summary>Targets are (pair, 2). A column of ones beside the activations gives the
# intercept; <code>torch.linalg.lstsq</code> or scikit-learn's <code>LinearRegression</code> does the rest.</details>


# %% exercise="frequency_probe"
def frequency_probe(
    train_activations: Float[Tensor, "train neuron"],
    train_sums: Int[Tensor, "train"],
    test_activations: Float[Tensor, "test neuron"],
    test_sums: Int[Tensor, "test"],
    frequency: int,
    modulus: int,
) -> float:
    """Held-out R^2 of a linear probe (with intercept) for cos(w s) and sin(w s), w = 2 pi frequency / modulus, s a sum.

    R^2 = 1 - sum (target - prediction)^2 / sum (target - mean held-out target)^2, over both targets together.
    """

    ### BEGIN SOLUTION
    def targets(sums: Tensor) -> Tensor:
        angles = 2 * torch.pi * frequency * sums.double() / modulus
        return torch.stack([angles.cos(), angles.sin()], dim=1)

    def with_ones(activations: Tensor) -> Tensor:
        return torch.cat(
            [activations.double(), torch.ones(len(activations), 1, dtype=torch.float64)], dim=1
        )

    fit = torch.linalg.lstsq(
        with_ones(train_activations), targets(train_sums), driver="gelsy"
    ).solution
    wanted = targets(test_sums)
    errors = wanted - with_ones(test_activations) @ fit
    return 1 - (errors.square().sum() / (wanted - wanted.mean(dim=0)).square().sum()).item()
    ### END SOLUTION


# %% check="frequency_probe" points=4
check("frequency_probe", frequency_probe)

# %% tags=["experiment"]
order = torch.randperm(modulus**2, generator=torch.Generator().manual_seed(0))
fitted, held_out = order[:2000], order[2000:5000]
sums = pair_sums(all_pairs(modulus), modulus)
other = next(k for k in range(1, 57) if k not in final_key)
probes = {}
for step in kept:
    neurons = neurons_at(step)
    sides = neurons[fitted], sums[fitted], neurons[held_out], sums[held_out]
    probes[step] = {
        f"frequency {k}": frequency_probe(*sides, k, modulus) for k in [*final_key, other]
    }
probes = pd.DataFrame.from_dict(probes, orient="index").rename_axis("step")
axis = plot_trajectories(
    probes,
    ylabel="held-out $R^2$",
    title=f"A probe for each key frequency, and for {other}, which is none",
)
mark_steps(axis, {"memorised": memorised, "generalised": generalised})

# %% [markdown]
# **What to see.** At step 0 the probe does a little worse than saying the mean: it has fitted noise, and held-out pairs show
# that. Then the waves of the sum become readable, gradually, and well before the test accuracy rises. The probe for a frequency that
# is not key stays near zero throughout: so this is not just what any probe finds in hundreds of neurons.
#
# **What this does not show.** That the network uses what the probe finds: a probe reads, it does not change anything.

# %% [markdown]
# ### 4.3 Ablation: what breaks when a part is taken away?
#
# To show use, intervene. Take a part of the network away and see by how much the loss rises. "Away" has more than one meaning:
# *zero ablation* sets activations to 0, which the rest of the network may never have met; *mean ablation* sets each to its
# mean over the pairs, which takes away only what *varies*. Where both agree, the result rests on neither choice.
#
# `readout` is the rest of the network: a function from activations to logits.
#
# **Predict:** for a neuron that is almost always active at the same height, which of the two ablations does more harm?
#
# *Difficulty 3 of 5, about 10 minutes.*
# <details><summary>Hint 1: the idea</summary>Copy, change, read out, and compare with the loss of what was not
# changed.</details>
# <details><summary>Hint 2: the interface</summary>The loss after minus the loss before, one number. Only the columns in
# <code>units</code> change, and the mean is taken over pairs, for each unit on its own. <code>activations</code> itself must stay as
# it is.</details>
# <details><summary>Hint 3: a walk through</summary><code>ablated = activations.clone()</code>;
# <code>ablated[:, units] = ...</code>; <code>cross_entropy(readout(ablated), answers).mean()</code>.</details>


# %% exercise="ablation_effect"
def ablation_effect(
    activations: Float[Tensor, "pair unit"],
    units: list[int],
    readout: Callable[[Float[Tensor, "pair unit"]], Float[Tensor, "pair class"]],
    answers: Int[Tensor, "pair"],
    method: str,
) -> float:
    """By how many nats the mean loss rises when some units are ablated; method is "zero" or "mean" (over pairs)."""
    ### BEGIN SOLUTION
    ablated = activations.clone()
    ablated[:, units] = 0 if method == "zero" else activations[:, units].mean(dim=0)
    before, after = (cross_entropy(readout(x), answers).mean() for x in (activations, ablated))
    return (after - before).item()
    ### END SOLUTION


# %% check="ablation_effect" points=3
check("ablation_effect", ablation_effect)


# %% tags=["experiment"]
def effects_at(step: int) -> dict[str, float]:
    """The effect of ablating each head, and the neurons of each key frequency, on 3000 held-out pairs."""
    model = run.checkpoint(step)
    pairs = run.test_pairs[:3000]
    cache = model.run_with_cache(pair_tokens(pairs, modulus))[1]
    answers = pair_sums(pairs, modulus)
    residual, z = cache["hook_resid_mid"], cache["attn.hook_z"]
    heads, d_head = z.shape[1:]

    def from_heads(flat: Tensor) -> Tensor:
        written = flat @ model.attn.W_O.flatten(0, 1)
        middle = residual - cache["hook_attn_out"] + written
        return model.unembed(middle + model.mlp(middle))

    def from_neurons(neurons: Tensor) -> Tensor:
        return model.unembed(residual + neurons @ model.mlp.W_out + model.mlp.b_out)

    neurons = cache["mlp.hook_post"]
    everywhere = neurons_at(step).reshape(modulus, modulus, -1)
    best = neuron_frequency(everywhere, basis.float())["frequency"]
    effects = {}
    for method in ("zero", "mean"):
        for head in range(heads):
            units = list(range(head * d_head, (head + 1) * d_head))
            effects[f"head {head}, {method}"] = ablation_effect(
                z.flatten(1), units, from_heads, answers, method
            )
        for k in final_key:
            units = (best == k).nonzero().flatten().tolist()
            effects[f"neurons of {k}, {method}"] = ablation_effect(
                neurons, units, from_neurons, answers, method
            )
    return effects


ablations = pd.DataFrame.from_dict(
    {step: effects_at(step) for step in kept[::2]}, orient="index"
).rename_axis("step")
figure, axes = plt.subplots(2, 2, figsize=(11, 7), sharex=True, layout="constrained")
panels = itertools.product(("head", "neurons"), ("zero", "mean"))
for axis, (what, method) in zip(axes.flat, panels, strict=True):
    plot_trajectories(
        ablations.filter(regex=f"^{what}.*{method}"),
        ylabel="rise of the loss (nats)",
        title=f"{what}, {method} ablation",
        axis=axis,
    )

# %% [markdown]
# **What to see.** The effect is measured on held-out pairs. While the network only knows its training pairs by heart, taking a
# head away *lowers* that loss: the network is confidently wrong there, and a damaged one is less confident. The sign turns as it
# generalises. For neurons, zero and mean ablation disagree: neurons have large means, and setting these to zero harms what comes
# after whether or not the neuron carries a wave. Late in training, when each part is one of several that suffice, single
# ablations cost less again.
#
# **What this does not show.** A part whose ablation costs nothing may still be used when others are gone: ablations are of
# one part at a time, and parts can stand in for each other.

# %% [markdown]
# ## 5. When? Transitions, and what comes first

# %% [markdown]
# ### 5.1 One number for "few frequencies": the Gini coefficient
#
# Key frequencies were read off the last checkpoint. A measure that needs no look at the end is *sparsity*: how unequally the
# norms of the Fourier components are spread. The Gini coefficient, known from incomes, is 0 when all are equal
# and $(n-1)/n$ when one of n has everything.
#
# **Predict:** what is the Gini coefficient of (1, 3, 2)?
#
# *Difficulty 2 of 5, about 6 minutes.*
# <details><summary>Hint 1: the idea</summary>Sort. Then each value counts with a weight that depends on its rank.</details>
# <details><summary>Hint 2: the interface</summary>One number. The formula in the docstring counts ranks from 1, the smallest value
# first.</details>
# <details><summary>Hint 3: a walk through</summary>For (1, 2, 3): weights 2i - n - 1 are -2, 0, 2; their products sum to 4; divided
# by n times the sum, 18.</details>


# %% exercise="gini_coefficient"
def gini_coefficient(values: Float[Tensor, "n"]) -> float:
    """Gini coefficient of n values of 0 or more, not all 0: sum_i (2 i - n - 1) x_i / (n sum_i x_i).

    x_1 <= x_2 <= ... <= x_n are the sorted values.
    """
    ### BEGIN SOLUTION
    x, n = values.double().sort().values, len(values)
    weights = 2 * torch.arange(1, n + 1) - n - 1
    return ((weights * x).sum() / (n * x.sum())).item()
    ### END SOLUTION


# %% check="gini_coefficient" points=2
check("gini_coefficient", gini_coefficient)


# %% tags=["experiment"]
def gini_at(step: int) -> dict[str, float]:
    """Gini coefficients of the norms of the Fourier components of the embedding, and of the map from neurons to logits."""
    model = run.checkpoint(step)
    from_neurons = model.mlp.W_out @ model.unembed.W_U
    return {
        "gini_embedding": gini_coefficient(
            (basis @ model.embed.W_E[:modulus].double()).norm(dim=1)
        ),
        "gini_neurons_to_logits": gini_coefficient((basis @ from_neurons.T.double()).norm(dim=1)),
    }


sparsity = pd.DataFrame.from_dict(
    {step: gini_at(step) for step in kept}, orient="index"
).rename_axis("step")
measures = (
    circuits[["restricted_loss", "excluded_loss", "logit_share"]].join(sparsity).join(run.metrics)
)
measures["probe"] = probes.filter([f"frequency {k}" for k in final_key]).mean(axis=1)
axis = plot_trajectories(sparsity, ylabel="Gini coefficient", title="Fourier components get fewer")
mark_steps(axis, {"memorised": memorised, "generalised": generalised})

# %% [markdown]
# ### 5.2 Where is the transition of a curve?
#
# "Where the difference to the checkpoint before is largest" depends on how the checkpoints are spaced: put two of them far
# apart, and the largest difference is there. A rule that does not: take the level before (median of the first
# three checkpoints) and after (median of the last three); the transition is where the curve crosses the value **halfway
# between them for good**. What lies between two checkpoints is not known, so the honest answer is a *bracket*: the last
# checkpoint on the near side, and the next one. For one number, interpolate between them linearly in the logarithm of the step.
#
# **Predict:** checkpoints at 100 and 1000, with the halfway value exactly in the middle of the two values. Which step?
#
# *Difficulty 3 of 5, about 15 minutes.*
# <details><summary>Hint 1: the idea</summary>Say for each checkpoint whether it is already on the far side of halfway. The last one
# that is not is the left end of the bracket.</details>
# <details><summary>Hint 2: the interface</summary><code>"before"</code> and <code>"after"</code> are steps, as <code>int</code>;
# <code>"step"</code> is a <code>float</code>. Curves can fall as well as rise.</details>
# <details><summary>Hint 3: a walk through</summary>With i the last checkpoint on the near side, the share of the way is
# <code>(halfway - values[i]) / (values[i + 1] - values[i])</code>, and the same share of the way from
# <code>np.log10(steps[i])</code> to <code>np.log10(steps[i + 1])</code> is the logarithm of the answer.</details>


# %% exercise="find_transition"
def find_transition(steps: np.ndarray, values: np.ndarray) -> dict[str, float]:
    """Where a curve crosses halfway between its first and its last level for good, on a log-step axis.

    Both arrays are (checkpoint,); steps ascend from 1 or more. Levels are medians of the first and the last three values.
    Returns {"step": float, "before": int, "after": int}: before is the last checkpoint that has not reached halfway,
    after the next one, and step is interpolated between them, linearly in log10(step).
    """
    ### BEGIN SOLUTION
    first, last = np.median(values[:3]), np.median(values[-3:])
    halfway = (first + last) / 2
    there = values >= halfway if last > first else values <= halfway
    i = np.flatnonzero(~there)[-1]
    share = (halfway - values[i]) / (values[i + 1] - values[i])
    position = np.log10(steps[i]) + share * (np.log10(steps[i + 1]) - np.log10(steps[i]))
    return {"step": float(10**position), "before": int(steps[i]), "after": int(steps[i + 1])}
    ### END SOLUTION


# %% check="find_transition" points=4
check("find_transition", find_transition)

# %% tags=["experiment"]
curves = measures[measures.index > 0]  # a logarithm has no place for step 0
names = ["restricted_loss", "probe", "logit_share", "test_loss", "gini_embedding", "excluded_loss"]
names += ["test_accuracy"]
found = pd.DataFrame(
    {name: find_transition(curves.index.to_numpy(), curves[name].to_numpy()) for name in names}
).T
verdicts = {
    name: describe_transition(curves.index.to_numpy(), curves[name].to_numpy()) for name in names
}
found["verdict"] = [verdicts[name].verdict for name in names]
found.sort_values("step").round(0)

# %% tags=["experiment"]
scaled = (curves[names] - curves[names].iloc[:3].median()) / (
    curves[names].iloc[-3:].median() - curves[names].iloc[:3].median()
)
axis = plot_trajectories(
    scaled, ylabel="share of the way from first to last level", title="Every measure from 0 to 1"
)
axis.set_ylim(-0.5, 1.5)
axis.axhline(0.5, color="0.7", linewidth=0.8)
mark_steps(
    axis,
    {
        name.replace("_", " "): round(found.loc[name, "step"])
        for name in ("restricted_loss", "test_accuracy")
    },
)

# %% [markdown]
# **What to see.** The restricted loss is halfway long before the test accuracy is: the waves can do the task while the whole
# network still cannot. What can be read off the neurons and how much of the logits lies on the waves come next; the Gini
# coefficient of the embedding is among the last. Losses are on their ordinary scale here, in nats. On a log scale the same restricted
# loss would be halfway much later, as it goes on falling by orders of magnitude: *where* a curve has its transition depends
# on the scale on which one looks at it.
#
# **What this does not show.** That a transition is *sudden*. Every curve that ends elsewhere than it began crosses halfway
# somewhere. Whether the change is sudden is another question, and the column `verdict` answers it with
# `course_utils.transitions`, which fits smooth and sudden curves, and can also answer that the checkpoints do not tell.

# %% [markdown]
# ### 5.3 Lead time: which measure moves first, and by how much?
#
# One run has one order of events; another seed may have another. So take the transition step of two measures in several
# seeds, and look at the *difference within each seed*: its mean, with a 95 % interval from Student's t distribution.
# An interval that holds 0 means that these seeds cannot tell which comes first.
#
# **Predict:** seeds differ by hundreds of steps in when they generalise. Will that make the interval of the lead wide?
#
# *Difficulty 3 of 5, about 10 minutes.*
# <details><summary>Hint 1: the idea</summary>Differences first, then everything else: what a seed does to both measures
# alike drops out.</details>
# <details><summary>Hint 2: the interface</summary>A lead is positive where <code>earlier</code> is earlier. A seed in which either
# step is NaN has no lead and is left out.</details>
# <details><summary>Hint 3: a walk through</summary>n leads with sample standard deviation s (<code>ddof=1</code>): half the width of
# the interval is <code>scipy.stats.t.ppf(0.975, n - 1) * s / np.sqrt(n)</code>.</details>


# %% exercise="lead_time"
def lead_time(earlier: np.ndarray, later: np.ndarray) -> dict[str, float]:
    """By how many steps one measure leads another, on average over seeds, with a 95 % t interval.

    Both arrays hold a transition step for each seed, (seed,); NaN where there was none. Returns {"lead": mean of later -
    earlier, "low": ..., "high": ...} over the seeds that have both.
    """
    ### BEGIN SOLUTION
    leads = later - earlier
    leads = leads[~np.isnan(leads)]
    half = scipy.stats.t.ppf(0.975, len(leads) - 1) * leads.std(ddof=1) / np.sqrt(len(leads))
    return {
        "lead": float(leads.mean()),
        "low": float(leads.mean() - half),
        "high": float(leads.mean() + half),
    }
    ### END SOLUTION


# %% check="lead_time" points=3
check("lead_time", lead_time)

# %% [markdown]
# The kit ships a table of all these measures for eight seeds, made with the solved version of this notebook.

# %% tags=["experiment"]
seeds = load_table("grokking_seeds")
transitions = {}
for seed, table in seeds[seeds.step > 0].groupby("seed"):
    table = table.set_index("step")
    transitions[seed] = {
        name: find_transition(table.index.to_numpy(), table[name].to_numpy())["step"]
        for name in names
    }
transitions = pd.DataFrame(transitions).T.rename_axis("seed")
leads = pd.DataFrame(
    {
        name: lead_time(transitions[name].to_numpy(), transitions["test_accuracy"].to_numpy())
        for name in names[:-1]
    }
).T
leads.round(0).sort_values("lead", ascending=False)

# %% tags=["experiment"]
figure, axis = plt.subplots(figsize=(8, 3), layout="constrained")
ordered = leads.sort_values("lead")
axis.errorbar(
    ordered["lead"],
    range(len(ordered)),
    xerr=[ordered["lead"] - ordered["low"], ordered["high"] - ordered["lead"]],
    fmt="o",
    capsize=4,
)
axis.axvline(0, color="gray", linestyle="--", linewidth=0.8)
axis.set(yticks=range(len(ordered)), yticklabels=[name.replace("_", " ") for name in ordered.index])
axis.set(xlabel="steps ahead of the test accuracy (mean of 8 seeds, 95 % interval)")
plt.show()

# %% [markdown]
# **What to see.** Over these eight seeds the restricted loss leads by about 160 steps (105 to 215), the probe and the logit share by
# about 60. The test loss and the test accuracy cannot be ordered: the interval of their difference holds 0. The Gini
# coefficient of the embedding, which needs no look at the end of the run, *lags*: embeddings get sparse during clean-up. The excluded
# loss lags too, and its interval is wide, as seeds differ much in when the memorised part is given up.
#
# **What this does not show.** That anybody could have *known* 160 steps ahead. The restricted loss looks through the key
# frequencies of the last checkpoint, and "halfway" needs the last level. Lead time says what happened first. Whether it could have
# been foreseen is the next question.

# %% [markdown]
# ## 6. Can you see it coming?
#
# "It could have been predicted" is easily said when the end is known. A forecast is made from what is known *at the time*:
# here, measures at one early step. That rules out the restricted and the excluded loss, as their key frequencies are read off the
# end of a run. And it is judged on runs that took no part in making it.
#
# The table `grokking_forecasts` holds 24 runs modulo 59 with different weight decay and different shares of training pairs,
# with measures at steps 22, 46, 100 and 215, and the step at which the test accuracy of each first reached 0.9. (The first time, not
# "for good": the loss of some of these runs jumps up once more, long after, and that is not what a forecast is about.)

# %% [markdown]
# ### 6.1 Forecast the generalisation step
#
# Steps span more than a decade, so errors are counted in $\log_{10}$ of the step: an error of 0.3 is a factor of 2, early or
# late. The simplest forecast in that spirit is a straight line: $\log_{10}$ of the generalisation step as a linear function of
# $\log_{10}$ of the measures, with an intercept, fitted by least squares to runs of which the end is known.
#
# **Predict:** by what factor will such a forecast, made at step 100, be wrong on a typical held-out run?
#
# *Difficulty 3 of 5, about 12 minutes.*
# <details><summary>Hint 1: the idea</summary>Logarithms of everything that goes in, a column of ones, least squares, and ten to the
# power of what comes out.</details>
# <details><summary>Hint 2: the interface</summary>The answer is in steps, one for each new run. Only the known runs take part in the
# fit.</details>
# <details><summary>Hint 3: shapes</summary>(run, 1 + measure) for the known runs and for the new ones;
# <code>np.linalg.lstsq(known, target, rcond=None)[0]</code> gives one weight for each column.</details>


# %% exercise="forecast_generalisation"
def forecast_generalisation(
    known: Float[np.ndarray, "run measure"],
    known_steps: Float[np.ndarray, "run"],
    new: Float[np.ndarray, "new measure"],
) -> Float[np.ndarray, "new"]:
    """Forecast when new runs generalise from positive measures, learned from runs of which it is known.

    log10(step) = intercept + sum over measures of weight * log10(measure), by ordinary least squares
    on the known runs. Returns steps.
    """

    ### BEGIN SOLUTION
    def columns(measures: np.ndarray) -> np.ndarray:
        return np.column_stack([np.ones(len(measures)), np.log10(measures)])

    weights = np.linalg.lstsq(columns(known), np.log10(known_steps), rcond=None)[0]
    return 10 ** (columns(new) @ weights)
    ### END SOLUTION


# %% check="forecast_generalisation" points=3
check("forecast_generalisation", forecast_generalisation)

# %% [markdown]
# Now make it yours: choose measures, look at the error on the held-out runs, and compare it with a forecast that looks at nothing
# and always says the (geometric) mean of the known runs.

# %% tags=["experiment"]
history = load_table("grokking_forecasts")
chosen = ["test_loss", "sum_squared_weights", "gini_embedding"]  # try others: history.columns


def held_out_errors(step: int, measures: list[str]) -> pd.Series:
    """Mean absolute error in log10 step on the held-out runs, of the forecast and of a constant."""
    rows = history[(history["step"] == step) & (history["generalised"] > step)]
    known, new = rows[~rows["held_out"]], rows[rows["held_out"]]
    wanted = np.log10(new["generalised"])
    said = forecast_generalisation(
        known[measures].to_numpy(), known["generalised"].to_numpy(), new[measures].to_numpy()
    )
    constant = np.log10(known["generalised"]).mean()
    return pd.Series(
        {
            "forecast": np.abs(np.log10(said) - wanted).mean(),
            "constant": np.abs(constant - wanted).mean(),
            "held-out runs": len(new),
        }
    )


pd.DataFrame({step: held_out_errors(step, chosen) for step in (22, 46, 100, 215)}).T.round(3)

# %% tags=["experiment"]
rows = history[(history["step"] == 100) & (history["generalised"] > 100)]
known, new = rows[~rows["held_out"]], rows[rows["held_out"]]
said = forecast_generalisation(
    known[chosen].to_numpy(), known["generalised"].to_numpy(), new[chosen].to_numpy()
)
figure, axis = plt.subplots(figsize=(4.5, 4.5), layout="constrained")
axis.loglog(new["generalised"], said, "o")
ends = [history["generalised"].min(), history["generalised"].max()]
axis.loglog(ends, ends, color="gray", linewidth=0.8)
axis.set(xlabel="generalised at step", ylabel="forecast at step 100", title="Held-out runs")
plt.show()

# %% [markdown]
# **What to see.** With these three measures the forecast at step 22 is worse than the constant: three weights fitted to sixteen runs,
# and measures that say little yet. From step 46 on it is better: an error below 0.1, a factor of about 1.2, where the constant is
# off by 1.3. Try the Gini coefficient of the embedding alone at step 100. It *lags* in 5.3, and yet it tells
# early how a run will go: when a curve is halfway and what its early values foretell are different questions.
#
# **What this does not show.** That grokking can be foreseen in general. Eight held-out runs of one small network leave a wide margin,
# and these runs differ in weight decay and in their share of pairs, which an early measure may simply reveal. Runs that did not
# generalise in 2000 steps are left out, so nothing is learned here about *whether*, only about *when*.

# %% [markdown]
# ## 7. Change one thing
#
# An explanation says what would happen if something were different. Three runs, of which two come from a table so that
# nobody has to wait: without weight decay, and with a smaller share of the pairs to train on.

# %% tags=["experiment"]
settings = load_table("grokking_settings")
figure, axis = plt.subplots(figsize=(8, 4), layout="constrained")
curves = settings.pivot(index="step", columns="setting", values="test_accuracy")
axis = plot_trajectories(curves, ylabel="test accuracy", title="One setting changed", axis=axis)

# %% tags=["experiment"]
curves = settings.pivot(index="step", columns="setting", values="sum_squared_weights")
axis = plot_trajectories(curves, ylabel="sum of squared weights", title="What weight decay does")

# %% [markdown]
# **What to see.** Without weight decay the training pairs are learned as fast, and the test accuracy stays below 0.2 to the end of these
# thousand steps, while the sum of squared weights goes on growing. With weight decay that sum falls, and most of all while the test
# accuracy rises. With 20 % of the pairs the network memorises and stays there, at the same weight decay.
#
# **What this does not show.** That these runs would never generalise. A thousand steps is where we stopped looking.
#
# Try your own: `train(ModularAdditionConfig.classroom(seed=4, weight_decay=0.3, steps=2000))`, another seed, another modulus. At
# this learning rate the loss of some runs jumps up for a few dozen steps and comes back (seed 0 does, on our machine): the rule
# "for good" from 1.1 then gives a memorisation step *after* the jump. Is that what you would want it to say?

# %% [markdown]
# ## 8. Beside the paper
#
# The network and the data are those of Nanda et al. (2023); the learning rate is ten times theirs. Which of their findings
# hold here?

# %% tags=["experiment"]
last = run.steps[-1]
active = alive(neurons_at(last)).reshape(modulus, modulus, -1)
by_one = int((neuron_frequency(active, basis.float())["share"] > 0.85).sum())
order = found["step"].astype(float)
comparison = pd.DataFrame(
    {
        "paper": [
            "5 (mainline), 3 or 4 (other seeds)",
            "95 %",
            "433 of 512",
            "2.4e-07 at epoch 40,000",
            "memorisation, circuit formation, clean-up",
        ],
        "here": [
            f"{len(final_key)}: {final_key}",
            f"{circuits['logit_share'].iloc[-1]:.0%}",
            f"{by_one} of 512",
            f"{run.metrics['test_loss'].iloc[-1]:.1e} at step {last:,}",
            f"train accuracy 99 % at {memorised}, restricted loss halfway at "
            f"{order['restricted_loss']:.0f}, test accuracy halfway at {order['test_accuracy']:.0f}",
        ],
    },
    index=[
        "key frequencies",
        "share of logit variance on them",
        "neurons with more than 85 % on one frequency",
        "final test loss (nats)",
        "order of phases",
    ],
)
comparison.style.set_properties(**{"text-align": "left", "white-space": "normal"})

# %% [markdown]
# **What to see.** At ten times the learning rate, in a fortieth of the steps, the same story: a handful of frequencies, nearly all of the
# logits' variance on them, most neurons with one frequency, and the waves there before the test accuracy moves. The final loss is
# not the same: the paper trains on for tens of thousands of steps.
#
# **What this does not show.** That the rule for key frequencies is right. In the recorded run it lists five, and one of them, 14, is in the
# embedding only: its share of the logits is nearly zero, no neuron is tuned to it, and the loss without it is what
# it was (3.4). It is twice another key frequency, 7. Counting frequencies by embedding, by neurons or by logits can give different
# numbers; that is why the rule belongs to the number.

# %% [markdown]
# ## 9. What you make of it

# %% [markdown] written="competing_circuits" points=4
# **Question.** Between memorisation and generalisation the network holds two solutions at once. Which curves of this notebook show
# that, and how? And what does *clean-up* mean in their terms?
#
# ### BEGIN SOLUTION
# The restricted loss falls well before the test loss: the waves alone already solve the task, on all pairs, while the whole network
# still fails on most held-out ones. So something else in the logits is drowning them out, which is right on the training pairs
# only: the excluded loss is still low then, which means that the training pairs are known without the waves. Clean-up is the time
# in which that other part goes: the excluded loss rises, the sum of squared weights falls, and the test loss
# comes down to the restricted loss.
# ### END SOLUTION
#
# ### BEGIN MARK SCHEME
# - 1 point: restricted loss falls before the test loss, read as "the general circuit is already there".
# - 1 point: low excluded loss at that time, read as "the training pairs are known without the waves".
# - 1 point: says why both at once means high test loss: the memorised part adds large wrong logits off the training pairs.
# - 1 point: clean-up as the removal of the memorised part, with at least one curve that shows it.
# ### END MARK SCHEME

# %% [markdown] written="generalisation_without_data" points=4
# **Question.** From memorisation to generalisation the training data stay the same, and the training loss is close to zero.
# What, then, drives the network from one solution to the other? Name the force, say why it favours the second
# solution, and name one observation, in this notebook or one that you could make, that would refute your explanation.
#
# ### BEGIN SOLUTION
# Weight decay keeps pulling every weight towards zero, also when the loss on the training pairs has almost vanished. A lookup
# table of thousands of unrelated pairs needs large weights; a few waves shared by all pairs reach the same training loss with
# smaller ones, so the waves pay less for being there and take over. Refuted if a run with weight decay 0 generalised just
# as early, or if the sum of squared weights did not fall while the test accuracy rises.
# ### END SOLUTION
#
# ### BEGIN MARK SCHEME
# - 1 point: names weight decay (or, more generally, a preference for small weights) as what still acts at near-zero loss.
# - 2 points: says why it favours the general solution: the same training loss at a smaller weight norm, as the waves are shared
#   by all pairs while a lookup table is not. 1 point for "it is simpler" without saying in what sense.
# - 1 point: an observation that could really refute it (weight decay 0, the sum of squared weights over steps, ...). No point for
#   an observation that would fit either way.
# ### END MARK SCHEME

# %% [markdown] written="an_honest_forecast" points=4
# **Question.** Report the best forecast that you found in 6.1: at which step, from which measures, with which error on the
# held-out runs, as a factor; beside it the error of the constant. Then say how many choices of measures you tried before, and what
# that does to your number. Last, why the restricted loss, which moves first in section 5, was no use here.
#
# ### BEGIN SOLUTION
# With test loss, sum of squared weights and Gini coefficient of the embedding at step 100, the error on the held-out runs is smaller than
# that of the constant (the table above gives both; 10 to the power of the error is the factor). I tried three choices and
# report the best of them on the held-out runs themselves, so my number is too good: choosing by the held-out error uses those runs up. A third
# set of runs would give an honest one. The restricted loss needs the key frequencies, and those are read off the last
# checkpoint: at the time of the forecast nobody knows them.
# ### END SOLUTION
#
# ### BEGIN MARK SCHEME
# - 1 point: step, measures and error, with the error told as a factor (10 to the power of it), beside that of the constant.
# - 1 point: says how many choices were tried.
# - 1 point: sees that choosing by the held-out error makes it too good, and says what would mend it.
# - 1 point: the restricted loss looks at the end of the run.
# ### END MARK SCHEME

# %% [markdown]
# ## References
#
# - A. Power, Y. Burda, H. Edwards, I. Babuschkin, V. Misra (2022). *Grokking: Generalization beyond overfitting on small
#   algorithmic datasets.* arXiv 2201.02177.
# - N. Nanda, L. Chan, T. Lieberum, J. Smith, J. Steinhardt (2023). *Progress measures for grokking via mechanistic
#   interpretability.* ICLR 2023, arXiv 2301.05217.
