"""TransformEntries.

Event: `{"fetched": what FetchEntries answered, "posted_by": the user who posted last or "", "execution": {"id": ARN}}`.
Answer: `{"settings", "window", "dry_run", "progress", "username", "issues", "writes", "settled"}`: the issues that are
to be created first, the plan's writes as `write_to_json` makes them, and the rows of what needs none.
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

from contract import metrics
from contract.names import gitlab_secret
from contract.settings import Settings
from functions.shared.gitlab import GitLab
from functions.shared.model import TimeEntry, Window
from functions.shared.plan import Plan, write_to_json
from functions.shared.size import fitting
from functions.shared.telemetry import begin, logger_for, measuring, trace_requests
from functions.shared.tokens import read_token
from functions.transform.transform import Fetched, finished_through, transform

trace_requests()
logger = logger_for("transform")


def handle(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """The plan of a run. Raises TokenMissing and what `transform` raises."""
    given = event["fetched"]
    settings = Settings.from_json(given["settings"])
    begin(logger, event, settings)
    fetched = Fetched(
        window=Window.from_json(given["window"]),
        entries=[TimeEntry.from_json(value) for value in given["entries"]],
        overrides=given["overrides"],
        deleted=given["deleted_ids"],
        accept_new_user=given["accept_new_user"],
        allow_removals=given["allow_removals"],
    )
    with measuring(settings) as measures:
        gitlab = GitLab(settings.gitlab_url, read_token(gitlab_secret(settings.environment)), settings.max_wait)
        measures.watch(gitlab.http)
        author, plan = transform(fetched, settings, gitlab, event["posted_by"] or None)
        outcomes = Counter(row.outcome for row in plan.settled)
        measures.count(metrics.KEPT, outcomes["kept"])
        measures.count(metrics.SKIPPED, outcomes["skipped"])
    logger.info("planned", issues=len(plan.new_issues), writes=len(plan.writes), settled=dict(outcomes))
    for item in plan.items:
        logger.debug("decided", **item.row.to_json())
    answer = {
        "settings": given["settings"],
        "window": given["window"],
        "dry_run": settings.dry_run,
        "progress": _progress(given["progress"], plan, fetched.window),
        "username": author.username,
        "issues": [issue.to_json() for issue in plan.new_issues],
        "writes": [write_to_json(write) for write in plan.writes],
        "settled": [row.to_json() for row in plan.settled],
    }
    return fitting(answer, f"a plan of {len(plan.items)} entries")


def _progress(given: dict[str, str] | None, plan: Plan, window: Window) -> dict[str, str] | None:
    if given is None:
        return None
    through = finished_through(date.fromisoformat(given["through"]), plan, window.timezone)
    return given | {"through": through.isoformat()}
