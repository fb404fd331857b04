"""The errors of a run. Their class names are what Step Functions sees, retries, catches and ends with.

Lambda reports an exception as its class name and a JSON cause. The cause is meant for people; the state machine only
ever cuts it and looks for the two fixed phrases that this module writes (`WAIT_PHRASE` and the message itself), so a
message is kept free of what JSON would escape: double quotes, backslashes and control characters.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime
from typing import ClassVar

CAUSE_CHARACTERS = 500
"""How much of an error's cause a Catch keeps. A cause need not be JSON, so it is cut and searched, never parsed."""

MESSAGE_LIMIT = 480
"""Characters of an error's message; with its JSON frame it stays within what a Catch keeps."""

SYNTH_MESSAGE_LIMIT = 1000
"""The same for what stops the synth, which no Catch cuts: all keys that are allowed have room."""

WAIT_PHRASE = "Waiting {seconds} s."
WAIT_PATTERN = re.compile(r"Waiting ([0-9]+) s\.")
"""How a wait error tells the state machine its length. Without the phrase the wait is longer than allowed."""

WAITED_IN_VAIN = "It asked for that again and again: start the run again later."
"""What stands instead of the phrase when nobody waits any more."""


def plain(text: str, limit: int = MESSAGE_LIMIT) -> str:
    """`text` on one line, without what JSON escapes and without control or format characters, cut to `limit`."""
    readable = "".join(" " if _is_unprintable(character) else character for character in text)
    return " ".join(readable.replace('"', "'").replace("\\", "/").split())[:limit]


def _is_unprintable(character: str) -> bool:
    return unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn"}


class SyncError(Exception):
    """A named failure of a run. `message` says what is wrong and what to do next."""

    message_limit: ClassVar[int] = MESSAGE_LIMIT

    def __init__(self, message: str) -> None:
        self.message = plain(message, self.message_limit)
        super().__init__(self.message)


class SetupError(SyncError):
    """Wrong input or set-up: a retry would fail the same way."""


class InvalidInput(SetupError):
    """The run's input has an unknown key, a bad value or dates that make no window."""


class InvalidSettings(SetupError):
    """A deployment setting, or a Lambda's environment variable, has a value that is not allowed."""

    message_limit = SYNTH_MESSAGE_LIMIT


class TokenMissing(SetupError):
    """A secret still holds its placeholder, or no `api_token`."""


class TogglUnauthorized(SetupError):
    """Toggl refuses the API token, or something before Toggl the request."""


class TogglFeatureNotPaid(SetupError):
    """Toggl's 402 for something that the workspace's plan does not include; waiting does not help."""


class GitLabUnauthorized(SetupError):
    """GitLab refuses the token, its user, or where the request came from; or something before GitLab does."""


class GitLabUserChanged(SetupError):
    """The GitLab token belongs to another user than the one who posted last, whose timelogs would be invisible."""


class GitLabTooOld(SetupError):
    """The GitLab server has no `timelogCreate`."""


class TooManyRemovals(SetupError):
    """The run would remove 5 timelogs at least, and more than half of those in its window or of those outside of it."""


class SyncAlreadyRunning(SetupError):
    """Another execution holds the lock and did not finish in time."""


class WaitError(SyncError):
    """A service asks to wait. asked_at: when it did, in seconds since 1970.

    The message ends with `WAIT_PHRASE` when the wait is at most `max_wait_seconds`; the state machine then waits that
    long and calls again. Otherwise it fails with this error, and the message says when it will work.
    """

    def __init__(self, message: str, wait_seconds: int, max_wait_seconds: int, asked_at: float) -> None:
        self.wait_seconds = wait_seconds
        self.may_be_waited_for = wait_seconds <= max_wait_seconds
        room = MESSAGE_LIMIT - 120
        if self.may_be_waited_for:
            ending = WAIT_PHRASE.format(seconds=wait_seconds)
        else:
            ending = (
                f"It will work again in {wait_seconds} s{_at(asked_at + wait_seconds)}, which is longer than max_wait"
                f" ({max_wait_seconds} s) allows."
            )
        super().__init__(f"{plain(message, room)} {ending}")


def _at(epoch_seconds: float) -> str:
    """The instant, as part of a sentence; nothing when the calendar does not have it."""
    try:
        return f", at {datetime.fromtimestamp(epoch_seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
    except (OverflowError, ValueError, OSError):
        return ""


class TogglQuotaExceeded(WaitError):
    """Toggl's hourly quota is used up (402 with no quota left)."""


class TogglRateLimited(WaitError):
    """Toggl's burst limit (429)."""


class GitLabRateLimited(WaitError):
    """GitLab's rate limit (429)."""


class PassingError(SyncError):
    """A service is not there for the moment; reading again later is safe and may work."""


class TogglUnavailable(PassingError):
    """Toggl cannot be reached, or answers with a server error or with something that is not an answer."""


class GitLabUnavailable(PassingError):
    """GitLab cannot be reached, or answers with a server error or with something that is not an answer."""


class AmbiguousWrite(SyncError):
    """A write to GitLab may have happened or may still happen: look before writing again."""


class CallUnfinished(SyncError):
    """The time of one call is over; what it has done is kept, and another call continues. Never ends a run."""


class EntryRejected(SyncError):
    """GitLab refuses this one write for good. The whole message is the reason: `no_permission` or GitLab's words."""


SETUP_ERRORS: tuple[type[SetupError], ...] = (
    InvalidInput,
    InvalidSettings,
    TokenMissing,
    TogglUnauthorized,
    GitLabUnauthorized,
    GitLabUserChanged,
    GitLabTooOld,
    TogglFeatureNotPaid,
    TooManyRemovals,
    SyncAlreadyRunning,
)
WAIT_ERRORS: tuple[type[WaitError], ...] = (TogglQuotaExceeded, TogglRateLimited, GitLabRateLimited)
PASSING_ERRORS: tuple[type[PassingError], ...] = (TogglUnavailable, GitLabUnavailable)

ENTRIES_FAILED = "EntriesFailed"
"""How a run ends whose entries failed for various reasons; raised by the state machine only."""


def names(errors: tuple[type[SyncError], ...]) -> list[str]:
    """The names under which Step Functions knows these errors."""
    return [error.__name__ for error in errors]
