"""How an execution ended: its output, its error, and where the rows of a large run are."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

RUNNING = "RUNNING"


@dataclass(frozen=True)
class Rows:
    """Where the rows of a large run's output are in S3. bucket: None when the history does not say."""

    key: str
    bucket: str | None
    region: str

    @property
    def url(self) -> str | None:
        return None if self.bucket is None else f"s3://{self.bucket}/{self.key}"

    def how_to_get(self) -> str | None:
        """The command that fetches them into a file of the current folder, whatever the execution is called."""
        if self.url is None:
            return None
        return shlex.join(["aws", "s3", "cp", "--region", self.region, self.url, self.key.rpartition("/")[2]])


@dataclass(frozen=True)
class Ended:
    """How an execution ended.

    Attributes:
        run_input: what it was started with.
        output: the run's output, also of a failed run that got as far as its totals; None without any.
        error, message: why it failed; the cause's message when the cause is the state machine's JSON.
        descriptions: of the entries, by id, as far as the history has them.
        failed: the first failed entries as the cause lists them; a large run's output has no rows. more: how many it
            does not list.
        rows: where a large run's rows are.
        left_out: of a large run whose rows were looked at, how many entries were left out for each reason, and their
            tracked seconds.
    """

    status: str
    output: dict[str, Any] | None = None
    error: str | None = None
    message: str | None = None
    descriptions: Mapping[int, str] = field(default_factory=dict)
    failed: tuple[Mapping[str, Any], ...] = ()
    more: int = 0
    rows: Rows | None = None
    left_out: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    run_input: Mapping[str, Any] = field(default_factory=dict)

    @property
    def succeeded(self) -> bool:
        return self.status == "SUCCEEDED"


def window_days(window: Mapping[str, Any]) -> tuple[date, date]:
    """The first and the last local day of an output's window, which ends before its end.

    An empty window is the day on which it would have begun.
    """
    begin, end = (datetime.fromisoformat(window[key]) for key in ("start", "end"))
    return begin.date(), max(begin, end - timedelta(microseconds=1)).date()


def message_in(cause: str | None) -> str:
    """What a cause says to a person: the message of the state machine's or of Lambda's JSON, else the cause itself."""
    value = object_in(cause) or {}
    message = value.get("message") or value.get("errorMessage")
    return message if isinstance(message, str) else cause or ""


def failed_rows_in(cause: str | None) -> tuple[Mapping[str, Any], ...]:
    """The failed entries that a cause of the state machine lists."""
    failed = (object_in(cause) or {}).get("failed")
    return tuple(row for row in failed if isinstance(row, dict)) if isinstance(failed, list) else ()


def object_in(text: str | None) -> dict[str, Any] | None:
    """The JSON object in a text; None when there is none, as in a cause of AWS's own or in cut data."""
    try:
        value = json.loads(text or "")
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
