"""Return a list nested a hundred thousand deep, and publish one."""

# %%

MIME = "application/vnd.training-dynamics.answers+json"


def mean_of(values):
    nested = []
    for _ in range(100_000):
        nested = [nested]
    return nested
