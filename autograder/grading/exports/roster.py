"""The roster of another system, which says what it calls its students."""


class RosterMismatch(ValueError):
    """The roster and the course do not go together."""
