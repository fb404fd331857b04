"""`tgs demo`: a day of Toggl time on GitLab issues, from nothing, on this machine.

It starts a local AWS and stand-ins for Toggl and GitLab, deploys the unmodified app with the CDK, and runs it: once to
post the day, once more to show that nothing is posted twice, and once after an entry was edited. What came out is
compared with what `cli.demonstration.sample_day` expects, line by line; any difference fails the demo.
"""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import click

from cli.demonstration.scenario import DemoError, play
from cli.terminal import clock
from cli.terminal.command import DaysType, subcommand
from cli.terminal.console import console_on
from cli.terminal.days import Days, DaysFrom
from cli.terminal.exit_codes import FAILED, INTERRUPTED, OK
from cli.terminal.interruption import orderly_end
from cli.terminal.prerequisites import require_tools
from cli.terminal.temporary_folder import own_temporary_folder
from local.aws.errors import LocalAwsError

EARLIEST_DAYS_AGO = 80
"""Toggl shows the entries of the last three months."""


@subcommand(
    examples=[
        ("tgs demo", "yesterday, as a small consultancy tracked it"),
        ("tgs demo --keep", "leave it all running, and say how to look around"),
    ]
)
@click.option("--day", metavar="DAY", type=DaysType(), default="yesterday", show_default=True, help="The day to play.")
@click.option("--timezone", default="Europe/Berlin", show_default=True, help="The time zone of that day.")
@click.option("--keep", is_flag=True, help="Leave everything running until Ctrl-C, to look around.")
def command(*, day: DaysFrom, timezone: str, keep: bool) -> int:
    """Play a synced day on this machine, without any account.

    A local AWS and stand-ins for Toggl and GitLab are started, the app is deployed to it, and runs three times.
    """
    chosen = _day(day, timezone)
    require_tools()
    try:
        with orderly_end(), own_temporary_folder():
            play(console_on(), chosen.first, timezone, keep=keep)
    except (DemoError, LocalAwsError) as error:
        print(f"\nThe demo failed. {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("\nStopped; nothing is left running.", file=sys.stderr)
        return INTERRUPTED
    return OK


def _day(day: DaysFrom, timezone: str) -> Days:
    """The one day that is played. Raises BadParameter."""
    now: datetime = clock.now()
    try:
        today = now.astimezone(ZoneInfo(timezone)).date()
    except (ValueError, OSError, KeyError) as error:  # ZoneInfoNotFoundError is a KeyError
        raise click.BadParameter(
            f"there is no time zone {timezone!r}; one is Europe/Berlin", param_hint="--timezone"
        ) from error
    chosen, earliest = day(today), today - timedelta(days=EARLIEST_DAYS_AGO)
    if chosen.first != chosen.last or not earliest <= chosen.first < today:
        raise click.BadParameter(
            f"give one day, from {earliest} to {today - timedelta(days=1)}",
            param_hint="--day",
        )
    return chosen
