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
# 2. build the basis in which its weights are simple,
# 3. find the few frequencies that it chose, and watch them grow over training.
#
# **How to work with it.** Predict before you compute. Write your code where an exercise says so, then run the check below
# it. A check that fails says what came, what was expected, and what probably went wrong. A check that passes has tried a
# few public cases; when the notebook is graded, other cases are drawn.

# %%
import matplotlib.pyplot as plt
import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from course_utils import check
from course_utils.modular_addition import ModularAdditionConfig, train
from course_utils.plotting import mark_steps, plot_trajectories
from course_utils.widgets import step_slider

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
config = ModularAdditionConfig.classroom(seed=0)
run = train(config)
run.metrics.iloc[::10]

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
basis = fourier_basis(113)
figure, axes = plt.subplots(1, 3, figsize=(11, 2.4), sharey=True)
shown = {0: "constant", 1: "cosine, frequency 1", 28: "sine, frequency 14"}
for axis, (row, name) in zip(axes, shown.items(), strict=True):
    axis.plot(basis[row], marker=".", markersize=3, linewidth=0.8)
    axis.set(title=name, xlabel="residue a")
figure.tight_layout()

# %% [markdown]
# ### 2.2 Which frequencies did the network choose?
#
# Write the embedding in this basis, and you have, for each basis function, a vector of d_model coefficients. The *power* of
# frequency k is the sum of the squares of all coefficients of its cosine and its sine. Both belong together: how much falls
# on the cosine and how much on the sine only says where the wave starts.
#
# There is no published threshold above which a frequency counts as a *key frequency*, so any such list needs its rule
# with it. Ours: leave out the constant function; if all frequencies had the same share of the remaining power, each
# would have a share of $1 / ((p-1)/2)$; **a key frequency has more than three times that share**.
#
# **Predict:** how many key frequencies will there be at step 0, and how many at the end?
#
# *Difficulty 3 of 5, about 12 minutes.*
# <details><summary>Hint 1: the idea</summary>Coefficients, squares, sums, shares, and then a comparison. The constant
# function takes no part in any of it.</details>
# <details><summary>Hint 2: the interface</summary>Row 0 of the basis is the constant; rows 1 and 2 are the cosine and sine of
# frequency 1; rows 2k - 1 and 2k those of frequency k. Return the frequencies themselves, as a sorted list of
# <code>int</code>, the lowest possible one being 1.</details>
# <details><summary>Hint 3: shapes</summary>basis (function, residue) times embedding (residue, d_model) gives coefficients
# (function, d_model). Squared and summed over d_model: (function,). Without the first, reshaped to (frequency, 2) and summed over
# the 2: (frequency,).</details>


# %% exercise="key_frequencies"
def key_frequencies(
    embedding: Float[Tensor, "residue d_model"],
    basis: Float[Tensor, "function residue"],
) -> list[int]:
    """Key frequencies of an embedding: those with more than 3 times an even share of the power.

    power_k = |cos_k . W_E|^2 + |sin_k . W_E|^2, without the constant
    share_k = power_k / sum of all powers, and k is key where share_k > 3 / ((p - 1) / 2)

    The rows of basis are constant, cos 1, sin 1, cos 2, sin 2, ...; frequencies count from 1.
    """
    ### BEGIN SOLUTION
    coefficients = basis @ embedding.to(basis.dtype)
    row_power = coefficients.square().sum(dim=1)[1:]
    power = row_power.reshape(-1, 2).sum(dim=1)
    key = power / power.sum() > 3 / len(power)
    return (key.nonzero().flatten() + 1).tolist()
    ### END SOLUTION


# %% check="key_frequencies" points=4
check("key_frequencies", key_frequencies)


# %% tags=["experiment"]
def embedding_of(step: int) -> Float[Tensor, "residue d_model"]:
    """The embedding of the numbers, without the one of the = sign."""
    return run.checkpoint(step).embed.W_E.detach()[: config.modulus]


def draw_spectrum(step: int) -> plt.Figure:
    """Share of the power of each frequency at one checkpoint, key frequencies marked."""
    waves = fourier_basis(config.modulus).float()
    power = (waves @ embedding_of(step)).square().sum(dim=1)[1:].reshape(-1, 2).sum(dim=1)
    key = key_frequencies(embedding_of(step), waves)
    figure, axis = plt.subplots(figsize=(8, 3))
    colors = ["tab:orange" if k in key else "tab:blue" for k in range(1, len(power) + 1)]
    axis.bar(range(1, len(power) + 1), power / power.sum(), color=colors)
    axis.axhline(3 / len(power), color="gray", linestyle="--", linewidth=0.8)
    axis.set(xlabel="frequency k", ylabel="share of power", ylim=(0, 0.4))
    axis.set_title(f"step {step}: key frequencies {key}")
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
# ## 3. What you make of it

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

# %% [markdown]
# ## References
#
# - A. Power, Y. Burda, H. Edwards, I. Babuschkin, V. Misra (2022). *Grokking: Generalization beyond overfitting on small
#   algorithmic datasets.* arXiv 2201.02177.
# - N. Nanda, L. Chan, T. Lieberum, J. Smith, J. Steinhardt (2023). *Progress measures for grokking via mechanistic
#   interpretability.* ICLR 2023, arXiv 2301.05217.
