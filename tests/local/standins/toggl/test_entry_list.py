"""The list of entries by a window of their starts, or before an instant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from local.standins.toggl.server import Toggl
from tests.local.standins.toggl.support import DAY, ENTRIES, Client


def test_entries_come_newest_start_first_whatever_the_order_of_adding(client: Client, toggl: Toggl) -> None:
    noon, nine, ten = (toggl.add_entry("#1", f"2026-11-19T{hour}:00:00+01:00", 600).id for hour in ("12", "09", "10"))

    assert client.ids(**DAY) == [noon, ten, nine]


def test_the_window_looks_at_the_start_only(client: Client, toggl: Toggl) -> None:
    toggl.add_entry("began before", "2026-11-18T23:40:00+01:00", 3_600)
    late = toggl.add_entry("ends after", "2026-11-19T23:40:00+01:00", 3_600)

    assert client.ids(**DAY) == [late.id]


def test_an_instant_as_the_end_is_inclusive_unless_the_stand_in_is_told_otherwise(client: Client, toggl: Toggl) -> None:
    first = toggl.add_entry("first", "2026-11-19T00:00:00+01:00", 600)
    next_day = toggl.add_entry("next day", "2026-11-20T00:00:00+01:00", 600)

    assert client.ids(**DAY) == [next_day.id, first.id]
    toggl.end_inclusive = False
    assert client.ids(**DAY) == [first.id]


def test_a_date_as_the_end_is_exclusive_and_dates_are_utc_days(client: Client, toggl: Toggl) -> None:
    toggl.add_entry("00:30 in Berlin is the day before", "2026-11-19T00:30:00+01:00", 600)
    first = toggl.add_entry("first of the UTC day", "2026-11-19T00:00:00Z", 600)
    last = toggl.add_entry("last of the UTC day", "2026-11-20T00:59:59+01:00", 600)
    toggl.add_entry("next UTC day", "2026-11-20T00:00:00Z", 600)

    assert client.ids(start_date="2026-11-19", end_date="2026-11-20") == [last.id, first.id]


@pytest.mark.parametrize("alone", ["start_date", "end_date"])
def test_one_end_of_a_window_alone_is_refused(client: Client, alone: str) -> None:
    assert client.refusal(**{alone: "2026-11-19"}) == "start_date and end_date must be used together"


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-19T09:00:00",
        "2026-11-19T09:00+01:00",
        "2026-11-19T09:00:00 01:00",
        "2026-11-19 09:00:00+01:00",
        "2026-13-19",
        "20261119",
        "19.11.2026",
        "1763628600",
        "2026-11-19T09:00:00.5+0100",
    ],
)
def test_a_window_that_is_neither_a_date_nor_rfc_3339_with_seconds_and_offset_is_refused(
    client: Client, text: str
) -> None:
    assert "invalid start_date" in client.refusal(start_date=text, end_date="2026-11-20")


@pytest.mark.parametrize("text", ["2026-11-19T00:00:00Z", "2026-11-19T00:00:00.000Z", "2026-11-19T05:30:00+05:30"])
def test_rfc_3339_is_taken_with_any_offset(client: Client, toggl: Toggl, text: str) -> None:
    entry = toggl.add_entry("#1", "2026-11-19T00:00:00Z", 600)

    assert client.ids(start_date=text, end_date="2026-11-20") == [entry.id]


def test_a_plus_that_was_not_escaped_is_a_space_and_refused(client: Client) -> None:
    query = "?start_date=2026-11-19T00:00:00+01:00&end_date=2026-11-20"

    assert client.get(ENTRIES + query).status_code == 400


def test_an_end_before_the_start_is_refused(client: Client) -> None:
    assert "must not be earlier" in client.refusal(start_date="2026-11-19", end_date="2026-11-18")


def test_a_start_more_than_three_months_ago_is_refused_with_a_json_string(client: Client) -> None:
    assert client.refusal(start_date="2026-08-19", end_date="2026-08-21") == (
        "start_date must not be earlier than 2026-08-20"
    )
    assert client.ids(start_date="2026-08-20", end_date="2026-08-21") == []


def test_three_months_before_the_end_of_may_is_the_end_of_february(client: Client, toggl: Toggl) -> None:
    toggl.now = lambda: datetime(2026, 5, 31, 12, 0, tzinfo=UTC)

    assert client.refusal(start_date="2026-02-27", end_date="2026-05-31").endswith("2026-02-28")


@pytest.mark.parametrize(("start", "end"), [("2005-12-31", "2026-11-20"), ("2026-11-19", "2031-01-01")])
def test_years_outside_2006_to_2030_are_refused(client: Client, start: str, end: str) -> None:
    assert "between 2006 and 2030" in client.refusal(start_date=start, end_date=end)


def test_at_most_a_thousand_entries_come_and_paging_by_the_oldest_start_reaches_the_rest(
    client: Client, toggl: Toggl
) -> None:
    begin = datetime(2026, 11, 18, 23, 0, tzinfo=UTC)
    for minute in range(1_004):
        toggl.add_entry("#1", begin + timedelta(minutes=minute // 2), 60)

    first = client.entries(**DAY)
    oldest = min(datetime.fromisoformat(entry["start"]) for entry in first)
    second = client.entries(start_date=DAY["start_date"], end_date=oldest.isoformat())

    assert len(first) == 1_000
    assert {entry["id"] for entry in first + second} == {entry.id for entry in toggl.entries}
    assert len(first + second) > 1_004


def test_a_running_entry_appears_in_any_window_in_all_its_shapes(client: Client, toggl: Toggl) -> None:
    start = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
    epoch = -int(start.timestamp())
    ids = [
        toggl.add_entry("minus one", start, running=True).id,
        toggl.add_entry("minus epoch", start, running=True, duration=epoch).id,
        toggl.add_entry("zero", start, running=True, duration=0).id,
    ]

    found = {entry["id"]: (entry["stop"], entry["duration"]) for entry in client.entries(**DAY)}

    assert found == dict(zip(ids, [(None, -1), (None, epoch), (None, 0)], strict=True))
    toggl.running_everywhere = False
    assert client.ids(**DAY) == []


def test_a_deleted_entry_is_in_no_window_and_not_in_before(client: Client, toggl: Toggl) -> None:
    toggl.delete(toggl.add_entry("gone", "2026-11-19T09:00:00+01:00", 600).id)

    assert client.ids(**DAY) == client.ids(before="2026-11-20") == client.ids() == []


def test_before_is_exclusive(client: Client, toggl: Toggl) -> None:
    early = toggl.add_entry("early", "2026-11-19T08:59:59Z", 600)
    toggl.add_entry("late", "2026-11-19T09:00:00Z", 600)

    assert client.ids(before="2026-11-19T10:00:00+01:00") == [early.id]


def test_entries_of_other_users_are_not_mine_and_those_of_other_workspaces_are(client: Client, toggl: Toggl) -> None:
    colleague = toggl.add_user("Jonas Weber", "jonas@studio.example")
    other = toggl.add_workspace("Elsewhere")
    toggl.add_entry("his", "2026-11-19T09:00:00+01:00", 600, user=colleague)
    mine = toggl.add_entry("mine", "2026-11-19T10:00:00+01:00", 600, workspace=other)

    assert [(entry["id"], entry["workspace_id"]) for entry in client.entries(**DAY)] == [(mine.id, other)]
