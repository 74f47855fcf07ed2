"""Concepts from files: those that ship, and a student's own from CSV or JSON, with every fault told by its line.

All that is wrong with a file is told at once, and nothing is guessed but what its absence says: a missing `group` is the
target, a missing `label` is "present" and a missing `contrast_label` "absent".
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from shutil import copyfile
from typing import Any

from course_utils.data import DATA
from course_utils.texts.concepts import ABSENT, PRESENT, Concept, ConceptItem
from course_utils.texts.typed_tables import TypedTable

CONCEPTS = DATA / "concepts"
TEMPLATE = "template"
REQUIRED = ("prompt", "target", "contrast")
OPTIONAL = ("id", "foil", "label", "contrast_label", "group")


class ConceptFileError(ValueError):
    """A file of a concept that cannot be used; the message lists what is wrong, line by line."""


_TABLE = TypedTable("item", REQUIRED, OPTIONAL, ConceptFileError)


def load_concept(source: str | Path) -> Concept:
    """The concept that ships under a name ("puns", "trades"), or one of your own from a CSV or JSON file.

    A file needs the columns (CSV) or keys (JSON, a list of objects) `prompt`, `target` and `contrast`, and may have `foil`,
    `label`, `contrast_label`, `group` and `id`. Raises FileNotFoundError, naming the concepts that ship, where there is
    neither; ConceptFileError, naming every faulty line at once, for a file that cannot be used.
    """
    shipped = {path.stem: path for path in sorted(CONCEPTS.glob("*.csv")) if path.stem != TEMPLATE}
    path = shipped.get(str(source), Path(source))
    if not path.is_file():
        raise FileNotFoundError(
            f"got {str(source)!r}: no file of that name, and no concept that ships ({', '.join(shipped)}). "
            "Give one of those names, or the path of a .csv or .json file; copy_template(path) writes one to start from"
        )
    return read_concept(path)


def copy_template(path: str | Path) -> Path:
    """Write the template, a small CSV file that can be loaded, to a path. Raises FileExistsError where something lies there."""
    path = Path(path)
    if path.exists():
        raise FileExistsError(f"{path} exists; give another name, so that nothing of yours is overwritten")
    copyfile(CONCEPTS / f"{TEMPLATE}.csv", path)
    return path


def read_concept(path: str | Path) -> Concept:
    """The concept of a .csv or .json file, named after it. Raises ConceptFileError, which names every faulty line."""
    path = Path(path)
    rows = _TABLE.rows(path)
    faults = [f"  {place}: {fault}" for place, row in rows for fault in _faults(row)]
    if not faults:
        items = [_item(row, number) for number, (_, row) in enumerate(rows, start=1)]
        places = [place for place, _ in rows]
        faults = [f"  {fault}" for fault in (*_repeats(places, items), *_two_labels(places, items))]
    if faults:
        raise ConceptFileError(f"{path.name}: {len(faults)} fault{'s' * (len(faults) > 1)}\n" + "\n".join(faults))
    return Concept(path.stem, tuple(items))


def _faults(row: Any) -> Iterator[str]:
    """What is wrong with one line, in words."""
    yield from _TABLE.faults_of_columns(row)
    if not _TABLE.has_cells(row):
        return
    if wrong := [name for name in (*REQUIRED, *OPTIONAL) if not isinstance(row.get(name), str | None)]:
        yield f"{', '.join(wrong)}: expected text, in quotes"
        return
    if empty := [name for name in REQUIRED if not _text(row, name)]:
        yield f"no {', '.join(empty)}"
        return
    yield from _faults_of_words(row)
    yield from _faults_of_contrast(row)


def _text(row: Mapping[str, Any], name: str) -> str:
    return " ".join((row.get(name) or "").split())


def _faults_of_words(row: Mapping[str, Any]) -> Iterator[str]:
    target, foil = _text(row, "target"), _text(row, "foil")
    for name, word in (("target", target), ("foil", foil)):
        if " " in word:
            yield f"the {name} {word!r} is more than one word"
    if target.lower() == foil.lower():
        yield f"target and foil are both {target!r}; the foil is a word that fits the contrast instead"
    if re.sub(r"\W+$", "", _text(row, "prompt").lower()).split()[-1:] == [target.lower()]:
        yield f"the prompt ends in its target {target!r}; leave the target out, the model has to find it"


def _faults_of_contrast(row: Mapping[str, Any]) -> Iterator[str]:
    prompt, contrast = _text(row, "prompt"), _text(row, "contrast")
    if prompt.lower() == contrast.lower():
        yield "prompt and contrast are the same; the contrast leaves out the concept and keeps the rest"
    elif len(prompt.split()) != len(contrast.split()):
        yield (
            f"the prompt has {len(prompt.split())} words and the contrast {len(contrast.split())}; expected the same number, "
            "so that length does not tell them apart and positions match when activations are patched"
        )
    label, other = _labels(row)
    if label == other:
        yield f"label and contrast_label are both {label!r}; a probe needs two"


def _labels(row: Mapping[str, Any]) -> tuple[str, str]:
    return _text(row, "label") or PRESENT, _text(row, "contrast_label") or ABSENT


def _item(row: Mapping[str, Any], number: int) -> ConceptItem:
    prompt, target, contrast = (_text(row, name) for name in REQUIRED)
    label, contrast_label = _labels(row)
    return ConceptItem(
        id=_text(row, "id") or f"{number}-{target.lower()}",
        prompt=prompt,
        target=target,
        contrast=contrast,
        foil=_text(row, "foil") or None,
        label=label,
        contrast_label=contrast_label,
        group=_text(row, "group") or target.lower(),
    )


def _repeats(places: list[str], items: list[ConceptItem]) -> Iterator[str]:
    for what in ("id", "sentence"):
        first: dict[str, str] = {}
        for place, item in zip(places, items, strict=True):
            value = getattr(item, what).lower()
            if value in first:
                yield f"{first[value]} and {place}: the same {what}, {getattr(item, what)!r}"
            first.setdefault(value, place)


def _two_labels(places: list[str], items: list[ConceptItem]) -> Iterator[str]:
    """A sentence that is an example of one label in one line and of another elsewhere."""
    first: dict[str, tuple[str, str]] = {}
    for place, item in zip(places, items, strict=True):
        for text, label in ((item.sentence, item.label), (item.contrast_sentence, item.contrast_label)):
            before, its_label = first.setdefault(text.lower(), (place, label))
            if its_label != label:
                yield f"{before} and {place}: {text!r} is {its_label!r} in one and {label!r} in the other"
