"""The log-odds on the contrast are subtracted. Asked for is the preference on the prompt alone.

See hint 1.
"""


def lens_log_odds(model, asked):
    final_norm, unembed = output_head(model)
    texts = (asked.prompts, asked.contrasts)
    own, other = (unembed(final_norm(residual_stream(model, text, positions=asked.last))) for text in texts)
    return asked.log_odds(own) - asked.log_odds(other)
