"""A loop over positions, as a numpy array."""


def previous_token_score(pattern):
    collected = [pattern[:, :, i, i - 1].mean(dim=0).numpy() for i in range(1, pattern.shape[2])]
    return np.mean(collected, axis=0)
