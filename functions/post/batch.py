"""One batch of a large run: its writes one after the other, resumed where an earlier call stopped.

What is done is kept in S3 beside the writes, together with how often the next write was tried, so that a call that
fails, dies or runs out of time loses nothing: the next one continues at the first write that has no outcome.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Self

from contract import limits
from contract.errors import AmbiguousWrite, CallUnfinished, SyncError
from contract.writes import REFUSED, Recorded, family_of
from functions.post.tries import Tries
from functions.shared.handover.files import Handover, outcomes_of, writes_of
from functions.shared.model.outcome import WriteOutcome, failed_write
from functions.shared.model.place import Target
from functions.shared.model.plan import Write, write_from_json

Json = dict[str, Any]


class NewIssues(NamedTuple):
    """What CreateIssues came to, by the issues' keys: where they are, or why there is none."""

    made: Mapping[str, Target]
    failed: Mapping[str, Recorded]

    @classmethod
    def from_json(cls, issues: Mapping[str, Json]) -> Self:
        """Of each issue `{"target"}`, or `{"target": null, "reason", "error"}`."""
        made = {key: Target.from_json(one["target"]) for key, one in issues.items() if one["target"] is not None}
        return cls(made, {key: Recorded.from_json(one) for key, one in issues.items() if key not in made})


class Batch:
    """The writes of one batch, and what has become of them so far.

    tries: of the next write. is_begun: whether a call has begun that one and not finished it, so that its outcome is
    unknown. Reading and saving raise botocore's errors.
    """

    def __init__(self, number: int, handover: Handover, issues: NewIssues) -> None:
        self._handover = handover
        self._name = outcomes_of(number)
        self._planned = [_planned(write, issues) for write in handover.read(writes_of(number))]
        [saved] = handover.read_if_there(self._name) or [{"outcomes": [], "tries": {}, "is_begun": False}]
        self.outcomes = [WriteOutcome.from_json(one) for one in saved["outcomes"]]
        self.tries = Tries(**saved["tries"])
        self.is_begun: bool = saved["is_begun"]

    def save(self) -> None:
        outcomes = [outcome.to_json() for outcome in self.outcomes]
        saved = {"outcomes": outcomes, "tries": self.tries._asdict(), "is_begun": self.is_begun}
        self._handover.write(self._name, [saved])

    def next_write(self) -> Write | None:
        """The first write that has no outcome. One whose issue could not be created has failed, and is passed over."""
        for planned in self._planned[len(self.outcomes) :]:
            if not isinstance(planned, WriteOutcome):
                return planned
            self.add(planned)
        return None

    def add(self, outcome: WriteOutcome) -> None:
        """What the next write has come to."""
        self.outcomes.append(outcome)
        self.tries, self.is_begun = Tries(), False

    def fail_the_rest(self, error: Recorded) -> None:
        while (write := self.next_write()) is not None:
            self.add(WriteOutcome.failed(write.row, error, write.pending))


def _planned(write: Json, issues: NewIssues) -> Write | WriteOutcome:
    """A write with its new issue filled in, or what has become of it when there is no such issue."""
    key = write.get("new_issue")
    if key is None:
        return write_from_json(write)
    if key in issues.failed:
        return failed_write(write, issues.failed[key])
    target = issues.made[key]
    done = {**write["done"], "row": {**write["done"]["row"], "issue": target.name}}
    return write_from_json({**write, "target": target.to_json(), "done": done})


def carry_out_batch(
    batch: Batch,
    carry_out: Callable[[Write], WriteOutcome],
    *,
    look_first: bool,
    last_error: Recorded | None,
    seconds_left: Callable[[], float],
) -> None:
    """Carry out what is left of a batch.

    look_first: an earlier call failed, so every write that it may have made is looked for. A write whose outcome stayed
    unknown `limits.LOOKS` times after the first has failed with last_error, that of the call before. When GitLab is
    away, or asks to wait for too long, the whole rest has failed. Raises CallUnfinished when the call's time is over;
    WaitError, GitLabUnavailable and AmbiguousWrite as long as the write they met may be tried again; and what nobody
    expected.
    """
    has_begun = False
    while (write := batch.next_write()) is not None:
        if has_begun and seconds_left() < limits.NEXT_WRITE_NEEDS_SECONDS:
            raise CallUnfinished(f"{len(batch.outcomes)} writes of the batch are carried out; another call continues.")
        has_begun = True
        if look_first and not _may_be_begun(batch):
            error = last_error or Recorded.of(AmbiguousWrite.__name__, "")
            batch.add(WriteOutcome.failed(write.row, error, write.pending))
            continue
        try:
            outcome = carry_out(write)
        except AmbiguousWrite:
            batch.is_begun = True
            raise
        except SyncError as error:
            _try_again_or_fail(batch, write, error)
        else:
            batch.add(outcome)


def _may_be_begun(batch: Batch) -> bool:
    """Whether the next write may be looked for once more; if so, that is kept, so that a Lambda's death leaves a trace.

    A write that a call has begun and not finished is one whose outcome is unknown.
    """
    if batch.is_begun:
        if batch.tries.looks >= limits.LOOKS:
            return False
        batch.tries = batch.tries.and_a_look()
    batch.is_begun = True
    batch.save()
    return True


def _try_again_or_fail(batch: Batch, write: Write, error: SyncError) -> None:
    """Raise the error as long as the write may be tried again; then it has failed.

    Unless it was refused, the writes behind it would meet the same, and have failed with it.
    """
    batch.is_begun = False
    if not batch.tries.were_the_last(error):
        batch.tries = batch.tries.and_one_after(error)
        raise error
    recorded = Recorded.of(type(error).__name__, error.message)
    batch.add(WriteOutcome.failed(write.row, recorded, write.pending))
    if family_of(recorded.name) is not REFUSED:
        batch.fail_the_rest(recorded)
