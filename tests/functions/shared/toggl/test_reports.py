"""The entries of a report, by the stand-in for Toggl Track over HTTP."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from contract.errors import (
    InvalidSettings,
    TogglUnavailable,
)
from functions.shared.model.entry import TimeEntry
from functions.shared.toggl.client import Toggl
from functions.shared.toggl.reports import NextPage, Report
from local.standins.toggl import server as stand_in


def asked(server: stand_in.Toggl, **changes: Any) -> Report:
    return Report(server.workspace_id, server.user_id, date(2026, 1, 1), date(2026, 1, 31))._replace(**changes)


def test_a_report_has_the_entries_as_the_list_would_have_them(server: stand_in.Toggl, client: Toggl) -> None:
    project = server.add_project("Website")
    start = datetime(2026, 1, 5, 8, tzinfo=UTC)
    how: dict[str, Any] = {"project": project, "billable": True, "task": "Menü (#13)", "tags": ["#14", "a"]}
    tracked = server.add_entry("#12 Größe 🚀", start, 1830, **how)

    page, following = client.report(asked(server), None)

    assert following is None
    assert page == [
        TimeEntry(
            *(tracked.id, start, start + timedelta(seconds=1830), 1830, "#12 Größe 🚀", True),
            *(server.workspace_id, project.id, "Website", start + timedelta(seconds=1830)),
            *("Menü (#13)", ("#14", "a")),
        )
    ]


def test_a_report_asks_for_ones_own_entries_and_no_rounding(server: stand_in.Toggl, client: Toggl) -> None:
    server.admin = True
    other = server.add_user("Jonas", "jonas@studio.example")
    start = datetime(2026, 1, 5, 8, tzinfo=UTC)
    own = server.add_entry("mine", start, 61)
    server.add_entry("not mine", start, 60, user=other)

    page, _following = client.report(asked(server), None)

    body = server.requests[-1].json()
    assert [(entry.id, entry.seconds) for entry in page] == [(own.id, 61)]
    assert (body["user_ids"], body["rounding"]) == ([server.user_id], 0)


def test_the_pages_of_a_report_are_all_of_it_each_entry_once(server: stand_in.Toggl, client: Toggl) -> None:
    start = datetime(2026, 1, 5, tzinfo=UTC)
    tracked = [server.add_entry("x", start + timedelta(minutes=number), 60) for number in range(120)]
    found: list[int] = []
    at: NextPage | None = None
    pages = 0
    while pages == 0 or at is not None:
        page, at = client.report(asked(server), at)
        found += [entry.id for entry in page]
        pages += 1

    assert found == [entry.id for entry in tracked]
    assert pages == 3


@pytest.mark.parametrize("headers", [{}, {"X-Next-ID": "7", "X-Next-Row-Number": "51"}])
def test_a_page_that_was_announced_and_is_empty_or_leads_back_is_never_taken_for_the_end(
    server: stand_in.Toggl, client: Toggl, headers: dict[str, str]
) -> None:
    server.fail("body", body=b"[]", headers=headers)

    with pytest.raises(TogglUnavailable, match="nothing comes of it"):
        client.report(asked(server), {"first_id": 7, "first_row_number": 51})


def test_where_the_next_page_begins_is_sent_back_as_it_was_told(server: stand_in.Toggl, client: Toggl) -> None:
    server.fail("body", body=b"[]", headers={"X-Next-ID": "7", "X-Next-Row-Number": "51"})

    _page, at = client.report(asked(server), None)

    assert at == {"first_id": 7, "first_row_number": 51}


@pytest.mark.parametrize("status", [403, 404])
def test_reports_that_may_not_be_read_name_the_workspace_and_not_the_token(
    server: stand_in.Toggl, client: Toggl, status: int
) -> None:
    server.fail("status", status=status)

    with pytest.raises(InvalidSettings, match=r"workspace/4711/.* Set toggl_workspace_id"):
        client.report(asked(server, workspace_id=4711), None)


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"X-Next-ID": "x", "X-Next-Row-Number": "2", "X-Next-Timestamp": "3"}, b"[]"),
        ({}, b"{}"),
        ({}, b'[{"time_entries": [{"id": 1}]}]'),
        ({}, b'[{"time_entries": null}]'),
        ({}, b"[7]"),
    ],
)
def test_a_report_of_the_wrong_shape_is_never_taken_for_the_end(
    server: stand_in.Toggl, client: Toggl, headers: dict[str, str], body: bytes
) -> None:
    server.fail("body", body=body, headers=headers)

    with pytest.raises(TogglUnavailable):
        client.report(asked(server), None)
