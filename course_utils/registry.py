"""Objects that a lower room needs from a higher one: their names, and the functions that make them.

A case of an exercise may need an object that is not plain data, such as an opened checkpoint. `checking` builds it by name, and
knows nothing of models or studies; so the functions that make such objects are listed here, one line each.
"""

GIVEN_OBJECTS = {
    "asked_concept": "course_utils.studies.inputs:asked_concept",
    "component_rerun": "course_utils.inside.readouts:component_rerun",
    "heads_to_loss": "course_utils.attention_only.readouts:heads_to_loss",
    "keys_to_loss": "course_utils.attention_only.readouts:keys_to_loss",
    "layer_norm": "course_utils.inside.readouts:layer_norm",
    "losses_of_predictor": "course_utils.attention_only.predictors:losses_of_predictor",
    "mlp_readout": "course_utils.inside.readouts:mlp_readout",
    "opened_checkpoint": "course_utils.studies.inputs:opened_checkpoint",
    "unembedding": "course_utils.inside.readouts:unembedding",
    "word_score": "course_utils.inside.readouts:word_score",
}
