"""From a solved script to what students get: notebooks, public cases, the lint, the instructors' page, what ships."""

import lazy_loader

# File by file what this room hands on; each is imported when it is first used.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "filling": ["fill", "solved_answers", "solved_submission"],
        "kept_notebooks": ["built"],
        "notebooks": ["as_text", "exercise_ids", "finding_ids", "solved_notebook", "student_notebook"],
        "reference": ["ReferenceFailed"],
        "solved_code": ["solved_functions"],
        "solved_script": ["SolvedScript"],
    },
)
