"""Questions to a person, and to nobody else."""

from __future__ import annotations

import sys

import click

from cli.terminal.exit_codes import Unusable
from cli.terminal.text import printable


def agreed(question: str, *, otherwise: str) -> bool:
    """Ask for a yes. otherwise: what to do where nobody can answer. Raises Unusable there."""
    require_somebody(f"{question} {otherwise}")
    return click.confirm(question, default=False, err=True)


def require_somebody(otherwise: str) -> None:
    """Raise Unusable where nobody can answer questions. otherwise: what to do instead."""
    if not sys.stdin.isatty():
        raise Unusable(f"Nobody is there to answer: {printable(otherwise, 400)}")
