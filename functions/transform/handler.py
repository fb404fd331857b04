"""TransformEntries and CollectOutcomes.

TransformEntries. Event: `{"fetched": what FetchEntries answered, "posted_by": the user who posted last or "",
"handover": {"bucket", "prefix"}, "execution": {"id": ARN}}`. Answer: `{"settings", "window", "dry_run", "progress",
"username", "issues", "new_issues", "planned", "writes", "settled", "handed_over"}`: the issues that are to be created
first (none in a dry run) and how many there are, how many writes the plan has, the writes as `write_to_json` makes
them, and the rows of what needs none. A plan that is too large for the state is handed over instead, see
`functions.transform.handing_over`.

CollectOutcomes. Event: `{"collect": {"folder", "batches", "stopped"}, "settings", "handover", "execution"}`. Answer:
see `functions.transform.collecting`.
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

from contract import metrics
from contract.names import gitlab_secret
from contract.settings import Settings
from functions.shared.gitlab.client import GitLab
from functions.shared.handover.files import FETCHED, Handover
from functions.shared.handover.size import fits_inline, refuse_too_many_issues
from functions.shared.model import TimeEntry, Window
from functions.shared.plan import Plan, write_to_json
from functions.shared.telemetry import begin, logger_for, measuring, trace_requests
from functions.shared.tokens import read_token
from functions.transform.collecting import collect
from functions.transform.handing_over import hand_over
from functions.transform.pipeline import Fetched, finished_through, transform

trace_requests()
logger = logger_for("transform")


def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The plan of a run. Raises TokenMissing and what `transform` raises."""
    handover = Handover.from_json(event["handover"])
    if "collect" in event:
        return _collect(event, handover)
    given = event["fetched"]
    settings = Settings.from_json(given["settings"])
    begin(logger, event, settings)
    entries = handover.read(FETCHED) if given["handed_over"] else given["entries"]
    fetched = Fetched(
        window=Window.from_json(given["window"]),
        entries=[TimeEntry.from_json(value) for value in entries],
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
        # A dry run creates none, so how many there are is all that it needs.
        "issues": [] if settings.dry_run else [issue.to_json() for issue in plan.new_issues],
        "new_issues": len(plan.new_issues),
        "planned": len(plan.writes),
    }
    refuse_too_many_issues(answer["issues"])
    inline = {
        "writes": [write_to_json(write) for write in plan.writes],
        "settled": [row.to_json() for row in plan.settled],
        "handed_over": None,
    }
    if fits_inline(len(plan.items), answer | inline):
        return answer | inline
    handed_over = hand_over(plan, handover, context.aws_request_id, is_dry_run=settings.dry_run)
    return answer | {"writes": [], "settled": [], "handed_over": handed_over}


def _collect(event: dict[str, Any], handover: Handover) -> dict[str, Any]:
    begin(logger, event, Settings.from_json(event["settings"]))
    given = event["collect"]
    collected = collect(given["batches"], given["stopped"], handover, given["folder"])
    logger.info("collected", key=collected["entries"], failed=collected["failed"]["count"])
    return collected


def _progress(given: dict[str, str] | None, plan: Plan, window: Window) -> dict[str, str] | None:
    if given is None:
        return None
    through = finished_through(date.fromisoformat(given["through"]), plan, window.timezone)
    return given | {"through": through.isoformat()}
