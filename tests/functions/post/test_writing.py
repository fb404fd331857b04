"""Writing to the stand-in for GitLab with the real client: once, whatever happens on the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract.errors import (
    AmbiguousWrite,
    EntryRejected,
    GitLabRateLimited,
    GitLabUnauthorized,
    GitLabUnavailable,
    SyncError,
)
from contract.vocabulary import EntryWarning, Outcome
from contract.writes import Recorded
from functions.post.writing import carry_out, create_issue
from functions.shared.gitlab.account import User
from functions.shared.gitlab.client import GitLab
from functions.shared.model.outcome import WriteOutcome
from functions.shared.model.place import NewIssue, Target
from functions.shared.model.plan import Create, Delete, IfRefused, Replace, Write
from functions.shared.model.row import Row
from functions.shared.model.timelog import Posted
from local.standins.gitlab import server as stand_in
from local.standins.gitlab.model import Issuable, Timelog
from local.standins.gitlab.server import mutation, query

TOKEN = "glpat-Writing-Tests-0001"
PROJECT = "acme/shop"
SPENT_AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
SUMMARY = "[toggl:1] menu"
CREATES = mutation("timelogCreate")
DELETES = mutation("timelogDelete")
LOOKS = query("timelogs")


class House:
    """GitLab with an issue, and the client of its user."""

    def __init__(self, server: stand_in.GitLab) -> None:
        self.server = server
        server.add_token(TOKEN, "mira")
        server.add_project(PROJECT, roles={"mira": "developer", "max": "developer"})
        self.issue = server.add_issue(PROJECT, "Menu", iid=12)
        self.other_issue = server.add_issue(PROJECT, "Other", iid=13)
        self.client = GitLab(server.url, TOKEN, 3600)
        self.user = User(str(server.user("mira").id), "mira")

    @property
    def target(self) -> Target:
        return target(self.issue)

    def there(self, seconds: int, summary: str = SUMMARY, **how: Any) -> Timelog:
        """A timelog that was posted before."""
        how = {"issuable": self.issue, "username": "mira", "spent_at": SPENT_AT} | how
        return self.server.add_timelog(seconds=seconds, summary=summary, **how)

    def carry_out(self, write: Write, *, look_first: bool = False) -> WriteOutcome:
        return carry_out(write, self.client, self.user, look_first=look_first)

    def fails(self, write: Write, error: type[SyncError], *, look_first: bool = False) -> SyncError:
        with pytest.raises(error) as caught:
            self.carry_out(write, look_first=look_first)
        assert type(caught.value) is error
        return caught.value

    def elsewhere(self, seconds: int) -> Timelog:
        """A timelog that was posted before, in a project that may become archived."""
        self.server.add_project("acme/attic", roles={"mira": "developer"})
        return self.there(seconds, issuable=self.server.add_issue("acme/attic", "Menu"))

    def logged(self) -> list[tuple[str, int]]:
        return [(row.reference, row.seconds) for row in self.server.ledger()]


@pytest.fixture
def house() -> Iterator[House]:
    with stand_in.GitLab() as server:
        yield House(server)


def target(issue: Issuable) -> Target:
    return Target(issue.gid, issue.reference)


def posted(*timelogs: Timelog) -> tuple[Posted, ...]:
    """As the plan knows them, which has read them from GitLab."""
    known = ((one, one.issuable.moved_to is not None, not one.issuable.project.archived) for one in timelogs)
    return tuple(Posted(one.gid, one.spent_at or SPENT_AT, one.seconds, *more) for one, *more in known)


def row(outcome: str) -> Row:
    return Row(1, outcome, "acme/shop#12", 1800, SPENT_AT)


def creating(house: House, *known: Timelog) -> Create:
    return Create(row("created"), house.target, SUMMARY, posted(*known))


def replacing(house: House, *old: Timelog) -> Replace:
    return Replace(row("replaced"), house.target, SUMMARY, posted(*old))


# Create.


def test_a_create_logs_the_time_with_one_request(house: House) -> None:
    house.carry_out(creating(house))

    assert house.server.ledger() == [("acme/shop#12", 1800, "2026-11-20T09:00:00Z", SUMMARY, "mira")]
    assert len(house.server.requests) == 1


def test_looking_first_finds_a_write_whose_answer_was_lost(house: House) -> None:
    house.server.fail("lost_answer")
    house.fails(creating(house), AmbiguousWrite)

    house.carry_out(creating(house), look_first=True)

    assert house.logged() == [("acme/shop#12", 1800)]
    assert house.server.count("timelogCreate") == 1


def test_looking_first_writes_what_did_not_land(house: House) -> None:
    house.server.fail("status", status=502)
    house.fails(creating(house), AmbiguousWrite)

    house.carry_out(creating(house), look_first=True)

    assert house.logged() == [("acme/shop#12", 1800)]


def test_looking_first_after_settling_finds_a_write_that_landed_late(house: House) -> None:
    house.server.fail("late", status=504, seconds=30)
    house.fails(creating(house), AmbiguousWrite)
    house.server.settle()

    house.carry_out(creating(house), look_first=True)

    assert house.logged() == [("acme/shop#12", 1800)]


def test_looking_first_finds_the_write_after_its_issue_was_moved(house: House) -> None:
    house.carry_out(creating(house))
    house.server.add_project("acme/app")
    house.server.move_issue(house.issue, "acme/app", copied=0)

    house.carry_out(creating(house), look_first=True)

    assert house.server.count("timelogCreate") == 1


@pytest.mark.parametrize(
    "other",
    [
        {"summary": "[toggl:11] menu"},
        {"summary": "menu [toggl:1]"},
        {"summary": "[toggl:1", "seconds": 1800},
        {"seconds": 900},
        {"username": "max"},
        {"spent_at": SPENT_AT + timedelta(seconds=1)},
        {"spent_at": None},
    ],
)
def test_what_only_resembles_the_write_is_not_taken_for_it(house: House, other: dict[str, Any]) -> None:
    house.there(**{"seconds": 1800} | other)

    house.carry_out(creating(house), look_first=True)

    assert house.server.count("timelogCreate") == 1


def test_the_write_is_found_on_whatever_issue_it_was_moved_to_in_the_meantime(house: House) -> None:
    house.there(1800, issuable=house.other_issue)

    house.carry_out(creating(house), look_first=True)

    assert house.logged() == [("acme/shop#13", 1800)]


def test_a_timelog_that_was_known_before_is_not_taken_for_the_write(house: House) -> None:
    write = creating(house, house.there(1800), house.there(1800))

    house.carry_out(write, look_first=True)

    assert house.logged() == [("acme/shop#12", 1800)] * 3


def test_a_timelog_that_stays_is_not_taken_for_the_one_that_replaces_another(house: House) -> None:
    stays = house.there(1800, issuable=house.other_issue)
    write = replace(replacing(house, house.there(900)), known=posted(stays))

    house.carry_out(write, look_first=True)

    assert sorted(house.logged()) == [("acme/shop#12", 1800), ("acme/shop#13", 1800)]


def test_beside_known_timelogs_the_write_that_landed_is_found(house: House) -> None:
    write = creating(house, house.there(1800))
    house.server.fail("lost_answer")
    house.fails(write, AmbiguousWrite)

    house.carry_out(write, look_first=True)

    assert house.logged() == [("acme/shop#12", 1800)] * 2


def test_a_ledger_that_cannot_be_looked_at_stops_the_write(house: House) -> None:
    house.server.fail("internal_error", when=LOOKS)

    house.fails(creating(house), GitLabUnavailable, look_first=True)

    assert house.server.count("timelogCreate") == 0


# Replace.


def test_a_replace_creates_first_and_deletes_then(house: House) -> None:
    write = replacing(house, house.there(900), house.there(600, issuable=house.other_issue))

    house.carry_out(write)

    assert house.logged() == [("acme/shop#12", 1800)]
    assert house.server.operations == [("timelogCreate",), ("timelogDelete",), ("timelogDelete",)]


@pytest.mark.parametrize("kind", ["lost_answer", "refused", "internal_error"])
def test_a_replace_that_stopped_half_way_is_finished_without_a_second_create(house: House, kind: str) -> None:
    write = replacing(house, house.there(900))
    house.server.fail(kind, when=DELETES)
    house.fails(write, AmbiguousWrite)

    house.carry_out(write, look_first=True)

    assert house.logged() == [("acme/shop#12", 1800)]
    assert house.server.count("timelogCreate") == 1


def test_a_replace_that_cannot_create_deletes_nothing(house: House) -> None:
    write = replacing(house, house.there(900))
    house.server.fail("payload_error", when=CREATES, body=b"Time spent can't be zero.")

    house.fails(write, EntryRejected)

    assert house.logged() == [("acme/shop#12", 900)]


def test_what_may_not_be_deleted_is_not_replaced_since_it_would_stand_beside_its_replacement(house: House) -> None:
    stuck = house.elsewhere(900)
    stuck.issuable.project.archived = True

    error = house.fails(replacing(house, stuck, house.there(600)), EntryRejected)

    assert error.message == "no_permission"
    assert house.server.requests == []


def test_what_can_not_be_deleted_any_more_when_it_is_replaced_is_refused_and_counted(house: House) -> None:
    stuck = house.elsewhere(900)
    write = replacing(house, house.there(600), stuck)
    stuck.issuable.project.archived = True

    outcome = house.carry_out(replace(write, row=write.row._replace(on_gitlab=1800, before=1500)))

    assert house.logged() == [("acme/attic#1", 900), ("acme/shop#12", 1800)]
    assert (outcome.row.outcome, outcome.row.reason, outcome.row.on_gitlab) == ("failed", "no_permission", 2700)


def test_a_replace_that_was_carried_out_already_costs_one_look(house: House) -> None:
    write = replacing(house, house.there(900))
    house.carry_out(write)
    house.server.clear()

    house.carry_out(write, look_first=True)

    assert house.server.operations == [("timelogs",)]


def test_a_replace_to_another_issue_is_not_mistaken_for_the_old_timelog(house: House) -> None:
    write = replacing(house, house.there(1800, issuable=house.other_issue))

    house.carry_out(write, look_first=True)

    assert house.logged() == [("acme/shop#12", 1800)]


def test_a_connection_that_is_never_made_after_the_create_is_ambiguous(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = replacing(house, house.there(900))
    delete_timelog = house.client.delete_timelog

    def unreachable(gid: str) -> None:
        house.server.stop()
        house.client.http._session.close()
        delete_timelog(gid)

    monkeypatch.setattr(house.client, "delete_timelog", unreachable)

    error = house.fails(write, AmbiguousWrite)

    assert "new timelog is there" in error.message
    assert house.logged() == [("acme/shop#12", 900), ("acme/shop#12", 1800)]


def test_a_rate_limit_after_the_create_asks_to_wait_and_the_next_look_finishes(house: House) -> None:
    write = replacing(house, house.there(900))
    house.server.fail("rate_limited", when=DELETES, seconds=30)
    house.fails(write, GitLabRateLimited)

    house.carry_out(write, look_first=True)

    assert house.logged() == [("acme/shop#12", 1800)]


# Delete.


def test_a_delete_deletes_what_the_plan_names_and_nothing_else(house: House) -> None:
    first, second, other = house.there(900), house.there(600), house.there(300, "[toggl:2]")

    house.carry_out(Delete(row("deleted"), posted(first, second)))

    assert house.server.timelogs == [other]


@pytest.mark.parametrize("look_first", [False, True])
def test_deleting_what_is_gone_already_is_fine(house: House, look_first: bool) -> None:
    first, second = house.there(900), house.there(600)
    house.server.remove_timelog(first)

    house.carry_out(Delete(row("deleted"), posted(first, second)), look_first=look_first)

    assert house.server.timelogs == []


def test_looking_first_does_not_ask_to_delete_what_is_gone(house: House) -> None:
    write = Delete(row("deleted"), posted(house.there(900)))
    house.server.fail("lost_answer")
    house.fails(write, AmbiguousWrite)

    house.carry_out(write, look_first=True)

    assert house.server.count("timelogDelete") == 1


def test_a_timelog_that_may_not_be_deleted_is_refused(house: House) -> None:
    write = Delete(row("deleted"), posted(house.there(900)), IfRefused())
    house.server.fail("graphql_error", body=b"does not exist or you don't have permission", times=9, when=DELETES)

    outcome = house.carry_out(write)

    failed = write.row._replace(outcome=Outcome.FAILED, reason="no_permission", on_gitlab=900)
    assert outcome == WriteOutcome(failed, 0, Recorded.of("EntryRejected", "no_permission"), IfRefused())
    assert house.logged() == [("acme/shop#12", 900)]


@pytest.mark.parametrize("look_first", [False, True])
def test_beside_one_that_may_not_be_deleted_the_others_go_and_what_is_left_is_counted(
    house: House, look_first: bool
) -> None:
    first, stuck, last = house.there(900), house.elsewhere(600), house.there(300)
    write = Delete(row("kept")._replace(on_gitlab=1800, before=3600), posted(first, stuck, last), IfRefused())
    stuck.issuable.project.archived = True

    outcome = house.carry_out(write, look_first=look_first)

    assert house.logged() == [("acme/attic#1", 600)]
    assert (outcome.row.outcome, outcome.row.reason, outcome.row.on_gitlab) == ("failed", "no_permission", 2400)
    assert (outcome.row.warning, outcome.duplicates_removed, outcome.is_refused) == (None, 2, True)


def test_a_double_of_a_move_that_may_not_be_deleted_is_told_and_counted(house: House) -> None:
    copied, double = house.there(900), house.elsewhere(600)
    house.server.move_issue(double.issuable, PROJECT, copied=0)
    write = Delete(row("kept")._replace(on_gitlab=1800, before=3300), posted(copied, double), IfRefused())
    double.issuable.project.archived = True

    outcome = house.carry_out(write)

    row_then = write.row._replace(warning=EntryWarning.DOUBLE_STAYS, on_gitlab=2400)
    assert outcome == WriteOutcome(row_then, duplicates_removed=1)


def test_a_first_request_that_never_arrived_proves_that_nothing_was_deleted(house: House) -> None:
    write = Delete(row("deleted"), posted(house.there(900), house.there(600)))
    house.server.stop()

    house.fails(write, GitLabUnavailable)


def test_after_one_deletion_nothing_proves_any_more_that_nothing_was_written(house: House) -> None:
    first, second = house.there(900), house.there(600)
    house.server.remove_timelog(second)
    # The second one is looked for after GitLab's refusal, and that look fails.
    house.server.fail("internal_error", when=LOOKS)

    error = house.fails(Delete(row("deleted"), posted(first, second)), AmbiguousWrite)

    assert "Some timelogs are deleted already" in error.message


def test_a_token_that_is_refused_is_told_as_such_at_any_step(house: House) -> None:
    write = replacing(house, house.there(900))
    house.server.fail("invalid_token", when=DELETES)

    house.fails(write, GitLabUnauthorized)


# Issues.


NEW = NewIssue("0123456789abcdef", PROJECT, "Colours")


def test_looking_first_finds_an_issue_whose_answer_was_lost(house: House) -> None:
    house.server.fail("lost_answer")
    with pytest.raises(AmbiguousWrite):
        create_issue(NEW, ["toggl-sync"], house.client, look_first=False)

    made = create_issue(NEW, ["toggl-sync"], house.client, look_first=True)

    assert [issue.title for issue in house.server.issues] == ["Menu", "Other", "Colours"]
    assert made == target(house.server.issues[-1])


def test_looking_first_creates_an_issue_that_is_not_there(house: House) -> None:
    made = create_issue(NEW, ["toggl-sync"], house.client, look_first=True)

    assert made == target(house.server.issues[-1])
    assert house.server.issues[-1].labels == ["toggl-sync"]


def test_time_is_never_logged_on_an_issue_that_does_not_exist_yet(house: House) -> None:
    with pytest.raises(TypeError, match="has to be created"):
        house.carry_out(Create(row("created"), NEW, SUMMARY))

    assert house.server.requests == []


# Whatever happens on the way.

FAILURES = (
    *("refused", "lost_answer", "error_after", "status", "late", "truncated", "internal_error", "empty"),
    *("rate_limited", "application_limit", "maintenance", "graphql_error", "wrong_shape"),
)
STEPS = st.lists(
    st.fixed_dictionaries(
        {
            "kind": st.sampled_from(FAILURES),
            "skip": st.integers(0, 2),
        }
    ),
    max_size=6,
)


@given(steps=STEPS, what=st.sampled_from(["create", "create beside", "replace", "delete"]))
@settings(max_examples=80, deadline=None)
def test_after_any_failures_the_way_of_the_state_machine_ends_with_each_write_once(
    steps: list[dict[str, Any]], what: str
) -> None:
    with stand_in.GitLab() as server:
        house = House(server)
        old = [house.there(900), house.there(600, issuable=house.other_issue)] if what != "create" else []
        writes: dict[str, tuple[Write, list[int]]] = {
            "create": (creating(house), [1800]),
            "create beside": (creating(house, *old), [900, 600, 1800]),
            "replace": (replacing(house, *old), [1800]),
            "delete": (Delete(row("deleted"), posted(*old)), []),
        }
        write, seconds_after = writes[what]
        for step in steps:
            server.fail(**step, seconds=30)

        look_first = False
        for _attempt in range(3 * len(steps) + 1):
            try:
                house.carry_out(write, look_first=look_first)
                break
            except GitLabUnavailable:
                continue
            except (AmbiguousWrite, GitLabRateLimited):
                server.settle()
                look_first = True

        assert [seconds for _issue, seconds in house.logged()] == seconds_after
