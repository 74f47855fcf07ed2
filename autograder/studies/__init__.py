"""The study that was handed in beside a notebook: judged, drawn anew, shown on a page, compared with the class."""

import lazy_loader

# File by file what this room hands on; each is imported when it is first used.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "judging": ["HandedInStudy", "handed_in_study"],
        "overview": ["read_overview", "write_overview"],
        "page": ["write_study_page"],
    },
)
