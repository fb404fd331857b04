"""How often and how long a run tries: the numbers that the state machine and what rehearses it have in common."""

from __future__ import annotations

READ_RETRIES = 5
"""After a passing error, a reading step is repeated so often, at once."""

CRASH_RETRIES = 2
"""After a crash or a timeout of its Lambda, a reading step is repeated so often."""

WRITE_RETRIES = 5
"""After an error that proves that nothing was written, a write is repeated so often, at once."""

WAITS_WHEN_READING = 10
WAITS_WHEN_POSTING = 10
"""How often one step waits because a service asked it to; a Map's posts meet the same limit side by side."""

WAITS_WHEN_POSTING_MUCH = 3
WAITS_IN_HISTORY = 2_000
"""A wait of one post takes 10 events of an execution's 25,000, so that many posts may wait less often: 200 of them 10
times, 400 of them 5 times, more of them 3 times."""

LOOKS = 3
"""How often a write of unknown outcome is looked for and tried again."""

READING_TIMEOUT_SECONDS = 300
POST_TIMEOUT_SECONDS = 60
"""The Lambdas' own timeouts."""
