"""`tgs explain`: why a description, or each entry of some days, ends up where it does, step by step. It only reads.

All reasons, warnings and outcomes are the words of the state machine's output. JSON of a description (null where
something does not apply; lists are never null):

    {"description", "toggl_project",
     "references": [{"text", "form": "url" | "path" | "short_name" | "page_title" | "gitlab"
                             | "merge_request_prefix" | "merge_request_word" | "number",
                     "sign": "#" | "!" | "&" of a group's item, "number", "project": path, "reason",
                     "origin": "path" | "short_name" | "page_title" | "project_map_id" | "project_map_name"
                               | "project_map_rest" | "default",
                     "counts": whether it is what the rule chose}],
     "source": "description" | "task" | "tags", where the references are,
     "rule": "leading" | "only" | "ambiguous" | "title" (no reference: the whole description may be one)
             | "left_out" (its Toggl project is),
     "looked_up": whether GitLab was asked; if not, `issue` and `gitlab` are null, and `project` is what the text or
                  the settings give: perhaps a number, or a page title's name,
     "gitlab": {"answer": "found" | "moved" | "not_found" | "project_not_found" | "several_titles" | "created_before"
                          | "to_create" | "other_title" (a page title stands not at the very beginning, beside another),
                "asked": the issue or merge request, "project", "title": what was asked for without a reference,
                "same_title": [{"issue", "title", "open"}]},
     "reason", "issue", "new_issue": {"project", "title", "labels"}}

and of days:

    {"window", "username", "default_project", "error": {"name", "message"} with which a run of these days ends,
     "entries": [{"entry": as Toggl has it, null when it is gone from there, "filter": the filter's reason,
                  "matching": as above, null when filtered,
                  "rounding": {"raw_seconds", "unit_minutes", "mode", "seconds"}, null when nothing is logged,
                  "timelogs": [{"id", "issue", "seconds", "spent_at"}], what GitLab has of it now,
                  "action": "create" | "replace" | "delete" | "keep" | "skip" | "fail", "duplicates_removed",
                  "row": the row of the run's output,
                  "next_run": what the deployment's next run does about it, null of this machine: "its_day" | "changed"
                              (a late change, which it takes in) | "pending" (looked at again) | "too_late"
                              | "unchanged" (left alone) | "not_yet"}]}
"""

from __future__ import annotations

import click

from cli.planning.explaining import described, explain_days, explain_description, explain_text
from cli.planning.presentation import show_days, show_description
from cli.planning.remarks import remark_on_project
from cli.planning.services import Services, refused_tokens_here, services_for
from cli.settings.environment_file import GITLAB_TOKEN
from cli.settings.here import Here
from cli.terminal import clock
from cli.terminal.asked import Asked
from cli.terminal.command import DaysType, deployment_options, is_deployed, output_option, source_options, subcommand
from cli.terminal.command_line import command_line
from cli.terminal.console import console_on, say, working
from cli.terminal.days import DaysFrom
from cli.terminal.exit_codes import FAILED, OK
from cli.terminal.output import Format, print_csv, print_json
from functions.shared.model.entry import TimeEntry

ENTRY_COLUMNS = (
    *("entry_id", "outcome", "reason", "warning", "gone", "issue", "seconds", "tracked_seconds", "spent_at"),
    *("description", "filter", "next_run"),
)


@subcommand(
    examples=[
        ('tgs explain "#12 Fix login"', "where this description's time would go, and why"),
        ('tgs explain "Standup" --project "Harbour App"', "of an entry with this Toggl project"),
        ("tgs explain --days yesterday", "every entry of yesterday"),
        ('tgs explain -e prod "#12 Fix login"', "with the deployment's own settings and secrets"),
    ]
)
@click.argument("description", required=False)
@click.option("--project", metavar="TOGGL_PROJECT", help="The entry's Toggl project, by name or id.")
@click.option("--offline", is_flag=True, help="Explain the text only, and ask nobody.")
@click.option("--days", "--day", "days", metavar="DAYS", type=DaysType(), help="Explain every entry of these days.")
@deployment_options
@source_options
@output_option
def command(
    *,
    description: str | None,
    project: str | None,
    offline: bool,
    days: DaysFrom | None,
    environment: str | None,
    region: str | None,
    deployed: bool,
    local: bool,
    output: Format,
) -> int:
    """Say where a description's time would go and why, or that of every entry of some days.

    The settings and tokens are those of this machine; with --deployed or -e they are the deployment's own.
    """
    if (description is None) == (days is None):
        raise click.UsageError("give either a description or --days")
    if days is not None and (project is not None or offline):
        raise click.UsageError("--project and --offline go with a description")
    if description is not None and output == "csv":
        raise click.UsageError("-o csv goes with --days: a description is not a list")
    is_there = is_deployed(environment, region, deployed=deployed, local=local)
    services = services_for(environment, region, {}, deployed=is_there)
    if days is not None:
        return _explain_days(days, services, output)
    entry = described(description or "", project)
    if remark := _remark_on_project(entry, services, offline=offline):
        say(remark, stderr=True)
    return _explain_description(entry, services, output, offline=offline)


def _remark_on_project(entry: TimeEntry, services: Services, *, offline: bool) -> str:
    if entry.project_name is None:
        return ""
    has_token = not isinstance(services.source, Here) or bool(services.source.own.toggl_token)
    with working(console_on(stderr=True), "asking Toggl"):
        return remark_on_project(entry, services.settings, services.toggl if has_token and not offline else None)


def _explain_days(days: DaysFrom, services: Services, output: Format) -> int:
    now = clock.now()
    run_input = Asked(days).run_input(now, services.settings.timezone)
    with working(console_on(stderr=True), "reading Toggl and GitLab"), refused_tokens_here(services):
        explained = explain_days(
            run_input, services.settings, services.toggl, services.gitlab, now, state=services.state
        )
    if output == "table":
        show_days(explained, console_on())
    elif output == "json":
        print_json(explained.to_json())
    else:
        print_csv(ENTRY_COLUMNS, explained.rows())
    return OK if explained.error is None else FAILED


def _explain_description(entry: TimeEntry, services: Services, output: Format, *, offline: bool) -> int:
    has_token = not isinstance(services.source, Here) or bool(services.source.own.gitlab_token)
    if offline or not has_token:
        explanation = explain_text(entry, services.settings)
    else:
        with working(console_on(stderr=True), "asking GitLab"), refused_tokens_here(services):
            explanation = explain_description(entry, services.settings, services.gitlab)
    if output == "json":
        print_json(explanation.to_json())
    else:
        show_description(explanation, console_on())
    if explanation.match is None and not offline:
        how = f"Let {command_line('init')} ask for it, or give --offline."
        say(f"Nothing was looked up, because {GITLAB_TOKEN} is not set. {how}", stderr=True)
    return OK
