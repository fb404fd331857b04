"""What is done about a write that fails, and what is kept of the error when it is given up.

The state machine's definition and the post Lambda read the same families. In short: what proves
that nothing was written may be repeated as it is; whatever else went wrong, the next call looks before it writes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum, auto
from typing import Any, NamedTuple, Self

from contract import limits
from contract.aws_errors import ANY, LAMBDA_MAY_LIVE_ON, LAMBDA_NOT_INVOKED, LAMBDA_SETS_UP, SECRET_UNREADABLE
from contract.errors import (
    SETUP_ERRORS,
    WAIT_ERRORS,
    WAIT_PATTERN,
    WAITED_IN_VAIN,
    EntryRejected,
    GitLabUnavailable,
    names,
)

RECORDED_CHARACTERS = 250
"""How much of a reason or a message a failed entry keeps: 400 of them have to fit into 256 KiB.

A character that takes more than a byte counts as its escape of six in JSON: a text with many is cut to a half, or to a
quarter.
"""

COSTLY = re.compile(r"[\uD800-\uDBFF][\uDC00-\uDFFF]|[^ !#-\[\]-~]")
"""One of them, also for an engine that sees two where there is one outside of the BMP."""


class Then(Enum):
    """What follows when a write is not repeated at once (any more)."""

    RECORD = auto()
    """It has failed for good; the other writes are carried out."""
    WAIT = auto()
    """Call again after the time that the service asks for, and look first."""
    SETTLE = auto()
    """It may still land: leave it the settle time, then look, and write if it is not there."""
    LET_END_AND_SETTLE = auto()
    """The function may even run on until its own timeout; only then does the settle time begin."""


class Family(NamedTuple):
    """Errors about which the same is done. retries: how often the write is repeated at once, as it is."""

    errors: tuple[str, ...]
    then: Then
    retries: int = 0


REFUSED = Family((EntryRejected.__name__, *names(SETUP_ERRORS)), Then.RECORD)
SET_UP = Family(LAMBDA_SETS_UP, Then.RECORD, retries=limits.SET_UP_RETRIES)
NOT_STARTED = Family((LAMBDA_NOT_INVOKED,), Then.RECORD, retries=limits.START_RETRIES)
NOT_SENT = Family((SECRET_UNREADABLE, GitLabUnavailable.__name__), Then.RECORD, retries=limits.WRITE_RETRIES)
ASKED_TO_WAIT = Family(tuple(names(WAIT_ERRORS)), Then.WAIT)
MAY_STILL_RUN = Family(LAMBDA_MAY_LIVE_ON, Then.LET_END_AND_SETTLE)
UNKNOWN = Family((ANY,), Then.SETTLE)
"""Everything else, known or not."""

FAMILIES = (REFUSED, SET_UP, NOT_STARTED, NOT_SENT, ASKED_TO_WAIT, MAY_STILL_RUN, UNKNOWN)


def family_of(error: str) -> Family:
    """The first family that has an error's name."""
    return next((family for family in FAMILIES if error in family.errors), UNKNOWN)


def errors_that(then: Then) -> list[str]:
    """The errors of all families after which this follows."""
    return [error for family in FAMILIES if family.then is then for error in family.errors]


class Recorded(NamedTuple):
    """What is kept of the error of a write that is given up. reason: what its row says."""

    reason: str
    name: str
    message: str

    @classmethod
    def of(cls, name: str, message: str) -> Self:
        """A refusal's message is its whole reason; of any other error the name is, and the message tells a person more.

        The state machine does the same in `error_recorded.jsonata`.
        """
        if name == EntryRejected.__name__:
            return cls(_cut(message), name, "")
        return cls(name, name, _cut(WAIT_PATTERN.sub(WAITED_IN_VAIN, message)))

    def to_json(self) -> dict[str, Any]:
        return {"reason": self.reason, "error": {"name": self.name, "message": self.message}}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        return cls(value["reason"], value["error"]["name"], value["error"]["message"])


def _cut(text: str) -> str:
    characters = RECORDED_CHARACTERS
    while len(COSTLY.sub("......", text[:characters])) > RECORDED_CHARACTERS:
        characters //= 2
    return text[:characters]
