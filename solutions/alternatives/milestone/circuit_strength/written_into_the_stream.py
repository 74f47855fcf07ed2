"""By hand: what the circuit writes for prompt and contrast is exchanged in the last residual stream."""


def circuit_strength(model, asked, circuit):
    from course_utils.inside import architecture, read_activations

    def read(place, layer):
        texts = (asked.contrasts, asked.prompts)
        found = [read_activations(model, text, place, layers=[layer], positions=asked.last) for text in texts]
        return found[0][place][0] - found[1][place][0]

    stream = residual_stream(model, asked.prompts, positions=asked.last)[-1]
    changed = stream.clone()
    for part in map(named_components(model).get, circuit):
        difference = read(part.place, part.layer)
        if part.place == "z":
            own = torch.zeros_like(difference)
            own[:, part.index] = difference[:, part.index]
            with torch.no_grad():
                difference = architecture(model).written_by_heads(model, part.layer, own[:, None])[:, 0]
        changed += difference
    final_norm, unembed = output_head(model)
    intact, patched = (asked.log_odds(unembed(final_norm(end))) for end in (stream, changed))
    return intact - patched
