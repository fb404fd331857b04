"""One batch of a large run: its writes one after the other, resumed where an earlier call stopped.

What is done is kept in S3 beside the writes, together with how often the next write was tried, so that a call that
fails, dies or runs out of time loses nothing: the next one goes on at the first write that has no outcome.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from contract import limits
from contract.errors import (
    RECORDED_CHARACTERS,
    WAIT_PATTERN,
    WAITED_IN_VAIN,
    AmbiguousWrite,
    CallUnfinished,
    EntryRejected,
    GitLabUnavailable,
    SyncError,
    WaitError,
)
from functions.shared.handover.files import Handover, outcomes_of, writes_of
from functions.shared.model.plan import Write, failed_outcome, write_from_json

Json = dict[str, Any]


class Batch:
    """The writes of one batch, and what has become of them so far.

    issues: by key, what CreateIssues answered of each new issue: `{"target"}`, or `{"reason", "error"}`.
    Reading and saving raise botocore's errors.
    """

    def __init__(self, number: int, handover: Handover, issues: Mapping[str, Json]) -> None:
        self._handover = handover
        self._name = outcomes_of(number)
        self._issues = issues
        self._writes = list(handover.read(writes_of(number)))
        [saved] = handover.read_if_there(self._name) or [{"outcomes": [], "tries": {}}]
        self.outcomes: list[Json] = saved["outcomes"]
        self.tries: dict[str, int] = saved["tries"]

    def save(self) -> None:
        self._handover.write(self._name, [{"outcomes": self.outcomes, "tries": self.tries}])

    def next_write(self) -> Write | None:
        """The first write that has no outcome. One whose issue could not be created has failed, and is passed over."""
        while len(self.outcomes) < len(self._writes):
            write = self._current
            key = write.get("new_issue")
            if key is None:
                return write_from_json(write)
            made = self._issues[key]
            if made["target"] is not None:
                write["target"] = made["target"]
                write["done"]["row"]["issue"] = made["target"]["name"]
                return write_from_json(write)
            self._add(failed_outcome(write, made["reason"], made["error"]))
        return None

    def is_done(self) -> None:
        """The next write is carried out."""
        self._add(self._current["done"] | {"error": None})

    def has_failed(self, name: str, message: str) -> None:
        """The next write has failed for good."""
        is_rejected = name == EntryRejected.__name__
        words = re.sub(WAIT_PATTERN, WAITED_IN_VAIN, message)[:RECORDED_CHARACTERS]
        error = {"name": name, "message": "" if is_rejected else words}
        self._add(failed_outcome(self._current, words if is_rejected else name, error))

    def tried(self, how: str) -> int:
        """Count a look, a wait or a retry of the next write; how many there are now."""
        self.tries[how] = self.tries.get(how, 0) + 1
        return self.tries[how]

    @property
    def _current(self) -> Json:
        write: Json = self._writes[len(self.outcomes)]
        return write

    def _add(self, outcome: Json) -> None:
        self.outcomes.append(outcome)
        self.tries = {}


def carry_out_batch(
    batch: Batch,
    carry_out: Callable[[Write], None],
    *,
    look_first: bool,
    last_error: Json | None,
    seconds_left: Callable[[], float],
) -> None:
    """Carry out what is left of a batch.

    look_first: an earlier call failed, so every write that it may have made is looked for. A write whose outcome stayed
    unknown `limits.LOOKS` times after the first has failed with last_error (`{"name", "message"}`), the error of the
    call before. When GitLab is away, or asks to wait for too long, the whole rest has failed. Raises CallUnfinished
    when the call's time is over; WaitError, GitLabUnavailable and AmbiguousWrite as long as the write they met may be
    tried again; and what nobody expected.
    """
    has_begun = False
    while (write := batch.next_write()) is not None:
        if has_begun and seconds_left() < limits.NEXT_WRITE_NEEDS_SECONDS:
            raise CallUnfinished(f"{len(batch.outcomes)} writes of the batch are carried out; another call goes on.")
        has_begun = True
        if look_first and not _may_be_begun(batch):
            error = last_error or {"name": AmbiguousWrite.__name__, "message": ""}
            batch.has_failed(error["name"], error["message"])
            continue
        try:
            carry_out(write)
        except AmbiguousWrite:
            batch.tries["begun"] = 1
            raise
        except SyncError as error:
            batch.tries.pop("begun", None)
            if _may_be_tried_again(batch, error):
                raise
            _fail(batch, error)
        else:
            batch.is_done()


def _may_be_begun(batch: Batch) -> bool:
    """Whether the next write may be looked for once more; if so, that is kept, so that a Lambda's death leaves a trace.

    A write that a call has begun and not finished is one whose outcome is unknown.
    """
    if "begun" in batch.tries and batch.tried("looks") > limits.LOOKS:
        return False
    batch.tries["begun"] = 1
    batch.save()
    return True


def _may_be_tried_again(batch: Batch, error: SyncError) -> bool:
    if isinstance(error, WaitError):
        return error.may_be_waited_for and batch.tried("waits") <= limits.WAITS_WHEN_POSTING
    if isinstance(error, GitLabUnavailable):
        return batch.tried("retries") <= limits.WRITE_RETRIES
    return False


def _fail(batch: Batch, error: SyncError) -> None:
    """The next write has failed, and all others with it when they would meet the same."""
    name, message = type(error).__name__, error.message
    batch.has_failed(name, message)
    if isinstance(error, WaitError | GitLabUnavailable):
        while batch.next_write() is not None:
            batch.has_failed(name, message)
