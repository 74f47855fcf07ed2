"""Other ways into the grader: nbgrader's own commands, Gradescope."""

import lazy_loader

# File by file what this room hands on; each is imported when it is first used.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "gradescope_bundle": ["write_bundle"],
        "nbgrader_settings": ["settings"],
    },
)
