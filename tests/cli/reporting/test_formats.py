"""The report as CSV and as JSON."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from cli.reporting.formats import CSV_COLUMNS, csv_rows, show, to_json
from cli.reporting.model import OtherTime, Status
from tests.cli.reporting.support import NOVEMBER_3, left_out, line, report


def test_csv_has_a_row_an_entry() -> None:
    rows = list(csv_rows(report(line(), left_out(entry_id=2))))

    assert [(row["entry_id"], row["day"], row["gitlab_seconds"], row["reason"]) for row in rows] == [
        (1, "2026-11-03", 1800, None),
        (2, "2026-11-03", 0, "no_issue"),
    ]


def test_json_accounts_for_every_second() -> None:
    value = to_json(report(line(), left_out(entry_id=2), line(Status.MISSING, gitlab_seconds=0)), "issue")

    assert (
        value["tracked_seconds"] + sum(step["seconds"] for step in value["bridge"]) == value["gitlab_seconds"] == 1800
    )
    assert value["is_complete"] is False
    assert [one["key"] for one in value["sums"]] == ["acme/web#12", "no issue"]
    assert [one["status"] for one in value["entries"]] == ["logged", "left out", "missing"]


JONAS = OtherTime("jonas", NOVEMBER_3, 1200, "acme/web#12", "review")
BY_HAND = OtherTime("ana", NOVEMBER_3, 60, "acme/web#3")


def test_others_time_is_apart_in_csv_and_in_no_column_that_is_summed() -> None:
    own, other = csv_rows(report(line(), others=(JONAS,)))

    assert set(CSV_COLUMNS) == set(own) | set(other) - {"seconds"}
    assert (other["user"], other["issue"], other["other_seconds"], other["status"]) == (
        "jonas",
        "acme/web#12",
        1200,
        "not counted",
    )
    assert not {"tracked_seconds", "planned_seconds", "gitlab_seconds", "entry_id"} & other.keys()


def test_others_time_is_apart_in_json() -> None:
    value, without = (to_json(report(line(), others=others), "issue") for others in ((JONAS,), ()))

    assert [(one["user"], one["day"], one["seconds"]) for one in value["others"]] == [("jonas", "2026-11-03", 1200)]
    assert value | {"others": []} == without


def test_the_terminal_tells_others_time_by_user_also_where_nothing_was_tracked() -> None:
    console = Console(file=io.StringIO(), width=80, markup=False, highlight=False)

    show(report(others=(JONAS, JONAS, BY_HAND)), "issue", console)

    printed = [" ".join(one.split()) for one in console.file.getvalue().splitlines()]
    assert printed[-3:] == ["Not from this sync, so not counted", "ana 0:01:00 on 1 issue", "jonas 0:40:00 on 1 issue"]


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_the_table_keeps_every_number_and_cuts_no_reason(width: int) -> None:
    console = Console(file=io.StringIO(), width=width, markup=False, highlight=False)
    refused = line(Status.REFUSED, planned_seconds=0, gitlab_seconds=0, reason="a long reason in GitLab's own words")

    show(report(line(), left_out(), refused), "issue", console)

    printed = " ".join(console.file.getvalue().split())
    for text in ("0:28:20", "0:30:00", "-0:28:20", "2026-11-03"):
        assert text in printed
    for word in ["a", "long", "reason", "in", "GitLab's", "own", "words"]:
        assert word in printed
    assert "…" not in printed
