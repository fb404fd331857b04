"""What the reading states hand on."""

from __future__ import annotations

from tests.stacks.support import Synthesis, evaluate
from tests.stacks.workflow.support import COUNTS, row


@COUNTS
def test_the_settled_rows_travel_as_an_array(default: Synthesis, count: int) -> None:
    settled = [row(number, "kept") for number in range(count)]
    window = {"start": "a", "end": "b"}
    payload = {"settings": {"x": []}, "window": window, "dry_run": False, "username": "mira", "settled": settled}
    payload |= {"progress": None, "writes": [], "issues": [], "new_issues": 0, "planned": 0, "handed_over": None}

    run = evaluate(default.states["TransformEntries"]["Assign"]["run"], states={"result": {"Payload": payload}})

    assert run["settled"] == settled
    assert (run["window"], run["username"], run["dry_run"]) == (window, "mira", False)
    assert (run["planned"], run["new_issues"], run["handed_over"]) == (0, 0, None)
