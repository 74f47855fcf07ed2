"""The product is the other way round: what the sender writes meets the receiver's keys, W_OV times W_QK transposed.

See hint 2.
"""


def k_composition(W_OV, W_QK, random_OV, random_QK):
    def composition(OV, QK):
        norms = OV.norm(dim=(-2, -1)) * QK.norm(dim=(-2, -1))
        return (QK.mT @ OV).norm(dim=(-2, -1)) / norms

    return composition(W_OV[:, None], W_QK[None]) - composition(random_OV, random_QK).mean()
