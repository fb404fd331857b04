"""How the local AWS fails."""

from collections.abc import Iterable

TAIL_LINES = 40


class LocalAwsError(Exception):
    """The local AWS, or a CDK command against it, failed; the message ends with the tail of its output."""


def tail(lines: Iterable[str]) -> str:
    """The end of an output, for a message."""
    return "\n".join(list(lines)[-TAIL_LINES:])
