"""A loop over pairs with numpy's norm, which is the Frobenius norm for matrices."""


def k_composition(W_OV, W_QK, random_OV, random_QK):
    def composition(sender, receiver):
        sender, receiver = sender.numpy(), receiver.numpy()
        size = np.linalg.norm(sender) * np.linalg.norm(receiver)
        return np.linalg.norm(receiver @ sender.T) / size  # the norm of the transpose, which is the same

    by_chance = np.mean([composition(*pair) for pair in zip(random_OV, random_QK, strict=True)])
    return np.array([[composition(s, r) - by_chance for r in W_QK] for s in W_OV])
