"""How the grader keeps things on disk: files written whole or not at all, data stored by key, one grader at a time."""

import lazy_loader

# File by file what this room hands on; each is imported when it is first used.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "keyed_data": ["keep", "kept", "key_of"],
        "lock": ["CourseInUse", "CourseNotWritable", "only_grader"],
        "spreadsheet_text": ["not_a_formula"],
        "whole_files": ["remove_parts", "write_whole"],
    },
)
