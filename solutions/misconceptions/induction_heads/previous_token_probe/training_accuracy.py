"""That is the accuracy on the sequences that the probe was fitted to. Count right guesses on the others.

See hint 2.
"""


def previous_token_probe(residual, tokens, train):
    labels, accuracies = tokens[:, :-1], []
    for layer in residual[:, :, 1:].double():
        inputs = torch.cat([layer, torch.ones_like(layer[..., :1])], dim=-1)
        wanted = torch.nn.functional.one_hot(labels[:train].flatten()).double()
        solution = torch.linalg.lstsq(inputs[:train].flatten(0, 1), wanted, driver="gelsy").solution
        guess = (inputs[:train] @ solution).argmax(dim=-1)
        accuracies.append((guess == labels[:train]).double().mean())
    return torch.stack(accuracies)
