"""Squared norms as traces, with einsum, in float64."""


def k_composition(W_OV, W_QK, random_OV, random_QK):
    W_OV, W_QK, random_OV, random_QK = (m.double() for m in (W_OV, W_QK, random_OV, random_QK))
    product = torch.einsum("sij,rkj->srik", W_OV, W_QK).square().sum(dim=(2, 3)).sqrt()
    sizes = W_OV.square().sum(dim=(1, 2)).sqrt()[:, None] * W_QK.square().sum(dim=(1, 2)).sqrt()
    by_chance = torch.einsum("nij,nkj->nik", random_OV, random_QK).square().sum(dim=(1, 2)).sqrt()
    by_chance /= (random_OV.square().sum(dim=(1, 2)) * random_QK.square().sum(dim=(1, 2))).sqrt()
    return product / sizes - by_chance.mean()
