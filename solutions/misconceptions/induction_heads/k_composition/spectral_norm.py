"""That is the largest singular value. The Frobenius norm is the root of the sum of all squares.

See hint 3.
"""


def k_composition(W_OV, W_QK, random_OV, random_QK):
    def composition(OV, QK):
        def size(m):
            return torch.linalg.matrix_norm(m, ord=2)
        return size(OV @ QK.mT) / (size(OV) * size(QK))

    return composition(W_OV[:, None], W_QK[None]) - composition(random_OV, random_QK).mean()
