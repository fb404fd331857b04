"""What destroy.sh does around `cdk destroy`; the script is what a person calls.

`--prepare` asks for the environment's name, stops its runs and empties its buckets; `--finish` removes the log groups
that are left and says what else is.

Exit codes: 0 go on, or nothing is left; 1 something is left; 2 wrong arguments, or AWS refuses; 3 (prepare) there is no
stack, but something else; 4 (prepare) there is nothing at all; 130 interrupted.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from cli.deployment.leftovers import LOG_GROUP, Leftover, left_over
from cli.deployment.place import (
    FAILED,
    NOT_THERE,
    OK,
    Deployment,
    Unusable,
    add_arguments,
    exit_code_of,
    ignored,
    refusals_told,
)
from cli.terminal.console import printable
from contract import names

NO_STACK, NOTHING_THERE = 3, 4
PATIENCE_SECONDS = 90.0
"""How long what AWS is still removing may take: a state machine goes when its last execution has ended."""

_POLL_SECONDS = 3.0
_STOPPED = "The deployment is destroyed."


def prepare(deployment: Deployment, ask: Callable[[str], str] | None) -> int:
    """Make the stack ready to be destroyed. ask: shows a prompt and returns what is typed; None: do not ask."""
    found = left_over(deployment)
    if not found:
        name = names.state_machine(deployment.environment)
        print(f"There is no {name} in {deployment.region} of account {deployment.account}: nothing to destroy.")
        return NOTHING_THERE
    if ask is not None:
        _confirm(deployment, found, ask)
    stopped = stop_runs(deployment)
    if stopped:
        print(f"Stopped {stopped} running execution{'' if stopped == 1 else 's'}.")
    for bucket in buckets_of(deployment):
        print(f"Emptied {bucket}: {empty(deployment.client('s3'), bucket)} objects.")
    return OK if any(one.kind == "stack" for one in found) else NO_STACK


def _confirm(deployment: Deployment, found: list[Leftover], ask: Callable[[str], str]) -> None:
    """Raises Unusable unless the environment's name is typed."""
    place = f"account {deployment.account}, {deployment.region}"
    print(f"This removes {names.state_machine(deployment.environment)} ({place}) for good:")
    for one in found:
        print(f"  {one.kind} {printable(one.name)}")
    print("Your Toggl and your GitLab stay as they are.")
    if ask(f"Type the environment's name ({deployment.environment}) to go on: ").strip() != deployment.environment:
        raise Unusable("That is not the environment's name: nothing was changed.")


def stop_runs(deployment: Deployment) -> int:
    """Stop every running execution; returns how many there were. Raises AWS_ERRORS."""
    states = deployment.client("stepfunctions")
    with ignored(*NOT_THERE):
        pages = states.get_paginator("list_executions").paginate(
            stateMachineArn=deployment.state_machine_arn, statusFilter="RUNNING"
        )
        running = [one["executionArn"] for page in pages for one in page["executions"]]
        for arn in running:
            states.stop_execution(executionArn=arn, error="Destroyed", cause=_STOPPED)
        return len(running)
    return 0


def buckets_of(deployment: Deployment) -> Iterator[str]:
    """The names of the stack's buckets. Raises AWS_ERRORS."""
    stacks = deployment.client("cloudformation")
    with ignored(*NOT_THERE):
        pages = stacks.get_paginator("list_stack_resources").paginate(StackName=names.stack(deployment.environment))
        for page in pages:
            for one in page["StackResourceSummaries"]:
                if one["ResourceType"] == "AWS::S3::Bucket" and one["ResourceStatus"] != "DELETE_COMPLETE":
                    yield one["PhysicalResourceId"]


def empty(s3: Any, bucket: str) -> int:
    """Remove all objects in all versions; returns how many there were. Raises AWS_ERRORS."""
    count = 0
    with ignored(*NOT_THERE):
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
            objects = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in found]
            if objects:
                answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
                _refuse_errors(bucket, answer.get("Errors", ()))
            count += len(objects)
    return count


def _refuse_errors(bucket: str, errors: Sequence[Any]) -> None:
    if errors:
        why = f"{errors[0].get('Key')}: {errors[0].get('Code')} {errors[0].get('Message')}"
        raise Unusable(f"{bucket} cannot be emptied: {len(errors)} objects stay, like {printable(why)}")


def finish(deployment: Deployment, patience_seconds: float = PATIENCE_SECONDS) -> int:
    """Remove the log groups that are left, and say what else is, once AWS has had its time to remove it."""
    deadline = time.monotonic() + patience_seconds
    while True:
        found = left_over(deployment)
        remove_log_groups(deployment, found)
        left = [one for one in found if one.kind != LOG_GROUP]
        if not left or not all(one.may_go for one in left) or time.monotonic() > deadline:
            break
        time.sleep(_POLL_SECONDS)
    return _conclude(deployment, left)


def remove_log_groups(deployment: Deployment, found: Iterable[Leftover]) -> None:
    """Raises AWS_ERRORS."""
    for one in found:
        if one.kind == LOG_GROUP:
            with ignored(*NOT_THERE):
                deployment.client("logs").delete_log_group(logGroupName=one.name)
            print(f"Removed the log group {printable(one.name)}.")


def _conclude(deployment: Deployment, left: Sequence[Leftover]) -> int:
    name, place = names.state_machine(deployment.environment), f"{deployment.region} of account {deployment.account}"
    if not left:
        print(f"Nothing of {name} is left in {place}.")
        print(
            "The CDK's own bootstrap stack stays, since other apps may use it, and in its bucket the code that was"
            " deployed: fractions of a cent a month."
        )
        return OK
    print(f"Of {name}, this is left in {place}:", file=sys.stderr)
    for one in left:
        print(f"  {one.kind} {printable(one.name)}", file=sys.stderr)
    for hint in filter(None, (one.hint for one in left)):
        print(f"To remove it: {hint}", file=sys.stderr)
    if any(one.kind == "stack" for one in left):
        print("The stack's events in the CloudFormation console say why it stays. Then run it again.", file=sys.stderr)
    return FAILED


def _ask(prompt: str) -> str:
    try:
        return input(prompt)
    except EOFError as error:
        raise Unusable("Nobody is there to type the environment's name: give --yes. Nothing was changed.") from error


def _work(options: argparse.Namespace) -> int:
    deployment = Deployment.find(options.environment, options.region)
    with refusals_told():
        if options.finish:
            return finish(deployment)
        return prepare(deployment, None if options.yes else _ask)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m cli.destroy", description="A part of ./destroy.sh: call that.")
    add_arguments(parser)
    part = parser.add_mutually_exclusive_group(required=True)
    part.add_argument("--prepare", action="store_true", help="ask, stop the runs, empty the buckets")
    part.add_argument("--finish", action="store_true", help="remove left-over log groups, say what else is left")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    options = parser.parse_args(arguments)
    return exit_code_of(lambda: _work(options))


if __name__ == "__main__":
    sys.exit(main())
