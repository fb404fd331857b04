"""The sample day is what it says: it holds together by itself, and both stand-ins serve what is expected of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import requests

from cli.demonstration.sample_day import Expected, SampleDay, build
from local.standins.gitlab.server import GitLab
from local.standins.toggl.server import Toggl

FRIDAY = date(2026, 11, 20)
QUARTER_SECONDS = 900


@pytest.fixture(scope="module")
def toggl() -> Iterator[Toggl]:
    with Toggl(now=lambda: datetime(2026, 11, 22, 8, 0, tzinfo=UTC)) as stand_in:
        yield stand_in


@pytest.fixture(scope="module")
def gitlab() -> Iterator[GitLab]:
    with GitLab() as stand_in:
        yield stand_in


@pytest.fixture(scope="module")
def sample(toggl: Toggl, gitlab: GitLab) -> SampleDay:
    return build(toggl, gitlab, FRIDAY, "Europe/Berlin")


@pytest.fixture(scope="module")
def served(toggl: Toggl, sample: SampleDay) -> dict[int, dict[str, Any]]:
    """What Toggl answers for the day, by id."""
    return _entries(toggl, sample.start, sample.end)


def test_the_day_is_a_local_day(sample: SampleDay) -> None:
    assert sample.start == datetime(2026, 11, 19, 23, 0, tzinfo=UTC)
    assert sample.end == datetime(2026, 11, 20, 23, 0, tzinfo=UTC)


def test_toggl_serves_exactly_the_entries_of_which_something_is_expected(
    sample: SampleDay, served: dict[int, dict[str, Any]]
) -> None:
    assert served.keys() == {expected.entry_id for expected in sample.expected}
    assert {one.entry_id: one.description for one in sample.expected} == {
        entry_id: entry["description"] for entry_id, entry in served.items()
    }


def test_the_totals_are_those_of_the_table(sample: SampleDay) -> None:
    created = [expected for expected in sample.expected if expected.outcome == "created"]

    assert sample.totals == {
        "fetched": len(sample.expected),
        "created": len(created),
        "skipped": len(sample.expected) - len(created),
        "seconds_logged": sum(expected.seconds or 0 for expected in created),
    }
    assert sample.skipped_by_reason == Counter(one.reason for one in sample.expected if one.outcome == "skipped")
    assert sample.warnings == Counter(one.warning for one in sample.expected if one.warning)


def test_a_created_entry_has_an_issue_seconds_and_the_instant_of_its_start_and_a_skipped_one_a_reason(
    sample: SampleDay, served: dict[int, dict[str, Any]]
) -> None:
    for expected in sample.expected:
        if expected.outcome == "skipped":
            assert expected.reason
            assert (expected.issue, expected.seconds, expected.spent_at) == (None, None, None)
            continue
        assert expected.spent_at is not None
        assert datetime.fromisoformat(expected.spent_at) == datetime.fromisoformat(served[expected.entry_id]["start"])
        assert expected.reason is None


def test_what_is_logged_is_the_nearest_quarter_of_an_hour_half_up_and_at_least_one(
    sample: SampleDay, served: dict[int, dict[str, Any]]
) -> None:
    for expected in _created(sample):
        logged = expected.seconds or 0
        above = logged - _tracked_seconds(served[expected.entry_id])

        assert logged % QUARTER_SECONDS == 0
        assert -QUARTER_SECONDS < 2 * above <= QUARTER_SECONDS or logged == QUARTER_SECONDS, expected


def test_the_day_has_entries_half_way_at_the_minimum_and_just_below_it(served: dict[int, dict[str, Any]]) -> None:
    lengths = [_tracked_seconds(entry) for entry in served.values() if entry["stop"]]

    assert 2_250 in lengths
    assert min(lengths) == 299
    assert 300 in lengths


def test_every_expected_issue_is_there_and_takes_the_users_time(sample: SampleDay, gitlab: GitLab) -> None:
    user = gitlab.user(sample.gitlab_username)

    for expected in _created(sample):
        target = gitlab.issuable(expected.issue or "")
        assert target.reference == expected.issue
        assert target.moved_to is None
        assert target.project.has_role(user, "developer")


def test_what_must_not_be_found_is_not_there(gitlab: GitLab) -> None:
    with pytest.raises(KeyError):
        gitlab.issuable("studio/website#9999")
    with pytest.raises(KeyError):
        gitlab.project("studio/attic")


def test_no_issue_has_the_title_of_an_entry_without_an_issue(sample: SampleDay, gitlab: GitLab) -> None:
    titles = {issue.title.casefold() for issue in gitlab.issues}
    unmatched = {(one.description or "").strip().casefold() for one in sample.expected if one.reason == "no_issue"}

    assert len(unmatched) == sample.skipped_by_reason["no_issue"]
    assert not titles & unmatched


def test_one_issue_is_closed_one_was_moved_and_one_number_is_in_two_projects(sample: SampleDay, gitlab: GitLab) -> None:
    targets = {expected.issue for expected in _created(sample)}
    moved = gitlab.issuable("studio/website#109").moved_to

    assert gitlab.issuable("studio/website#90").state == "closed"
    assert moved is not None
    assert moved.reference == "studio/clients/harbour-app#16"
    assert {"studio/website#90", moved.reference, "studio/website#12", "studio/clients/harbour-app#12"} <= targets


def test_running_entries_come_in_both_shapes(sample: SampleDay, served: dict[int, dict[str, Any]]) -> None:
    running = [served[one.entry_id] for one in sample.expected if one.reason == "running"]

    assert [entry["stop"] for entry in running] == [None, None]
    assert [entry["duration"] for entry in running] == [
        -int(datetime.fromisoformat(running[0]["start"]).timestamp()),
        0,
    ]


def test_only_the_entry_that_is_warned_of_has_a_duration_unlike_its_times(
    sample: SampleDay, served: dict[int, dict[str, Any]]
) -> None:
    unlike = [
        entry_id for entry_id, entry in served.items() if entry["stop"] and entry["duration"] != _tracked_seconds(entry)
    ]

    assert unlike == [one.entry_id for one in sample.expected if one.warning == "duration_mismatch"]


def test_the_last_entry_runs_across_midnight_and_belongs_to_the_day(
    sample: SampleDay, served: dict[int, dict[str, Any]]
) -> None:
    last = sample.expected[-1]

    assert datetime.fromisoformat(served[last.entry_id]["stop"]) > sample.end
    assert last.outcome == "created"


def test_an_entry_of_the_evening_before_ends_in_the_day_and_is_not_of_it(
    sample: SampleDay, toggl: Toggl, served: dict[int, dict[str, Any]]
) -> None:
    [entry_id] = sample.outside
    before = _entries(toggl, sample.start - timedelta(days=1), sample.start)[entry_id]

    assert datetime.fromisoformat(before["start"]) < sample.start < datetime.fromisoformat(before["stop"])
    assert entry_id not in served


def test_nobody_worked_on_two_things_at_once(served: dict[int, dict[str, Any]]) -> None:
    stopped = sorted((entry["start"][:19], entry["stop"][:19]) for entry in served.values() if entry["stop"])

    assert all(stop <= start for (_, stop), (start, _) in pairwise(stopped))


def test_the_user_of_the_token_is_the_one_who_tracked(sample: SampleDay, gitlab: GitLab) -> None:
    answer = _session().post(
        f"{gitlab.url}/api/graphql",
        json={"query": "{ currentUser { username } }"},
        headers={"Authorization": f"Bearer {sample.gitlab_token}"},
        timeout=5,
    )

    assert answer.json()["data"]["currentUser"]["username"] == sample.gitlab_username


def test_nothing_is_on_gitlab_yet(gitlab: GitLab, sample: SampleDay) -> None:
    assert sample.gitlab_username
    assert gitlab.timelogs == []


def test_an_expectation_is_found_by_its_entry(sample: SampleDay) -> None:
    assert sample.of(sample.expected[3].entry_id) is sample.expected[3]
    with pytest.raises(KeyError):
        sample.of(sample.outside[0])


@pytest.mark.parametrize("timezone", ["UTC", "America/New_York", "Pacific/Auckland", "Asia/Kolkata"])
def test_the_day_can_be_any_day_anywhere(timezone: str) -> None:
    with Toggl() as toggl, GitLab() as gitlab:
        day = build(toggl, gitlab, date(2026, 10, 25), timezone)

    zone = ZoneInfo(timezone)
    starts = {entry.id: entry.start.astimezone(zone) for entry in toggl.entries}
    assert {starts[expected.entry_id].date() for expected in day.expected} == {date(2026, 10, 25)}
    assert starts[day.expected[0].entry_id].strftime("%H:%M") == "08:00"
    assert toggl.timezone == timezone


def _entries(toggl: Toggl, start: datetime, end: datetime) -> dict[int, dict[str, Any]]:
    answer = _session().get(
        f"{toggl.url}/api/v9/me/time_entries",
        params={"start_date": start.isoformat(), "end_date": end.isoformat()},
        auth=(toggl.token, "api_token"),
        timeout=5,
    )
    assert answer.status_code == 200, answer.text
    return {entry["id"]: entry for entry in answer.json()}


def _session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    return session


def _created(sample: SampleDay) -> list[Expected]:
    return [expected for expected in sample.expected if expected.outcome == "created"]


def _tracked_seconds(entry: dict[str, Any]) -> int:
    start, stop = (datetime.fromisoformat(entry[name]) for name in ("start", "stop"))
    return round((stop - start).total_seconds())
