"""Command lines for hints: as this command was called, and ready to be copied."""

from __future__ import annotations

import os
import shlex

CALLED_AS_VARIABLE = "TGS_CALLED_AS"
"""How the launcher was called; it knows whether the shell finds it by its name alone."""


def called_as() -> str:
    return os.environ.get(CALLED_AS_VARIABLE) or "./tgs"


def command_line(*words: str | None) -> str:
    """A subcommand with its arguments; None is left out."""
    return shlex.join([called_as(), *(word for word in words if word is not None)])
