"""The stream is read at the target itself, where the model predicts what follows it. Read at the last token of the
prompt, from which the target is predicted.

See hint 1.
"""


def lens_log_odds(model, asked):
    stream = residual_stream(model, asked.target_words.tokens, positions=asked.target_words.last_of_word)
    final_norm, unembed = output_head(model)
    return asked.log_odds(unembed(final_norm(stream)))
