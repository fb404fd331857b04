"""What destroy.sh does around `cdk destroy`; the script is what a person calls.

`--prepare` asks for the environment's name, stops its runs and empties its buckets; `--finish` removes the log groups
that are left and says what else is.

Exit codes: 0 continue, or nothing is left; 1 something is left; 2 wrong arguments, or AWS refuses; 3 (prepare) there is
no stack, but something else; 4 (prepare) there is nothing at all; 130 interrupted.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence

from cli.deployment.aws import refusals_as_unusable
from cli.deployment.deployment import Deployment
from cli.deployment.leftovers import LOG_GROUP, Leftover, left_over
from cli.deployment.removal import buckets_of, empty, remove_log_groups, stop_runs
from cli.terminal.arguments import add_deployment
from cli.terminal.exit_codes import FAILED, OK, Unusable, exit_code_of
from cli.terminal.text import printable
from contract import names

NO_STACK, NOTHING_THERE = 3, 4
REMOVAL_SECONDS = 90.0
"""How long what AWS is still removing may take: a state machine goes when its last execution has ended."""

_POLL_SECONDS = 3.0


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
    if ask(f"Type the environment's name ({deployment.environment}) to continue: ").strip() != deployment.environment:
        raise Unusable("That is not the environment's name: nothing was changed.")


def finish(deployment: Deployment, removal_seconds: float = REMOVAL_SECONDS) -> int:
    """Remove the log groups that are left, and say what else is, once AWS has had its time to remove it."""
    deadline = time.monotonic() + removal_seconds
    while True:
        found = left_over(deployment)
        for name in remove_log_groups(deployment, found):
            print(f"Removed the log group {printable(name)}.")
        left = [one for one in found if one.kind != LOG_GROUP]
        if not left or not all(one.may_go for one in left) or time.monotonic() > deadline:
            break
        time.sleep(_POLL_SECONDS)
    return _conclude(deployment, left)


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
    with refusals_as_unusable():
        if options.finish:
            return finish(deployment)
        return prepare(deployment, None if options.yes else _ask)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m cli.destroy", description="A part of ./destroy.sh: call that.")
    add_deployment(parser)
    part = parser.add_mutually_exclusive_group(required=True)
    part.add_argument("--prepare", action="store_true", help="ask, stop the runs, empty the buckets")
    part.add_argument("--finish", action="store_true", help="remove left-over log groups, say what else is left")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    options = parser.parse_args(arguments)
    return exit_code_of(lambda: _work(options))


if __name__ == "__main__":
    sys.exit(main())
