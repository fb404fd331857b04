"""A run on the local AWS, with a person's own settings and tokens: checked before anything starts, and announced."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cli.settings.environment_file import SetupProblem
from cli.settings.own import Own
from cli.terminal.text import local_time
from contract.settings import Settings
from functions.fetch.window import resolve

NOT_TO_SET = {
    "account": "the local AWS has one of its own",
    "region": "the local AWS has one of its own",
    "schedule": "nothing runs here by itself",
    "alarm_email": "nobody gets an alarm from here",
    "vpc_id": "the functions run on this machine",
    "subnet_ids": "the functions run on this machine",
    "security_group_ids": "the functions run on this machine",
    "dry_run": "a run here is a dry run unless you give --apply",
}
"""The settings that a local run decides itself, and why."""


@dataclass(frozen=True)
class Prepared:
    """A run that may start: everything in it is checked. `context` are the settings as the CDK takes them."""

    settings: Settings
    context: Mapping[str, str]
    run_input: Mapping[str, str]
    apply: bool
    toggl_token: str
    gitlab_token: str

    def __repr__(self) -> str:
        return f"Prepared({self.settings.environment}, apply={self.apply})"  # a traceback shows no token


def prepare(
    own: Own, *, run_input: Mapping[str, str], overrides: Mapping[str, str], apply: bool, now: datetime
) -> Prepared:
    """Check everything that can be checked before something starts.

    overrides: settings by key, which take precedence over one's own. Raises SetupProblem and SetupError.
    """
    toggl_token, gitlab_token = own.required_toggl_token(), own.required_gitlab_token(overrides)
    wants_dry_run = own.settings().dry_run and "DRY_RUN" in own.variables
    if wants_dry_run and apply:
        raise SetupProblem("DRY_RUN is true, but --apply asks to write. Remove one of them.")
    for key in overrides:
        if key in NOT_TO_SET:
            raise SetupProblem(f"{key} cannot be set here: {NOT_TO_SET[key]}.")
    # The local AWS has a scheduler too: while it is left running, no run may start by itself.
    decided = {"schedule": "off", "dry_run": "false" if apply else "true"}
    # cdk.json may have them, for AWS.
    network = {"vpc_id": "", "subnet_ids": "", "security_group_ids": ""}
    context = own.context() | dict(overrides) | decided | network
    settings = Settings.from_context(context)
    resolve(run_input, settings, now)
    return Prepared(settings, context, run_input, apply, toggl_token, gitlab_token)


def announcement(prepared: Prepared, now: datetime) -> str:
    """What the run reads and writes, in a line."""
    settings = prepared.settings
    window = resolve(prepared.run_input, settings, now).window
    span = " to ".join(local_time(instant.isoformat(), settings.timezone) for instant in (window.start, window.end))
    what = f"time tracked at {settings.toggl_url} from {span} ({settings.timezone})"
    where = f"{settings.gitlab_url} (default project {settings.gitlab_project_id})"
    if prepared.apply:
        return f"This writes: {what} goes onto the issues at {where}, as your token's user."
    return f"Dry run: reads {what}, and {where}; writes nothing. With --apply it writes."
