"""Sets of puns from files: those that ship, and a student's own from CSV or JSON, with every fault told by its line.

A student's own set is typed by hand, so all that is wrong with it is told at once, line by line, and nothing is guessed: a line
that cannot be used is a fault, never a pun with something missing.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from course_utils.data import DATA
from course_utils.texts.puns import CATEGORIES, Pun, Sense
from course_utils.texts.typed_tables import TypedTable
from course_utils.texts.words_after_texts import knows_words

PUN_SETS = DATA / "puns"
REQUIRED = ("setup", "target", "foil", "non_pun")
OPTIONAL = ("id", "category", "context_1", "word_1", "context_2", "word_2", "senses")
UNSORTED = "unsorted"  # the category of a pun whose file names none


class PunFileError(ValueError):
    """A file of puns that cannot be used; the message lists what is wrong, line by line."""


_TABLE = TypedTable("pun", REQUIRED, OPTIONAL, PunFileError)


def load_puns(source: str | Path = "english") -> list[Pun]:
    """The set that ships under a name ("english", "pun_world"), or a set of your own from a CSV or JSON file.

    A file needs the columns (CSV) or keys (JSON, a list of objects) `setup`, `target`, `foil` and `non_pun`, and may have
    `category` and `id`. Raises FileNotFoundError, naming the sets that ship, where there is neither; PunFileError, naming
    every faulty line at once, for a file that cannot be used.
    """
    shipped = {path.stem: path for path in sorted(PUN_SETS.glob("*.json"))}
    path = shipped.get(str(source), Path(source))
    if not path.is_file():
        raise FileNotFoundError(
            f"got {str(source)!r}: no file of that name, and no set that ships ({', '.join(shipped)}). "
            "Give one of those names, or the path of a .csv or .json file"
        )
    return read_puns(path)


def readable_puns(tokenizer: Any) -> tuple[str, list[Pun]]:
    """The set that ships and of which a tokenizer knows every word, with its name: English wherever it does.

    Raises ValueError, naming the words, for a tokenizer that knows neither set.
    """
    strange: dict[str, str] = {}
    for name in ("english", "pun_world"):
        puns = load_puns(name)
        texts = [text for pun in puns for text in (pun.sentence, pun.non_pun_sentence, f"{pun.setup} {pun.foil}")]
        missing = [text for text in texts if not knows_words(tokenizer, text)]
        if not missing:
            return name, puns
        strange[name] = missing[0]
    told = "; ".join(f"{name}: {text!r}" for name, text in strange.items())
    raise ValueError(
        f"the tokenizer does not know all words of any set that ships ({told}); give load_puns your own file"
    )


def read_puns(path: str | Path) -> list[Pun]:
    """The puns of a .csv or .json file, in its order. Raises PunFileError, which names every faulty line."""
    path = Path(path)
    rows = _TABLE.rows(path)
    faults = [f"  {place}: {fault}" for place, row in rows for fault in _faults(row)]
    puns = [_pun(row, number) for number, (_, row) in enumerate(rows, start=1)] if not faults else []
    faults += [f"  {places}: {fault}" for places, fault in _repeats(rows, puns)]
    if faults:
        raise PunFileError(f"{path.name}: {len(faults)} faults\n" + "\n".join(faults))
    return puns


def _faults(row: Any) -> Iterator[str]:
    """What is wrong with one line, in words."""
    yield from _TABLE.faults_of_columns(row)
    if not _TABLE.has_cells(row):
        return
    texts = {name: row.get(name) for name in REQUIRED}
    if empty := [name for name, text in texts.items() if not (isinstance(text, str) and text.strip())]:
        yield f"no {', '.join(empty)}"
        return
    yield from _faults_between(*(text.strip() for text in texts.values()))
    category = row.get("category") or UNSORTED
    if category not in (*CATEGORIES, UNSORTED):
        yield f"got the category {category!r}; expected one of {', '.join(CATEGORIES)}, or none"
    yield from _faults_of_senses(row)


def _faults_between(setup: str, target: str, foil: str, non_pun: str) -> Iterator[str]:
    for name, word in (("target", target), ("foil", foil)):
        if re.search(r"\s", word):
            yield f"the {name} {word!r} is more than one word"
    if target.lower() == foil.lower():
        yield f"target and foil are both {target!r}; the foil fits the phrase but not the setting"
    if setup.lower().split()[-1].strip(".,!?") == target.lower():
        yield f"the setup ends in its target {target!r}; leave the target out, the model has to find it"
    if setup.lower() == non_pun.lower():
        yield "setup and non_pun are the same; the non-pun keeps the ending and changes the setting"
    elif len(setup.split()) != len(non_pun.split()):
        yield (
            f"the setup has {len(setup.split())} words and the non_pun {len(non_pun.split())}; expected the same number, "
            "so that length does not tell them apart"
        )


def _faults_of_senses(row: Mapping[str, Any]) -> Iterator[str]:
    if (senses := row.get("senses")) is not None:
        well = isinstance(senses, list) and all(
            isinstance(sense, Mapping) and set(sense) == {"context", "word"} and all(map(_is_text, sense.values()))
            for sense in senses
        )
        if not well:
            yield 'senses: expected a list of {"context": "...", "word": "..."}'
    for number in (1, 2):
        given = [_is_text(row.get(f"{part}_{number}")) for part in ("context", "word")]
        if any(given) and not all(given):
            yield f"context_{number} and word_{number} belong together; got only one of them"


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _pun(row: Mapping[str, Any], number: int) -> Pun:
    senses = [(sense["context"], sense["word"]) for sense in row.get("senses") or []]
    senses += [(row[f"context_{n}"], row[f"word_{n}"]) for n in (1, 2) if _is_text(row.get(f"context_{n}"))]
    setup, target, foil, non_pun = (row[name].strip() for name in REQUIRED)
    return Pun(
        id=str(row.get("id") or "").strip() or f"{number}-{target.lower()}",
        category=row.get("category") or UNSORTED,
        setup=setup,
        target=target,
        foil=foil,
        non_pun=non_pun,
        senses=tuple(Sense(context.strip(), word.strip()) for context, word in senses),
    )


def _repeats(rows: list[tuple[str, Any]], puns: list[Pun]) -> Iterator[tuple[str, str]]:
    for what in ("id", "setup"):
        first: dict[str, str] = {}
        for (place, _), pun in zip(rows, puns, strict=False):
            value = getattr(pun, what).lower()
            if value in first:
                yield f"{first[value]} and {place}", f"the same {what}, {getattr(pun, what)!r}"
            first.setdefault(value, place)
