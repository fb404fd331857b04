"""Writes an environment's file, in which everything that somebody has written stays, and `.env`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit
from dotenv import set_key
from tomlkit.items import Table

from cli.settings.environments import as_text, read_environment
from contract.settings import table

_HEAD = "The settings of this environment; ./tgs init asks for them again. docs/settings.md has all that there are."
_MAP = "project_map"


def write_environment(file: Path, values: Mapping[str, Any]) -> None:
    """Set these values in an environment's file, and leave all others, and every comment, as they are.

    A value of None takes its key out. Raises InvalidSettings, and then changes nothing, for what cannot be read again.
    """
    before = file.read_text(encoding="utf-8") if file.is_file() else None
    document = tomlkit.document() if before is None else tomlkit.parse(before)
    if before is None:
        document.add(tomlkit.comment(_HEAD))
        document.add(tomlkit.nl())
    for key, value in sorted(values.items(), key=lambda item: item[0] == _MAP):  # a table ends the plain keys
        _set(document, key, value)
    file.parent.mkdir(exist_ok=True)
    draft = file.with_name(f".{file.name}.new")
    draft.write_text(tomlkit.dumps(document), encoding="utf-8")
    try:
        read_environment(draft, file.stem)
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)


def _set(document: tomlkit.TOMLDocument, key: str, value: Any) -> None:
    if value is None:
        document.pop(key, None)
    elif key == _MAP and isinstance(value, Mapping):
        _set_map(document, value)
    elif key in document:
        if as_text(document[key]) != as_text(value):
            document[key] = value
    else:
        _insert(document, key, value)


def _insert(document: tomlkit.TOMLDocument, key: str, value: Any) -> None:
    """A new key, with what it is for above it. A plain key after a table would be the table's."""
    about = {row["key"]: row["about"] for row in table()}
    tables = {name: document.pop(name) for name in list(document) if isinstance(document[name], Table)}
    document.add(tomlkit.comment(about[key]))
    document.add(key, value)
    for name, kept in tables.items():
        document.add(name, kept)


def _set_map(document: tomlkit.TOMLDocument, rows: Mapping[str, str | None]) -> None:
    """The rows of the map; TOML has no null, so `false` says that a project is left out."""
    there = document.get(_MAP)
    if not isinstance(there, Table):
        document.pop(_MAP, None)
        document.add(tomlkit.nl())
        there = tomlkit.table()
        document.add(_MAP, there)
    for name in [name for name in there if name not in rows]:
        there.pop(name)
    for name, path in rows.items():
        value = False if path is None else path
        if there.get(name) != value:
            there[name] = value


def write_token(file: Path, variable: str, token: str) -> None:
    """Put a token into `.env`, which nobody but its owner may read from then on."""
    file.touch(mode=0o600)
    file.chmod(0o600)
    set_key(file, variable, token, quote_mode="always")
