"""How often and how long a run tries: the numbers that the state machine and the Lambdas have in common."""

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

WAITS_IN_HISTORY = 1_500
"""A wait of one write takes 9 events of an execution's 25,000, so that many writes may wait less often: 150 of them 10
times, 400 of them 3 times, 400 and as many new issues once."""

LOOKS = 3
"""How often a write of unknown outcome is looked for and tried again."""

TURN_POLL_SECONDS = 15
"""A run that waits for its turn asks so often whether it has come."""

READING_TIMEOUT_SECONDS = 300
POST_TIMEOUT_SECONDS = 60
"""The Lambdas' own timeouts."""

INLINE_ITEMS = 400
INLINE_BYTES = 128 * 1024
"""What travels in the state, where a person sees it: so many items of a plan, and so many bytes. More goes through S3.

State data is limited to 256 KiB; what a state adds to it and what a failed write says has room in the other half."""

BATCH_WRITES = 50
BATCHES_AT_MOST = 2_000
ENTRIES_AT_MOST = BATCH_WRITES * BATCHES_AT_MOST
NEW_ISSUES_AT_MOST = 400
"""The largest run: a batch takes 7 events of an execution's 25,000, and next to nothing of the 256 KiB."""

BATCH_RETRIES = 2
"""A batch is repeated so often at once after an error that proves that nothing was written; each takes 3 events."""

CATCHES_OF_A_BATCH = 60
CATCHES_OF_A_BATCH_AT_LEAST = 3
CATCHES_IN_HISTORY = 1_300
"""How often a batch may wait or settle: what all of them together may take of the history, 15 events each.

400 batches fit whatever they meet: 400 x (7 + 3 x 15) events. Of more, not each may meet as much as it is allowed.
"""

NEXT_WRITE_NEEDS_SECONDS = 20
"""A batch begins no write when its Lambda has less time left; another call goes on."""
UNFINISHED_CALLS = 50
"""How often a batch may be continued for want of time: each call carries out a write at least."""

NEXT_PAGE_NEEDS_SECONDS = 60
"""Fetch asks for no further page of a report when its Lambda has less time left; another call goes on."""
UNFINISHED_FETCHES = 20
"""20 calls of 4 minutes are 4,000 pages of a report, more than a run takes entries."""

SCHEDULED_AHEAD_SECONDS = 60
"""How far after an execution's start its `scheduled_time` may be: clocks differ, but no run is of tomorrow."""
