"""The transpose is missing: that is Q-composition, what the receiver's queries read. Keys are the second side of W_QK.

See hint 2.
"""


def k_composition(W_OV, W_QK, random_OV, random_QK):
    def composition(OV, QK):
        norms = OV.norm(dim=(-2, -1)) * QK.norm(dim=(-2, -1))
        return (OV @ QK).norm(dim=(-2, -1)) / norms

    return composition(W_OV[:, None], W_QK[None]) - composition(random_OV, random_QK).mean()
