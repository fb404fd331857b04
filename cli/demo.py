"""A day of Toggl time on GitLab issues, from nothing, on this machine.

It starts a local AWS and stand-ins for Toggl and GitLab, deploys the unmodified app with the CDK, and runs it: once to
post the day, once more to show that nothing is posted twice, and once after an entry was edited. What came out is
compared with what `local.standins.sample_day` expects, line by line; any difference fails the demo.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.run import deploy, execute, keep_running, set_tokens, ways_to_look_around
from cli.terminal.console import (
    INTERRUPTED_EXIT_CODE,
    Steps,
    console_on,
    hours,
    local_time,
    one_line,
    orderly_end,
    own_temporary_folder,
    safe,
)
from cli.watch import Ended, show
from local.aws.errors import LocalAwsError
from local.aws.server import LocalAws
from local.standins import sample_day
from local.standins.gitlab.model import LedgerRow
from local.standins.gitlab.server import API_PATH, GitLab
from local.standins.sample_day import SampleDay
from local.standins.toggl.server import Toggl

ENVIRONMENT = "demo"
EARLIEST_DAYS_AGO = 80
"""Toggl shows the entries of the last three months."""

EDIT_SECONDS = 900


class DemoError(Exception):
    """The demo did not show what it should; the message says what differs, a line each."""


@dataclass(frozen=True)
class Check:
    """One thing that has to hold, and where it does not: an empty `differences` means that it holds."""

    claim: str
    differences: tuple[str, ...]


def checks_of_the_day(ended: Ended, day: SampleDay, ledger: Sequence[LedgerRow], toggl: Toggl) -> list[Check]:
    """The first run against the day's own expectations: the output's rows and totals, then GitLab's timelogs."""
    output = ended.output or {}
    rows = {row["entry_id"]: row for row in output.get("entries", ())}
    posted = [expected for expected in day.expected if expected.outcome == "created"]
    skipped = len(day.expected) - len(posted)
    starts = {entry.id: entry.start for entry in toggl.entries}
    timelogs = {_entry_id(row): row for row in ledger}
    wanted = {
        one.entry_id: (one.issue, one.seconds, one.spent_at, f"[toggl:{one.entry_id}]", day.gitlab_username)
        for one in posted
    }
    found = {
        entry_id: (row.reference, row.seconds, row.spent_at, (row.summary or "").split(" ", 1)[0], row.username)
        for entry_id, row in timelogs.items()
    }
    late = [
        f"entry {entry_id} began {starts[entry_id]}, its timelog says {row.spent_at}"
        for entry_id, row in timelogs.items()
        if entry_id in starts and row.spent_at != starts[entry_id].strftime("%Y-%m-%dT%H:%M:%SZ")
    ]
    seconds = sum(row.seconds for row in ledger)
    totals = {key: output.get("totals", {}).get(key) for key in day.totals}
    return [
        Check(
            f"all {len(day.expected)} entries are accounted for: {len(posted)} posted, {skipped} left out for a reason",
            (
                *_differences(
                    "entry",
                    {one.entry_id: (one.outcome, one.reason, one.warning) for one in day.expected},
                    {key: (row["outcome"], row["reason"], row["warning"]) for key, row in rows.items()},
                ),
                *_differences("total", day.totals, totals),
                *_differences("skipped", day.skipped_by_reason, output.get("skipped_by_reason", {})),
                *_differences("warning", day.warnings, output.get("warnings", {})),
            ),
        ),
        Check(
            f"GitLab has one timelog for each of the {len(posted)}, on the right issue with the right amount",
            (
                *_differences("timelog of entry", wanted, found),
                *([f"{len(ledger)} timelogs instead of {len(posted)}"] if len(ledger) != len(posted) else []),
            ),
        ),
        Check("each timelog's time is the start of its entry", tuple(late)),
        Check(
            f"together they are {hours(day.totals['seconds_logged'])}",
            () if seconds == day.totals["seconds_logged"] else (f"they are {hours(seconds)}",),
        ),
    ]


def checks_of_the_repetition(
    ended: Ended, gitlab: GitLab, before: Sequence[LedgerRow], after: Sequence[LedgerRow]
) -> list[Check]:
    """The second run: nothing was asked of GitLab but to be read, and nothing changed there."""
    output = ended.output or {}
    writes = {name: gitlab.count(name) for name in ("timelogCreate", "timelogDelete")}
    outcome = output.get("outcome")
    return [
        Check(
            "nothing was to be synced",
            () if outcome == "nothing_to_sync" else (f"the run's outcome is {outcome}",),
        ),
        Check(
            f"{writes['timelogCreate']} timelogCreate requests reached GitLab",
            tuple(f"{count} {name} requests" for name, count in writes.items() if count),
        ),
        Check(
            f"GitLab has the same {len(before)} timelogs",
            () if list(before) == list(after) else ("they are not the same",),
        ),
    ]


def checks_of_the_edit(
    ended: Ended, edited: int, before: Sequence[LedgerRow], after: Sequence[LedgerRow]
) -> list[Check]:
    """The third run: the edited entry's timelog, and no other, was replaced by one with the new time."""
    rows = (ended.output or {}).get("entries", ())
    outcomes = {row["entry_id"]: row["outcome"] for row in rows if row["outcome"] not in {"kept", "skipped"}}
    wanted = sorted(
        row._replace(seconds=row.seconds - EDIT_SECONDS) if _entry_id(row) == edited else row for row in before
    )
    return [
        Check(
            "the edited entry was replaced, and nothing else",
            tuple(_differences("entry", {edited: "replaced"}, outcomes)),
        ),
        Check(
            "GitLab has its new time, still one timelog an entry",
            () if wanted == sorted(after) else ("GitLab's timelogs are not the ones before with that one changed",),
        ),
    ]


def _entry_id(row: LedgerRow) -> int:
    digits = (row.summary or "").partition("[toggl:")[2].partition("]")[0]
    return int(digits) if digits.isdigit() else 0


def _differences(what: str, expected: Mapping[Any, object], found: Mapping[Any, object]) -> Iterable[str]:
    for key in sorted(expected.keys() | found.keys(), key=str):
        if key not in found:
            yield f"{what} {key} is missing; expected: {expected[key]}"
        elif key not in expected:
            yield f"{what} {key} was not expected: {found[key]}"
        elif found[key] != expected[key]:
            yield f"{what} {key}: expected {expected[key]}, found {found[key]}"


def report(checks: Iterable[Check], console: Console) -> None:
    """Print each check. Raises DemoError when one does not hold."""
    differences: list[str] = []
    for check in checks:
        sign, style = ("✓", "green") if not check.differences else ("✗", "bold red")
        console.print(Text(f"  {sign} ", style=style).append(safe(check.claim)))
        for difference in check.differences:
            console.print(safe(f"      {difference}", "red", 500))
        differences += check.differences
    if differences:
        raise DemoError(f"{len(differences)} differences from what was expected; see above.")


def timelogs_table(ledger: Sequence[LedgerRow], timezone: str) -> Table:
    """GitLab's timelogs, by the time at which they were spent."""
    table = Table(title=Text("GitLab's timelogs", style="bold"), title_justify="left", box=None, pad_edge=False)
    for heading in ("issue", "day", "spent at"):
        table.add_column(heading, no_wrap=True)
    table.add_column("time", justify="right", no_wrap=True)
    table.add_column("summary")
    for row in sorted(ledger, key=lambda row: row.spent_at or ""):
        day, at = local_time(row.spent_at, timezone).split() if row.spent_at else ("", "")
        table.add_row(safe(row.reference), day, at, hours(row.seconds), one_line(row.summary or ""))
    return table


def play(console: Console, day: date, timezone: str, *, keep: bool) -> None:
    """The whole demo. Raises DemoError, LocalAwsError and, on Ctrl-C, KeyboardInterrupt; nothing is left running."""
    steps = Steps(console)
    steps.say("starting a local AWS, and stand-ins for Toggl and GitLab")
    with Toggl() as toggl, GitLab() as gitlab, LocalAws() as aws:
        sample = sample_day.build(toggl, gitlab, day, timezone)
        with steps.during("deploying the app to it, with cdk deploy"):
            outputs = deploy(aws, _context(sample, toggl, gitlab))
        set_tokens(aws, ENVIRONMENT, toggl=toggl.token, gitlab=sample.gitlab_token)

        steps.say(f"first run: {day:%A, %d %B %Y}, as it was tracked in Toggl")
        ended = _run(aws, outputs, sample, console)
        show(ended, console)
        posted = gitlab.ledger()
        console.print()
        console.print(timelogs_table(posted, timezone))
        console.print()
        report(checks_of_the_day(ended, sample, posted, toggl), console)

        steps.say("second run: the same day again")
        gitlab.clear()
        ended = _run(aws, outputs, sample, console)
        report(checks_of_the_repetition(ended, gitlab, posted, gitlab.ledger()), console)

        edited = _edit(toggl, sample)
        steps.say(f"third run: in Toggl, {edited.description!r} now ends a quarter of an hour earlier")
        ended = _run(aws, outputs, sample, console)
        show(ended, console, only=frozenset({"created", "replaced", "deleted", "failed"}))
        report(checks_of_the_edit(ended, edited.entry_id, posted, gitlab.ledger()), console)

        if keep:
            keep_running(console, [*ways_to_look_around(aws, outputs), *_stand_in_commands(toggl, gitlab, sample)])
        steps.say("stopping everything")
    steps.say("done: nothing is left running")


def _context(sample: SampleDay, toggl: Toggl, gitlab: GitLab) -> dict[str, str]:
    return {
        "environment": ENVIRONMENT,
        "toggl_url": toggl.url,
        "gitlab_url": gitlab.url,
        "gitlab_project_id": str(sample.default_project_id),
        "project_map": json.dumps(sample.project_map),
        "timezone": sample.timezone,
        # Every post at once starts a Python of its own: more of them than a laptop has cores only take longer.
        "max_concurrency": "4",
    }


def _run(aws: LocalAws, outputs: Mapping[str, str], sample: SampleDay, console: Console) -> Ended:
    days = {"start_date": sample.day.isoformat(), "end_date": sample.day.isoformat()}
    ended = execute(aws, outputs["StateMachineArn"], days, console)
    if not ended.succeeded:
        show(ended, console)
        raise DemoError(f"The run ended as {ended.status}; it should have succeeded.")
    return ended


def _edit(toggl: Toggl, sample: SampleDay) -> sample_day.Expected:
    """Shorten the first posted entry, as its user might, and return what was expected of it."""
    first = next(expected for expected in sample.expected if expected.outcome == "created")
    entry = next(entry for entry in toggl.entries if entry.id == first.entry_id)
    if entry.stop is None:
        raise DemoError("The first posted entry of the sample day is still running.")
    toggl.edit(entry.id, stop=entry.stop - timedelta(seconds=EDIT_SECONDS))
    return first


def _stand_in_commands(toggl: Toggl, gitlab: GitLab, sample: SampleDay) -> list[tuple[str, str]]:
    query = "{ timelogs(username: %s) { nodes { spentAt timeSpent summary issue { reference(full: true) } } } }"
    body = json.dumps({"query": query % json.dumps(sample.gitlab_username)})
    authorization = f"-H 'Authorization: Bearer {sample.gitlab_token}' -H 'Content-Type: application/json'"
    return [
        ("ask GitLab's stand-in for the timelogs", f"curl -s {gitlab.url}{API_PATH} {authorization} -d '{body}'"),
        ("Toggl's stand-in", f"curl -s -u {toggl.token}:api_token {toggl.url}/api/v9/me/time_entries"),
    ]


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m cli.demo", description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--keep", action="store_true", help="leave everything running until Ctrl-C, to look around")
    parser.add_argument(
        "--day", type=date.fromisoformat, metavar="YYYY-MM-DD", help="the day to play; yesterday by default"
    )
    parser.add_argument("--timezone", default="Europe/Berlin", help="the time zone to live in (%(default)s)")
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
        return 1
    except KeyboardInterrupt:
        print("\nStopped; nothing is left running.", file=sys.stderr)
        return INTERRUPTED_EXIT_CODE
    return 0


if __name__ == "__main__":
    sys.exit(main())
