"""The `.env` file: its lines are read by python-dotenv, and nothing in it is passed over."""

from __future__ import annotations

import os
import stat
from io import StringIO
from pathlib import Path

from dotenv.parser import Binding, parse_stream

from cli.terminal.text import printable
from contract.settings import table

TOGGL_TOKEN = "TOGGL_API_TOKEN"  # noqa: S105 - a variable's name
GITLAB_TOKEN = "GITLAB_API_TOKEN"  # noqa: S105 - a variable's name
GITLAB_URL = "GITLAB_URL"
TOKENS = (TOGGL_TOKEN, GITLAB_TOKEN)

SETTINGS_BY_VARIABLE = {row["env"]: row["key"] for row in table() if row["env"]}
KNOWN = (*TOKENS, *SETTINGS_BY_VARIABLE)


class SetupProblem(Exception):
    """Something that the user has to set right first; the message says what, on one line."""


def is_open_to_others(file: Path) -> bool:
    """Whether a file is there that others than its owner may read or write. Windows keeps that elsewhere."""
    return os.name == "posix" and file.is_file() and bool(stat.S_IMODE(file.stat().st_mode) & 0o077)


def read_environment_file(file: Path) -> dict[str, str]:
    """The variables of a `.env` file; none when there is no such file.

    Values are taken as they are: `${NAME}` stands for itself, since a token may contain it. Raises SetupProblem, with
    the line's number but never its value, for a line that is not KEY=value and for unknown or repeated keys.
    """
    return parse(file.read_text(encoding="utf-8-sig"), file.name) if file.is_file() else {}


def parse(text: str, name: str) -> dict[str, str]:
    """The same of the file's text. name: of the file, for the messages."""
    values: dict[str, str] = {}
    for binding in parse_stream(StringIO(text)):
        where = f"{name}, line {_line_of(binding)}"
        if binding.error or (binding.key is not None and binding.value is None):
            raise SetupProblem(
                f"{where}: this is not a KEY=value line, or its quotes do not match. Comments begin with #."
            )
        if binding.key is None or binding.value is None:
            continue  # a comment, or the empty end of the file
        if binding.key not in KNOWN:
            raise SetupProblem(f"{where}: {printable(binding.key, 60)} is not known. Known are: {', '.join(KNOWN)}.")
        if binding.key in values:
            raise SetupProblem(f"{where}: {binding.key} is given a second time. Keep one of them.")
        values[binding.key] = binding.value
    return values


def _line_of(binding: Binding) -> int:
    """python-dotenv counts a line together with the empty ones before it."""
    text = binding.original.string
    return binding.original.line + text[: len(text) - len(text.lstrip())].count("\n")
