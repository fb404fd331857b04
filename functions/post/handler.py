"""PostEntry.

Event: `{"write": one write of the plan, "username", "settings", "look_first": bool, "execution": {"id": ARN}}`.
Answer: the write's `done`: `{"row": the output's row, "duplicates_removed": count}`.
"""

from __future__ import annotations

from typing import Any

from contract.names import gitlab_secret
from contract.settings import Settings
from functions.post.writing import carry_out
from functions.shared.gitlab import GitLab
from functions.shared.plan import write_from_json
from functions.shared.telemetry import begin, logger_for, trace_requests
from functions.shared.tokens import read_token

trace_requests()
logger = logger_for("post")


def handle(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """What the write came to. Raises TokenMissing and what `carry_out` raises."""
    settings = Settings.from_json(event["settings"])
    begin(logger, event, settings)
    write = write_from_json(event["write"])
    gitlab = GitLab(settings.gitlab_url, read_token(gitlab_secret(settings.environment)), settings.max_wait)
    carry_out(write, gitlab, event["username"], look_first=event["look_first"])
    logger.info("posted", entry_id=write.row.entry_id, outcome=write.row.outcome, requests=gitlab.http.requests_made)
    done: dict[str, Any] = event["write"]["done"]
    return done
