"""Whether a write that fails is tried again: by the families of `contract.writes`, as the state machine decides it."""

from __future__ import annotations

from typing import NamedTuple

from contract import limits
from contract.errors import WaitError
from contract.writes import Then, family_of


class Tries(NamedTuple):
    """What was tried before: looks after an unknown outcome, waits that GitLab asked for, retries at once.

    waits_allowed: how many waits this run grants each of its writes.
    """

    looks: int = 0
    waits: int = 0
    retries: int = 0
    waits_allowed: int = limits.WAITS_WHEN_POSTING

    def were_the_last(self, error: Exception) -> bool:
        """Whether a failure is recorded after this error, instead of calling again."""
        family = family_of(type(error).__name__)
        if family.then is Then.RECORD:
            return self.retries >= family.retries
        if isinstance(error, WaitError):
            return not error.may_be_waited_for or self.waits >= self.waits_allowed
        return self.looks >= limits.LOOKS

    def and_one_after(self, error: Exception) -> Tries:
        """With the wait or the retry that follows an error. A look is counted when it is made."""
        if isinstance(error, WaitError):
            return self._replace(waits=self.waits + 1)
        return self._replace(retries=self.retries + 1)

    def and_a_look(self) -> Tries:
        return self._replace(looks=self.looks + 1)
