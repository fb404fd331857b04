"""What a command lists, as another program reads it: JSON or CSV on standard output."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from cli.terminal.text import printable

Format = Literal["table", "json", "csv"]
FORMATS: tuple[Format, ...] = ("table", "json", "csv")

_FORMULA_BEGINS_WITH = ("=", "+", "-", "@")
_CELL_CHARACTERS = 2_000


def print_json(value: object) -> None:
    """One JSON value. It is ASCII, so that every terminal and every pipe takes it."""
    print(json.dumps(value, indent=2))


def print_csv(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> None:
    """A line of headings, then one for each row; what a row does not have is empty."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([cell(row.get(column)) for column in columns])


def cell(value: object) -> str | int:
    """A value as a spreadsheet may open it: a text on one line that is never taken for a formula."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return value
    text = printable(value, _CELL_CHARACTERS)
    return f"'{text}" if text.startswith(_FORMULA_BEGINS_WITH) else text
