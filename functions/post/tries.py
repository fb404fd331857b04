"""Whether a write that fails is tried again; the state machine decides it, by the same numbers."""

from __future__ import annotations

from dataclasses import dataclass

from contract import limits
from contract.errors import SECRET_UNREADABLE, EntryRejected, GitLabUnavailable, SetupError, WaitError


@dataclass(frozen=True, slots=True)
class Tries:
    """What was tried before: looks after an unknown outcome, waits that GitLab asked for, retries at once.

    waits_allowed: how many waits this run grants each of its writes.
    """

    looks: int
    waits: int
    waits_allowed: int
    retries: int

    def were_the_last(self, error: Exception) -> bool:
        """Whether the state machine records a failure after this error, instead of calling again."""
        if isinstance(error, EntryRejected | SetupError):
            return True
        if isinstance(error, GitLabUnavailable) or type(error).__name__ == SECRET_UNREADABLE:
            return self.retries >= limits.WRITE_RETRIES
        if isinstance(error, WaitError):
            return not error.may_be_waited_for or self.waits >= self.waits_allowed
        return self.looks >= limits.LOOKS
