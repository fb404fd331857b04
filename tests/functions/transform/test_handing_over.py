"""A plan in S3: batches of at most 50 in the order of the rows, the settled rows beside them, and the counts."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contract import limits
from contract.errors import InvalidInput
from contract.settings import Settings
from contract.state import Pending, Version
from contract.writes import Recorded
from functions.shared.handover.files import ENTRIES, FETCHED, SETTLED, outcomes_of, writes_of
from functions.shared.handover.tally import Tally
from functions.shared.model.entry import TimeEntry, Window
from functions.shared.model.fetched import Fetched, Progress
from functions.shared.model.outcome import WriteOutcome
from functions.shared.model.place import NewIssue, Target
from functions.shared.model.plan import Create, Delete, Fail, Item, Keep, Plan, Skip, write_to_json
from functions.shared.model.row import Row
from functions.shared.model.timelog import Posted
from functions.transform import handing_over
from functions.transform.collecting import collect
from functions.transform.handing_over import answer, hand_over, read_fetched
from functions.transform.left_out import LeftOutMail
from functions.transform.lookups import Author, Matching
from functions.transform.pipeline import Decided
from tests.functions.memory import MemoryHandover

START = datetime(2026, 11, 20, 9, tzinfo=UTC)
FOLDER = "5bd7"
LOGIN = Target("gid://gitlab/Issue/1012", "acme/shop#12")


def row(entry_id: int, outcome: str, **more: object) -> Row:
    return Row(entry_id, outcome, "acme/shop#12", 1800, START + timedelta(minutes=entry_id), **more)  # type: ignore[arg-type]


def create(entry_id: int) -> Create:
    return Create(row(entry_id, "created"), LOGIN, f"[toggl:{entry_id}]")


def doubles(entry_id: int, count: int) -> Delete:
    old = tuple(Posted(f"gid://gitlab/Timelog/{number}", START) for number in range(count))
    return Delete(row(entry_id, "kept"), old)


UNSEEN = row(902, "failed", reason="project_not_visible")
FAILED_IN_PLAN = {
    "count": 1,
    "rows": [UNSEEN.to_output()],
    "invisible": ["acme/shop"],
    "errors": [{"name": "EntriesFailed", "message": ""}],
}
SETTLED_ITEMS: list[Item] = [
    Keep(row(500, "kept", warning="differs")),
    Skip(row(3, "skipped", reason="no_issue")),
    Fail(UNSEEN),
    Skip(row(900, "skipped", reason="too_short", warning="duration_mismatch")),
    Keep(row(901, "kept", warning="not_in_toggl", gone=True)),
]


@pytest.fixture
def handover() -> MemoryHandover:
    return MemoryHandover()


@pytest.mark.parametrize(("writes", "sizes"), [(1, [1]), (50, [50]), (51, [26, 25]), (430, [48] * 8 + [46])])
def test_the_writes_are_in_batches_of_at_most_50_in_the_order_of_the_rows(
    handover: MemoryHandover, writes: int, sizes: list[int]
) -> None:
    plan = Plan((*SETTLED_ITEMS, *map(create, reversed(range(1000, 1000 + writes)))))

    told = hand_over(plan, handover, FOLDER, is_dry_run=False)

    batches = [list(handover.inside(FOLDER).read(writes_of(number))) for number in range(told["batches"])]
    assert [len(batch) for batch in batches] == sizes
    ids = [write["done"]["row"]["entry_id"] for batch in batches for write in batch]
    assert ids == list(range(1000, 1000 + writes))
    assert [one["entry_id"] for one in handover.inside(FOLDER).read(SETTLED)] == [3, 500, 900, 901, 902]


@pytest.mark.parametrize(
    ("writes", "at_once", "size"),
    [(400, 10, 40), (401, 10, 41), (500, 10, 50), (520, 10, 26), (260, 40, 7), (9, 10, 1)],
)
def test_batches_are_as_even_as_their_places(handover: MemoryHandover, writes: int, at_once: int, size: int) -> None:
    told = hand_over(Plan(tuple(map(create, range(writes)))), handover, FOLDER, is_dry_run=False, at_once=at_once)

    assert (told["batches"], told["batch_writes"]) == (-(-writes // size), size)


@given(writes=st.integers(1, limits.ENTRIES_AT_MOST), at_once=st.integers(1, 40))
@example(writes=99_999, at_once=39)
def test_no_batch_is_too_large_and_no_run_has_too_many(writes: int, at_once: int) -> None:
    size = handing_over.batch_size(writes, at_once)

    assert 1 <= size <= limits.BATCH_WRITES
    assert -(-writes // size) <= limits.BATCHES_AT_MOST


def test_what_is_settled_is_counted_and_the_reasons_and_warnings_of_all(handover: MemoryHandover) -> None:
    warned = Create(row(1, "created", warning="duration_mismatch"), LOGIN, "[toggl:1]")

    told = hand_over(Plan((*SETTLED_ITEMS, warned)), handover, FOLDER, is_dry_run=False)

    assert told == {
        "folder": FOLDER,
        "batches": 1,
        "batch_writes": 1,
        "entries": None,
        "tally": told["tally"],
        "failed": FAILED_IN_PLAN,
        "skipped_by_reason": {"no_issue": 1, "too_short": 1},
        "warnings": {"differs": 1, "duration_mismatch": 2, "not_in_toggl": 1},
    }
    expected = {"fetched": 4, "created": 0, "kept": 2, "skipped": 2, "failed": 1, "seconds_logged": 0}
    assert told["tally"].items() >= expected.items()


def test_a_dry_run_counts_everything_as_if_done_and_has_no_batch(handover: MemoryHandover) -> None:
    plan = Plan((*SETTLED_ITEMS, create(1), create(2), doubles(4, 3)))

    told = hand_over(plan, handover, FOLDER, is_dry_run=True)

    assert (told["batches"], told["entries"]) == (0, "runs/x/5bd7/entries.jsonl")
    expected = {"fetched": 7, "created": 2, "kept": 3, "skipped": 2, "failed": 1, "seconds_logged": 3600}
    assert told["tally"].items() >= (expected | {"duplicates_removed": 3}).items()
    assert [one["entry_id"] for one in handover.inside(FOLDER).read(ENTRIES)] == [1, 2, 3, 4, 500, 900, 901, 902]


def test_a_plan_without_writes_is_all_rows(handover: MemoryHandover) -> None:
    told = hand_over(Plan(tuple(SETTLED_ITEMS)), handover, FOLDER, is_dry_run=False)

    assert (told["batches"], told["entries"]) == (0, "runs/x/5bd7/entries.jsonl")
    assert [one["entry_id"] for one in handover.inside(FOLDER).read(ENTRIES)] == [3, 500, 900, 901, 902]


def test_more_writes_than_batches_take_are_refused_before_anything_is_handed_over(
    handover: MemoryHandover, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.shared.handover.size.ENTRIES_AT_MOST", 3)

    with pytest.raises(InvalidInput, match="Split the dates"):
        hand_over(Plan(tuple(map(create, range(4)))), handover, FOLDER, is_dry_run=False)

    assert handover.files == {}
    assert handing_over.BATCH_WRITES == limits.BATCH_WRITES


def test_an_attempt_that_was_given_up_writes_no_plan_over_another_ones(handover: MemoryHandover) -> None:
    hand_over(Plan(tuple(map(create, range(60)))), handover, "first", is_dry_run=False)
    before = dict(handover.files)

    hand_over(Plan(tuple(map(create, range(40, 60)))), handover, "late", is_dry_run=False)

    assert {name: lines for name, lines in handover.files.items() if "/first/" in name} == before


# CollectOutcomes.


def done(entry_id: int) -> WriteOutcome:
    return WriteOutcome.done(create(entry_id))


def failed(entry_id: int, name: str, message: str) -> WriteOutcome:
    return WriteOutcome.failed(create(entry_id).row, Recorded.of(name, message))


def keep(handover: MemoryHandover, batch: int, outcomes: list[WriteOutcome]) -> None:
    handover.inside(FOLDER).write(outcomes_of(batch), [{"outcomes": [one.to_json() for one in outcomes]}])


def handed_over(handover: MemoryHandover, writes: int) -> None:
    hand_over(Plan((*SETTLED_ITEMS, *map(create, range(1000, 1000 + writes)))), handover, FOLDER, is_dry_run=False)


def test_all_rows_come_together_in_their_order(handover: MemoryHandover) -> None:
    handed_over(handover, 60)
    keep(handover, 0, [done(number) for number in range(1000, 1050)])
    keep(handover, 1, [done(number) for number in range(1050, 1060)])

    collected = collect(2, [], handover, FOLDER)

    assert collected == {
        "entries": "runs/x/entries.jsonl",
        "tally": Tally(map(done, range(1000, 1060))).to_json(),
        "warnings": {"differs": 1, "duration_mismatch": 1, "not_in_toggl": 1},
        "failed": FAILED_IN_PLAN,
        "pending": [],
        "holding": 0,
    }
    assert [one["entry_id"] for one in handover.read(ENTRIES)] == [3, 500, 900, 901, 902, *range(1000, 1060)]


def test_projects_that_cannot_be_seen_are_named_however_many_failed_before(handover: MemoryHandover) -> None:
    issues = ["a/b#1"] * 60 + [f"g/p{number}!2" for number in range(9)] + ["g/p0#3", None]
    unseen = [
        Fail(row(n, "failed", reason="project_not_visible")._replace(issue=issue)) for n, issue in enumerate(issues)
    ]
    named = ["a/b", "g/p0", "g/p1", "g/p2", "g/p3"]

    told = hand_over(Plan((*unseen, create(1000))), handover, FOLDER, is_dry_run=False)
    keep(handover, 0, [failed(1000, "EntryRejected", "no_permission")])

    assert (told["failed"]["count"], told["failed"]["invisible"]) == (71, named)
    assert collect(1, [], handover, FOLDER)["failed"]["invisible"] == named


def test_the_first_50_failures_and_one_error_of_each_name_are_told(handover: MemoryHandover) -> None:
    handed_over(handover, 70)
    refused = [failed(number, "EntryRejected", "no_permission") for number in range(1000, 1050)]
    lost = failed(1050, "AmbiguousWrite", "x")
    keep(handover, 0, refused)
    keep(handover, 1, [lost, *map(done, range(1051, 1070))])

    told = collect(2, [], handover, FOLDER)["failed"]

    assert told["count"] == 1 + 51
    assert [(one["entry_id"], one["reason"]) for one in told["rows"]] == [
        (UNSEEN.entry_id, "project_not_visible"),
        *((number, "no_permission") for number in range(1000, 1049)),
    ]
    assert told["errors"] == [
        {"name": "EntriesFailed", "message": ""},
        {"name": "EntryRejected", "message": ""},
        {"name": "AmbiguousWrite", "message": "x"},
    ]


@pytest.mark.parametrize("kept", [None, 0, 4])
def test_what_a_batch_that_was_given_up_has_not_done_has_failed_with_its_error(
    handover: MemoryHandover, kept: int | None
) -> None:
    handed_over(handover, 10)
    if kept is not None:
        keep(handover, 0, [done(1000 + number) for number in range(kept)])
    error = {"name": "Sandbox.Timedout", "message": "It took too long."}

    collected = collect(1, [{"batch": 0, "reason": "Sandbox.Timedout", "error": error}], handover, FOLDER)

    created = kept or 0
    tally = collected["tally"]
    assert (tally["created"], tally["failed"], tally["fetched"]) == (created, 10 - created, 10)
    assert collected["failed"]["count"] == 1 + 10 - created
    assert collected["failed"]["errors"] == [{"name": "EntriesFailed", "message": ""}, error]
    outcomes = Counter((one["outcome"], one["reason"]) for one in handover.read(ENTRIES))
    assert outcomes[("failed", "Sandbox.Timedout")] == 10 - created
    assert outcomes[("created", None)] == created


PROGRESS = Progress(START.date(), START.date() - timedelta(days=1))
FETCHED_ENTRIES = (TimeEntry(1, START, START + timedelta(minutes=30), 1800, "#12", True, 7, None, None),)


def fetched(**context: object) -> Fetched:
    return Fetched(
        settings=Settings.from_context(context),
        window=Window(START, START + timedelta(days=1), "UTC"),
        entries=FETCHED_ENTRIES,
        progress=PROGRESS,
    )


def decided(plan: Plan, **more: Any) -> Decided:
    author = Author("42", "mira", "acme/shop")
    return Decided((), author, Matching({}, {}, {}, {}), {}, plan, **more)


def on_a_new_issue(number: int) -> Create:
    return Create(row(number, "created"), NewIssue(f"{number:016}", "acme/shop", "Fix login"), f"[toggl:{number}]")


def test_a_plan_that_fits_is_in_the_answer_with_what_a_run_goes_by(handover: MemoryHandover) -> None:
    plan = Plan((*SETTLED_ITEMS, create(1), on_a_new_issue(2)))

    answered = answer(fetched(), decided(plan), handover, FOLDER)

    assert {key: answered[key] for key in ("dry_run", "username", "new_issues", "planned", "handed_over")} == {
        "dry_run": False,
        "username": "mira",
        "new_issues": 1,
        "planned": 2,
        "handed_over": None,
    }
    assert answered["issues"] == [NewIssue(f"{2:016}", "acme/shop", "Fix login").to_json()]
    assert answered["writes"] == [write_to_json(write) for write in plan.writes]
    assert answered["settled"] == [one.to_json() for one in plan.settled]
    assert (answered["settings"], answered["window"]) == (
        fetched().to_json()["settings"],
        fetched().to_json()["window"],
    )
    assert answered["progress"] == PROGRESS.to_json()
    assert handover.files == {}


@pytest.mark.parametrize("user_changed", [True, False])
def test_the_answer_tells_who_posts_what_stays_pending_and_what_to_mail_however_the_plan_travels(
    handover: MemoryHandover, *, user_changed: bool
) -> None:
    pending = (Pending(7, START, "no_permission"),)
    mail = LeftOutMail("1 entry left out", "- Call", (Version(7, START),))
    small, large = (
        answer(
            fetched(),
            decided(Plan(tuple(map(create, range(count)))), user_changed=user_changed, pending=pending, left_out=mail),
            handover,
            FOLDER,
        )
        for count in (1, limits.INLINE_ITEMS + 1)
    )

    for answered in (small, large):
        assert (answered["username"], answered["user_id"], answered["user_changed"]) == ("mira", "42", user_changed)
        assert answered["pending"] == [{"id": 7, "at": "2026-11-20T09:00:00Z", "reason": "no_permission"}]
        assert answered["left_out"] == {
            "subject": "1 entry left out",
            "text": "- Call",
            "told": '[[7,"2026-11-20T09:00:00Z"]]',
        }


def test_the_rows_of_the_output_show_nothing_that_is_for_the_account_only(handover: MemoryHandover) -> None:
    plan = Plan((*SETTLED_ITEMS, create(1)))
    hand_over(plan, handover, FOLDER, is_dry_run=True)

    rows = list(handover.inside(FOLDER).read(ENTRIES))

    assert all("tracked_seconds" in one and not {"on_gitlab", "before", "planned"} & one.keys() for one in rows)


def test_a_dry_run_says_how_many_issues_it_would_create_and_lists_none(handover: MemoryHandover) -> None:
    plan = Plan(tuple(on_a_new_issue(number) for number in range(limits.NEW_ISSUES_AT_MOST + 1)))

    answered = answer(fetched(dry_run=True), decided(plan), handover, FOLDER)

    assert (answered["issues"], answered["new_issues"]) == ([], limits.NEW_ISSUES_AT_MOST + 1)


def test_a_plan_that_does_not_fit_is_handed_over(handover: MemoryHandover) -> None:
    plan = Plan(tuple(create(number) for number in range(limits.INLINE_ITEMS + 1)))

    answered = answer(fetched(), decided(plan), handover, FOLDER)

    assert (answered["planned"], answered["writes"], answered["settled"]) == (limits.INLINE_ITEMS + 1, [], [])
    assert answered["handed_over"] == hand_over(plan, MemoryHandover(), FOLDER, is_dry_run=False)


@pytest.mark.parametrize("handed_over", [True, False])
def test_the_entries_are_read_from_wherever_they_are(handover: MemoryHandover, *, handed_over: bool) -> None:
    value = fetched().to_json()
    if handed_over:
        handover.write(FETCHED, value["entries"])
        value["entries"] = []

    assert read_fetched(value | {"handed_over": handed_over}, handover) == fetched()
