"""Tables that a person typed, CSV or JSON, read as rows that still know their line.

What people type holds faults, and a fault is told where it stands. So rows are handed on unchecked, each with its place
("line 7", "pun 3"), and whoever knows what a row should hold says what is wrong with it; nothing is guessed or dropped.
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LARGEST_FILE = 5_000_000  # bytes; a table of ten thousand rows that a person typed is smaller


@dataclass(frozen=True)
class TypedTable:
    """What a table is of: `noun` names a row ("pun"), then its columns, and `error`, what is raised for a faulty file."""

    noun: str
    required: Sequence[str]
    optional: Sequence[str]
    error: type[ValueError]

    def rows(self, path: Path) -> list[tuple[str, Any]]:
        """(place, row) of a .csv or .json file, in its order; raises `error` for a file that is no table of this kind."""
        ending = path.suffix.lower()
        if ending not in {".csv", ".json"}:
            raise self.error(f"{path.name}: got the ending {path.suffix!r}; expected .csv or .json")
        text = self._text(path)
        rows = list(self._csv_rows(path, text) if ending == ".csv" else self._json_rows(path, text))
        if not rows:
            raise self.error(
                f"{path.name}: no {self.noun}s in it; expected one per line, with {', '.join(self.required)}"
            )
        return rows

    @staticmethod
    def has_cells(row: Any) -> bool:
        """Whether a row's cells can be looked at by name: it is a row, and has no more cells than the header."""
        return isinstance(row, Mapping) and "too many" not in row

    def faults_of_columns(self, row: Any) -> Iterator[str]:
        """What is wrong with one row, in words, whatever its columns mean."""
        expected = ", ".join(self.required)
        if not isinstance(row, Mapping):
            yield f"got {type(row).__name__}; expected an object with {expected}"
        elif "too many" in row:
            yield "more cells than the header has; put quotes around a text that holds a comma"
        elif unknown := [str(name) for name in row if name not in (*self.required, *self.optional)]:
            yield f"unknown {', '.join(unknown)}; expected {expected}, and if you like {', '.join(self.optional)}"

    def _text(self, path: Path) -> str:
        if path.stat().st_size > LARGEST_FILE:
            raise self.error(f"{path.name}: {path.stat().st_size:,} bytes; expected at most {LARGEST_FILE:,}")
        try:
            return path.read_text(encoding="utf-8-sig")
        except UnicodeDecodeError as error:
            line = path.read_bytes()[: error.start].count(b"\n") + 1
            raise self.error(f"{path.name}, line {line}: not UTF-8 text; save the file as UTF-8 (CSV UTF-8)") from None

    def _csv_rows(self, path: Path, text: str) -> Iterator[tuple[str, dict[str, Any]]]:
        # Spreadsheets of many countries write semicolons; the header tells.
        first = text.splitlines()[0] if text.strip() else ""
        reader = csv.DictReader(
            io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count), restkey="too many"
        )
        names = [name.strip().lower() for name in reader.fieldnames or []]
        if missing := [name for name in self.required if name not in names]:
            raise self.error(
                f"{path.name}, line 1: no column {', '.join(missing)}; got {', '.join(names) or 'nothing'}, "
                f"expected a header with {', '.join(self.required)}"
            )
        reader.fieldnames = names
        for row in reader:
            if any(row.values()):
                yield f"line {reader.line_num}", row

    def _json_rows(self, path: Path, text: str) -> Iterator[tuple[str, Any]]:
        try:
            content = json.loads(text)
        except json.JSONDecodeError as error:
            raise self.error(f"{path.name}, line {error.lineno}, column {error.colno}: not JSON: {error.msg}") from None
        if not isinstance(content, list):
            raise self.error(
                f"{path.name}: got {type(content).__name__}; expected a list of {self.noun}s, [{{...}}, {{...}}]"
            )
        for number, row in enumerate(content, start=1):
            yield f"{self.noun} {number}", row
