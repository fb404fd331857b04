"""Carries out one write of a plan so that calling it again after any failure, with `look_first`, is safe."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from contract.errors import AmbiguousWrite, EntryRejected, GitLabUnavailable
from contract.vocabulary import EntryWarning, Outcome
from contract.writes import Recorded
from functions.shared.gitlab.account import User
from functions.shared.gitlab.client import GitLab
from functions.shared.gitlab.transport import NO_PERMISSION
from functions.shared.marker import marked_entry_id
from functions.shared.model.outcome import WriteOutcome
from functions.shared.model.place import NewIssue, Target
from functions.shared.model.plan import Create, Delete, Replace, Write
from functions.shared.model.timelog import Posted, Timelog

LOOK_AROUND = timedelta(seconds=1)
"""A timelog is looked for at the second at which it was spent, which the plan knows."""


class _Ledger:
    """The user's timelogs around an instant; read once for each, so that one call looks at one state of the ledger.

    A replacement whose two timelogs were spent at the same second thus costs one reading.
    """

    def __init__(self, gitlab: GitLab, user: User) -> None:
        self._gitlab = gitlab
        self._user = user
        self._read: dict[datetime, list[Timelog]] = {}

    def at(self, spent_at: datetime) -> list[Timelog]:
        if spent_at not in self._read:
            self._read[spent_at] = self.now_at(spent_at)
        return self._read[spent_at]

    def now_at(self, spent_at: datetime) -> list[Timelog]:
        """As it is after what this call has written."""
        return self._gitlab.timelogs(self._user.username, spent_at - LOOK_AROUND, spent_at + LOOK_AROUND)


def carry_out(write: Write, gitlab: GitLab, user: User, *, look_first: bool) -> WriteOutcome:
    """Create, then delete, as the write says. What GitLab does not let go stays, and the row counts it.

    look_first: an earlier attempt may have done all or part of it, so the ledger is read before anything is written.
    user: whose ledger. Raises what `GitLab` raises; AmbiguousWrite also when a later request fails after an earlier
    one has written, since then nothing proves any more that nothing was written.
    """
    ledger = _Ledger(gitlab, user)
    if isinstance(write, Delete):
        return _outcome(write, _delete(write.old, gitlab, ledger, look_first=look_first))
    _create(write, gitlab, ledger, user, look_first=look_first)
    if isinstance(write, Create):
        return WriteOutcome.done(write)
    try:
        return _outcome(write, _delete(write.old, gitlab, ledger, look_first=look_first))
    except GitLabUnavailable as error:
        raise AmbiguousWrite(
            f"The new timelog is there, the old one may not be deleted yet: {error.message}"
        ) from error


def _create(write: Create | Replace, gitlab: GitLab, ledger: _Ledger, user: User, *, look_first: bool) -> None:
    """Log the time, unless an earlier attempt has. Raises EntryRejected where what it replaces would stay."""
    if isinstance(write, Replace) and not all(posted.may_be_deleted for posted in write.old):
        # In an archived project, for instance. Beside it, the time would count twice.
        raise EntryRejected(NO_PERMISSION)
    target = _existing(write.target)
    if not (look_first and _is_there(write, ledger)):
        gitlab.create_timelog(target, write.row.seconds, write.row.spent_at, write.summary, user)


def _outcome(write: Replace | Delete, staying: Mapping[Posted, EntryRejected]) -> WriteOutcome:
    """What the write came to. staying: what GitLab does not let go, and why.

    The double of a move is a warning, as long as its entry is to stay; anything else that stays is a refusal.
    """
    done = WriteOutcome.done(write)
    if not staying:
        return done
    on_gitlab = write.row.on_gitlab + sum(posted.seconds for posted in staying)
    removed = max(0, done.duplicates_removed - len(staying))
    are_doubles = all(posted.was_moved and error.message == NO_PERMISSION for posted, error in staying.items())
    if are_doubles and write.row.outcome != Outcome.DELETED:
        return WriteOutcome(write.row._replace(warning=EntryWarning.DOUBLE_STAYS, on_gitlab=on_gitlab), removed)
    refusal = Recorded.of(EntryRejected.__name__, next(iter(staying.values())).message)
    failed = WriteOutcome.failed(write.row, refusal, write.pending)
    return replace(failed, row=failed.row._replace(on_gitlab=on_gitlab), duplicates_removed=removed)


def create_issue(issue: NewIssue, labels: Iterable[str], gitlab: GitLab, *, look_first: bool) -> Target:
    """Create an issue and say where it is; with `look_first`, one that an earlier attempt has created is taken."""
    if look_first:
        there = gitlab.marked_issues(issue.project_path).get(issue.key)
        if there is not None:
            return there
    return gitlab.create_issue(issue, labels)


def _existing(target: Target | NewIssue) -> Target:
    if isinstance(target, NewIssue):
        raise TypeError(f"{target.name} has to be created before time is logged on it")
    return target


def _is_there(write: Create | Replace, ledger: _Ledger) -> bool:
    """Whether an earlier attempt's timelog has landed: the entry's own marker, and not there before.

    On whatever issue: somebody may have moved the target in the meantime.
    """
    before = {posted.gid for posted in (*write.known, *(write.old if isinstance(write, Replace) else ()))}
    return any(
        timelog.gid not in before
        and marked_entry_id(timelog.summary) == write.row.entry_id
        and timelog.seconds == write.row.seconds
        and timelog.spent_at == write.row.spent_at
        for timelog in ledger.at(write.row.spent_at)
    )


def _delete(
    old: tuple[Posted, ...], gitlab: GitLab, ledger: _Ledger, *, look_first: bool
) -> dict[Posted, EntryRejected]:
    """Delete what may be deleted, and say what stays and why."""
    staying: dict[Posted, EntryRejected] = {}
    written = False
    for posted in old:
        try:
            if look_first and _is_gone(posted, ledger.at(posted.spent_at)):
                continue
            _delete_one(posted, gitlab, ledger)
        except EntryRejected as refusal:
            staying[posted] = refusal
            continue
        except GitLabUnavailable as error:
            if written:
                raise AmbiguousWrite(f"Some timelogs are deleted already, others are not: {error.message}") from error
            raise
        written = True
    return staying


def _delete_one(posted: Posted, gitlab: GitLab, ledger: _Ledger) -> None:
    try:
        gitlab.delete_timelog(posted.gid)
    except EntryRejected:
        # GitLab says the same of a timelog that is gone as of one that may not be deleted; gone is what we want.
        if not _is_gone(posted, ledger.now_at(posted.spent_at)):
            raise


def _is_gone(posted: Posted, there: list[Timelog]) -> bool:
    return posted.gid not in {timelog.gid for timelog in there}
