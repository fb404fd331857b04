"""How often and how long a run tries: the numbers that the state machine and the Lambdas have in common."""

from __future__ import annotations

READ_RETRIES = 5
"""After a passing error, a reading step is repeated so often, at once."""

CRASH_RETRIES = 2
"""After a crash or a timeout of its Lambda, a reading step is repeated so often."""

WRITE_RETRIES = 5
"""After an error that proves that nothing was written, a write is repeated so often, at once."""

SET_UP_RETRIES = 5
SET_UP_FIRST_SECONDS = 5
"""A function that Lambda sets up again is called again after 5, 10, 20, 40 and 80 s: 155 s, and it takes 40 to 110."""

START_RETRIES = 12
START_FIRST_SECONDS = 2
START_LONGEST_SECONDS = 300
"""A function that Lambda has no room for is called again so often, 1,710 s at most.

A new account may run 10 functions at once, of all its applications. What a Map has not begun yet takes the room that
gets free, before what waits for it comes again; so this has to last as long as most of a run. `tests/stacks/workflow/
test_concurrency.py` plays 400 writes, 40 at once, with a room for 10.
"""

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

VARIABLES_BYTES = 4_096
"""What a Lambda's variables may take in all, as Lambda measures them: as JSON, names and quotes included.

Source: the Lambda developer guide, "Lambda quotas"; its refusal shows the text that it has measured."""

PROJECT_MAP_BYTES = 64 * 1024
"""Of `project_map` as JSON, which travels with a run: 300 projects with paths of 200 characters."""

PROJECTS_NAMED = 5
"""Of the projects that cannot be seen, a failed run's cause names so many."""

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

BATCH_START_FIRST_SECONDS = 120
"""A batch that Lambda has no room for is repeated as often, and later: each of those that have it works for minutes."""

CATCHES_OF_A_BATCH = 60
CATCHES_OF_A_BATCH_AT_LEAST = 3
CATCHES_IN_HISTORY = 1_300
"""How often a batch may wait or settle: what all of them together may take of the history, 15 events each.

400 batches fit whatever they meet: 400 x (7 + 3 x 15) events. Of more, not each may meet as much as it is allowed.
"""

NEXT_WRITE_NEEDS_SECONDS = 20
"""A batch begins no write when its Lambda has less time left; another call continues."""
UNFINISHED_CALLS = 50
"""How often a batch may be continued for want of time: each call carries out a write at least."""

NEXT_PAGE_NEEDS_SECONDS = 60
"""Fetch asks for no further page of a report when its Lambda has less time left; another call continues."""
UNFINISHED_FETCHES = 20
"""20 calls of 4 minutes are 4,000 pages of a report, more than a run takes entries."""

SCHEDULED_AHEAD_SECONDS = 60
"""How far after an execution's start its `scheduled_time` may be: clocks differ, but no run is of tomorrow."""
