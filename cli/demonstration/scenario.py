"""The demonstration's three runs: a day, the same day again, and the day after an entry was edited."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.demonstration import sample_day
from cli.demonstration.checks import (
    EDIT_SECONDS,
    Check,
    checks_of_the_day,
    checks_of_the_edit,
    checks_of_the_repetition,
)
from cli.demonstration.sample_day import SampleDay
from cli.deployment.local import deploy, execute, keep_running, set_tokens, ways_to_look_around
from cli.executions.ended import Ended
from cli.executions.summary import show
from cli.terminal.console import Steps
from cli.terminal.text import counted, local_time, one_line, safe
from functions.shared.text import hours
from local.aws.server import LocalAws
from local.standins.gitlab.model import LedgerRow
from local.standins.gitlab.server import API_PATH, GitLab
from local.standins.toggl.server import Toggl

ENVIRONMENT = "demo"
_WIDE = 100


class DemoError(Exception):
    """The demo did not show what it should; the message says what differs, a line each."""


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
        console.print(timelogs_table(posted, timezone, console.width))
        console.print()
        report(checks_of_the_day(ended, sample, posted, toggl), console)

        steps.say("second run: the same day again")
        gitlab.clear()
        ended = _run(aws, outputs, sample, console)
        show(ended, console, only=frozenset())
        report(checks_of_the_repetition(ended, gitlab, posted, gitlab.ledger()), console)

        edited = edit(toggl, sample)
        steps.say(f"third run: in Toggl, {edited.description!r} now ends a quarter of an hour earlier")
        ended = _run(aws, outputs, sample, console)
        show(ended, console, only=frozenset({"created", "replaced", "deleted", "failed"}))
        report(checks_of_the_edit(ended, edited.entry_id, posted, gitlab.ledger()), console)

        if keep:
            keep_running(console, [*ways_to_look_around(aws, outputs), *_stand_in_commands(toggl, gitlab, sample)])
        steps.say("stopping everything")
    steps.say("done: nothing is left running")


def report(checks: Iterable[Check], console: Console) -> None:
    """Print each check. Raises DemoError when one does not hold."""
    differences: list[str] = []
    for check in checks:
        sign, style = ("✓", "green") if not check.differences else ("✗", "bold red")
        grid = Table.grid(padding=(0, 1, 0, 0))
        grid.add_column(width=3, justify="right")
        grid.add_row(Text(sign, style), safe(check.claim))
        console.print(grid)
        for difference in check.differences:
            console.print(safe(f"      {difference}", "red", 500))
        differences += check.differences
    if differences:
        raise DemoError(f"It did otherwise than expected: {counted(len(differences), 'difference')}, see above.")


def timelogs_table(ledger: Sequence[LedgerRow], timezone: str, width: int) -> Table:
    """GitLab's timelogs, by the time at which they were spent; in a narrow terminal without their summaries."""
    is_wide = width >= _WIDE
    table = Table(title=Text("GitLab's timelogs", style="bold"), title_justify="left", box=None, pad_edge=False)
    for heading in ("issue", "day", "spent at"):
        table.add_column(heading, no_wrap=True)
    table.add_column("time", justify="right", no_wrap=True)
    if is_wide:
        table.add_column("summary")
    for row in sorted(ledger, key=lambda row: row.spent_at or ""):
        day, at = local_time(row.spent_at, timezone).split() if row.spent_at else ("", "")
        summary = [one_line(row.summary or "")] if is_wide else []
        table.add_row(safe(row.reference), day, at, hours(row.seconds), *summary)
    return table


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


def edit(toggl: Toggl, sample: SampleDay) -> sample_day.Expected:
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
