"""Why something is missing at a step, as tables keep it."""


def told(error: BaseException) -> str:
    """An error as tables keep it where a step is missing: its type and message."""
    return f"{type(error).__name__}: {error}"
