"""Why a description, or each entry of a day, ends up where it does: the run's own rules, step by step. It only reads.

    python -m cli.explain "#12 Fix login" [--project TOGGL_PROJECT] [--offline] [--json]
    python -m cli.explain --day 2026-11-20 [--json]

The tokens and the settings come from the environment or from `.env`, as for `make run`. A description needs the GitLab
token only; without it, or with --offline, the text alone is explained and nothing is looked up. All reasons, warnings
and outcomes are the words of the state machine's output.

With --json, for a description (null where something does not apply; lists are never null):

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
                          | "to_create",
                "asked": the issue or merge request, "project", "title": what was asked for without a reference,
                "same_title": [{"issue", "title", "open"}]},
     "reason", "issue", "new_issue": {"project", "title", "labels"}}

For a day:

    {"day", "window", "username", "default_project", "error": {"name", "message"} with which a run of this day ends,
     "entries": [{"entry": as Toggl has it, null when it is gone from there, "filter": the filter's reason,
                  "matching": as above, null when filtered,
                  "rounding": {"raw_seconds", "unit_minutes", "mode", "seconds"}, null when nothing is logged,
                  "timelogs": [{"id", "issue", "seconds", "spent_at"}], what GitLab has of it now,
                  "action": "create" | "replace" | "delete" | "keep" | "skip", "duplicates_removed",
                  "row": the row of the run's output}]}
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from rich.console import Console

from cli.plan.explaining import described, explain_day, explain_description, explain_text
from cli.plan.presentation import show_day, show_description
from cli.settings.environment_file import GITLAB_TOKEN, SetupProblem
from cli.settings.own import ENVIRONMENT_FILE, Own, take_own
from cli.terminal.console import console_on
from cli.terminal.exit_codes import FAILED, INTERRUPTED, OK
from contract.errors import SyncError, WaitError
from functions.shared.clients import open_gitlab, open_toggl


def parser() -> argparse.ArgumentParser:
    described_by = (__doc__ or "").partition("\n\n")[0]
    made = argparse.ArgumentParser(prog="python -m cli.explain", description=described_by)
    made.add_argument("description", nargs="?", help="a time entry's description")
    made.add_argument("--project", metavar="TOGGL_PROJECT", help="the entry's Toggl project, by name or id")
    made.add_argument("--offline", action="store_true", help="explain the text only, and ask nobody")
    made.add_argument("--day", metavar="DAY", help="explain every entry of this day, YYYY-MM-DD, instead")
    made.add_argument("--json", action="store_true", help="print JSON and nothing else")
    return made


def main(arguments: Sequence[str] | None = None, now: datetime | None = None) -> int:
    made = parser()
    options = made.parse_args(arguments)
    if (options.description is None) == (options.day is None):
        made.error("give either a description or --day")
    if options.day is not None and (options.project is not None or options.offline):
        made.error("--project and --offline go with a description")
    console = console_on(quiet=options.json)
    try:
        own = take_own(os.environ, ENVIRONMENT_FILE)
        if options.day is not None:
            explained = _explain_day(options.day, own, now or datetime.now(UTC), console)
        else:
            explained = _explain_description(options, own, console)
    except WaitError as error:
        print(f"{type(error).__name__}: try again in {error.wait_seconds} s.", file=sys.stderr)
    except SyncError as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
    except SetupProblem as problem:
        print(problem, file=sys.stderr)
    except KeyboardInterrupt:
        return INTERRUPTED
    else:
        if options.json:
            print(json.dumps(explained, indent=2))
        return OK
    return FAILED


def _explain_day(day: str, own: Own, now: datetime, console: Console) -> dict[str, Any]:
    settings = own.settings()
    toggl = open_toggl(settings, own.required_toggl_token())
    gitlab = open_gitlab(settings, own.required_gitlab_token())
    explained = explain_day(day, settings, toggl, gitlab, now)
    show_day(explained, console)
    return explained.to_json()


def _explain_description(options: argparse.Namespace, own: Own, console: Console) -> dict[str, Any]:
    settings = own.settings()
    entry = described(options.description, options.project)
    if options.offline or not own.gitlab_token:
        explanation = explain_text(entry, settings)
    else:
        explanation = explain_description(entry, settings, open_gitlab(settings, own.gitlab_token))
    show_description(explanation, console)
    if explanation.match is None and not options.offline:
        print(f"Nothing was looked up, because {GITLAB_TOKEN} is not set. Set it, or give --offline.", file=sys.stderr)
    return explanation.to_json()


if __name__ == "__main__":
    sys.exit(main())
