"""The states whose Lambdas only read the two services, or the run's own files: FetchEntries to CollectOutcomes."""

from __future__ import annotations

from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks

from contract import limits
from contract.aws_errors import LAMBDA_CRASHES, LAMBDA_SERVICE_FAULTS, STORAGE_FAULTS
from contract.errors import InvalidInput
from stacks.workflow.expressions import expression, path
from stacks.workflow.step import Parts, call_again, fail_on_any_other_error, read_carefully, retry, step


def fetch_entries(parts: Parts, end: sfn.Choice, *, when_refused: sfn.IChainable) -> tasks.LambdaInvoke:
    """when_refused: what follows when the run's input is not allowed."""
    state = step(
        parts,
        "FetchEntries",
        comment="checks the input, resolves window and settings, reads the Toggl entries",
        function=parts.functions.fetch,
        timeout_seconds=limits.READING_TIMEOUT_SECONDS,
        payload={
            "input": path("$states.context.Execution.Input"),
            "state": path("$synced"),
            "handover": parts.handover,
            "again": expression("reading_is_repeated"),
        },
        assign={"waits": 0, "progress": path("$states.result.Payload.progress")},
    )
    # What was read is kept, and the next call continues there, no sooner than the pace that Toggl allows.
    call_again(state, pause_seconds=2, calls=limits.UNFINISHED_FETCHES, jitter=sfn.JitterType.NONE)
    state.add_catch(
        when_refused, errors=[InvalidInput.__name__], assign={"failure": expression("error_caught")}, outputs={}
    )
    read_carefully(parts, state, "Toggl", end)
    return state


def transform_entries(parts: Parts, end: sfn.Choice) -> tasks.LambdaInvoke:
    state = step(
        parts,
        "TransformEntries",
        comment="filter, match, round, dedupe: entries in, a plan out",
        function=parts.functions.transform_version,
        timeout_seconds=limits.READING_TIMEOUT_SECONDS,
        payload={
            "task": "transform",
            "fetched": path("$states.input"),
            "state": path("$synced"),
            "handover": parts.handover,
            "at_once": parts.settings.max_concurrency,
        },
        assign={"run": expression("run"), "progress": path("$states.result.Payload.progress")},
    )
    read_carefully(parts, state, "GitLab", end)
    return state


def collect_outcomes(parts: Parts, end: sfn.Choice) -> tasks.LambdaInvoke:
    """Only reads and writes the run's own files, so repeating is safe. 2+4+8+16+32 = 62 s at most."""
    state = step(
        parts,
        "CollectOutcomes",
        comment="puts the rows of the output together, and counts them",
        function=parts.functions.transform_version,
        timeout_seconds=limits.READING_TIMEOUT_SECONDS,
        payload={
            "task": "collect",
            "folder": path("$run.handed_over.folder"),
            "batches": path("$run.handed_over.batches"),
            "stopped": path("$states.input"),
            "handover": parts.handover,
            "settings": path("$run.settings"),
        },
    )
    retry(
        state,
        [*STORAGE_FAULTS, *LAMBDA_SERVICE_FAULTS, *LAMBDA_CRASHES],
        first_seconds=2,
        attempts=limits.READ_RETRIES,
        longest_seconds=60,
    )
    fail_on_any_other_error(state, end)
    return state
