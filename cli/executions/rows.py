"""The rows of a large run, which are not in its output but in S3."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

from cli.deployment.aws import AWS_ERRORS, code_of, in_words
from cli.deployment.deployment import Deployment
from cli.executions.accounts import left_out_by_reason
from cli.executions.ended import Ended, Rows
from cli.executions.following import read_ended
from cli.terminal.command_line import command_line
from cli.terminal.exit_codes import Unusable
from cli.terminal.text import printable
from functions.shared.handover.files import FETCHED


def read_run(deployment: Deployment, arn: str) -> Ended:
    """How a run ended, with its rows. Raises Unusable for one that still runs, that AWS does not know or refuses."""
    try:
        ended = read_ended(deployment.client("stepfunctions"), arn)
        if ended is None:
            raise Unusable(f"The run has not ended yet. To follow it: {command_line('watch', arn)}")
        return with_rows(ended, deployment.client("s3"))
    except AWS_ERRORS as error:
        if code_of(error) == "ExecutionDoesNotExist":
            raise Unusable(f"There is no execution {printable(arn, 400)}, or AWS no longer knows it.") from error
        if code_of(error) == "NoSuchKey":
            raise Unusable("The rows of this run are gone from S3, which keeps them for a month.") from error
        raise Unusable(in_words(error)) from error


def require_rows(ended: Ended) -> None:
    """Raises Unusable for a large run whose rows could not be found."""
    if ended.rows is not None:
        raise Unusable(f"The run does not say in which bucket its rows are. Their key is {printable(ended.rows.key)}.")


def with_rows(ended: Ended, s3: Any) -> Ended:
    """A run's end with its rows and descriptions in it, a large run's too, as far as the history says where they are.

    s3: a boto3 client, whose errors are raised.
    """
    if ended.output is None or ended.rows is None or ended.rows.bucket is None:
        return ended
    descriptions = dict(ended.descriptions)
    with suppress(s3.exceptions.NoSuchKey):  # fewer entries than writes: they were not handed over
        for entry in _json_lines(s3, ended.rows, f"{ended.rows.key.rpartition('/')[0]}/{FETCHED}"):
            descriptions[entry["id"]] = entry["description"] or "(no description)"
    rows = list(_json_lines(s3, ended.rows, ended.rows.key))
    return replace(ended, output=ended.output | {"entries": rows}, descriptions=descriptions, rows=None)


def with_reasons(ended: Ended, s3: Any) -> Ended:
    """A large run's end with what was left out for each reason, as far as its rows can be read.

    s3: a boto3 client.
    """
    if ended.rows is None or ended.rows.bucket is None:
        return ended
    with suppress(*AWS_ERRORS):
        return replace(ended, left_out=left_out_by_reason(_json_lines(s3, ended.rows, ended.rows.key)))
    return ended


def _json_lines(s3: Any, rows: Rows, key: str) -> Iterator[Any]:
    body = s3.get_object(Bucket=rows.bucket, Key=key)["Body"]
    return map(json.loads, body.iter_lines())
