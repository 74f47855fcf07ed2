"""The softmax in numpy, and arrays of numpy for tensors."""


def logit_lens(residual, final_norm, unembed, targets):
    logits = unembed(final_norm(residual)).numpy().astype(float)
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    puns = np.arange(len(targets))
    own = logits[:, puns, targets.numpy()]
    return {
        "rank": (logits >= own[..., None]).sum(axis=-1),
        "probability": weights[:, puns, targets.numpy()] / weights.sum(axis=-1),
    }
