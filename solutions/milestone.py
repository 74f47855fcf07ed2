# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Project milestone: when does your concept emerge?
#
# In the notebooks of this week others chose the question. Now it is yours: take a concept that you have worked on,
# choose checkpoints of a model in training, and find out *when* the model comes to have it, *how fast*, *which parts*
# carry it, and whether that is a change of its own or the shadow of a general one.
#
# You write six methods and three pieces of analysis (parts 4, 6 and 7; each has a check), run them over your
# checkpoints, and say what you make of it. Everything around them is given. Once the exercises are filled in, the
# notebook runs from top to bottom on a worked example: begin with that, then change parts 1 and 2.
#
# | part | what you do | points |
# |---|---|---:|
# | 1 to 3 | choose an approach, a concept, 8 to 15 checkpoints | 2 |
# | 4 and 5 | six methods, run over the checkpoints | 27 |
# | 6 and 7 | emergence analysis and figures | 15 |
# | 8 | what you claim | 2 |
# | 9 | two written parts | 20 |
#
# **What you hand in:** this notebook and the folder `study` beside it, with all that is in it.
#
# **How it is graded.** Methods and analysis as in the other notebooks: on cases that are drawn afresh, checkpoints of
# the shipped suite and a concept that you have not seen. The study itself by *findings* (part 8), which you can see
# before you hand it in. One of them computes some of your numbers anew, with your functions, on your checkpoints. The
# written parts are read by a person, by the rubrics that stand there.

# %%
import itertools
from collections.abc import Callable, Mapping
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import torch
from jaxtyping import Bool, Float, Int
from matplotlib.figure import Figure
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from course_utils import (
    Study, ablate_each, assembly_timeline, check, check_study, compare_transitions,
    describe_transition, load_concept, load_suite, make_report, mark_missing, mark_steps,
    missing_steps, path_patch, plot_trajectories, redundancy, sweep, thresholded_twin,
)
from course_utils.checking import figure_facts
from course_utils.inside import (
    concept_features, feature_contrasts, logits, named_components, output_head, patterns,
    residual_stream, train_sparse_autoencoder,
)
from course_utils.studies import (
    UNITS, by_group, closer_steps, finetune_on_puns, induction_runs, means, metrics_of,
    study_steps, study_suite, texts_without_puns,
)
from course_utils.texts import (
    TokenisedConcept, concerns, general_sequences, general_tokens, induction_concept,
    token_word_tokenizer, tokenise_concept, windows,
)

# %% [markdown]
# ## 1. Approach
#
# | | what you study | the worked example | what it can show |
# |---|---|---|---|
# | **A** (recommended) | checkpoints that others published | *pun-world*, which ships with the course | how it went in a real training, once |
# | **B** | a trained model that you train further on texts with the concept | pun-world's model that never met a pun, on puns | what it takes to add the concept to what is there |
# | **C** | a small model from scratch on a simplified task, several seeds | the induction network, four seeds | what repeats from run to run |
#
# A costs nothing but time to look. B takes two minutes for the example, C half a minute; both write their checkpoints
# to `study/run`, and go on where they were stopped when the cell is run again. Choose here, then read on.

# %% tags=["experiment"]
approach = "A"  # "A", "B" or "C"

# %% [markdown]
# - **A, your own suite:** `suite = load_suite("EleutherAI/pythia-160m")` opens any model on the hub that published its
#   training. Take `general` from texts of the kind that it read.
# - **B, your own texts:** `finetune(model, tokenizer, texts, "study/run", config)` of `course_utils.finetuning` trains
#   any causal language model of transformers, and keeps twelve log-spaced steps, or one every N (`save_every`).
# - **C, your own task:** write its sequences as `course_utils.attention_only.repeated_tokens` does, and train on them as
#   `course_utils.attention_only.loop` does, so that the runs open as suites.

# %% tags=["experiment"]
run_folder = Path("study") / "run"
if approach == "A":
    suite, seeds = load_suite("pun-world"), []
    tokenizer = suite.tokenizer
    general = general_tokens(tokenizer, texts_without_puns(), window=64)
elif approach == "B":
    finetune_on_puns(run_folder)
    suite, seeds = load_suite(run_folder), []
    tokenizer = suite.tokenizer
    general = general_tokens(tokenizer, texts_without_puns(), window=64)
else:
    runs = induction_runs(run_folder)
    suite, seeds = load_suite(run_folder, seed=runs.seeds[0]), runs.seeds
    tokenizer = token_word_tokenizer(runs.seed(seeds[0]).config.vocabulary)
    general = general_sequences(runs.seed(seeds[0]).config)
print(suite)

# %% [markdown]
# ## 2. Concept
#
# A concept is a list of items: a *prompt*, the *target* that completes it, a *contrast* (the same prompt without the
# concept, equally long), and a *foil* (what the contrast would rather have). Items that share words are a *group*;
# groups are what counts as independent. Yours go in a file: `copy_template("mine.csv")` writes one to start from,
# `load_concept("mine.csv")` reads it, and says line by line what is wrong.
#
# The examples: for A *trades*, what belongs to whose work; for B *puns*; for C *induction*, what followed the last
# time.

# %% tags=["experiment"]
concept = {
    "A": lambda: load_concept("trades"),
    "B": lambda: load_concept("puns"),
    "C": lambda: induction_concept(runs.seed(seeds[0]).config),
}[approach]()
asked = tokenise_concept(concept, tokenizer)
print(f"{concept.name}: {len(concept)} items in {len(set(concept.groups))} groups")
for concern in concerns(concept, tokenizer):
    print("to bear in mind:", concern)
concept.table()[["prompt", "target", "contrast", "foil"]].head(4)

# %% [markdown]
# ## 3. Checkpoints
#
# 8 to 15, evenly spaced in *log* step, some before the change and some after it. Fewer cannot tell a sudden change from
# a gradual one; with more you pay for what you do not need. What cannot be a study is refused, with the reason.

# %% tags=["experiment"]
steps = study_steps(suite.steps, min(12, len(suite.steps)))
print(f"{len(steps)} of {len(suite.steps)} checkpoints: {steps}")

# %% [markdown]
# ## 4. Methods
#
# Each is a function of one opened model. `asked` holds the concept in the model's tokens:
#
# | | |
# |---|---|
# | `asked.prompts`, `asked.contrasts` | (item, position) token ids, padded on the right |
# | `asked.last` | (item,) position of the last token of the prompt, from which the target is predicted |
# | `asked.mask` | (item, position) where there is a token, and no padding |
# | `asked.log_odds(logits)` | (..., item, vocabulary) -> (..., item): logit of the target minus that of the foil |
# | `asked.target_words`, `asked.foil_words` | prompt + target and prompt + foil, for `windows` |
# | `asked.sentences`, `asked.sentence_ends` | prompts with their targets, then contrasts with the same targets, and where each ends |
# | `asked.has_concept`, `asked.sentence_groups` | what a probe has to tell, and what has to stay together |

# %% [markdown]
# ### 4.1 Concept loss
#
# The plainest measures of a concept: how much the target surprises the model, how much it prefers the target to the
# foil, and whether the target comes first. The first falls with everything that the model learns. The second asks for
# the concept, as both words fit the prompt. The third is a threshold, and thresholds make jumps.
#
# **Predict:** which of the three will move first in training, and why is that not yet the concept?
#
# *Difficulty 3 of 5, about 10 minutes.*
# <details><summary>Hint 1: the idea</summary>A word may be several tokens. Its log probability is the sum over them; it comes first only if each
# of them does.</details>
# <details><summary>Hint 2: the interface</summary><code>windows(model, words)</code> gives, for each item, logits and tokens of its end: row i of
# the logits predicts token i + 1.</details>
# <details><summary>Hint 3: shapes</summary>For one item <code>rows[:-1].log_softmax(dim=-1)</code> is (token of the word, vocabulary), and
# <code>tokens[1:, None]</code> picks with <code>gather(1, ...)</code>. All three answers are (item,).</details>


# %% exercise="concept_losses"
def concept_losses(model, asked: TokenisedConcept) -> dict[str, Float[Tensor, "item"]]:
    """How well a model predicts the target of each item, all tokens of the word counted.

    {"loss": -log p(target), in nats; "log_odds": log p(target) - log p(foil); "completed": 1.0
    where every token of the target is the likeliest one, else 0.0}
    """

    ### BEGIN SOLUTION
    def scored(words) -> list[tuple[Tensor, Tensor]]:
        ends = windows(model, words)
        log_p = [
            (rows[:-1].double().log_softmax(dim=-1), tokens[1:, None]) for rows, tokens in ends
        ]
        return [(p.gather(1, own)[:, 0], p.amax(dim=1)) for p, own in log_p]

    target = scored(asked.target_words)
    log_p = torch.stack([own.sum() for own, _ in target])
    foil = torch.stack([own.sum() for own, _ in scored(asked.foil_words)])
    completed = torch.stack([(own == best).all() for own, best in target]).double()
    return {"loss": -log_p, "log_odds": log_p - foil, "completed": completed}
    ### END SOLUTION


# %% check="concept_losses" points=4
check("concept_losses", concept_losses)

# %% [markdown]
# ### 4.2 General loss
#
# A model that gets better at everything gets better at your concept. The loss on other text is what the concept's curve
# has to be held against.
#
# **Predict:** will your concept come while the general loss falls steeply, or after that?
#
# *Difficulty 1 of 5, about 3 minutes.*
# <details><summary>Hint 1: the idea</summary>Mean over texts and positions of -log p of the token that really comes.</details>
# <details><summary>Hint 2: the interface</summary>One number, in nats per token. The first token is predicted by nothing; the last row of logits
# predicts nothing.</details>
# <details><summary>Hint 3: shapes</summary><code>logits(model, tokens)</code> is (text, position, vocabulary). Drop its last position, and the first
# of the tokens.</details>


# %% exercise="general_loss"
def general_loss(model, tokens: Int[Tensor, "text position"]) -> float:
    """Mean loss on text without padding: -log p of each token but the first, nats per token."""
    ### BEGIN SOLUTION
    log_p = logits(model, tokens)[:, :-1].double().log_softmax(dim=-1)
    return -log_p.gather(-1, tokens[:, 1:, None]).mean().item()
    ### END SOLUTION


# %% check="general_loss" points=2
check("general_loss", general_loss)

# %% [markdown]
# ### 4.3 Probe accuracy
#
# Can it be *read* from the residual stream at the end of a sentence whether it shows the concept? Both classes end in
# the same word, so that the word gives nothing away, and all sentences of a group are on one side of the split, so that
# the probe cannot know them by heart.
#
# **Predict:** the design is balanced: every prompt stands in one class with its own target. Can a probe be *below*
# chance?
#
# *Difficulty 3 of 5, about 8 minutes.*
# <details><summary>Hint 1: the idea</summary>Cross-validation with whole groups held out; then the share told rightly in each group.</details>
# <details><summary>Hint 2: the interface</summary>Layer 0 is the stream before the first layer. A dict with one number for each group;
# <code>by_group(values, groups)</code> averages.</details>
# <details><summary>Hint 3: a walk through</summary><code>residual_stream(model, asked.sentences, positions=asked.sentence_ends)</code> is (layer + 1,
# sentence, d_model). <code>cross_val_predict(probe, X, y, groups=..., cv=GroupKFold(folds))</code>.</details>


# %% exercise="probe_accuracy"
def probe_accuracy(model, asked: TokenisedConcept, layer: int, folds: int = 5) -> dict[str, float]:
    """Share of each group's sentences that a linear probe tells rightly, whole groups held out.

    The probe reads the residual stream after `layer` layers at the last token of each sentence:
    StandardScaler, then LogisticRegression(C=0.01, max_iter=1000), in GroupKFold(folds).
    """
    ### BEGIN SOLUTION
    stream = residual_stream(model, asked.sentences, positions=asked.sentence_ends)[layer]
    probe = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))
    labels, groups = asked.has_concept.numpy(), asked.sentence_groups
    told = cross_val_predict(
        probe, stream.float().numpy(), labels, groups=groups, cv=GroupKFold(folds)
    )
    return by_group(told == labels, groups)
    ### END SOLUTION


# %% check="probe_accuracy" points=4
check("probe_accuracy", probe_accuracy)

# %% [markdown]
# ### 4.4 Logit lens
#
# What would each layer answer if it were the last? The log-odds after each layer say how far the preference for the
# target has come on its way through the model.
#
# **Predict:** in which layer will the preference stand at the end of training, and will it have been there from the
# beginning?
#
# *Difficulty 2 of 5, about 5 minutes.*
# <details><summary>Hint 1: the idea</summary>The residual stream at the last token of each prompt, through the final normalisation, then the
# unembedding.</details>
# <details><summary>Hint 2: the interface</summary><code>final_norm, unembed = output_head(model)</code>. Both take any stream, all layers at
# once.</details>
# <details><summary>Hint 3: shapes</summary>The stream is (layer + 1, item, d_model), its logits (layer + 1, item, vocabulary); <code>asked.log_odds</code>
# takes the last axis away.</details>


# %% exercise="lens_log_odds"
def lens_log_odds(model, asked: TokenisedConcept) -> Float[Tensor, "layer_plus_1 item"]:
    """Log-odds of target over foil after each layer, as if it were the last; row 0: before the first."""
    ### BEGIN SOLUTION
    stream = residual_stream(model, asked.prompts, positions=asked.last)
    final_norm, unembed = output_head(model)
    return asked.log_odds(unembed(final_norm(stream)))
    ### END SOLUTION


# %% check="lens_log_odds" points=3
check("lens_log_odds", lens_log_odds)

# %% [markdown]
# ### 4.5 Ablation effects
#
# What does the model *need*? Put each head and each MLP to its mean and see how far the log-odds fall. The mean is over
# all tokens of all prompts: it keeps what they have in common, and takes out what tells them apart.
#
# **Predict:** will the parts that matter most when the concept comes be those that matter most at the end?
#
# *Difficulty 3 of 5, about 8 minutes.*
# <details><summary>Hint 1: the idea</summary>Log-odds of the intact model minus those of the ablated one, averaged over items.</details>
# <details><summary>Hint 2: the interface</summary><code>named_components(model)</code> gives parts by name. <code>ablate_each(model, tokens, parts, "mean",
# positions=..., attention_mask=...)</code> gives logits for each. Padding must not count in the mean.</details>
# <details><summary>Hint 3: shapes</summary>With <code>positions=asked.last</code> the logits are (component, item, vocabulary), the log-odds (component,
# item).</details>


# %% exercise="ablation_effects"
def ablation_effects(model, asked: TokenisedConcept) -> dict[str, float]:
    """By how many nats the mean log-odds fall when a component is set to its mean, by name.

    The mean of a component is over the tokens of all prompts, padding left out. Positive: it is
    needed. Components: all that `named_components` gives.
    """
    ### BEGIN SOLUTION
    parts = named_components(model)
    options = {"positions": asked.last, "attention_mask": asked.mask.long()}
    intact = asked.log_odds(logits(model, asked.prompts, positions=asked.last))
    ablated = ablate_each(model, asked.prompts, list(parts.values()), "mean", **options)
    falls = (intact - asked.log_odds(ablated)).mean(dim=1)
    return dict(zip(parts, falls.tolist(), strict=True))
    ### END SOLUTION


# %% check="ablation_effects" points=4
check("ablation_effects", ablation_effects)

# %% [markdown]
# ### 4.6 Circuit strength
#
# An ablation takes a part out of everything that it does. *Path patching* changes one thing: the direct paths from the
# circuit's parts to the logits carry what these parts would have written for the *contrast*; everything between is
# held. How far do the log-odds fall? That is what the circuit itself says for the target, at each checkpoint the same
# question to the same parts.
#
# **Predict:** if a circuit says everything there is to say, how far do the log-odds fall: to zero, or further?
#
# *Difficulty 3 of 5, about 8 minutes.*
# <details><summary>Hint 1: the idea</summary>Log-odds on the prompts, minus log-odds on the prompts with the paths patched from the
# contrasts.</details>
# <details><summary>Hint 2: the interface</summary><code>path_patch(model, tokens, source, senders, positions=...)</code>: without receivers the
# logits receive. `tokens` is what is run, `source` where the senders' values come from.</details>
# <details><summary>Hint 3: shapes</summary>All parts of the circuit are patched together, in one call: a list of components. The answer is
# (item,).</details>


# %% exercise="circuit_strength"
def circuit_strength(model, asked: TokenisedConcept, circuit: list[str]) -> Float[Tensor, "item"]:
    """By how many nats each item's log-odds fall when the direct paths of a circuit carry its contrast.

    `circuit` names components as `named_components` does; the logits are the receiver.
    """
    ### BEGIN SOLUTION
    parts = named_components(model)
    senders = [parts[name] for name in circuit]
    intact = asked.log_odds(logits(model, asked.prompts, positions=asked.last))
    patched = path_patch(model, asked.prompts, asked.contrasts, senders, positions=asked.last)
    return intact - asked.log_odds(patched)
    ### END SOLUTION


# %% check="circuit_strength" points=4
check("circuit_strength", circuit_strength)

# %% [markdown]
# ## 5. All methods over all checkpoints
#
# Which parts are the circuit is decided at the *last* checkpoint: the four whose direct paths carry most there. That is
# a choice made with the end in view. Parts that mattered only in between are not among them; part 6 looks for those.

# %% tags=["experiment"]
with suite.open(suite.steps[-1]) as model:
    direct = {
        name: circuit_strength(model, asked, [name]).mean().item()
        for name in named_components(model)
    }
    n_layers = len(lens_log_odds(model, asked)) - 1
circuit = sorted(direct, key=direct.get, reverse=True)[:4]
layer = n_layers  # where the probe reads
print(", ".join(f"{name} {direct[name]:.2f} nats" for name in circuit))


# %% [markdown]
# These are the columns of your study; the grader computes some of them anew, with your functions.


# %%
def study_methods(
    asked: TokenisedConcept, general: Tensor, circuit: list[str], layer: int
) -> dict[str, Callable]:
    """Every method of the study as a function of one opened model."""

    def losses(model) -> dict[str, float]:
        found = concept_losses(model, asked).items()
        grouped = {kind: by_group(values, asked.groups) for kind, values in found}
        return {f"{kind}.{group}": x for kind, row in grouped.items() for group, x in row.items()}

    return {
        "concept": losses,
        "general": lambda model: {"loss": general_loss(model, general)},
        "probe": lambda model: probe_accuracy(model, asked, layer),
        "lens": lambda model: {
            f"layer {k}": row.mean().item() for k, row in enumerate(lens_log_odds(model, asked))
        },
        "ablation": lambda model: ablation_effects(model, asked),
        "circuit": lambda model: by_group(circuit_strength(model, asked, circuit), asked.groups),
    }


# %% tags=["experiment"]
methods = study_methods(asked, general, circuit, layer)
first = sweep(suite, methods, steps, cache_dir="study/cache")
change = describe_transition(steps, metrics_of(first, circuit)["log-odds"])
print(change.message)
steps = closer_steps(steps, suite.steps, change.bracket)
print(f"now {len(steps)} checkpoints: {steps}")
trajectories = sweep(suite, methods, steps, cache_dir="study/cache")
for step, reason in missing_steps(trajectories).items():
    print(f"step {step} is missing: {reason}")
metrics = metrics_of(trajectories, circuit)
curves = pd.DataFrame(means(metrics), index=trajectories.index)
curves.round(2)

# %% [markdown]
# **What is missing stays missing.** A step that could not be opened, or a method that failed there, is a gap, with its
# reason. Sweeps are kept in `study/cache`: stop the cell, run it again, and it goes on. The *closer look* adds
# checkpoints where the log-odds change, which is fair for placing a change. (To *test* whether there is one it would be
# cherry-picking.)

# %% tags=["experiment"]
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 3.6), layout="constrained")
lens = trajectories.filter(like="lens.").rename(columns=lambda name: name.removeprefix("lens."))
plot_trajectories(lens, ylabel="log-odds (nats)", title="Logit lens, after each layer", axis=left)
probe = curves[["probe accuracy"]]
plot_trajectories(probe, ylabel="accuracy", title=f"Probe after layer {layer}", axis=right)
right.axhline(0.5, color="0.6", linestyle="--", linewidth=0.8)
plt.show()

# %% [markdown]
# **What to see** (worked example A). Before the first layer there is nothing to prefer, at any step: the last token is
# the same in prompt and contrast. Layer 1 brings half of what the last layer has, and both come together. The probe
# begins *below* one half: in a balanced design a probe that learns the prompts by heart is wrong about the held-out
# ones.

# %% [markdown]
# ### Two more looks (optional)
#
# **Attention.** Prompt and contrast differ at one place at least. Which heads look there from the last token?


# %% tags=["experiment"]
def attention_to_difference(model) -> dict[str, float]:
    """Attention from the last token to where prompt and contrast differ, mean over items."""
    pattern = patterns(model, asked.prompts, positions=asked.last)  # (layer, item, head, key)
    differs = (asked.prompts != asked.contrasts).float()
    looked = torch.einsum("lihk,ik->lh", pattern, differs) / len(differs)
    return {
        f"head {k}.{h}": looked[k, h].item()
        for k, h in itertools.product(*map(range, looked.shape))
    }


attended = sweep(suite, {"attention": attention_to_difference}, steps, cache_dir="study/cache")
most = attended.iloc[-1].nlargest(4).index
plot_trajectories(
    attended[most].rename(columns=lambda name: name.removeprefix("attention.")),
    ylabel="attention",
    title="From the last token to where prompt and contrast differ",
)
plt.show()

# %% [markdown]
# **What to see** (worked example A). Heads 0.2 and 2.0 turn to the profession between steps 500 and 850, before the
# log-odds move: at 850 head 0.2 gives it nearly all its attention, and the log-odds are 0.07 nats. Looking at the right
# place is not yet making something of it.
#
# **Features.** A sparse autoencoder, trained on the residual stream at the last checkpoint, writes it as a sum of a few
# *features* each time (of sentences with the concept and without, and of general text). The three features that differ
# most between the two kinds of sentences are chosen on half of the groups and followed back in time on the others. A
# feature is a direction that was fixed at the end: where it is silent earlier, the concept may be absent, or written
# along another direction.


# %% tags=["experiment"]
def streams(model) -> dict[str, Tensor]:
    """The residual stream after the last layer: of text, and at the end of each sentence."""
    text = residual_stream(model, general)[-1][:, 1:].flatten(0, 1)  # the start token left out
    ends = residual_stream(model, asked.sentences, positions=asked.sentence_ends)[-1]
    return {"text": text, "with": ends[asked.has_concept], "without": ends[~asked.has_concept]}


with suite.open(suite.steps[-1]) as model:
    final = streams(model)
learned_from = torch.cat([part.float() for part in final.values()])
autoencoder = train_sparse_autoencoder(learned_from, 2 * learned_from.shape[1], progress=False)
of_half = torch.tensor([group in sorted(set(asked.groups))[::2] for group in asked.groups])
features = concept_features(autoencoder, final["with"][of_half], final["without"][of_half], 3).index


# %% tags=["experiment"]
def feature_measures(model) -> dict[str, float]:
    """How well each feature tells the other half of the groups, and what the dictionary explains."""
    now = streams(model)
    table = feature_contrasts(autoencoder, now["with"][~of_half], now["without"][~of_half])
    told = {f"feature {feature}": table.loc[feature, "auroc"] for feature in features}
    return told | {"explained variance of text": autoencoder.explained_variance(now["text"])}


followed = sweep(suite, {"sae": feature_measures}, steps)
followed.columns = [name.removeprefix("sae.") for name in followed.columns]
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 3.6), layout="constrained")
plot_trajectories(
    followed.iloc[:, :-1],
    ylabel="share of pairs (AUROC)",
    title="Features, other groups",
    axis=left,
)
left.axhline(0.5, color="0.6", linestyle="--", linewidth=0.8)
plot_trajectories(
    followed.iloc[:, -1:].clip(lower=-1),
    ylabel="share",
    title="Explained variance of text, not below -1",
    axis=right,
)
plt.show()

# %% [markdown]
# **What to see** (worked example A). No feature tells fitting sentences of other groups from unfitting ones: all stay
# within 0.08 of one half. And on the right, why early silence means nothing: up to step 500 the dictionary explains less
# of the residual stream than its mean does.

# %% [markdown]
# ## 6. Emergence analysis

# %% [markdown]
# ### 6.1 The emergence table
#
# For each metric: is there a change, how fast, where, and between which checkpoints? `describe_transition` answers for
# one curve. The table puts the answers side by side, in the order in which things happened.
#
# **Predict:** which metric will come first? Which do you expect to be *unresolved*?
#
# *Difficulty 2 of 5, about 8 minutes.*
# <details><summary>Hint 1: the idea</summary>One verdict for each metric, then sort by where the change is.</details>
# <details><summary>Hint 2: the interface</summary>Lists of one length: names, verdicts, and numbers. `low` and `high` are the 95 % interval of the step,
# `after` and `by` the checkpoints of the bracket. Where no change was located they are NaN, and that metric stands last.</details>
# <details><summary>Hint 3: a walk through</summary><code>found.step</code>, <code>found.interval</code> and <code>found.bracket</code> are
# <code>None</code> where nothing was located. Sort by <code>(step is None, step or 0)</code>.</details>


# %% exercise="emergence_table"
def emergence_table(
    steps: list[int], metrics: Mapping[str, Float[np.ndarray, "*group step"]]
) -> dict[str, list]:
    """What `describe_transition` says of each metric, all groups given, in the order of steps.

    {"metric": names, "verdict": verdicts, "step": locations, "low" and "high": their 95 % intervals,
    "after" and "by": the brackets}; NaN where no change was located, and such metrics last.
    """
    ### BEGIN SOLUTION
    found = {name: describe_transition(steps, values) for name, values in metrics.items()}
    order = sorted(found, key=lambda name: (found[name].step is None, found[name].step or 0.0))
    rows = [found[name] for name in order]
    nowhere = (np.nan, np.nan)
    return {
        "metric": order,
        "verdict": [row.verdict for row in rows],
        "step": [np.nan if row.step is None else row.step for row in rows],
        "low": [(row.interval or nowhere)[0] for row in rows],
        "high": [(row.interval or nowhere)[1] for row in rows],
        "after": [(row.bracket or nowhere)[0] for row in rows],
        "by": [(row.bracket or nowhere)[1] for row in rows],
    }
    ### END SOLUTION


# %% check="emergence_table" points=4
check("emergence_table", emergence_table)

# %% tags=["experiment"]
reported = pd.DataFrame(emergence_table(list(trajectories.index), metrics))
found = {
    name: describe_transition(list(trajectories.index), values) for name, values in metrics.items()
}
assembly_timeline(found)
plt.show()
reported.round(1)

# %% [markdown]
# **What to see** (worked example A). The same change looks *gradual* in the loss on the target and *sudden* in the
# log-odds, as the loss also falls for reasons that have nothing to do with trades. The probe's row says "gradual,
# somewhere between 10 and 2,100": its accuracy wanders below and above one half, and a place with such an interval is
# none.
#
# **Order, and agreement.** Metrics of the same groups can be compared group by group. And is the completion's jump made
# by its threshold? Its continuous twin, the log-odds, says.

# %% tags=["experiment"]
at = list(trajectories.index)
grouped = ("concept loss", "log-odds", "completion", "circuit strength")
order = compare_transitions({name: metrics[name] for name in grouped}, at, paired=True)
print(order.message)
twin = thresholded_twin(at, metrics["log-odds"], thresholded=metrics["completion"])
print(twin.message)
compare_transitions({name: found[name] for name in ("log-odds", "general loss")}).lags.round(2)

# %% tags=["experiment"]
twin.plot()
plt.show()

# %% tags=["experiment"]
found["concept loss"].plot(label="concept loss")
plt.show()

# %% [markdown]
# **What to see** (worked example A). Grey lines are groups, the shaded stretch is the bracket, the bar at the foot the
# interval. In the log-odds groups differ in how far they rise, and hardly in when. A share of two items per group is a
# coarse measure: its place is poorly known. And the loss falls in two steps, so that one smooth change through both
# comes out gradual.

# %% [markdown]
# ### 6.2 Before and after
#
# A transition splits training in two. What did the model do before that it does not do after, and the other way round?
# Means hide that: 60 % before and 60 % after can be the same items, or others.
#
# *Difficulty 2 of 5, about 6 minutes.*
# <details><summary>Hint 1: the idea</summary>Each item has an answer at the last checkpoint before the change and one at the first after it: four
# kinds of items.</details>
# <details><summary>Hint 2: the interface</summary>Five shares between 0 and 1. The first four are of all items. The last is of those that were gained: the share
# that is completed at *every* checkpoint from then on; NaN where none was gained.</details>
# <details><summary>Hint 3: a walk through</summary><code>np.flatnonzero(steps &lt;= bracket[0])[-1]</code> is the column before,
# <code>np.flatnonzero(steps &gt;= bracket[1])[0]</code> the one after.</details>


# %% exercise="before_and_after"
def before_and_after(
    steps: Int[np.ndarray, "step"],
    completed: Bool[np.ndarray, "item step"],
    bracket: tuple[float, float],
) -> dict[str, float]:
    """What a change did to single items: shares completed before and after it, gained, lost, kept.

    "before": at the last checkpoint <= bracket[0]; "after": at the first >= bracket[1]; "gained" and
    "lost": share of all items; "kept": of the gained ones, completed at every later checkpoint too.
    """
    ### BEGIN SOLUTION
    last, first = np.flatnonzero(steps <= bracket[0])[-1], np.flatnonzero(steps >= bracket[1])[0]
    before, after = completed[:, last], completed[:, first]
    gained = after & ~before
    kept = completed[gained, first:].all(axis=1)
    return {
        "before": before.mean(),
        "after": after.mean(),
        "gained": gained.mean(),
        "lost": (before & ~after).mean(),
        "kept": kept.mean() if len(kept) else np.nan,
    }
    ### END SOLUTION


# %% check="before_and_after" points=3
check("before_and_after", before_and_after)

# %% tags=["experiment"]
bracket = found["log-odds"].bracket
if bracket is None:
    print("no change of the log-odds was located, so there is no before and after")
else:
    half = metrics["log-odds"][:, -1].mean() / 2
    prefers = metrics["log-odds"] >= half  # by group: half of what the mean comes to in the end
    shares = before_and_after(np.array(at), prefers, bracket)
    print({name: round(float(share), 2) for name, share in shares.items()})

# %% [markdown]
# **Redundancy.** How many parts does it take to carry 90 % of the summed ablation effect, at each checkpoint? Where all
# effects together are small, nothing is shown: noise spreads evenly over everything.

# %% tags=["experiment"]
effects = trajectories.filter(like="ablation.")
spread = redundancy(at, effects.to_numpy().T, least_total=0.5)
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 3.6), layout="constrained")
strongest = effects.abs().max().nlargest(5).index
shown = effects[strongest].rename(columns=lambda name: name.removeprefix("ablation."))
plot_trajectories(shown, ylabel="fall of the log-odds (nats)", title="Ablation", axis=left)
plot_trajectories(
    spread[["components", "effective_number"]],
    ylabel="parts",
    title="How many carry it",
    axis=right,
)
plt.show()

# %% [markdown]
# **What to see** (worked example A). Head 0.2 matters first; then the MLPs overtake it one by one. At step 1,000 it
# takes ten parts to carry 90 % of the effects, in the end six.
#
# **Seeds**, where there are any (approach C): the same table for each.

# %% tags=["experiment"]
by_seed = {}
for seed in seeds[1:]:
    other = load_suite(run_folder, seed=seed)
    chosen = {name: methods[name] for name in ("concept", "general")}
    by_seed[seed] = sweep(other, chosen, steps, cache_dir="study/cache")
located = {
    seed: describe_transition(at, metrics_of(table, circuit)["log-odds"])
    for seed, table in {suite.run.seed_number if seeds else 0: trajectories, **by_seed}.items()
}
pd.DataFrame(
    {seed: {"verdict": t.verdict, "step": t.step} for seed, t in located.items()}
).T.rename_axis("seed")

# %% [markdown]
# ## 7. Figures
#
# ### 7.1 Trajectories with their transitions
#
# One panel for each metric, as their units differ. The steps on a logarithmic axis, a label on both axes, a gap where a
# value is missing, and a vertical line with a label where a change was located; none where none was.
#
# *Difficulty 2 of 5, about 8 minutes.*
# <details><summary>Hint 1: the idea</summary>A column of panels, one curve in each, then the mark.</details>
# <details><summary>Hint 2: the interface</summary><code>plot_trajectories(table, ylabel=..., axis=...)</code> draws the columns of a table over log step,
# <code>mark_steps(axis, {name: step})</code> marks. Return the figure.</details>
# <details><summary>Hint 3: a walk through</summary><code>plt.subplots(len(curves), 1, squeeze=False)</code>; for each curve a table with one column of its name,
# indexed by the steps. A step that is <code>None</code> is no mark.</details>


# %% exercise="trajectory_figure"
def trajectory_figure(
    steps: list[int],
    curves: Mapping[str, Float[np.ndarray, "step"]],
    located: Mapping[str, float | None],
    units: Mapping[str, str],
) -> Figure:
    """Each metric over log step in a panel of its own, with the step of its transition marked.

    `located` gives the step by metric, None where no change was located; `units` the y labels.
    Missing values are gaps. A curve's label is its metric's name, and the text of its mark holds it.
    """
    ### BEGIN SOLUTION
    size = (8, 2.2 * len(curves))
    figure, axes = plt.subplots(len(curves), 1, figsize=size, squeeze=False, layout="constrained")
    for axis, (name, values) in zip(axes[:, 0], curves.items(), strict=True):
        table = pd.DataFrame({name: values}, index=steps)
        plot_trajectories(table, ylabel=units[name], title=name, axis=axis)
        step = located[name]
        mark_steps(axis, {name: None if step is None else round(step)})
    return figure
    ### END SOLUTION


# %% check="trajectory_figure" points=4
check("trajectory_figure", trajectory_figure)

# %% tags=["experiment"]
located_at = {name: found[name].step for name in curves}
figure = trajectory_figure(
    at, {name: curves[name].to_numpy() for name in curves}, located_at, UNITS
)
for axis in figure.axes:
    mark_missing(axis, missing_steps(trajectories))
plt.show()

# %% [markdown]
# ## 8. What you claim
#
# For each metric that you build on: is its change sudden, gradual, none, or not resolved by your checkpoints? A claim
# that your data do not give needs an *argument*: two or three sentences that say why you hold it nonetheless.
# "Unresolved" is a respectable answer.

# %% tags=["experiment"]
claims = {
    "log-odds": "sudden",
    "completion": "sudden",
    "circuit strength": "sudden",
    "general loss": {"A": "gradual", "B": "gradual", "C": "none"}[approach],
}
arguments = {}  # by metric, where your claim is not the verdict

# %% tags=["experiment"]
study = Study(
    approach=approach,
    **study_suite(suite),
    steps_available=list(suite.steps),
    concept=concept,
    general=general.tolist(),
    circuit=circuit,
    layer=layer,
    table=trajectories,
    reported=reported,
    claims=claims,
    arguments=arguments,
    figures=[figure_facts(figure)],
    seeds=by_seed,
)
print("written to", study.save("study"))

# %% [markdown]
# The findings. Each reads `study/study.json` and says what it finds, here as it will when you have handed it in.

# %% finding="study_checkpoints" points=2
check_study("study_checkpoints")

# %% finding="study_metrics" points=2
check_study("study_metrics")

# %% finding="study_recomputed" points=4
check_study("study_recomputed", study_methods)

# %% finding="study_transitions" points=2
check_study("study_transitions")

# %% finding="study_figures" points=2
check_study("study_figures")

# %% finding="study_claims" points=2
check_study("study_claims")

# %% [markdown]
# ## 9. The written parts
#
# Each is read by a person, by the rubric that stands above it. About 250 words each; numbers from your tables, not
# adjectives.
#
# ### 9.1 Emergence analysis
#
# | criterion | full points | part | none |
# |---|---|---|---|
# | **Evidence** (3) | every change with its interval and bracket: "log-odds: near step 1,207 (1,162 to 1,254), between the checkpoints 1,000 and 1,450" | 1 to 2: steps without interval or bracket: "emerges at step 1,207" | "in the middle of training" |
# | **Sudden or gradual** (2) | the verdict with its ground (width, what is ruled out), and the threshold's part in it; "unresolved" where it is | 1: the verdict, repeated | by eye: "clearly a jump" |
# | **Order and agreement** (2) | what came before what, by what factor; what cannot be ordered is said | 1: the order of best guesses | not told |
# | **Against the loss** (1) | where the general loss changes, and what that says about the concept's change | | not told |
# | **Limits** (2) | at least two that are *this* study's, and what each leaves open: "one run: another seed may do it elsewhere" | 1: one, or in general: "more data is needed" | none |

# %% [markdown] written="emergence_analysis" points=10
# **Question.** When, and how fast, did your concept emerge, in which order did its measures change, and is it a change
# of its own?
#
# ### BEGIN SOLUTION
# In pun-world the log-odds of the right thing over the wrong one stay within 0.1 nats of zero up to step 850 and come
# to 7.5 nats. The change is sudden: near step 1,207 (95 % interval 1,162 to 1,254), in the bracket 1,000 to 1,450, 0.23
# decades wide (0.19 to 0.27); a change over a decade would look so sudden in one draw of a thousand. The threshold did
# not make it, as the log-odds have none; completion is sudden too, but it ends at 0.2, as five things fit each
# profession, and its place (683 to 1,249) is poorly known.
#
# The loss on the target is *gradual* (631 to 2,100): it falls long before, from 5.9 to 4.5 nats by step 250, when the
# model learns which words there are and nothing of professions. Whoever had only this curve would not have seen the
# change. Logit lens, log-odds and circuit strength lie within 6 % of each other; group by group the log-odds come
# before the circuit by a factor of 1.01, which I take for agreement rather than order. Concept loss and log-odds cannot
# be ordered.
#
# The general loss changes near step 28 (22 to 37), a factor of 43 in steps before the log-odds, and hardly moves when
# they rise. So this is a change of its own.
#
# Limits: one run, so the step may be the seed's. The bracket holds three checkpoints, 1,000, 1,200 and 1,450; within it
# nothing is known. I added 1,000 after a first look, which helps to place the change and does not count as a test that
# there is one. Trades are stated in the training text, so this is learning of facts and says nothing about
# generalising. The circuit was chosen at the end.
# ### END SOLUTION
#
# ### BEGIN MARK SCHEME
# By the rubric above the question. Points for each criterion: evidence 3, sudden or gradual 2, order and agreement 2,
# against the loss 1, limits 2. The summary page of this student has the table worked out anew: numbers in the text that
# are not in it need a reason.
# - Full: as in the model answer. "No change was located, between steps a and b my checkpoints could not see one shorter than ..." is as good as a change.
# - Half: the table retold in words, without what rules out the other verdict, limits in general.
# - None: a story about curves without numbers; a claim that the automatic finding refuses, without an argument.
# ### END MARK SCHEME

# %% [markdown]
# ### 9.2 Mechanistic interpretation
#
# | criterion | full points | part | none |
# |---|---|---|---|
# | **What carries it** (3) | the parts, with numbers of two kinds of evidence: what is *needed* (ablation) and what *says* it (direct paths) | 1 to 2: one kind, or no numbers | "the later layers" |
# | **How it forms** (3) | how the parts' effects develop: together or one after another, handed over, more or fewer of them | 1 to 2: the end state only | not told |
# | **Readable is not used** (2) | what a probe or the lens reads is kept apart from what the model uses | 1: said in general | probe accuracy taken for mechanism |
# | **Another explanation** (2) | one that competes, and an experiment with a result that would change your mind | 1: one of the two | none |

# %% [markdown] written="mechanistic_interpretation" points=10
# **Question.** Which parts of the model carry the concept, how did that come about during training, and what would make
# you give up your account?
#
# ### BEGIN SOLUTION
# At the last checkpoint the direct paths of four parts, MLP 3, head 0.2, head 2.0 and MLP 2, carry 14.8 of the 15.1
# nats between prompt and contrast. MLP 3 says most of it (8.9 nats alone), then head 0.2 (2.3) and head 2.0 (2.1),
# which look from the last word at the profession. What is *needed* is a longer list: without MLP 0 the log-odds fall by
# 5.6 nats, though its direct path says next to nothing. So MLP 0 feeds others (a guess: it turns the profession's token
# into what belongs to its setting), and ablation alone would have taken it for the place of the answer.
#
# How it forms: one after the other. Heads 0.2 and 2.0 turn to the profession between steps 500 and 850, when the
# log-odds are still 0.07 nats. At step 1,000 they are 1 nat, and head 0.2 matters most (0.7 nats), MLP 0 and MLP 3
# less. From then on the MLPs take over: in the end each of the four costs 4 to 6 nats, head 0.2 3.6. It takes ten parts
# to carry 90 % of the effects at step 1,000 and six in the end, so a little is pruned. That fits a story in which
# attention brings the profession to the last word, and MLPs learn later to make something of it.
#
# Readable is not used: the probe at the last word tells fitting from unfitting sentences in about 60 % at the end, from
# below half before, while the log-odds are 7.5 nats. The model completes by the profession and need not mark that a
# sentence fits. The lens shows half of the log-odds already after layer 1, late in training only.
#
# Another explanation: the four parts write the thing's *setting* and any word of it would be raised; then the trade is
# not known, only its topic. Test: the same circuit strength with foils from the same setting. If it stayed above 5
# nats, I would give up "topic". And path patching of MLP 0 into head 0.2 and MLP 3 would show whether it feeds them; if
# not, my account of the early layers is wrong.
# ### END SOLUTION
#
# ### BEGIN MARK SCHEME
# By the rubric above the question. Points for each criterion: what carries it 3, how it forms 3, readable is not used
# 2, another explanation 2.
# - Full: as in the model answer; fewer parts and other methods are as good if necessity and what is said directly are kept apart.
# - Half: a list of parts with ablation effects at the end; a remark that other explanations are possible.
# - None: attention patterns or a probe alone, taken for a mechanism.
# ### END MARK SCHEME

# %% [markdown]
# ## 10. The report
#
# One HTML file with everything: figures, tables, your texts, your code. Save the notebook first (the texts are read
# from the file), then run this cell. It stands alone: send it to whom you like.

# %% tags=["experiment"]
report = make_report(study, "study", figures={"Trajectories": figure}, notebook="milestone.ipynb")
print("written to", report)

# %% [markdown]
# ## References
#
# - S. Biderman et al. (2023). *Pythia: a suite for analyzing large language models across training and scaling.* arXiv 2304.01373.
# - K. Wang et al. (2023). *Interpretability in the wild: a circuit for indirect object identification in GPT-2 small.* arXiv 2211.00593.
# - N. Goldowsky-Dill, C. MacLeod, L. Sato, A. Arora (2023). *Localizing model behavior with path patching.* arXiv 2304.05969.
# - nostalgebraist (2020). *Interpreting GPT: the logit lens.* LessWrong.
# - J. Hewitt, P. Liang (2019). *Designing and interpreting probes with control tasks.* EMNLP 2019, arXiv 1909.03368.
# - R. Schaeffer, B. Miranda, S. Koyejo (2023). *Are emergent abilities of large language models a mirage?* arXiv 2304.15004.
# - C. Olsson et al. (2022). *In-context learning and induction heads.* arXiv 2209.11895.
# - H. Cunningham et al. (2023). *Sparse autoencoders find highly interpretable features in language models.* arXiv 2309.08600.
