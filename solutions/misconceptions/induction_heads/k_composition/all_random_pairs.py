"""Every random OV was paired with every random QK. They come in pairs: each with that of its own draw.

See hint 2.
"""


def k_composition(W_OV, W_QK, random_OV, random_QK):
    def composition(OV, QK):
        norms = OV.norm(dim=(-2, -1)) * QK.norm(dim=(-2, -1))
        return (OV @ QK.mT).norm(dim=(-2, -1)) / norms

    return composition(W_OV[:, None], W_QK[None]) - composition(random_OV[:, None], random_QK[None]).mean()
