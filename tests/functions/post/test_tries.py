"""Whether a write is tried again: the same decision as the state machine's, for the metric of failed entries."""

from __future__ import annotations

import pytest

from contract import limits
from contract.errors import (
    AmbiguousWrite,
    EntryRejected,
    GitLabRateLimited,
    GitLabUnauthorized,
    GitLabUnavailable,
)
from functions.post.tries import Tries


class GetParameterError(Exception):
    """What Powertools raises when a secret cannot be read."""


def tries(looks: int = 0, waits: int = 0, retries: int = 0) -> Tries:
    return Tries(looks=looks, waits=waits, waits_allowed=3, retries=retries)


def told(seconds: int) -> GitLabRateLimited:
    return GitLabRateLimited("Slow down.", seconds, 3600, 0)


@pytest.mark.parametrize(
    ("error", "before", "last"),
    [
        (EntryRejected("no_permission"), tries(), True),
        (GitLabUnauthorized("refused"), tries(), True),
        (GitLabUnavailable("away"), tries(), False),
        (GitLabUnavailable("away"), tries(retries=limits.WRITE_RETRIES - 1), False),
        (GitLabUnavailable("away"), tries(retries=limits.WRITE_RETRIES), True),
        (GetParameterError(), tries(retries=limits.WRITE_RETRIES - 1), False),
        (GetParameterError(), tries(retries=limits.WRITE_RETRIES), True),
        (told(60), tries(waits=2), False),
        (told(60), tries(waits=3), True),
        (told(3601), tries(), True),
        (AmbiguousWrite("perhaps"), tries(looks=limits.LOOKS - 1, retries=9, waits=9), False),
        (AmbiguousWrite("perhaps"), tries(looks=limits.LOOKS), True),
        (KeyError("x"), tries(looks=limits.LOOKS - 1), False),
        (KeyError("x"), tries(looks=limits.LOOKS), True),
    ],
)
def test_the_last_try_is_the_one_after_which_a_failure_is_recorded(error: Exception, before: Tries, last: bool) -> None:
    assert before.were_the_last(error) is last
