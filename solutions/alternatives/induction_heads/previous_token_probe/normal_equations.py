"""The normal equations of centred inputs and targets."""


def previous_token_probe(residual, tokens, train):
    labels = tokens[:, :-1]
    inputs = residual[:, :, 1:].double()
    fitted, held_out = inputs[:, :train].flatten(1, 2), inputs[:, train:].flatten(1, 2)
    wanted = torch.nn.functional.one_hot(labels[:train].flatten(), int(tokens.max()) + 1).double()
    centre, middle = fitted.mean(dim=1, keepdim=True), wanted.mean(dim=0)
    weights = torch.linalg.solve((fitted - centre).mT @ (fitted - centre), (fitted - centre).mT @ (wanted - middle))
    guess = ((held_out - centre) @ weights + middle).argmax(dim=-1)
    return (guess == labels[train:].flatten()).float().mean(dim=1)
