"""How a run ended, for other programs.

{"arn", "status": "RUNNING" | "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "ABORTED",
 "error": name or null, "message": what it says, or null, "output": the run's output, or null,
 "rows": the S3 URL of a large run's rows, whose key is the output's `entries`, or null}
"""

from __future__ import annotations

from typing import Any

from cli.executions.ended import Ended

ROW_COLUMNS = (
    *("entry_id", "outcome", "reason", "warning", "gone", "issue", "seconds", "tracked_seconds", "spent_at"),
    "description",
)


def report(arn: str, ended: Ended) -> dict[str, Any]:
    return {
        "arn": arn,
        "status": ended.status,
        "error": ended.error,
        "message": ended.message,
        "output": ended.output,
        "rows": None if ended.rows is None else ended.rows.url,
    }


def rows_of(ended: Ended) -> list[dict[str, Any]]:
    """The rows of a run whose rows are here, each with its description as far as it is known."""
    entries = [] if ended.output is None else ended.output["entries"]
    return [row | {"description": ended.descriptions.get(row["entry_id"])} for row in entries]
