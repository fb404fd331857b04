"""A day of Toggl time on GitLab issues, from nothing, on this machine.

It starts a local AWS and stand-ins for Toggl and GitLab, deploys the unmodified app with the CDK, and runs it: once to
post the day, once more to show that nothing is posted twice, and once after an entry was edited. What came out is
compared with what `cli.demonstration.sample_day` expects, line by line; any difference fails the demo.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from cli.demonstration.scenario import DemoError, play
from cli.terminal.console import console_on
from cli.terminal.exit_codes import FAILED, INTERRUPTED, OK
from cli.terminal.interruption import orderly_end
from cli.terminal.temporary_folder import own_temporary_folder
from local.aws.errors import LocalAwsError

EARLIEST_DAYS_AGO = 80
"""Toggl shows the entries of the last three months."""


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m cli.demo", description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--keep", action="store_true", help="leave everything running until Ctrl-C, to look around")
    parser.add_argument(
        "--day", type=date.fromisoformat, metavar="YYYY-MM-DD", help="the day to play; yesterday by default"
    )
    parser.add_argument("--timezone", default="Europe/Berlin", help="the time zone of that day (%(default)s)")
    options = parser.parse_args(arguments)
    try:
        today = datetime.now(ZoneInfo(options.timezone)).date()
    except (ValueError, OSError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        parser.error(f"--timezone: there is no time zone {options.timezone!r}; one is Europe/Berlin")
    earliest = today - timedelta(days=EARLIEST_DAYS_AGO)
    options.day = options.day or today - timedelta(days=1)
    if not earliest <= options.day < today:
        parser.error(f"--day must be over and at most {EARLIEST_DAYS_AGO} days ago: from {earliest} to before {today}")
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parse(arguments)
    console = console_on()
    try:
        with orderly_end(), own_temporary_folder():
            play(console, options.day, options.timezone, keep=options.keep)
    except (DemoError, LocalAwsError) as error:
        print(f"\nThe demo failed. {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("\nStopped; nothing is left running.", file=sys.stderr)
        return INTERRUPTED
    return OK


if __name__ == "__main__":
    sys.exit(main())
