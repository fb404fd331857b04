"""What holds for every plan, whatever Toggl and GitLab have: nothing lost, doubled or touched that is none of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import settings as property_settings
from hypothesis import strategies as st

from contract.settings import Settings
from contract.vocabulary import Outcome, Reason
from functions.shared.marker import marked_entry_id
from functions.shared.model.entry import TimeEntry, Window
from functions.shared.model.fetched import Fetched
from functions.shared.model.place import Target
from functions.shared.model.plan import Create, Plan, Replace, Write
from functions.shared.model.row import Row
from functions.shared.model.timelog import Move, Timelog
from functions.transform.pipeline import plan_everything
from functions.transform.planning import Candidate, ledger_by_entry

without_deadline = property_settings(deadline=None)  # a busy machine is no failure

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
WINDOW = Window(datetime(2026, 11, 20, tzinfo=UTC), NOW, "UTC")
MOMENTS = [NOW - timedelta(hours=hours) for hours in (1, 20, 60, 24 * 20)]

LOGIN = Target("gid://gitlab/Issue/12", "acme/shop#12")
SEARCH = Target("gid://gitlab/Issue/13", "acme/shop#13")
REVIEW = Target("gid://gitlab/MergeRequest/45", "acme/shop!45")
OLD = Target("gid://gitlab/Issue/3", "acme/app#3")
OLDEST = Target("gid://gitlab/Issue/2", "acme/web#2")
AWAY = Target("gid://gitlab/Issue/4", "acme/app#4")

WENT_TO = {OLDEST: (OLD.gid, LOGIN.gid), OLD: (LOGIN.gid,), AWAY: ()}
"""Issues that were moved: one to LOGIN, one to the other and then to LOGIN, and one to where nobody sees it."""

FILTERED = [Reason.TOO_SHORT, Reason.WEEKEND, Reason.RUNNING, Reason.NO_ISSUE, Reason.TOO_LATE]
REASONS = [*FILTERED, Reason.PROJECT_NOT_VISIBLE]


@dataclass(frozen=True)
class World:
    """What a run meets: the fetched entries with where they belong, GitLab's ledger, and what other users logged."""

    fetched: Fetched
    candidates: tuple[Candidate, ...]
    timelogs: tuple[Timelog, ...]
    others: tuple[Timelog, ...] = ()

    def plan(self) -> Plan:
        return plan_everything(
            self.fetched, self.candidates, ledger_by_entry(self.timelogs), ledger_by_entry(self.others)
        )

    @property
    def ids(self) -> set[int]:
        return {candidate.entry.id for candidate in self.candidates}


@st.composite
def _candidates(draw: st.DrawFn) -> list[Candidate]:
    made = []
    for entry_id in draw(st.lists(st.integers(1, 5), unique=True)):
        start, length = draw(st.sampled_from(MOMENTS)), timedelta(seconds=draw(st.sampled_from([0, 860, 1700, 2750])))
        reason = draw(st.none() | st.sampled_from(REASONS))
        stop = None if reason is Reason.RUNNING else start + length
        duration = -1 if stop is None else length // timedelta(seconds=1)
        entry = TimeEntry(entry_id, start, stop, duration, "x", True, 7, None, None, NOW)
        target = None if reason is not None else draw(st.sampled_from([LOGIN, SEARCH, REVIEW]))
        made.append(Candidate(entry, draw(st.sampled_from([900, 1800, 2700])), target, reason))
    return made


@st.composite
def _timelogs(draw: st.DrawFn, first_number: int = 1) -> list[Timelog]:
    """In a world where each moved issue was last changed at one time, and where one project may be archived."""
    moved_at = NOW - draw(st.sampled_from([timedelta(minutes=1), timedelta(days=1), timedelta(days=9)]))
    may_be_deleted = draw(st.booleans())
    places = [None, LOGIN, SEARCH, REVIEW, OLD, OLDEST, AWAY]
    logs = []
    for number in draw(st.lists(st.integers(first_number, first_number + 200), unique=True, max_size=12)):
        target = draw(st.sampled_from(places))
        is_moved = target in WENT_TO
        logs.append(
            Timelog(
                gid=f"gid://gitlab/Timelog/{number}",
                target=target,
                seconds=draw(st.sampled_from([900, 1800])),
                spent_at=draw(st.sampled_from(MOMENTS)),
                summary=draw(st.sampled_from(["by hand", *(f"[toggl:{entry_id}] x" for entry_id in range(1, 8))])),
                move=Move(moved_at, WENT_TO[target]) if target is not None and is_moved else None,
                may_be_deleted=may_be_deleted or not is_moved,
            )
        )
    return logs


@st.composite
def worlds(
    draw: st.DrawFn, *, with_others: bool = True, prevent_duplicates: bool | None = None, sync_edits: bool | None = None
) -> World:
    candidates = draw(_candidates())
    prevents = draw(st.booleans()) if prevent_duplicates is None else prevent_duplicates
    syncs = draw(st.booleans()) if sync_edits is None else sync_edits
    fetched = Fetched(
        settings=Settings.from_context(
            {"remove_deleted": draw(st.booleans()), "prevent_duplicates": prevents, "sync_edits": syncs}
        ),
        window=WINDOW,
        entries=tuple(candidate.entry for candidate in candidates),
        overrides=tuple(draw(st.sampled_from([[], ["minimum_duration"]]))),
        deleted_ids=tuple(draw(st.sets(st.integers(5, 7)))),
        is_dated=draw(st.booleans()),
        now=NOW,
    )
    others = draw(_timelogs(1001)) if with_others and draw(st.booleans()) else []
    return World(fetched, tuple(candidates), tuple(draw(_timelogs())), tuple(others))


def _is_refused(write: Write, logs: dict[str, Timelog]) -> bool:
    """A write with a timelog that may not be deleted fails; of one that has none to delete, nothing does."""
    return not isinstance(write, Create) and any(not logs[old.gid].may_be_deleted for old in write.old)


def _carried_out(made: Plan, timelogs: Iterable[Timelog]) -> tuple[list[Row], list[Timelog]]:
    """The rows and the ledger after a plan was carried out: what post does to GitLab, in memory."""
    logs = {log.gid: log for log in timelogs}
    rows = list(made.settled)
    for number, write in enumerate(made.writes, start=5001):
        if _is_refused(write, logs):
            rows.append(write.row.failed("no_permission"))
            continue
        rows.append(write.row)
        if isinstance(write, Create | Replace):
            assert isinstance(write.target, Target)
            gid = f"gid://gitlab/Timelog/{number}"
            logs[gid] = Timelog(gid, write.target, write.row.seconds, write.row.spent_at, write.summary)
        for old in () if isinstance(write, Create) else write.old:
            del logs[old.gid]
    return rows, list(logs.values())


@without_deadline
@given(worlds(prevent_duplicates=True))
def test_planning_again_after_a_plan_was_carried_out_changes_nothing(world: World) -> None:
    first = world.plan()
    rows, ledger = _carried_out(first, world.timelogs)

    second = replace(world, timelogs=tuple(ledger)).plan()

    refused = {row.entry_id for row in rows if row.outcome == Outcome.FAILED}
    assert [write for write in second.writes if write.row.entry_id not in refused] == []
    written = {row.entry_id for row in rows if row.outcome in {Outcome.CREATED, Outcome.REPLACED}}
    assert {row.entry_id for row in second.settled if row.outcome == Outcome.KEPT} >= written


@without_deadline
@given(worlds(with_others=False, prevent_duplicates=True, sync_edits=True))
def test_after_a_plan_every_matched_entry_is_in_gitlab_exactly_once_and_as_it_should_be(world: World) -> None:
    rows, ledger = _carried_out(world.plan(), world.timelogs)

    warnings = {row.entry_id: row.warning for row in rows}
    there = ledger_by_entry(ledger)
    for candidate in world.candidates:
        if candidate.target is None or warnings[candidate.entry.id] == "move_in_progress":
            continue
        wanted = (candidate.target, candidate.seconds, candidate.entry.start)
        [log] = [log for log in there[candidate.entry.id] if log.may_be_deleted]
        assert (log.target, log.seconds, log.spent_at) == wanted
        assert (len(there[candidate.entry.id]) > 1) == (warnings[candidate.entry.id] == "double_stays")


@without_deadline
@given(worlds())
def test_every_fetched_entry_has_one_row_and_no_entry_has_two(world: World) -> None:
    made = world.plan()

    rows = [item.row for item in made.items]
    assert {row.entry_id for row in rows if not row.gone} == world.ids
    assert len({row.entry_id for row in rows}) == len(rows)
    assert len(made.writes) + len(made.settled) == len(rows)


@without_deadline
@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_entries_and_timelogs_changes_nothing(world: World, random: Random) -> None:
    def shuffled(values: tuple[object, ...]) -> tuple[object, ...]:
        return tuple(random.sample(values, len(values)))

    other = World(world.fetched, shuffled(world.candidates), shuffled(world.timelogs), shuffled(world.others))  # type: ignore[arg-type]

    assert other.plan() == world.plan()


def _removed(world: World) -> list[Timelog]:
    _rows, ledger = _carried_out(world.plan(), world.timelogs)
    after = {log.gid for log in ledger}
    return [log for log in world.timelogs if log.gid not in after]


def _has_its_copy(log: Timelog, ledger: Iterable[Timelog]) -> bool:
    entry_id, spent = marked_entry_id(log.summary), (log.seconds, log.spent_at)
    return log.target in WENT_TO and any(
        marked_entry_id(other.summary) == entry_id
        and (other.seconds, other.spent_at) == spent
        and other.target is not None
        and other.target.gid in WENT_TO[log.target]
        for other in ledger
    )


@without_deadline
@given(worlds())
def test_nothing_that_was_not_fetched_is_touched_but_doubles_and_what_toggl_calls_deleted(world: World) -> None:
    deleted = set(world.fetched.deleted_ids) if world.fetched.settings.remove_deleted else set()

    for log in _removed(world):
        entry_id = marked_entry_id(log.summary)
        assert entry_id is not None
        assert entry_id in world.ids | deleted or _has_its_copy(log, world.timelogs)


@without_deadline
@given(worlds())
def test_the_last_timelog_of_an_entry_goes_only_when_its_entry_may_be_removed(world: World) -> None:
    made = world.plan()
    rows, ledger = _carried_out(made, world.timelogs)

    before, after = ledger_by_entry(world.timelogs), ledger_by_entry(ledger)
    assert before.keys() - after.keys() == {
        row.entry_id for row in rows if row.outcome == Outcome.DELETED and row.entry_id in before
    }
    for row in rows:
        if row.outcome == Outcome.DELETED:
            assert world.fetched.settings.remove_deleted
            assert row.reason in {"too_short", "weekend"} or (row.gone and row.entry_id in world.fetched.deleted_ids)


@without_deadline
@given(worlds())
def test_nothing_is_logged_for_what_is_left_out_or_what_another_user_has_logged(world: World) -> None:
    prevents = world.fetched.settings.prevent_duplicates
    by_others = set(ledger_by_entry(world.others)) if prevents else set()
    left_out = {candidate.entry.id for candidate in world.candidates if candidate.target is None}

    logged = {write.row.entry_id for write in world.plan().writes if isinstance(write, Create | Replace)}

    assert logged.isdisjoint(left_out | by_others)
    assert logged <= world.ids


@without_deadline
@given(worlds(), st.data())
def test_the_account_of_the_hours_closes_to_the_second_whatever_fails(world: World, data: st.DataObject) -> None:
    made = world.plan()
    failing = data.draw(st.sets(st.sampled_from(made.writes))) if made.writes else set()
    done = Plan(tuple(item for item in made.items if item not in failing))

    rows, ledger = _carried_out(done, world.timelogs)
    rows += [write.row.failed("no_permission") for write in failing]

    accounts = {row.entry_id: row.account for row in rows if not row.gone}
    there = ledger_by_entry([*ledger, *world.others])
    for candidate in world.candidates:
        entry, account = candidate.entry, accounts[candidate.entry.id]
        assert account.tracked == (0 if entry.stop is None else (entry.stop - entry.start).total_seconds())
        assert account.on_gitlab == sum(log.seconds for log in there.get(entry.id, ()))
        assert account.tracked + account.rounding == (
            account.on_gitlab + account.left_out + account.failed - account.differing
        )


@without_deadline
@given(worlds())
def test_time_that_is_as_it_should_be_differs_in_nothing_and_is_not_left_out(world: World) -> None:
    rows, _ledger = _carried_out(world.plan(), world.timelogs)
    seconds = {candidate.entry.id: candidate.seconds for candidate in world.candidates}

    for row in rows:
        is_plain = row.outcome in {Outcome.REPLACED, Outcome.KEPT} and row.warning is None and not row.gone
        if is_plain and row.entry_id not in ledger_by_entry(world.others):
            assert row.account.differing == 0
            assert row.account.left_out == 0
            assert row.account.rounding == seconds[row.entry_id] - row.tracked_seconds
