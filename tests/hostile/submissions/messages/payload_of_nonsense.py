"""Publish answers of the right name whose content is text, null, numbers beyond JSON, and missing keys."""

# %%
from IPython.display import publish_display_data

MIME = "application/vnd.training-dynamics.answers+json"


def mean_of(values):
    for content in ("all right", None, [], {"exercise": "mean_of"}, {"exercise": "mean_of", "outcomes": float("nan")}):
        publish_display_data({MIME: content})
    return 0.0
