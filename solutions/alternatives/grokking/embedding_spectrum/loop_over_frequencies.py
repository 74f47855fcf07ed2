"""The same with a loop over frequencies and the squared norm of two rows at a time."""


def embedding_spectrum(embedding, basis):
    pairs = [basis[2 * k - 1 : 2 * k + 1] for k in range(1, len(basis) // 2 + 1)]
    return torch.stack([(pair @ embedding).norm() ** 2 for pair in pairs])
