"""The softmax in numpy, and arrays of numpy for tensors."""


def logit_lens(residual, final_norm, unembed, target):
    logits = unembed(final_norm(residual)).numpy().astype(float)
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    return {
        "rank": (logits >= logits[:, [target]]).sum(axis=1),
        "probability": weights[:, target] / weights.sum(axis=1),
    }
