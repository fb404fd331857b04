"""The sample day at both stand-ins, and its explanations."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from cli.demonstration.sample_day import GITLAB_TOKEN, GITLAB_USERNAME, PROJECT_MAP, WEBSITE, WEBSITE_ID, build
from cli.planning.explaining import described, explain_days, explain_description
from cli.planning.explanation import DaysExplanation
from contract.settings import Settings
from functions.shared.gitlab.client import GitLab as GitLabClient
from functions.shared.toggl.client import Toggl as TogglClient
from local.standins.gitlab.server import GitLab
from local.standins.toggl.server import Toggl

DAY = "2026-11-20"
NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


class Service:
    """Both stand-ins with the sample day, and the environment that points to them."""

    def __init__(self, toggl: Toggl, gitlab: GitLab) -> None:
        self.toggl, self.gitlab = toggl, gitlab
        self.sample = build(toggl, gitlab, date.fromisoformat(DAY), "Europe/Berlin")

    def settings(self, **context: Any) -> Settings:
        return Settings.from_context(
            {
                "toggl_url": self.toggl.url,
                "gitlab_url": self.gitlab.url,
                "gitlab_project_id": str(WEBSITE_ID),
                "project_map": dict(PROJECT_MAP),
                "timezone": "Europe/Berlin",
                **context,
            }
        )

    def clients(self) -> tuple[TogglClient, GitLabClient]:
        return TogglClient(self.toggl.url, self.toggl.token, 0, sleep=lambda _seconds: None), GitLabClient(
            self.gitlab.url, GITLAB_TOKEN, 0
        )

    def description(self, text: str, project: str | None = None, **context: Any) -> dict[str, Any]:
        entry = described(text, project)
        return explain_description(entry, self.settings(**context), self.clients()[1]).to_json()

    def day(self, **context: Any) -> DaysExplanation:
        days = {"start_date": DAY, "end_date": DAY}
        return explain_days(days, self.settings(**context), *self.clients(), NOW)

    def entry(self, entry_id: int, **context: Any) -> dict[str, Any]:
        rows = {one["row"]["entry_id"]: one for one in self.day(**context).to_json()["entries"]}
        found: dict[str, Any] = rows[entry_id]
        return found


def post(service: Service, seconds: int, *, times: int = 1) -> int:
    """Put timelogs of an entry of 30 minutes on issue 101; its id."""
    start = datetime(2026, 11, 20, 6, tzinfo=UTC)
    entry = service.toggl.add_entry("#101", start, 1_800)
    for _time in range(times):
        issue = service.gitlab.issuable(f"{WEBSITE}#101")
        service.gitlab.add_timelog(issue, GITLAB_USERNAME, seconds, start, f"[toggl:{entry.id}] x")
    return entry.id
