"""Arguments that several commands take, as they are typed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cli.terminal.text import printable
from contract.errors import InvalidInput


def pairs_in(texts: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The keys and values of `--set KEY=VALUE`. Raises InvalidInput for what is not such a pair."""
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals:
            raise InvalidInput(f"--set takes KEY=VALUE, like --set rounding_mode=up, but got '{printable(text, 80)}'.")
        yield key, value
