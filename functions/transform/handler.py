"""TransformEntries.

Event: `{"fetched": what FetchEntries answered, "execution": {"id": ARN}}`.
Answer: `{"settings", "window", "dry_run", "username", "writes", "settled"}`: the plan, its writes as `plan.to_json`
makes them, and the rows of what needs none.
"""

from __future__ import annotations

from typing import Any

from contract.names import gitlab_secret
from contract.settings import Settings
from functions.shared import plan as plans
from functions.shared.gitlab import GitLab
from functions.shared.model import TimeEntry, Window
from functions.shared.telemetry import begin, logger_for, trace_requests
from functions.shared.tokens import read_token
from functions.transform.candidates import candidates
from functions.transform.filters import reason_to_skip
from functions.transform.planning import ledger_by_entry, plan
from functions.transform.reading import read_author, read_ledger, read_matches

trace_requests()
logger = logger_for("transform")


def handle(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """The plan of a run. Raises TokenMissing and what `GitLab` raises when reading."""
    fetched = event["fetched"]
    settings = Settings.from_json(fetched["settings"])
    begin(logger, event, settings)
    window = Window.from_json(fetched["window"])
    entries = [TimeEntry.from_json(value) for value in fetched["entries"]]
    gitlab = GitLab(settings.gitlab_url, read_token(gitlab_secret(settings.environment)), settings.max_wait)
    author = read_author(gitlab, settings)
    passed = [entry for entry in entries if reason_to_skip(entry, settings) is None]
    matches = read_matches(gitlab, settings, author.default_path, passed)
    ledger = ledger_by_entry(read_ledger(gitlab, author.username, window))
    planned = plan(candidates(entries, matches, settings), ledger, settings)
    logger.info("planned", entries=len(entries), writes=len(planned.writes), requests=gitlab.http.requests_made)
    return {
        "settings": fetched["settings"],
        "window": fetched["window"],
        "dry_run": settings.dry_run,
        "username": author.username,
        "writes": [plans.write_to_json(write) for write in planned.writes],
        "settled": [row.to_json() for row in planned.settled],
    }
