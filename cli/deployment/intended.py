"""What a deployment is going to be set to, by cdk.json and arguments: `python -m cli.deployment.intended ARGUMENTS`.

ARGUMENTS are those that `cdk deploy` will get. It prints the environment and the region, for the scripts.

Exit codes: 0 printed, 2 a setting is not allowed, with one line that says which.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contract.errors import InvalidSettings
from contract.settings import Settings

CDK_FILE = Path("cdk.json")
"""Where the CDK looks for it as well: in the folder that it is started in."""


@dataclass(frozen=True)
class Intended:
    """settings: of the next deployment. named: the keys that somebody has given; the others have their defaults."""

    settings: Settings
    named: frozenset[str]


def intended(arguments: Sequence[str], in_file: Mapping[str, object]) -> Intended:
    """What `cdk deploy` makes of its arguments and of the context in cdk.json. Raises InvalidSettings."""
    context = {**in_file, **given_in(arguments)}
    return Intended(Settings.from_context(context), frozenset(context))


def given_in(arguments: Sequence[str]) -> dict[str, str]:
    """What `-c KEY=VALUE` and `--context KEY=VALUE` give among the CDK's arguments; the last one of a key counts."""
    given: dict[str, str] = {}
    words = iter(arguments)
    for word in words:
        option, attached, value = word.partition("=")
        if option in {"-c", "--context"}:
            key, equals, text = (value if attached else next(words, "")).partition("=")
            given |= {key: text} if equals else {}
    return given


def read(arguments: Sequence[str]) -> Intended:
    """The same, with the context in the cdk.json of this folder. Raises InvalidSettings."""
    return intended(arguments, read_cdk_file().get("context", {}))


def read_cdk_file() -> dict[str, Any]:
    """The cdk.json of this folder. Raises InvalidSettings."""
    try:
        in_file: dict[str, Any] = json.loads(CDK_FILE.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidSettings(f"{CDK_FILE} cannot be read: {error}") from error
    return in_file


def main(arguments: Sequence[str] | None = None) -> int:
    try:
        settings = read(sys.argv[1:] if arguments is None else arguments).settings
    except InvalidSettings as error:
        print(error.message, file=sys.stderr)
        return 2
    print(settings.environment, settings.region)
    return 0


if __name__ == "__main__":
    sys.exit(main())
