"""Classes made to be graded: what `demo` shows, and what the kit is tested on."""

import lazy_loader

# File by file what this room hands on; each is imported when it is first used.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "class_of_nine": ["sample_class", "write_sample_class"],
        "studies": ["sample_studies", "write_sample_studies"],
    },
)
