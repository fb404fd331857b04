"""Starts a run on AWS and follows it: `python -m cli.start --start-date 2026-11-01 --end-date 2026-11-15`.

Without dates it covers what the schedule would. Ctrl-C stops the watching, never the run; `--watch ARN` resumes it.

Exit codes: 0 the run succeeded (with --no-wait: it was started), 1 it failed, 2 wrong arguments, no such deployment, or
AWS refuses, with one line that says what to do, 130 Ctrl-C.

With --json, standard output is one object as soon as there is a run, and the progress goes to standard error:

    {"arn", "status": "RUNNING" | "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "ABORTED",
     "error": name or null, "message": what it says, or null, "output": the run's output, or null,
     "rows": the S3 URL of a large run's rows, whose key is the output's `entries`, or null}
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from rich.console import Console

from cli.deployment.aws import AWS_ERRORS, code_of, in_words, patient_client_of, session_in
from cli.deployment.deployment import PYTHON, Deployment
from cli.executions.ended import RUNNING, Ended
from cli.executions.following import follow
from cli.executions.starting import start, with_overrides
from cli.executions.summary import show
from cli.terminal.arguments import add_days, add_deployment, days_in, pairs_in
from cli.terminal.console import console_on
from cli.terminal.exit_codes import FAILED, INTERRUPTED, OK, WRONG_USE, Unusable, exit_code_of
from cli.terminal.interruption import orderly_end
from cli.terminal.text import printable, safe
from contract import names
from contract.errors import SetupError
from contract.names import PRODUCT

POLL_SECONDS = 1.0
_EXECUTION_ARN = re.compile(rf"arn:[a-z-]+:states:[a-z0-9-]+:[0-9]{{12}}:execution:{PRODUCT}-[a-z0-9-]+:[^:\s]+")
_OF_A_NEW_RUN = (
    *("environment", "region", "start_date", "end_date", "days_back", "dry_run", "set"),
    *("accept_new_user", "allow_removals", "no_wait"),
)
"""The options that make no sense with `--watch`."""


def parser() -> argparse.ArgumentParser:
    described = argparse.ArgumentParser(
        prog="python -m cli.start",
        description="Start a run on AWS and follow it.",
        epilog="Exit codes: 0 succeeded, 1 failed, 2 wrong arguments or nothing to work on, 130 Ctrl-C.",
    )
    add_deployment(described)
    add_days(described)
    described.add_argument(
        "--dry-run",
        action="store_true",
        help="plan only, write nothing; shows every entry, or where the rows of a large run are",
    )
    described.add_argument(
        "--set",
        action="append",
        metavar="KEY=VALUE",
        help="a setting for this run only, see docs/running.md; repeatable",
    )
    described.add_argument(
        "--accept-new-user",
        action="store_true",
        help="the GitLab token belongs to another user than before, on purpose",
    )
    described.add_argument(
        "--allow-removals", action="store_true", help="remove even more than half of the window's timelogs"
    )
    described.add_argument("--watch", metavar="ARN", help="start nothing; follow this execution")
    described.add_argument("--no-wait", action="store_true", help="start, print the execution's ARN, and end")
    described.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    return described


def run_input_of(options: argparse.Namespace) -> dict[str, Any]:
    """The state machine's input. Raises InvalidInput."""
    flags = {key: True for key in ("dry_run", "accept_new_user", "allow_removals") if getattr(options, key)}
    return with_overrides(days_in(options) | flags, pairs_in(options.set or ()))


def report(arn: str, ended: Ended) -> dict[str, Any]:
    """What `--json` prints."""
    return {
        "arn": arn,
        "status": ended.status,
        "error": ended.error,
        "message": ended.message,
        "output": ended.output,
        "rows": None if ended.rows is None else ended.rows.url,
    }


def console_of(execution_arn: str) -> str:
    """An execution's page in the AWS console."""
    return names.execution_page(execution_arn.split(":")[3], execution_arn)


def main(arguments: Sequence[str] | None = None) -> int:
    described = parser()
    options = described.parse_args(arguments)
    if options.watch is not None:
        given = [name for name in _OF_A_NEW_RUN if getattr(options, name)]
        if given:
            described.error(f"--watch starts nothing, so it excludes --{given[0].replace('_', '-')}")
        if _EXECUTION_ARN.fullmatch(options.watch) is None:
            described.error(f"--watch takes a run's ARN: arn:aws:states:REGION:ACCOUNT:execution:{PRODUCT}-prod:NAME")
    try:
        return exit_code_of(lambda: _start_or_watch(options))
    except SetupError as error:
        print(error.message, file=sys.stderr)
        return WRONG_USE


def _start_or_watch(options: argparse.Namespace) -> int:
    if options.watch is not None:
        region = options.watch.split(":")[3]
        return _watch(patient_client_of(session_in(region), "stepfunctions"), options.watch, options)
    run_input = run_input_of(options)
    deployment = Deployment.find(options.environment, options.region)
    arn = start(deployment, run_input, datetime.now(UTC))
    if not options.no_wait:
        return _watch(deployment.patient_client("stepfunctions"), arn, options)
    print(json.dumps(report(arn, Ended(RUNNING)), indent=2) if options.json else arn)
    return OK


def _watch(states: Any, arn: str, options: argparse.Namespace) -> int:
    console = console_on(stderr=options.json)
    console.print(safe(arn, limit=400), soft_wrap=True)
    console.print(safe(console_of(arn), "dim", 400), soft_wrap=True)
    try:
        with orderly_end():
            ended = follow(states, arn, console, poll_seconds=POLL_SECONDS)
    except KeyboardInterrupt:
        return _stopped(arn, "No longer watching; the run continues.", INTERRUPTED, options)
    except AWS_ERRORS as error:
        if code_of(error) == "ExecutionDoesNotExist":
            raise Unusable(f"There is no execution {printable(arn, 400)}, or AWS no longer knows it.") from error
        return _stopped(arn, f"No longer watching; the run continues. {in_words(error)}", WRONG_USE, options)
    _show(ended, console)
    if options.json:
        print(json.dumps(report(arn, ended), indent=2))
    return OK if ended.succeeded else FAILED


def _stopped(arn: str, why: str, exit_code: int, options: argparse.Namespace) -> int:
    """The end of the watching before the end of the run."""
    console = console_on(stderr=True)
    console.print(safe(why, limit=1_000))
    console.print(safe(f"To watch it again: {PYTHON} -m cli.start --watch {arn}", limit=600), soft_wrap=True)
    if options.json:
        print(json.dumps(report(arn, Ended(RUNNING, message=why)), indent=2))
    return exit_code


def _show(ended: Ended, console: Console) -> None:
    """The totals, and what went wrong; of a dry run all entries, since what they would become is the question."""
    is_dry_run = ended.output is not None and ended.output["dry_run"]
    show(ended, console, only=None if is_dry_run else frozenset({"failed"}))


if __name__ == "__main__":
    sys.exit(main())
