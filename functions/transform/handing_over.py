"""How entries come in and a plan travels on: in the state, or, when they are too large for that, through S3."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from math import ceil
from typing import Any

from contract.limits import BATCH_WRITES
from contract.vocabulary import Outcome
from functions.shared.handover.files import ENTRIES, FETCHED, SETTLED, Handover, writes_of
from functions.shared.handover.size import inline, refuse_too_many_entries, refuse_too_many_issues
from functions.shared.model.fetched import Fetched
from functions.shared.model.plan import Plan, write_to_json
from functions.shared.model.row import Row
from functions.transform.pipeline import Decided


def read_fetched(value: dict[str, Any], run: Handover) -> Fetched:
    """What FetchEntries answered, its entries from wherever they are."""
    return Fetched.from_json(value | {"entries": run.read(FETCHED)} if value["handed_over"] else value)


def answer(fetched: Fetched, decided: Decided, run: Handover, folder: str, *, at_once: int = 1) -> dict[str, Any]:
    """What TransformEntries answers, see `functions.transform.handler`.

    folder: for a plan that is handed over, within the run's files. at_once: how many of its batches are posted at once.
    Raises InvalidInput for more writes or new issues than a run takes.
    """
    plan, author, progress = decided.plan, decided.author, fetched.progress
    is_dry_run = fetched.settings.dry_run
    # A dry run creates none, so how many there are is all that it needs.
    issues = [] if is_dry_run else [issue.to_json() for issue in plan.new_issues]
    refuse_too_many_issues(issues)
    answered = {
        # The map has done its work, and may be as large as all the rest.
        "settings": replace(fetched.settings, project_map=()).to_json(),
        "window": fetched.window.to_json(),
        "dry_run": is_dry_run,
        "progress": None if progress is None else progress.to_json(),
        "username": author.username,
        "user_id": author.user_id,
        "user_changed": decided.user_changed,
        "pending": [one.to_json() for one in decided.pending],
        "left_out": None if decided.left_out is None else decided.left_out.to_json(),
        "issues": issues,
        "new_issues": len(plan.new_issues),
        "planned": len(plan.writes),
    }

    def with_the_plan() -> dict[str, Any]:
        return answered | {
            "writes": [write_to_json(write) for write in plan.writes],
            "settled": [row.to_json() for row in plan.settled],
            "handed_over": None,
        }

    whole = inline(len(plan.items), with_the_plan)
    if whole is not None:
        return whole
    handed_over = hand_over(plan, run, folder, is_dry_run=is_dry_run, at_once=at_once)
    return answered | {"writes": [], "settled": [], "handed_over": handed_over}


def hand_over(plan: Plan, run: Handover, folder: str, *, is_dry_run: bool, at_once: int = 1) -> dict[str, Any]:
    """Write the plan to S3, into a folder of the run's files, and say what is there.

    Answer: `{"folder", "batches": how many, "batch_writes": how many writes each has but the last, "entries": the key
    of the output's rows when they are known already, else null, "tally": the totals so far, "failed": what the plan
    itself knows to have failed, see `Failures`, "skipped_by_reason", "warnings"}`. Nothing is left to do, and so no
    batch there, in a dry run, which counts everything as if done, and when the plan has no writes. Raises InvalidInput
    for more writes than a run takes.
    """
    # A normal day's plan needs none of these.
    from functions.shared.handover.failures import Failures  # noqa: PLC0415
    from functions.shared.handover.tally import Tally  # noqa: PLC0415
    from functions.shared.model.outcome import WriteOutcome  # noqa: PLC0415

    refuse_too_many_entries(len(plan.writes))
    handover = run.inside(folder)
    rows = [item.row for item in plan.items]
    failures = Failures()
    for row in plan.settled:
        failures.add_settled(row)
    counted = {
        "failed": failures.to_json(),
        "skipped_by_reason": _counted(row.reason for row in rows if row.outcome == Outcome.SKIPPED),
        "warnings": _counted(row.warning for row in rows),
    }
    if is_dry_run or not plan.writes:
        key = handover.write(ENTRIES, (row.to_output() for row in _in_order(rows)))
        done = Tally([*map(WriteOutcome, plan.settled), *map(WriteOutcome.done, plan.writes)])
        return {"folder": folder, "batches": 0, "batch_writes": 0, "entries": key, "tally": done.to_json(), **counted}
    handover.write(SETTLED, (row.to_json() for row in _in_order(plan.settled)))
    writes = sorted(plan.writes, key=lambda write: _place(write.row))
    size = batch_size(len(writes), at_once)
    starts = range(0, len(writes), size)
    for number, start in enumerate(starts):
        handover.write(writes_of(number), (write_to_json(write) for write in writes[start : start + size]))
    return {
        "folder": folder,
        "batches": len(starts),
        "batch_writes": size,
        "entries": None,
        "tally": Tally(map(WriteOutcome, plan.settled)).to_json(),
        **counted,
    }


def batch_size(writes: int, at_once: int) -> int:
    """At most `BATCH_WRITES`, and so many that no place is idle while the last batches are posted.

    400 writes, 10 batches at once: 10 of 40. 8 of 50 would leave two places idle and take a quarter longer.
    """
    rounds = ceil(writes / (BATCH_WRITES * at_once))
    return ceil(writes / (rounds * at_once))


def _in_order(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=_place)


def _place(row: Row) -> tuple[Any, int]:
    """The order of the output's rows."""
    return row.spent_at, row.entry_id


def _counted(words: Iterable[str | None]) -> dict[str, int]:
    return dict(Counter(word for word in words if word is not None))
