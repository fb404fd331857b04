"""A run on the local AWS, with a person's own settings and tokens: deployed, carried out, and gone afterwards."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rich.console import Console

from cli.deployment.local import deploy, execute, keep_running, set_tokens, ways_to_look_around
from cli.executions.ended import Ended
from cli.executions.rows import with_rows
from cli.settings.environment_file import SetupProblem
from cli.settings.here import Here
from cli.settings.way_out import way_out
from cli.terminal.console import Steps
from cli.terminal.interruption import orderly_end
from cli.terminal.temporary_folder import own_temporary_folder
from local.aws.server import LocalAws

NOT_TO_SET = {
    "account": "the local AWS has one of its own",
    "region": "the local AWS has one of its own",
    "schedule": "nothing runs here by itself",
    "alarm_email": "nobody gets an alarm from here",
    "vpc_id": "the functions run on this machine",
    "subnet_ids": "the functions run on this machine",
    "security_group_ids": "the functions run on this machine",
}
"""The settings that a local run decides itself, and why."""

_OF_A_DEPLOYMENT = {
    "schedule": "off",
    "alarm_email": "",
    "left_out_mail": "false",
    "vpc_id": "",
    "subnet_ids": "",
    "security_group_ids": "",
}
"""What a deployment on AWS is set to, and a local one is not: here there are no networks, no mails and no mornings."""


@dataclass(frozen=True)
class LocalRun:
    """A run that may start: everything in it is checked."""

    context: Mapping[str, str]
    environment: str
    run_input: Mapping[str, Any]
    toggl_token: str
    gitlab_token: str

    def __repr__(self) -> str:
        return f"LocalRun({self.environment})"  # a traceback shows no token


def prepare(here: Here, run_input: Mapping[str, Any], overrides: Mapping[str, str], *, dry_run: bool) -> LocalRun:
    """Check everything that can be checked before something starts. Raises SetupProblem."""
    for key in overrides:
        if key in NOT_TO_SET:
            raise SetupProblem(f"{key} cannot be set here: {NOT_TO_SET[key]}.")
    if here.settings.dry_run and not dry_run:
        raise SetupProblem("dry_run is true, but this would write. Give --set dry_run=false, or change the setting.")
    context = {key: value for key, value in here.context.items() if key not in NOT_TO_SET}
    return LocalRun(
        context | _OF_A_DEPLOYMENT | {"dry_run": "true" if dry_run else "false"},
        here.settings.environment,
        run_input,
        here.own.required_toggl_token(),
        here.own.required_gitlab_token(here.context),
    )


def carry_out(run: LocalRun, console: Console, show: Callable[[Ended], None], *, keep: bool, verbose: bool) -> Ended:
    """Deploy to a local AWS, run, and show how it gets on and ends.

    show: how it ended, while the local AWS is still there. keep: whether that stays until Ctrl-C. Raises LocalAwsError,
    and KeyboardInterrupt on Ctrl-C before the end.
    """
    steps = Steps(console)
    with orderly_end(), own_temporary_folder(), LocalAws(wait_scale=1, way_out=way_out(os.environ)) as aws:
        with steps.during("deploying the state machine to a local AWS on this machine"):
            outputs = deploy(aws, run.context)
            set_tokens(aws, run.environment, toggl=run.toggl_token, gitlab=run.gitlab_token)
        steps.say("running it")
        ended = execute(aws, outputs["StateMachineArn"], run.run_input, console, verbose=verbose)
        ended = with_rows(ended, aws.client("s3"))  # their bucket goes with this AWS
        show(ended)
        if keep:
            keep_running(console, ways_to_look_around(aws, outputs))
    return ended
