"""Watches a run on AWS until it ends, and shows how it ended; Ctrl-C ends the watching, never the run."""

from __future__ import annotations

from cli.deployment.aws import AWS_ERRORS, code_of, in_words
from cli.deployment.deployment import Deployment
from cli.executions.ended import RUNNING, Ended
from cli.executions.following import follow
from cli.executions.report import ROW_COLUMNS, report, rows_of
from cli.executions.rows import require_rows, with_reasons, with_rows
from cli.executions.summary import show
from cli.terminal.command_line import command_line
from cli.terminal.console import console_on
from cli.terminal.exit_codes import FAILED, INTERRUPTED, OK, WRONG_USE, Unusable
from cli.terminal.interruption import orderly_end
from cli.terminal.output import Format, print_csv, print_json
from cli.terminal.text import printable, safe
from contract import names

POLL_SECONDS = 1.0

WRITTEN = frozenset({"created", "replaced", "deleted", "failed"})
"""The outcomes that a person wants to see of a run that is over."""


def watch(deployment: Deployment, arn: str, output: Format, *, only: frozenset[str] | None, verbose: bool) -> int:
    """Follow a run and show how it ended. only: of these outcomes, all of a dry run in any case. Raises Unusable."""
    console = console_on(stderr=output != "table")
    console.print(safe(arn, limit=400), soft_wrap=True)
    if not deployment.is_local:
        console.print(safe(names.execution_page(deployment.region, arn), "dim", 400), soft_wrap=True)
    try:
        with orderly_end():
            states = deployment.patient_client("stepfunctions")
            ended = follow(states, arn, console, poll_seconds=POLL_SECONDS, verbose=verbose)
            if output == "csv":
                ended = with_rows(ended, deployment.client("s3"))
            else:
                ended = with_reasons(ended, deployment.client("s3"))
    except KeyboardInterrupt:
        return _stopped(arn, "No longer watching; the run continues.", INTERRUPTED, output)
    except AWS_ERRORS as error:
        if code_of(error) == "ExecutionDoesNotExist":
            raise Unusable(f"There is no execution {printable(arn, 400)}, or AWS no longer knows it.") from error
        return _stopped(arn, f"No longer watching; the run continues. {in_words(error)}", WRONG_USE, output)
    present(arn, ended, output, only=only)
    return OK if ended.succeeded else FAILED


def present(arn: str, ended: Ended, output: Format, *, only: frozenset[str] | None) -> None:
    """Show how a run ended; of a dry run all entries, since what they would become is the question.

    Raises Unusable for CSV of a large run's rows that cannot be found.
    """
    if output == "csv":
        require_rows(ended)
    is_dry_run = ended.output is not None and ended.output["dry_run"]
    show(ended, console_on(stderr=output != "table"), only=None if is_dry_run else only)
    if output == "json":
        print_json(report(arn, ended))
    elif output == "csv":
        print_csv(ROW_COLUMNS, rows_of(ended))


def _stopped(arn: str, why: str, exit_code: int, output: Format) -> int:
    """The end of the watching before the end of the run."""
    console = console_on(stderr=True)
    console.print(safe(why, limit=1_000))
    console.print(safe(f"To watch it again: {command_line('watch', arn)}", limit=600), soft_wrap=True)
    if output == "json":
        print_json(report(arn, Ended(RUNNING, message=why)))
    return exit_code
