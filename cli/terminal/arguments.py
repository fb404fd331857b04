"""Arguments that several commands take, in the same words."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator

from cli.terminal.text import printable
from contract.errors import InvalidInput
from contract.settings import Settings

DAYS = ("start_date", "end_date", "days_back")
"""The names, in the parsed arguments and in a run's input, of the days that a run covers."""


def add_deployment(parser: argparse.ArgumentParser) -> None:
    """`-e/--environment` and `-r/--region`; None when they are not given."""
    parser.add_argument(
        "-e", "--environment", metavar="NAME", help=f"the deployment's name (default: {Settings().environment})"
    )
    parser.add_argument(
        "-r",
        "--region",
        metavar="REGION",
        help=f"the AWS region (default: the AWS CLI's own, else {Settings().region})",
    )


def add_days(parser: argparse.ArgumentParser) -> None:
    """`--start-date`, `--end-date` and `--days-back`; None when they are not given."""
    parser.add_argument("--start-date", metavar="DAY", help="the first day, YYYY-MM-DD")
    parser.add_argument("--end-date", metavar="DAY", help="the last day, YYYY-MM-DD; today by default")
    parser.add_argument("--days-back", metavar="N", help="instead of dates: today and N whole days before")


def days_in(options: argparse.Namespace) -> dict[str, str]:
    """The days as a run's input has them; only those that are given."""
    return {name: value for name in DAYS if (value := getattr(options, name)) is not None}


def pairs_in(texts: Iterable[str]) -> Iterator[tuple[str, str]]:
    """The keys and values of `--set KEY=VALUE`. Raises InvalidInput for what is not such a pair."""
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals:
            raise InvalidInput(f"--set takes KEY=VALUE, like --set rounding_mode=up, but got '{printable(text, 80)}'.")
        yield key, value
