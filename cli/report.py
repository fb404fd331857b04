"""`tgs report`: how much time went where, and whether anything is missing. It only reads."""

from __future__ import annotations

import webbrowser
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import click

from cli.executions.chosen import choose
from cli.executions.rows import read_run, require_rows
from cli.planning.services import Services, refused_tokens_here, services_for, services_of
from cli.reporting.formats import CSV_COLUMNS, csv_rows, show, to_json
from cli.reporting.model import GROUPINGS, Report
from cli.reporting.page import page
from cli.reporting.reading import read_report
from cli.reporting.runs import days_of, of_run
from cli.terminal import clock
from cli.terminal.arguments import pairs_in
from cli.terminal.command import DaysType, deployment_options, is_deployed, set_option, source_options, subcommand
from cli.terminal.console import console_on, working
from cli.terminal.days import Days, DaysFrom
from cli.terminal.exit_codes import FAILED, OK, Unusable
from cli.terminal.output import print_csv, print_json
from contract.settings import PER_RUN_KEYS
from contract.state import SyncState

Format = Literal["table", "html", "json", "csv"]


@subcommand(
    examples=[
        ("tgs report", "this month so far, in the terminal"),
        ("tgs report 2026-11 --format html --open", "a month as a page, in the browser"),
        ("tgs report last-week --by day", "a week, day by day"),
        ("tgs report -e prod", "with the deployment's own settings and secrets"),
        ("tgs report 2026-11 --check", "exit code 1 when anything is missing: for a monthly job"),
        ("tgs report --run last --format html", "what the last run did on its days"),
    ]
)
@click.argument("days", metavar="[DAYS]", type=DaysType(), required=False)
@click.option("--run", "run", metavar="RUN", help="The days and entries of a run instead: last, its name, or its ARN.")
@deployment_options
@source_options
@click.option(
    "--by", type=click.Choice(tuple(GROUPINGS)), default="issue", show_default=True, help="What is summed up."
)
@click.option(
    "-o",
    "--format",
    "--output",
    "output",
    type=click.Choice(("table", "html", "json", "csv")),
    default="table",
    show_default=True,
    help="For a person, as a page, or for a program.",
)
@click.option("--to", "file", metavar="FILE", type=click.Path(path_type=Path), help="Where to write the page.")
@click.option("--open", "opens", is_flag=True, help="Open the page in the browser.")
@click.option("--check", "checks", is_flag=True, help="Exit code 1 when anything is missing or should not be there.")
@set_option
def command(
    *,
    days: DaysFrom | None,
    run: str | None,
    environment: str | None,
    region: str | None,
    deployed: bool,
    local: bool,
    by: str,
    output: Format,
    file: Path | None,
    opens: bool,
    checks: bool,
    overrides: tuple[str, ...],
) -> int:
    """Report how much time went where, and whether anything is missing.

    Both services are read. DAYS are those of this month by default. Every second of Toggl's time is logged, rounded,
    left out for a reason, refused or missing, and every second of GitLab's is explained by an entry.

    The settings and tokens are those of this machine; with --deployed or -e they are the deployment's own.
    """
    if run is not None and days is not None:
        raise click.UsageError("give either days or --run")
    if run is not None and local:
        raise click.UsageError("--local goes with days: a run is one of a deployment")
    is_there = is_deployed(environment, region, deployed=deployed, local=local)
    if opens or file is not None:
        output = "html"
    now = clock.now()
    pairs = dict(pairs_in(overrides))
    if run is not None:
        report = _of_run(run, environment, region, pairs, now)
    else:
        services = services_for(environment, region, pairs, deployed=is_there)
        today = now.astimezone(ZoneInfo(services.settings.timezone)).date()
        report = _read(services, days(today) if days is not None else Days(today.replace(day=1), today), now)
        report = _with_command(report, services)
    _put_out(report, by, output, file, opens=opens)
    return FAILED if checks and not report.is_complete else OK


def _read(services: Services, days: Days, now: datetime) -> Report:
    settings = services.settings
    reading = f"reading {settings.toggl_url} and {settings.gitlab_url}"
    with working(console_on(stderr=True), reading), refused_tokens_here(services):
        return read_report(
            days,
            settings,
            toggl=services.toggl,
            gitlab=services.gitlab,
            now=now,
            state=services.state or SyncState(),
            last_due=services.last_due(now),
        )


def _of_run(run: str, environment: str | None, region: str | None, pairs: dict[str, str], now: datetime) -> Report:
    """The report of what one execution looked at, with what it did about each entry."""
    deployment, arn = choose(run, environment, region)
    with working(console_on(stderr=True), "reading the run"):
        ended = read_run(deployment, arn)
    require_rows(ended)
    if ended.output is None:
        raise Unusable("The run ended before it had looked at any entry, so there is nothing to report.")
    own = {key: value for key, value in ended.run_input.items() if key in PER_RUN_KEYS}
    services = services_of(deployment, own | pairs)
    report = of_run(_read(services, days_of(ended.output), now), arn.rpartition(":")[2], ended.output)
    return _with_command(report, services)


def _with_command(report: Report, services: Services) -> Report:
    """With the command that syncs what is missing, where anything is."""
    missing = report.missing_days
    return report if missing is None else replace(report, to_sync=services.how_to_sync(Days(*missing)))


def _put_out(report: Report, by: str, output: Format, file: Path | None, *, opens: bool) -> None:
    if output == "json":
        print_json(to_json(report, by))
    elif output == "csv":
        print_csv(CSV_COLUMNS, csv_rows(report))
    elif output == "table":
        show(report, by, console_on())
    else:
        written = file or Path(f"report-{Days(report.first, report.last)}.html")
        try:
            written.write_text(page(report), encoding="utf-8")
        except OSError as error:
            raise Unusable(f"{written} cannot be written: {error.strerror}. Give another file with --to.") from error
        console_on().print(f"Written: {written}", soft_wrap=True)
        if opens:
            webbrowser.open(written.resolve().as_uri())
