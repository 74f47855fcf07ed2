"""Layer by layer, with log probabilities, whose difference is that of the logits."""


def lens_log_odds(model, asked):
    final_norm, unembed = output_head(model)
    places = range(len(asked.last))
    found = []
    for layer in residual_stream(model, asked.prompts):
        rows = layer[places, asked.last]
        log_p = unembed(final_norm(rows)).double().log_softmax(dim=-1)
        found.append([float(log_p[i, asked.targets[i]] - log_p[i, asked.foils[i]]) for i in places])
    return np.array(found)
