"""The product's norm was not divided by the norms of the two matrices, so that large weights look like wiring.

See hint 1.
"""


def k_composition(W_OV, W_QK, random_OV, random_QK):
    def composition(OV, QK):
        return (OV @ QK.mT).norm(dim=(-2, -1))

    return composition(W_OV[:, None], W_QK[None]) - composition(random_OV, random_QK).mean()
