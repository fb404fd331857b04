"""A deployment to the local AWS, with runs in it that are followed and looked at."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from rich.console import Console

from cli.deployment.secrets import put_token
from cli.executions.ended import Ended
from cli.executions.following import follow
from cli.terminal.command_line import command_line
from cli.terminal.interruption import wait_for_interrupt
from contract import names
from local.aws.server import LocalAws


def deploy(aws: LocalAws, context: Mapping[str, str]) -> dict[str, str]:
    """Deploy the unmodified app and return its outputs; the bootstrap runs beside the longer synth.

    Raises LocalAwsError.
    """
    pool = ThreadPoolExecutor(1, thread_name_prefix="cdk-bootstrap")
    try:
        bootstrap = pool.submit(aws.bootstrap)
        assembly = aws.synth(context)
        bootstrap.result()
    finally:
        pool.shutdown(wait=False)  # after an error or Ctrl-C, stopping the local AWS is what ends it
    return aws.deploy(context, app=str(assembly))


def set_tokens(aws: LocalAws, environment: str, *, toggl: str, gitlab: str) -> None:
    """Put both API tokens where the functions look for them."""
    secrets = aws.client("secretsmanager")
    put_token(secrets, names.toggl_secret(environment), toggl)
    put_token(secrets, names.gitlab_secret(environment), gitlab)


def execute(
    aws: LocalAws, state_machine_arn: str, run_input: Mapping[str, Any], console: Console, *, verbose: bool = False
) -> Ended:
    """Start a run and show it until it ends."""
    states = aws.client("stepfunctions")
    started = states.start_execution(stateMachineArn=state_machine_arn, input=json.dumps(run_input))
    return follow(states, started["executionArn"], console, verbose=verbose)


def ways_to_look_around(aws: LocalAws, outputs: Mapping[str, str]) -> list[tuple[str, str]]:
    """Commands for a second terminal while the local AWS is running: (what for, command)."""
    machine = outputs["StateMachineArn"]
    environment = machine.rpartition(names.state_machine(""))[2]
    executions = aws.client("stepfunctions").list_executions(stateMachineArn=machine)["executions"]
    newest = executions[0]["executionArn"] if executions else "EXECUTION-ARN"
    variables = " ".join(f"{name}='{value}'" for name, value in aws.environment().items())
    python = (
        f"import boto3; print(boto3.client('stepfunctions').list_executions(stateMachineArn='{machine}')['executions'])"
    )
    log = f"/aws/lambda/{outputs['PostFunctionName']}"
    return [
        ("first, so that commands talk to this AWS only", f"unset AWS_PROFILE AWS_SESSION_TOKEN; export {variables}"),
        ("what the last run did", command_line("show", "last", "-e", environment)),
        ("all runs", command_line("runs", "-e", environment)),
        ("whether all is well", command_line("check", "-e", environment)),
        ("the same with the AWS CLI", f"aws stepfunctions list-executions --state-machine-arn {machine}"),
        ("the last run's history", f"aws stepfunctions get-execution-history --execution-arn {newest}"),
        (
            "another run",
            f"aws stepfunctions start-execution --state-machine-arn {machine} --input '{{\"days_back\": 3}}'",
        ),
        ("the logs, with the AWS CLI 2", f"aws logs tail {log}"),
        ("the logs, with any AWS CLI", f"aws logs filter-log-events --log-group-name {log}"),
        ("without the AWS CLI (pip install awscli)", f'.venv/bin/python -c "{python}"'),
        ("watch a run", command_line("watch", newest)),
    ]


def keep_running(console: Console, commands: Sequence[tuple[str, str]]) -> None:
    """Print the commands and wait for Ctrl-C."""
    console.print("\nEverything is still running. In another terminal, in this folder:\n")
    for purpose, command in commands:
        console.print(f"# {purpose}", style="dim")
        console.print(command, soft_wrap=True)
    console.print("\nCtrl-C here stops it all.")
    with suppress(KeyboardInterrupt):  # it is how this is meant to end
        wait_for_interrupt()
