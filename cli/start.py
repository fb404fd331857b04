"""`tgs start`: a run of a deployment on AWS, started by hand and followed."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import click

from cli.deployment.aws import AWS_ERRORS
from cli.deployment.deployment import Deployment
from cli.deployment.place import find_deployment
from cli.executions.ended import RUNNING, Ended
from cli.executions.report import report
from cli.executions.starting import start, with_overrides
from cli.executions.watching import watch
from cli.terminal import clock
from cli.terminal.arguments import pairs_in
from cli.terminal.asked import Asked, run_options
from cli.terminal.asking import agreed
from cli.terminal.command import output_option, region_option, subcommand, verbose_option, yes_option
from cli.terminal.console import say
from cli.terminal.exit_codes import FAILED, OK
from cli.terminal.output import Format, print_json
from cli.terminal.text import local_time
from contract import names
from contract.errors import SetupError
from contract.settings import Settings
from functions.fetch.window import resolve

FAILURES = frozenset({"failed"})


@subcommand(
    examples=[
        ("tgs start yesterday", "yesterday once more; what is there is kept"),
        ("tgs start 2026-11 --dry-run", "what a run of this month would write"),
        ("tgs start --set round_time_to_minutes=6", "what the schedule would cover, with a setting for this run"),
        ("tgs start -e staging --no-wait", "start it, print its ARN, and end"),
    ]
)
@run_options
@region_option
@click.option("--dry-run", is_flag=True, help="Plan only, write nothing, and show every entry.")
@click.option("--accept-new-user", is_flag=True, help="The GitLab token belongs to another user than before.")
@click.option("--allow-removals", is_flag=True, help="Remove even more than half of the timelogs of the days.")
@yes_option
@click.option("--no-wait", is_flag=True, help="Start it, print the execution's ARN, and end.")
@verbose_option
@output_option
def command(
    *,
    asked: Asked,
    region: str | None,
    dry_run: bool,
    accept_new_user: bool,
    allow_removals: bool,
    yes: bool,
    no_wait: bool,
    verbose: bool,
    output: Format,
) -> int:
    """Start a run on AWS, and follow it to its end.

    Without days it covers what the schedule would. On a terminal it asks before it writes. Ctrl-C ends the watching,
    never the run; tgs watch resumes it.
    """
    now = clock.now()
    flags = {"dry_run": dry_run, "accept_new_user": accept_new_user, "allow_removals": allow_removals}
    with_overrides(flags := {key: True for key, is_given in flags.items() if is_given}, pairs_in(asked.overrides))
    deployment = find_deployment(asked.environment, region)
    settings = _settings_of(deployment)
    given = asked.run_input(now, settings.timezone) | flags
    run_input = with_overrides(given, pairs_in(asked.overrides))
    say(_announcement(deployment, settings, run_input, now), stderr=True)
    is_asked = not yes and not dry_run and sys.stdin.isatty()
    if is_asked and not agreed("Start it?", otherwise="Give --yes."):
        return FAILED
    arn = start(deployment, run_input, now)
    if not no_wait:
        return watch(deployment, arn, output, only=FAILURES, verbose=verbose)
    if output == "json":
        print_json(report(arn, Ended(RUNNING)))
    else:
        print(arn)
    return OK


def _settings_of(deployment: Deployment) -> Settings:
    """The deployed settings, by which the days are counted; the defaults when they cannot be read."""
    deployment.require()
    try:
        return deployment.settings()
    except (SetupError, *AWS_ERRORS):
        return Settings()


def _announcement(deployment: Deployment, settings: Settings, run_input: Mapping[str, Any], now: datetime) -> str:
    """What is about to be started. Raises InvalidInput for what the run itself would refuse."""
    run = resolve(run_input, settings, now)
    zone = run.settings.timezone
    begin, end = (local_time(at.isoformat(), zone) for at in (run.window.start, run.window.end))
    begin = begin if {"start_date", "days_back"} & run_input.keys() else f"{begin} (or earlier, to catch up)"
    place = f"account {deployment.account}, {deployment.region}"
    does, but = ("plan", ", and write nothing") if run.settings.dry_run else ("sync", "")
    return (
        f"{names.state_machine(deployment.environment)} ({place}) will {does} {begin} to {end} ({zone}), from"
        f" {settings.toggl_url} to {settings.gitlab_url}{but}."
    )
