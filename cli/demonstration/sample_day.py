"""A working day of a small consultancy, in every shape that an entry comes in, with what has to become of each.

What is expected stands here as literals, worked out by hand from the documentation and not with the product's code, so
that the demo and the tests compare the product with something other than itself. It holds for the default settings
(at least 300 seconds, to the nearest 15 minutes) with the default project and the project map of the SampleDay, and for
a window that is exactly the day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from local.standins.gitlab.server import GitLab
from local.standins.toggl.server import Toggl

Outcome = Literal["created", "skipped"]

GITLAB_TOKEN = "stand-in-gitlab-token"  # noqa: S105 - opens nothing but the stand-in
GITLAB_USERNAME = "mira"
WEBSITE = "studio/website"
WEBSITE_ID = 1_207
HARBOUR = "studio/clients/harbour-app"
HARBOUR_ID = 1_342

PROJECT_MAP = {"Harbour App": HARBOUR}
TOTALS = {"fetched": 33, "created": 19, "skipped": 14, "seconds_logged": 32_400}
SKIPPED_BY_REASON = {
    "no_issue": 8,
    "running": 2,
    "too_short": 1,
    "issue_not_found": 1,
    "project_not_found": 1,
    "ambiguous_reference": 1,
}
WARNINGS = {"duration_mismatch": 1}


@dataclass(frozen=True)
class Expected:
    """What has to become of one entry. A skipped one has a reason; a created one an issue, its seconds and an instant.

    `issue` is `group/project#12` or `group/project!45`, `spent_at` the entry's start in UTC (`2026-11-20T09:00:00Z`).
    """

    entry_id: int
    description: str | None
    outcome: Outcome
    reason: str | None
    warning: str | None
    issue: str | None
    seconds: int | None
    spent_at: str | None


@dataclass(frozen=True)
class SampleDay:
    """The day as it was built: the window [start, end), what is expected of it, and the settings for which it holds.

    `expected` is in the order of the starts. `outside` are the ids of entries that begin before the day: they must not
    appear in its output at all.
    """

    day: date
    timezone: str
    start: datetime
    end: datetime
    expected: tuple[Expected, ...]
    outside: tuple[int, ...]
    totals: dict[str, int]
    skipped_by_reason: dict[str, int]
    warnings: dict[str, int]
    default_project_id: int
    project_map: dict[str, str]
    gitlab_username: str
    gitlab_token: str

    def of(self, entry_id: int) -> Expected:
        """What is expected of this entry; raises KeyError."""
        return {expected.entry_id: expected for expected in self.expected}[entry_id]


@dataclass(frozen=True)
class _Tracked:
    """One entry as tracked, and what has to become of it: an issue with the rounded seconds, or the reason of a skip.

    `at` is the local time of the start, `seconds` the time until its stop; None when the entry is running. `duration`
    is what Toggl says where that is not `seconds`.
    """

    at: str
    seconds: int | None
    description: str | None
    reason: str | None = None
    issue: str | None = None
    logged_seconds: int | None = None
    warning: str | None = None
    project: str | None = None
    duration: int | None = None
    billable: bool = False


# `{gitlab}` stands for the URL of this GitLab.
_DAY = (
    # As the browser button writes it on an issue's page.
    _Tracked(
        "08:00", 2_700, "#101 Fix the login redirect", issue=f"{WEBSITE}#101", logged_seconds=2_700, billable=True
    ),
    # A number that is no reference.
    _Tracked("08:45", 600, "5: standup", reason="no_issue"),
    # On a merge request's page; 37.5 minutes lie half way between 30 and 45, and half goes up.
    _Tracked("08:55", 2_250, "MR45:: Add the dark theme", issue=f"{WEBSITE}!45", logged_seconds=2_700, billable=True),
    # The older form, without the space.
    _Tracked("09:35", 1_200, "MR46::Tidy the build", issue=f"{WEBSITE}!46", logged_seconds=900),
    # A second less than the minimum of five minutes.
    _Tracked("09:55", 299, "#102 Quick question from Ana", reason="too_short"),
    _Tracked("10:00", 1_800, "[#102] Cookie banner", issue=f"{WEBSITE}#102", logged_seconds=1_800),
    _Tracked("10:30", 900, "Break", reason="no_issue"),
    _Tracked("10:45", 1_380, "Issue #103: Broken images on iOS", issue=f"{WEBSITE}#103", logged_seconds=1_800),
    # Exactly the minimum becomes one unit.
    _Tracked("11:10", 300, "Update the imprint (#104)", issue=f"{WEBSITE}#104", logged_seconds=900),
    # The full URL of an issue, in the middle of the text.
    _Tracked(
        "11:15",
        1_320,
        "Review {gitlab}/studio/website/-/issues/105 with Jonas",
        issue=f"{WEBSITE}#105",
        logged_seconds=900,
    ),
    # A page title names its project, which is not the default one.
    _Tracked(
        "11:40",
        2_700,
        "Offline maps crash (#15) · Issues · Studio / Clients / Harbour App · GitLab",
        issue=f"{HARBOUR}#15",
        logged_seconds=2_700,
        billable=True,
    ),
    _Tracked("12:25", 2_100, "lunch", reason="no_issue"),
    _Tracked(
        "13:00",
        3_000,
        "studio/clients/harbour-app#7 Push notifications",
        issue=f"{HARBOUR}#7",
        logged_seconds=2_700,
        billable=True,
    ),
    # The URL of a work item, which is an issue too; 22.5 minutes go up to 30.
    _Tracked(
        "13:50",
        1_350,
        "{gitlab}/studio/clients/harbour-app/-/work_items/9 Pairing",
        issue=f"{HARBOUR}#9",
        logged_seconds=1_800,
    ),
    _Tracked(
        "14:15",
        600,
        "{gitlab}/studio/clients/harbour-app/-/merge_requests/3",
        issue=f"{HARBOUR}!3",
        logged_seconds=900,
    ),
    # The same number in two projects: the entry's Toggl project decides, by the map or by its absence from it.
    _Tracked(
        "14:25",
        900,
        "#12 Onboarding screens",
        project="Harbour App",
        issue=f"{HARBOUR}#12",
        logged_seconds=900,
        billable=True,
    ),
    _Tracked("14:40", 420, "#12 Navigation menu", project="Website", issue=f"{WEBSITE}#12", logged_seconds=900),
    # A closed issue takes time.
    _Tracked("14:50", 600, "#90 Old newsletter form", issue=f"{WEBSITE}#90", logged_seconds=900),
    _Tracked("15:00", 600, "#9999 Something that was never filed", reason="issue_not_found"),
    _Tracked("15:10", 300, "studio/attic#1 Look for the old logo", reason="project_not_found"),
    _Tracked("15:15", 600, "Compare #101 with #102", reason="ambiguous_reference"),
    _Tracked(
        "15:25",
        960,
        '#106 🚀 "Launch" page - it\'s <b>live</b> & well',
        issue=f"{WEBSITE}#106",
        logged_seconds=900,
    ),
    # It only looks like a quick action.
    _Tracked("15:45", 900, "/close the modal with Escape (#107)", issue=f"{WEBSITE}#107", logged_seconds=900),
    # An hour by its times, an hour and a half by its duration: the times count.
    _Tracked(
        "16:00",
        3_600,
        "#108 Accessibility audit",
        issue=f"{WEBSITE}#108",
        logged_seconds=3_600,
        warning="duration_mismatch",
        duration=5_400,
    ),
    # The issue of another host.
    _Tracked("17:00", 600, "https://gitlab.com/acme/widgets/-/issues/5 upstream bug", reason="no_issue"),
    _Tracked("17:10", 600, None, reason="no_issue"),
    _Tracked("17:20", 300, "C# refactoring", reason="no_issue"),
    _Tracked("17:25", 300, "Colour #123456 for the buttons", reason="no_issue"),
    # A bare title that no open issue has.
    _Tracked("17:30", 600, "Plan the retrospective", reason="no_issue"),
    # Moved to the other project, where it got the number after 15.
    _Tracked("17:40", 600, "#109 Search on the quay map", issue=f"{HARBOUR}#16", logged_seconds=900),
    # Running, in both shapes: with a negative duration, and with none at all.
    _Tracked("17:50", None, "#110 Print stylesheet", reason="running"),
    _Tracked("17:55", None, "#111 Waiting for the build", reason="running", duration=0),
    # Across midnight, to 00:35: it belongs to the day on which it began.
    _Tracked("23:40", 3_300, "#111 Deploy the new server", issue=f"{WEBSITE}#111", logged_seconds=3_600),
)

# Begun on the evening before, and so not of this day although it ends in it.
_EVENING_BEFORE = (_Tracked("23:10", 3_600, "#111 Prepare the deployment"),)


def build(toggl: Toggl, gitlab: GitLab, day: date, timezone: str) -> SampleDay:
    """Put the day on both stand-ins, in the local time of `timezone`, which becomes that of the Toggl user.

    Take a day that is over (GitLab refuses time in the future) and within the three months that Toggl shows.
    GitLab gets the projects, their issues and merge requests, and a user with the token that the SampleDay names.
    """
    zone = ZoneInfo(timezone)
    toggl.timezone = timezone
    toggl.add_project("Harbour App", client="Port Authority")
    toggl.add_project("Website", client="Studio")
    _fill(gitlab)
    outside = tuple(_track(toggl, one, day - timedelta(days=1), zone, gitlab.url) for one in _EVENING_BEFORE)
    ids = [_track(toggl, one, day, zone, gitlab.url) for one in _DAY]
    return SampleDay(
        day=day,
        timezone=timezone,
        start=_instant(day, "00:00", zone),
        end=_instant(day + timedelta(days=1), "00:00", zone),
        expected=tuple(
            _expected(entry_id, one, day, zone, gitlab.url) for entry_id, one in zip(ids, _DAY, strict=True)
        ),
        outside=outside,
        totals=dict(TOTALS),
        skipped_by_reason=dict(SKIPPED_BY_REASON),
        warnings=dict(WARNINGS),
        default_project_id=WEBSITE_ID,
        project_map=dict(PROJECT_MAP),
        gitlab_username=GITLAB_USERNAME,
        gitlab_token=GITLAB_TOKEN,
    )


def _fill(gitlab: GitLab) -> None:
    gitlab.add_user(GITLAB_USERNAME, "Mira Lindqvist")
    gitlab.add_token(GITLAB_TOKEN, GITLAB_USERNAME)
    roles = {GITLAB_USERNAME: "developer"}
    gitlab.add_project(WEBSITE, id=WEBSITE_ID, roles=roles)
    gitlab.add_project(HARBOUR, id=HARBOUR_ID, roles=roles)
    website_issues = {
        12: "Navigation menu",
        101: "Fix the login redirect",
        102: "Cookie banner",
        103: "Broken images on iOS",
        104: "Update the imprint",
        105: "Contact form loses its attachments",
        106: '"Launch" page',
        107: "Close the modal with Escape",
        108: "Accessibility audit",
        110: "Print stylesheet",
        111: "Deploy the new server",
    }
    for iid, title in website_issues.items():
        gitlab.add_issue(WEBSITE, title, iid=iid)
    gitlab.add_issue(WEBSITE, "Old newsletter form", iid=90, state="closed")
    gitlab.add_merge_request(WEBSITE, "Add the dark theme", iid=45)
    gitlab.add_merge_request(WEBSITE, "Tidy the build", iid=46)
    for iid, title in {7: "Push notifications", 12: "Onboarding screens", 15: "Offline maps crash"}.items():
        gitlab.add_issue(HARBOUR, title, iid=iid)
    gitlab.add_issue(HARBOUR, "Pair on the tide tables", iid=9, issue_type="TASK")
    gitlab.add_merge_request(HARBOUR, "Cache the charts", iid=3)
    gitlab.move_issue(gitlab.add_issue(WEBSITE, "Search on the quay map", iid=109), HARBOUR)


def _track(toggl: Toggl, one: _Tracked, day: date, zone: ZoneInfo, gitlab_url: str) -> int:
    start = _instant(day, one.at, zone)
    negative_epoch = -int(start.timestamp()) if one.seconds is None and one.duration is None else None
    entry = toggl.add_entry(
        _text(one, gitlab_url),
        start,
        one.seconds,
        project=one.project,
        billable=one.billable,
        running=one.seconds is None,
        duration=negative_epoch if one.duration is None else one.duration,
    )
    return entry.id


def _expected(entry_id: int, one: _Tracked, day: date, zone: ZoneInfo, gitlab_url: str) -> Expected:
    start = _instant(day, one.at, zone).astimezone(UTC)
    return Expected(
        entry_id=entry_id,
        description=_text(one, gitlab_url),
        outcome="skipped" if one.reason else "created",
        reason=one.reason,
        warning=one.warning,
        issue=one.issue,
        seconds=one.logged_seconds,
        spent_at=None if one.reason else start.strftime("%Y-%m-%dT%H:%M:%SZ"),
    )


def _text(one: _Tracked, gitlab_url: str) -> str | None:
    return one.description and one.description.replace("{gitlab}", gitlab_url)


def _instant(day: date, local_time: str, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.fromisoformat(local_time), zone)
