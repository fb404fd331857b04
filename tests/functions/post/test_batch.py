"""One batch: carried out in order, resumed where a call stopped, whatever made it stop."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract import limits
from contract.errors import (
    AmbiguousWrite,
    CallUnfinished,
    EntryRejected,
    GitLabRateLimited,
    GitLabUnauthorized,
    GitLabUnavailable,
    SyncError,
)
from contract.writes import Recorded
from functions.post.batch import Batch, NewIssues, carry_out_batch
from functions.shared.handover.files import outcomes_of, writes_of
from functions.shared.model.outcome import WriteOutcome
from functions.shared.model.place import NewIssue, Target
from functions.shared.model.plan import Create, Write, write_to_json
from functions.shared.model.row import Row
from tests.functions.memory import MemoryHandover

START = datetime(2026, 11, 20, 9, tzinfo=UTC)
LOGIN = Target("gid://gitlab/Issue/1012", "acme/shop#12")
UNKNOWN = Recorded.of("AmbiguousWrite", "perhaps")
NEVER = 1_000.0


class Died(BaseException):
    """The Lambda is killed: nothing after it is carried out, not even what keeps the batch."""


def create(entry_id: int, target: Target | NewIssue = LOGIN) -> Create:
    row = Row(entry_id, "created", target.name, 1800, START + timedelta(minutes=entry_id))
    return Create(row, target, f"[toggl:{entry_id}]")


def rate_limited(seconds: int = 60) -> GitLabRateLimited:
    return GitLabRateLimited("Slow down.", seconds, 3600, 0)


class Posting:
    """What posts, and fails as it is told: `fails[entry_id]` has the errors of its attempts, one after the other."""

    def __init__(self, count: int = 5) -> None:
        self.handover = MemoryHandover()
        self.handover.write(writes_of(7), (write_to_json(create(number)) for number in range(count)))
        self.issues = NewIssues({}, {})
        self.fails: dict[int, list[BaseException]] = {}
        self.attempts: list[int] = []

    def carry_out(self, write: Write) -> WriteOutcome:
        self.attempts.append(write.row.entry_id)
        errors = self.fails.get(write.row.entry_id)
        if errors:
            raise errors.pop(0)
        return WriteOutcome.done(write)

    def call(
        self,
        *,
        look_first: bool = False,
        last_error: Recorded | None = None,
        seconds_left: Callable[[], float] = lambda: NEVER,
    ) -> Batch:
        """One call of the Lambda, which keeps the batch unless it dies."""
        batch = Batch(7, self.handover, self.issues)
        try:
            carry_out_batch(
                batch, self.carry_out, look_first=look_first, last_error=last_error, seconds_left=seconds_left
            )
        except SyncError:
            batch.save()
            raise
        batch.save()
        return batch

    def outcomes(self) -> list[tuple[int, str, str | None]]:
        [saved] = self.handover.read(outcomes_of(7))
        return [(one["row"]["entry_id"], one["row"]["outcome"], one["row"]["reason"]) for one in saved["outcomes"]]


CREATED = [(number, "created", None) for number in range(5)]


def test_every_write_is_carried_out_once_in_order_and_its_outcome_is_kept() -> None:
    posting = Posting()

    posting.call()

    assert posting.attempts == [0, 1, 2, 3, 4]
    assert posting.outcomes() == CREATED
    assert posting.handover.writes[posting.handover.key(outcomes_of(7))] == 1


def test_a_batch_that_is_done_is_not_carried_out_again() -> None:
    posting = Posting()
    posting.call()

    posting.call(look_first=True)

    assert posting.attempts == [0, 1, 2, 3, 4]
    assert posting.outcomes() == CREATED


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (EntryRejected("no_permission"), "no_permission"),
        (EntryRejected("Time spent can't be zero. " * 30), ("Time spent can't be zero. " * 30)[:250]),
        (GitLabUnauthorized("refused"), "GitLabUnauthorized"),
    ],
)
def test_a_write_that_fails_for_good_stops_no_other(error: SyncError, reason: str) -> None:
    posting = Posting()
    posting.fails = {2: [error]}

    batch = posting.call()

    assert posting.outcomes() == [*CREATED[:2], (2, "failed", reason), *CREATED[3:]]
    assert [one.error for one in batch.outcomes[1:3]] == [None, Recorded.of(type(error).__name__, error.message)]


@pytest.mark.parametrize("error", [AmbiguousWrite("perhaps"), rate_limited(), GitLabUnavailable("not there")])
def test_a_write_that_may_be_tried_again_stops_the_call_and_the_next_goes_on_there(error: SyncError) -> None:
    posting = Posting()
    posting.fails[2] = [error]

    with pytest.raises(type(error)):
        posting.call()
    posting.call(look_first=True, last_error=UNKNOWN)

    assert posting.attempts == [0, 1, 2, 2, 3, 4]
    assert posting.outcomes() == CREATED


def test_a_write_of_unknown_outcome_fails_alone_after_three_looks() -> None:
    posting = Posting()
    posting.fails[2] = [AmbiguousWrite("perhaps")] * 99
    calls = 0

    look_first = False
    while True:
        calls += 1
        try:
            posting.call(look_first=look_first, last_error=UNKNOWN)
            break
        except AmbiguousWrite:
            look_first = True

    assert posting.attempts.count(2) == 1 + limits.LOOKS
    assert posting.outcomes() == [*CREATED[:2], (2, "failed", "AmbiguousWrite"), *CREATED[3:]]
    assert calls == 2 + limits.LOOKS


def test_every_write_has_looks_and_waits_of_its_own() -> None:
    posting = Posting()
    posting.fails = {number: [AmbiguousWrite("perhaps"), rate_limited()] for number in range(5)}

    for _call in range(20):
        try:
            posting.call(look_first=_call > 0, last_error=UNKNOWN)
            break
        except SyncError:
            continue

    assert posting.outcomes() == CREATED
    assert [posting.attempts.count(number) for number in range(5)] == [3] * 5


def test_a_service_that_never_stops_asking_to_wait_fails_the_write_and_does_not_say_that_it_waits() -> None:
    posting = Posting(1)
    posting.fails[0] = [rate_limited() for _ in range(99)]
    waits = 0
    while True:
        try:
            batch = posting.call(look_first=waits > 0, last_error=UNKNOWN)
            break
        except GitLabRateLimited:
            waits += 1

    assert waits == limits.WAITS_WHEN_POSTING
    assert posting.outcomes() == [(0, "failed", "GitLabRateLimited")]
    assert "again and again" in str(batch.outcomes[0].error)


def test_a_connection_that_is_never_made_fails_the_write_after_as_many_tries_as_a_single_one() -> None:
    posting = Posting(1)
    posting.fails[0] = [GitLabUnavailable("not there") for _ in range(99)]
    tries = 0
    while True:
        tries += 1
        try:
            posting.call()
            break
        except GitLabUnavailable:
            continue

    assert tries == 1 + limits.WRITE_RETRIES
    assert posting.outcomes() == [(0, "failed", "GitLabUnavailable")]


def test_a_lambda_that_dies_of_one_write_every_time_gives_that_one_up() -> None:
    posting = Posting()
    posting.fails[2] = [Died() for _ in range(99)]
    look_first = False
    for _call in range(20):
        try:
            posting.call(look_first=look_first, last_error=Recorded.of("Runtime.ExitError", "died"))
            break
        except Died:
            look_first = True

    assert posting.outcomes() == [*CREATED[:2], (2, "failed", "Runtime.ExitError"), *CREATED[3:]]
    # The first death leaves no trace, so there is one attempt more.
    assert posting.attempts.count(2) == 2 + limits.LOOKS


def test_a_write_that_only_waits_or_is_not_sent_is_not_counted_as_looked_for_nor_blamed_for_another() -> None:
    posting = Posting()
    posting.fails = {
        0: [AmbiguousWrite("perhaps")],
        2: [GitLabUnavailable("not there") for _ in range(limits.WRITE_RETRIES)],
        3: [rate_limited() for _ in range(limits.WAITS_WHEN_POSTING)],
    }
    calls = 0
    while True:
        calls += 1
        try:
            posting.call(look_first=calls > 1, last_error=UNKNOWN)
            break
        except SyncError:
            assert calls < 50

    assert posting.outcomes() == CREATED
    assert calls == 1 + 1 + limits.WRITE_RETRIES + limits.WAITS_WHEN_POSTING


@pytest.mark.parametrize(
    ("errors", "reason"),
    [
        ([rate_limited(3601)], "GitLabRateLimited"),
        ([GitLabUnavailable("away") for _ in range(1 + limits.WRITE_RETRIES)], "GitLabUnavailable"),
    ],
)
def test_when_gitlab_is_away_or_asks_for_too_long_the_rest_is_not_tried(errors: list[SyncError], reason: str) -> None:
    posting = Posting()
    posting.fails[2] = list(errors)
    while True:
        try:
            posting.call()
            break
        except GitLabUnavailable:
            continue

    assert posting.outcomes() == [*CREATED[:2], *((number, "failed", reason) for number in (2, 3, 4))]
    assert {3, 4} & set(posting.attempts) == set()


def test_a_call_whose_time_is_over_leaves_the_rest_to_the_next_and_does_one_write_at_least() -> None:
    posting = Posting()
    left = iter([limits.NEXT_WRITE_NEEDS_SECONDS, limits.NEXT_WRITE_NEEDS_SECONDS - 0.1])

    with pytest.raises(CallUnfinished, match=r"^2 writes"):
        posting.call(seconds_left=lambda: next(left))
    with pytest.raises(CallUnfinished, match=r"^3 writes"):
        posting.call(seconds_left=lambda: 0)
    posting.call()

    assert posting.attempts == [0, 1, 2, 3, 4]
    assert posting.outcomes() == CREATED


def test_a_new_issue_is_filled_in_and_one_that_failed_fails_its_writes() -> None:
    made, lost = (NewIssue(key, "acme/shop", key) for key in ("made", "lost"))
    posting = Posting(0)
    writes = [create(0, made), create(1, lost), create(2), create(3, lost)]
    posting.handover.write(writes_of(7), (write_to_json(write) for write in writes))
    refused = Recorded.of("EntryRejected", "no_permission")
    posting.issues = NewIssues.from_json(
        {
            "made": {"key": "made", "target": {"gid": "gid://gitlab/Issue/7", "name": "acme/shop#7"}},
            "lost": {"key": "lost", "target": None, **refused.to_json()},
        }
    )

    batch = posting.call()

    assert posting.attempts == [0, 2]
    assert posting.outcomes() == [
        (0, "created", None),
        (1, "failed", "no_permission"),
        (2, "created", None),
        (3, "failed", "no_permission"),
    ]
    assert [one.row.issue for one in batch.outcomes] == [
        *("acme/shop#7", "acme/shop#new", "acme/shop#12"),
        "acme/shop#new",
    ]
    assert batch.outcomes[1].error == refused


FAULTS = st.sampled_from(
    [
        lambda: AmbiguousWrite("perhaps"),
        lambda: GitLabUnavailable("not there"),
        rate_limited,
        lambda: EntryRejected("no_permission"),
        Died,
    ]
)


@settings(deadline=None)
@given(st.dictionaries(st.integers(0, 4), st.lists(FAULTS, max_size=4)), st.lists(st.booleans(), max_size=30))
def test_whatever_happens_every_write_has_one_outcome_in_the_end(
    faults: dict[int, list[Callable[[], BaseException]]], hurries: list[bool]
) -> None:
    posting = Posting()
    posting.fails = {number: [make() for make in makers] for number, makers in faults.items()}
    look_first = False

    for call in range(200):
        hurried = call < len(hurries) and hurries[call]
        try:
            posting.call(look_first=look_first, last_error=UNKNOWN, seconds_left=lambda h=hurried: 0 if h else NEVER)
            break
        except (CallUnfinished, GitLabUnavailable):
            continue
        except (SyncError, Died):
            look_first = True

    assert [entry_id for entry_id, _outcome, _reason in posting.outcomes()] == [0, 1, 2, 3, 4]
    for entry_id, outcome, reason in posting.outcomes():
        if not faults.get(entry_id):
            assert outcome == "created" or reason == "GitLabUnavailable"
