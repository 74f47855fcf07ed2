"""What pun-world's model can do, in one row of numbers: its puns, the audience's reaction, plain language, induction.

All are measured on text with no context before it but `<start>`, so nothing is given away by earlier puns. What counts
successes has a continuous twin (a log-odds or a loss): a share of successes can jump where nothing jumps.

Pitfall: 216 held-out puns are 36 pairs, each in 2 phrases and 3 openings. Their errors are not independent; take
intervals over pairs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float, Int
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor, nn

from course_utils.pun_world.corpus import (
    GROAN,
    NOD,
    START,
    PunItem,
    non_pun_items,
    plain_sentence,
    pun_items,
    vocabulary,
    words_by_phrase,
)

N_PLAIN, N_REPEATS, REPEAT_LENGTH = 100, 32, 20
_ITEM_SEED = 0  # which sentences are measured is the same for every run and step
_EVERY = 2  # of the seen sentences the probe is fitted on every second, as openings repeat the pair
_BATCH = 512


def measures(model: nn.Module) -> dict[str, float]:
    """Every measure of a model at one checkpoint, by name.

    completion_held_out, completion_seen    share of puns whose last word is the model's first choice
    foil_margin_held_out                    mean log-odds of the last word over the best word of other settings, nats
    reaction_held_out, reaction_seen        share of puns and matched non-puns after which the right reaction is likelier
    reaction_margin_held_out                mean log-odds of the right reaction over the wrong one, nats
    probe_held_out                          accuracy of a linear probe for pun against non-pun at the last layer, on
                                            pairs it was not fitted on, see `probe_accuracies`
    plain_loss, repeat_loss                 nats per token on plain sentences; on the second occurrence of random words
    induction_score                         largest prefix-matching attention of any head

    Raises FloatingPointError where the model gives a logit that is not finite.
    """
    was_training = model.training
    model.eval()
    with torch.no_grad():
        row = {**_completions(model), **_reactions(model), **_language(model), **_repeats(model)}
        row["probe_held_out"] = probe_accuracies(model, layers=[-1])[0]
    model.train(was_training)
    return row


@dataclass(frozen=True)
class _Prompts:
    tokens: Int[Tensor, "item position"]  # padded on the right, where a causal model does not look
    last: Int[Tensor, " item"]


@lru_cache(maxsize=1)
def _numbers() -> dict[str, int]:
    return {word: n for n, word in enumerate(vocabulary())}


def token_ids(texts: Sequence[str]) -> _Prompts:
    """Token ids of texts, each after `<start>`. Raises ValueError for a word that pun-world does not have."""
    rows = [[START, *text.split()] for text in texts]
    if strange := sorted({word for row in rows for word in row} - _numbers().keys()):
        raise ValueError(
            f"pun-world has no word {', '.join(strange[:5])}; its {len(_numbers())} words are in vocabulary()"
        )
    tokens = torch.zeros(len(rows), max(map(len, rows)), dtype=torch.long)
    for n, row in enumerate(rows):
        tokens[n, : len(row)] = torch.tensor([_numbers()[word] for word in row])
    return _Prompts(tokens, torch.tensor([len(row) - 1 for row in rows]))


def _next_token_logits(model: nn.Module, texts: Sequence[str]) -> Float[Tensor, "item word"]:
    prompts = token_ids(texts)
    logits = torch.cat(
        [
            model(tokens).logits[torch.arange(len(tokens)), last]
            for tokens, last in zip(prompts.tokens.split(_BATCH), prompts.last.split(_BATCH), strict=True)
        ]
    )
    if not torch.isfinite(logits).all():
        raise FloatingPointError("the model gives logits that are not finite; its weights are damaged")
    return logits


def _completions(model: nn.Module) -> dict[str, float]:
    items = pun_items()
    logits = _next_token_logits(model, [item.prompt for item in items])
    targets = torch.tensor([_numbers()[item.word] for item in items])
    held_out = torch.tensor([item.held_out for item in items])
    right = (logits.argmax(dim=-1) == targets).double()
    margin = logits.gather(1, targets[:, None])[:, 0] - _best_foil(logits, items)
    return {
        "completion_held_out": float(right[held_out].mean()),
        "completion_seen": float(right[~held_out].mean()),
        "foil_margin_held_out": float(margin[held_out].double().mean()),
    }


def _best_foil(logits: Float[Tensor, "item word"], items: Sequence[PunItem]) -> Float[Tensor, " item"]:
    """The largest logit among words that fit the phrase and belong to another setting."""
    allowed = torch.full_like(logits, -torch.inf)
    for n, item in enumerate(items):
        foils = [_numbers()[word] for _, word in words_by_phrase()[item.phrase] if word != item.word]
        allowed[n, foils] = 0
    return (logits + allowed).amax(dim=-1)


def _reactions(model: nn.Module) -> dict[str, float]:
    items = [*pun_items(), *non_pun_items()]
    logits = _next_token_logits(model, [item.reaction_prompt for item in items]).double()
    sign = torch.tensor([1.0 if item.is_pun else -1.0 for item in items])
    margin = sign * (logits[:, _numbers()[GROAN]] - logits[:, _numbers()[NOD]])
    held_out = torch.tensor([item.held_out for item in items])
    return {
        "reaction_held_out": float((margin[held_out] > 0).double().mean()),
        "reaction_seen": float((margin[~held_out] > 0).double().mean()),
        "reaction_margin_held_out": float(margin[held_out].mean()),
    }


def probe_accuracies(model: nn.Module, layers: Sequence[int] | None = None) -> list[float]:
    """Held-out accuracy, at the embedding (0) and after each layer, of a linear probe for pun against non-pun.

    The probe is a logistic regression on the residual stream at the last word before the reaction ("everyone"), fitted
    on seen pairs and tested on the pairs that training never showed; classes are balanced, so 0.5 is chance. The last
    layer is read after the final layer norm. `layers` picks some, -1 for the last; the best of several layers, chosen
    on these very items, would be biased upwards, so `measures` always reads the last.
    """
    items = [*pun_items(), *non_pun_items()]
    fitted = [item for item in items if not item.held_out][::_EVERY]
    tested = [item for item in items if item.held_out]
    with torch.no_grad():
        train, test = (_residuals(model, [item.reaction_prompt for item in group]) for group in (fitted, tested))
    labels, truth = ([item.is_pun for item in group] for group in (fitted, tested))
    chosen = range(len(train)) if layers is None else layers
    return [float(_probe().fit(train[layer], labels).score(test[layer], truth)) for layer in chosen]


def _probe() -> Pipeline:
    return make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=300))


def _residuals(model: nn.Module, texts: Sequence[str]) -> list[np.ndarray]:
    """The residual stream at the last position, one array (item, d_model) for the embedding and each layer."""
    prompts = token_ids(texts)
    states = model(prompts.tokens, output_hidden_states=True).hidden_states
    return [state[torch.arange(len(texts)), prompts.last].double().numpy() for state in states]


def _language(model: nn.Module) -> dict[str, float]:
    rng = np.random.default_rng(_ITEM_SEED)
    prompts = token_ids([plain_sentence(rng) + " ." for _ in range(N_PLAIN)])
    loss = _token_losses(model, prompts.tokens)
    inside = torch.arange(loss.shape[1])[None] < prompts.last[:, None]
    return {"plain_loss": float(loss[inside].mean())}


def _token_losses(model: nn.Module, tokens: Int[Tensor, "item position"]) -> Float[Tensor, "item predicted"]:
    log_probabilities = model(tokens).logits[:, :-1].double().log_softmax(dim=-1)
    return -log_probabilities.gather(-1, tokens[:, 1:, None])[..., 0]


def repeated_words(seed: int = _ITEM_SEED) -> Int[Tensor, "item position"]:
    """`<start>` and 20 random words, said twice, 32 times over."""
    rng = np.random.default_rng(seed)
    first = np.stack(
        [rng.choice(np.arange(3, len(vocabulary())), REPEAT_LENGTH, replace=False) for _ in range(N_REPEATS)]
    )
    return torch.tensor(np.concatenate([np.zeros((N_REPEATS, 1), dtype=int), first, first], axis=1))


def _repeats(model: nn.Module) -> dict[str, float]:
    tokens = repeated_words()
    losses = _token_losses(model, tokens)[:, REPEAT_LENGTH + 1 :]  # the second occurrence, but for its first word
    patterns = torch.stack(model(tokens, output_attentions=True).attentions)  # layer item head query key
    queries = torch.arange(REPEAT_LENGTH + 1, 2 * REPEAT_LENGTH + 1)
    to_next = patterns[..., queries, queries - REPEAT_LENGTH + 1].mean(dim=(1, 3))
    return {"repeat_loss": float(losses.mean()), "induction_score": float(to_next.max())}
