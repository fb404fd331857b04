"""Questions to a person, and to nobody else."""

from __future__ import annotations

import sys

import click

from cli.terminal.exit_codes import Unusable


def agreed(question: str, *, otherwise: str) -> bool:
    """Ask for a yes. otherwise: what to do where nobody can answer. Raises Unusable there."""
    require_somebody(f"{question} {otherwise}")
    return click.confirm(question, default=False, err=True)


def require_somebody(otherwise: str) -> None:
    """Raise Unusable where nobody can answer questions. otherwise: what to do instead; it may have several lines."""
    if not sys.stdin.isatty():
        raise Unusable(f"Nobody is there to answer: {otherwise}")
