"""With an einsum over the vocabulary, in float64."""


def lens_log_odds(model, asked):
    final_norm, unembed = output_head(model)
    scores = unembed(final_norm(residual_stream(model, asked.prompts, positions=asked.last))).double()
    one_hot = torch.nn.functional.one_hot
    size = scores.shape[-1]
    asked_for = (one_hot(asked.targets, size) - one_hot(asked.foils, size)).double()
    return torch.einsum("liv,iv->li", scores, asked_for).numpy()
