"""CreateIssue and PostEntry.

Event: `{"issue": an issue of the plan}` or `{"write": one write of the plan}`, with `{"username", "settings",
"look_first": bool, "execution": {"id": ARN}}`.
Answer for an issue: `{"key", "target": {"gid", "name"}}`. Answer for a write: its `done`, which is `{"row": the row of
the output, "duplicates_removed": count}`.
"""

from __future__ import annotations

from typing import Any

from contract.names import gitlab_secret
from contract.settings import Settings
from functions.post.writing import carry_out, create_issue
from functions.shared.gitlab import GitLab
from functions.shared.model import NewIssue
from functions.shared.plan import write_from_json
from functions.shared.telemetry import begin, logger_for, trace_requests
from functions.shared.tokens import read_token

trace_requests()
logger = logger_for("post")


def handle(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """What the issue or the write came to. Raises TokenMissing and what `create_issue` or `carry_out` raises."""
    settings = Settings.from_json(event["settings"])
    begin(logger, event, settings)
    gitlab = GitLab(settings.gitlab_url, read_token(gitlab_secret(settings.environment)), settings.max_wait)
    look_first: bool = event["look_first"]
    if "issue" in event:
        issue = NewIssue.from_json(event["issue"])
        target = create_issue(issue, settings.issue_labels, gitlab, look_first=look_first)
        logger.info("created issue", issue=target.name, requests=gitlab.http.requests_made)
        return {"key": issue.key, "target": target.to_json()}
    write = write_from_json(event["write"])
    carry_out(write, gitlab, event["username"], look_first=look_first)
    logger.info("posted", entry_id=write.row.entry_id, outcome=write.row.outcome, requests=gitlab.http.requests_made)
    done: dict[str, Any] = event["write"]["done"]
    return done
