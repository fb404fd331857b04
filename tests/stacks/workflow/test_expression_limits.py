"""What Step Functions allows an expression: a second, and evaluations about 100 deep in each other.

Held against the largest runs there may be, by the reference engine, which counts as Step Functions' own limit does.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from jsonata.timebox import Timebox

from contract import limits
from contract.errors import EntryRejected
from functions.shared.model.place import NewIssue
from local.aws.interpreter import evaluation
from tests.stacks.support import Synthesis
from tests.stacks.workflow.playing import (
    FOR_EVER,
    NOW_MILLIS,
    REJECTED,
    UNKNOWN,
    Json,
    Played,
    Run,
    create,
    plan,
    raised,
    row,
)
from tests.stacks.workflow.test_engines import collected, labelled, large_plan

SECONDS = 1.0
DEPTH = 100
MOST = range(1, limits.INLINE_ITEMS + 1)
REFUSED = raised(EntryRejected('wörds 😀 "\\' * 40))
ISSUES = {number: NewIssue(f"k{number}", "a/b", f"Größe {number} 木") for number in MOST}
LARGEST = (
    Run("EntriesFailed", plan(*map(create, MOST)), {f"PostEntry {number}": [REFUSED] for number in MOST}),
    Run(
        "EntriesFailed",
        plan(*(create(number, ISSUES[number]) for number in MOST)),
        {f"CreateIssue k{number}": [REJECTED] for number in MOST},
    ),
    Run("Synced", plan(settled=[row(number, "kept", warning="differs") for number in MOST])),
    Run(
        "EntriesFailed",
        large_plan(50),
        {
            **{f"PostBatch {number}": [UNKNOWN] * FOR_EVER for number in range(50)},
            "CollectOutcomes": [collected(limits.ENTRIES_AT_MOST, "AmbiguousWrite")],
        },
    ),
)
"""Everything is refused: writes, new issues; nothing is to be done; batches are given up."""


@dataclass(frozen=True)
class Measured:
    where: str
    depth: int
    seconds: float


@pytest.fixture(scope="module")
def measured(default: Synthesis) -> list[Measured]:
    """Each expression of the definition that these runs come by, with the largest that it gets."""
    largest: dict[str, tuple[str, str]] = {}
    evaluate = evaluation.evaluate

    def noted(labelled_expression: str, bindings: Mapping[str, Any]) -> Any:
        where, _, expression = labelled_expression.removeprefix("/*").partition("*/ ")
        # One iteration of a Map gets as much as any other.
        if where not in largest or "ItemProcessor" not in where:
            as_json = json.dumps(bindings)
            largest[where] = max(largest.get(where, ("", "")), (expression, as_json), key=lambda one: len(one[1]))
        return evaluate(expression, bindings)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Timebox, "current_milli_time", lambda: NOW_MILLIS)
        patch.setattr(evaluation, "evaluate", noted)
        for run in LARGEST:
            assert Played(labelled(default.definition), run).end == run.end
    return list(_by_reference(largest))


def _by_reference(largest: dict[str, tuple[str, str]]) -> Iterator[Measured]:
    lines = [f'{{"expression": {json.dumps(one)}, "bindings": {bindings}}}' for one, bindings in largest.values()]
    engine = Path(__file__).with_name("jsonata_reference.mjs")
    result = subprocess.run(
        ["node", str(engine), str(NOW_MILLIS), "measured"],
        input="\n".join(lines),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    for where, line in zip(largest, filter(None, result.stdout.split("\n")), strict=True):
        answer: Json = json.loads(line)
        yield Measured(where, answer["depth"], answer["seconds"])


def test_what_grows_with_a_run_is_measured(measured: list[Measured]) -> None:
    states = {one.where.split("/")[1] for one in measured}

    maps = {"CreateIssues", "PostEntries", "PostBatches"}
    assert states >= maps | {"Summarise", "ReleaseLock", "NotifyFailure", "Failed"}


def test_the_largest_run_evaluates_no_expression_for_a_second(measured: list[Measured]) -> None:
    slowest = max(measured, key=lambda one: one.seconds)

    assert slowest.seconds < SECONDS, slowest


def test_the_largest_run_evaluates_no_expression_deeper_than_step_functions_allows(measured: list[Measured]) -> None:
    deepest = max(measured, key=lambda one: one.depth)

    assert deepest.depth < 0.8 * DEPTH, deepest
