"""The plan's items, and how its writes travel to the post Lambda and back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from functions.shared.model.place import NewIssue, Target
from functions.shared.model.plan import (
    Create,
    Delete,
    Fail,
    IfRefused,
    Keep,
    Plan,
    Replace,
    Skip,
    Write,
    write_from_json,
    write_to_json,
)
from functions.shared.model.row import Row
from functions.shared.model.timelog import Posted

START = datetime(2026, 11, 20, 9, tzinfo=UTC)
TARGET = Target("gid://gitlab/Issue/1012", "acme/shop#12")
OLD = (Posted("gid://gitlab/Timelog/5", START, 900), Posted("gid://gitlab/Timelog/6", START, 600, was_moved=True))
OLD_JSON = [
    {
        "gid": f"gid://gitlab/Timelog/{number}",
        "spent_at": "2026-11-20T09:00:00Z",
        "seconds": seconds,
        "was_moved": was_moved,
        "may_be_deleted": True,
    }
    for number, seconds, was_moved in ((5, 900, False), (6, 600, True))
]


def _row(outcome: str, entry_id: int = 1) -> Row:
    return Row(entry_id, outcome, "acme/shop#12", 1800, START)


def test_writes_and_what_is_settled_are_told_apart_in_the_plans_order() -> None:
    create = Create(_row("created", 1), TARGET, "[toggl:1]")
    keep = Keep(_row("kept", 2))
    replaced = Replace(_row("replaced", 3), TARGET, "[toggl:3]", OLD)
    skip = Skip(_row("skipped", 4))
    delete = Delete(_row("deleted", 5), OLD)
    fail = Fail(_row("failed", 6))

    made = Plan((create, keep, replaced, skip, delete, fail))

    assert made.writes == (create, replaced, delete)
    assert made.settled == (keep.row, skip.row, fail.row)


def test_what_goes_from_beside_a_kept_or_a_created_timelog_counts_as_duplicates_removed() -> None:
    created, replaced = (Replace(_row(outcome), TARGET, "[toggl:1]", OLD) for outcome in ("created", "replaced"))

    assert (created.duplicates_removed, write_to_json(created)["done"]["duplicates_removed"]) == (2, 2)
    assert replaced.duplicates_removed == 0
    assert Delete(_row("kept"), OLD).duplicates_removed == 2
    assert Delete(_row("deleted"), OLD).duplicates_removed == 0


@pytest.mark.parametrize(
    ("write", "expected"),
    [
        (
            Create(_row("created"), TARGET, "[toggl:1] x", known=OLD[:1]),
            {
                "action": "create",
                "known": OLD_JSON[:1],
                "pending": None,
                "target": {"gid": "gid://gitlab/Issue/1012", "name": "acme/shop#12"},
                "new_issue": None,
                "summary": "[toggl:1] x",
                "done": {"row": _row("created").to_json(), "duplicates_removed": 0},
            },
        ),
        (
            Replace(_row("replaced"), TARGET, "[toggl:1] x", OLD[:1], IfRefused(START, "no_permission"), OLD[1:]),
            {
                "known": OLD_JSON[1:],
                "pending": {"at": "2026-11-20T09:00:00Z", "reason": "no_permission"},
                "action": "replace",
                "old": OLD_JSON[:1],
                "target": {"gid": "gid://gitlab/Issue/1012", "name": "acme/shop#12"},
                "new_issue": None,
                "summary": "[toggl:1] x",
                "done": {"row": _row("replaced").to_json(), "duplicates_removed": 0},
            },
        ),
        (
            Delete(_row("kept"), OLD, IfRefused()),
            {
                "pending": {"at": None, "reason": None},
                "action": "delete",
                "old": OLD_JSON,
                "done": {"row": _row("kept").to_json(), "duplicates_removed": 2},
            },
        ),
    ],
)
def test_a_write_travels_as_what_to_do_and_what_it_comes_to_when_done(write: Write, expected: object) -> None:
    assert write_to_json(write) == expected


@pytest.mark.parametrize("pending", [None, IfRefused(), IfRefused(START), IfRefused(START, "no_permission")])
@pytest.mark.parametrize("kind", [Create, Replace, Delete])
def test_a_write_comes_back_with_what_it_becomes_pending_with(kind: type[Write], pending: IfRefused | None) -> None:
    write: Write = (
        Delete(_row("deleted"), OLD, pending)
        if kind is Delete
        else kind(_row("created"), TARGET, "[toggl:1]", OLD, pending)  # type: ignore[call-arg]
    )

    assert write_from_json(write_to_json(write)) == write


def test_a_write_of_an_earlier_version_of_the_code_is_pending_with_nothing() -> None:
    value = write_to_json(Create(_row("created"), TARGET, "[toggl:1]", OLD))
    del value["pending"]

    assert write_from_json(value).pending is None


@pytest.mark.parametrize("kind", ["created", "replaced"])
def test_a_write_on_an_issue_that_is_still_to_be_created_travels_with_its_key_instead_of_a_target(kind: str) -> None:
    new = NewIssue("0123456789abcdef", "acme/shop", "Fix login")
    write = Create(_row(kind), new, "[toggl:1]") if kind == "created" else Replace(_row(kind), new, "[toggl:1]", OLD)

    value = write_to_json(write)

    assert (value["target"], value["new_issue"]) == (None, "0123456789abcdef")


def test_a_plan_has_each_issue_that_is_still_to_be_created_once() -> None:
    login = NewIssue("b" * 16, "acme/shop", "Fix login")
    search = NewIssue("a" * 16, "acme/shop", "Search")
    items = (
        Create(_row("created", 1), login, "[toggl:1]"),
        Create(_row("created", 2), TARGET, "[toggl:2]"),
        Replace(_row("replaced", 3), NewIssue(login.key, "acme/shop", "fix LOGIN"), "[toggl:3]", OLD),
        Create(_row("created", 4), search, "[toggl:4]"),
        Skip(_row("skipped", 5)),
    )

    assert Plan(items).new_issues == (search, login)


def test_an_action_that_nobody_knows_is_an_error() -> None:
    value = write_to_json(Delete(_row("deleted"), OLD)) | {"action": "destroy"}

    with pytest.raises(ValueError, match="destroy"):
        write_from_json(value)
