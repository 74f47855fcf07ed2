"""The sign is turned: these are the log-odds of the foil over the target.

See hint 3.
"""


def lens_log_odds(model, asked):
    stream = residual_stream(model, asked.prompts, positions=asked.last)
    final_norm, unembed = output_head(model)
    return -asked.log_odds(unembed(final_norm(stream)))
