"""A study of training dynamics as a file: what was asked of which checkpoints, what came, and what is claimed.

    study = Study(approach="A", suite="pun-world", ...)
    study.save("study")                 writes study/study.json
    load_study("study")                 reads it again, or says what is wrong with it

The file is plain JSON, so that it can be read anywhere, by a person too. It holds the numbers that the study reports and all
that is needed to compute them anew: the concept, the general texts as tokens, the components of the circuit, the layer of the
probe. The checkpoints are in a suite that ships, on a hub, or, for a run of one's own, in the folder `run` beside the file.

Pitfall: this says what a study reports. Whether its code gives these numbers is another question (`recomputation`).
"""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from course_utils.texts.concepts import Concept, ConceptItem

FILE, RUN = "study.json", "run"
FORMAT = 1
MAX_BYTES = 8 * 2**20
MAX_CHECKPOINTS = 100  # of a table: many times as many as a study has
MAX_STEPS, MAX_COLUMNS, MAX_ITEMS, MAX_TEXT = 2000, 3000, 1000, 5000
APPROACHES = {"A": "public checkpoints", "B": "fine-tuning", "C": "training from scratch"}
KINDS = ("shipped", "run", "hub")  # where the checkpoints are


class StudyFileError(ValueError):
    """A study that cannot be read; the message says what is wrong with it, and what to do."""


@dataclass(frozen=True)
class Study:
    """What a study reports; see the head of this file.

    `steps_available` are all steps of the suite, `table` the methods by step (index), with the reason of everything missing in
    `table.attrs["errors"]`, `reported` the emergence table (columns metric, verdict, step, low, high, after, by), `claims` a
    verdict by metric, with `arguments` where the data do not give it, `figures` the facts of the figures, `seeds` a table for
    each other seed.
    """

    approach: str
    suite: str
    kind: str
    steps_available: list[int]
    concept: Concept
    general: list[list[int]] = field(repr=False)
    circuit: list[str]
    layer: int
    table: pd.DataFrame = field(repr=False)
    reported: pd.DataFrame = field(repr=False)
    claims: dict[str, str]
    arguments: dict[str, str] = field(default_factory=dict)
    figures: list[dict] = field(default_factory=list, repr=False)
    seed: int | None = None
    seeds: dict[int, pd.DataFrame] = field(default_factory=dict, repr=False)

    @property
    def steps(self) -> list[int]:
        """The steps that were looked at."""
        return [int(step) for step in self.table.index]

    @property
    def errors(self) -> dict[tuple[int, str], str]:
        """Why something is missing, by step and column or method."""
        return self.table.attrs.get("errors", {})

    def save(self, folder: str | Path) -> Path:
        """Write the study to folder/study.json, whole or not at all, and return that path."""
        path = Path(folder) / FILE
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_text(json.dumps(self.to_json(), indent=1) + "\n", encoding="utf-8")
        part.replace(path)
        return path

    def to_json(self) -> dict:
        """The study as plain data; what is missing is null."""
        return {
            "format": FORMAT,
            **{name: getattr(self, name) for name in _PLAIN},
            "concept": {"name": self.concept.name, "items": [asdict(item) for item in self.concept.items]},
            "table": _table_to_json(self.table),
            "reported": {name: [_plain(value) for value in self.reported[name]] for name in self.reported.columns},
            "figures": _plain(self.figures),
            "seeds": {str(seed): _table_to_json(table) for seed, table in self.seeds.items()},
        }


_PLAIN = ("approach", "suite", "kind", "seed", "steps_available", "general", "circuit", "layer", "claims", "arguments")


def _table_to_json(table: pd.DataFrame) -> dict:
    return {
        "steps": [int(step) for step in table.index],
        "columns": {str(name): [_plain(value) for value in table[name]] for name in table.columns},
        "errors": [[int(step), str(name), str(why)] for (step, name), why in table.attrs.get("errors", {}).items()],
    }


def _plain(value: Any) -> Any:
    """A value as JSON has it: arrays as lists, what is no number as null."""
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value


def load_study(folder: str | Path) -> Study:
    """The study that a folder holds.

    Raises FileNotFoundError where there is none, StudyFileError, saying what is wrong, for one that cannot be read.
    """
    path = Path(folder) / FILE
    if not path.is_file():
        raise FileNotFoundError(f"{path} is not there; the cell with study.save(...) writes it")
    if path.stat().st_size > MAX_BYTES:
        raise StudyFileError(
            f"{FILE} has {path.stat().st_size / 2**20:.0f} MB; expected at most {MAX_BYTES // 2**20} MB"
        )
    try:
        form = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise StudyFileError(f"{FILE} is not JSON ({error}); save the study again") from error
    return read_study(form)


def read_study(form: Any) -> Study:
    """A study from its plain form. Raises StudyFileError for anything that `Study.to_json` could not have written."""
    try:
        return _read(form)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, OverflowError) as error:
        if isinstance(error, StudyFileError):
            raise
        raise StudyFileError(f"{FILE} is not a study: {type(error).__name__}: {str(error)[:200]}") from error


def _read(form: Any) -> Study:
    _expect(type(form) is dict and form.get("format") == FORMAT, f"expected an object of format {FORMAT}")
    _expect(form["approach"] in APPROACHES, f"approach: expected one of {', '.join(APPROACHES)}")
    _expect(form["kind"] in KINDS, f"kind: expected one of {', '.join(KINDS)}")
    _expect(form["seed"] is None or type(form["seed"]) is int, "seed: expected a whole number or null")
    items = form["concept"]["items"]
    _expect(type(items) is list and 0 < len(items) <= MAX_ITEMS, f"concept: expected 1 to {MAX_ITEMS} items")
    _expect(type(form["layer"]) is int, "layer: expected a whole number")
    _expect(type(form["general"]) is list, "general: expected a list of texts, each a list of tokens")
    return Study(
        approach=form["approach"],
        suite=_text(form["suite"], "suite"),
        kind=form["kind"],
        seed=form["seed"],
        steps_available=_integers(form["steps_available"], "steps_available"),
        concept=Concept(_text(form["concept"]["name"], "concept"), tuple(map(_item, items))),
        general=[_integers(row, "general") for row in form["general"]],
        circuit=[_text(name, "circuit") for name in form["circuit"]],
        layer=form["layer"],
        table=_read_table(form["table"]),
        reported=_read_reported(form["reported"]),
        claims=_texts(form["claims"], "claims"),
        arguments=_texts(form["arguments"], "arguments"),
        figures=_read_figures(form["figures"]),
        seeds={int(seed): _read_table(table) for seed, table in form["seeds"].items()},
    )


def _expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise StudyFileError(f"{FILE} is not a study: {otherwise}")


def _text(value: Any, name: str) -> str:
    _expect(type(value) is str and len(value) <= MAX_TEXT, f"{name}: expected a text of at most {MAX_TEXT} characters")
    return value


def _texts(values: Any, name: str) -> dict[str, str]:
    _expect(type(values) is dict and len(values) <= MAX_COLUMNS, f"{name}: expected texts by metric")
    return {_text(key, name): _text(value, name) for key, value in values.items()}


def _integers(values: Any, name: str) -> list[int]:
    _expect(
        type(values) is list
        and len(values) <= MAX_STEPS
        and all(type(value) is int and 0 <= value < 2**53 for value in values),
        f"{name}: expected a list of at most {MAX_STEPS} whole numbers of 0 or more",
    )
    return values


def _item(row: Any) -> ConceptItem:
    item = ConceptItem(**row)
    for name, value in row.items():
        missing = value is None and name == "foil"
        _expect(missing or type(value) is str and len(value) <= MAX_TEXT, f"concept: {name} is no text")
    return item


def _numbers(values: Any, name: str, length: int) -> list[float]:
    _expect(
        type(values) is list
        and len(values) == length
        and all(value is None or type(value) in (int, float) and abs(value) < 1e30 for value in values),
        f"{name}: expected {length} numbers, null where one is missing",
    )
    return [math.nan if value is None else float(value) for value in values]


def _read_table(form: Mapping) -> pd.DataFrame:
    steps, columns = _integers(form["steps"], "table"), form["columns"]
    _expect(type(columns) is dict and len(columns) <= MAX_COLUMNS, f"table: expected at most {MAX_COLUMNS} columns")
    _expect(len(steps) <= MAX_CHECKPOINTS, f"table: expected at most {MAX_CHECKPOINTS} checkpoints")
    _expect(
        len(set(steps)) == len(steps) and steps == sorted(steps), "table: expected steps in ascending order, each once"
    )
    values = {_text(name, "table"): _numbers(column, name, len(steps)) for name, column in columns.items()}
    table = pd.DataFrame(values, index=pd.Index(steps, name="step"))
    table.attrs["errors"] = {
        (step, _text(name, "errors")): _text(why, "errors") for step, name, why in form["errors"] if type(step) is int
    }
    return table


_REPORTED_TEXTS, _REPORTED_NUMBERS = ("metric", "verdict"), ("step", "low", "high", "after", "by")


def _read_reported(form: Mapping) -> pd.DataFrame:
    rows = len(form["metric"])
    texts = {name: [_text(value, name) for value in form[name]] for name in _REPORTED_TEXTS}
    return pd.DataFrame(texts | {name: _numbers(form[name], name, rows) for name in _REPORTED_NUMBERS})


def _read_figures(form: Any) -> list[dict]:
    """The facts of figures, with curves as arrays again."""
    _expect(type(form) is list and all(type(facts) is dict for facts in form), "figures: expected a list of facts")
    return [{"panels": [_read_panel(panel) for panel in facts["panels"]]} for facts in form]


def _read_panel(panel: Mapping) -> dict:
    curves = {}
    for name, points in panel["curves"].items():
        _expect(type(points) is list and len(points) == 2, "figures: expected x and y of each curve")
        length = len(points[0])
        curves[_text(name, "figures")] = np.array([_numbers(row, name, length) for row in points])
    return {
        **{name: _text(panel[name], "figures") for name in ("scale", "xlabel", "ylabel")},
        "curves": curves,
        "marks": _numbers(panel["marks"], "marks", len(panel["marks"])),
        "texts": [_text(text, "figures") for text in panel["texts"]],
    }
