"""The three Maps over what is written: CreateIssues, PostEntries and, in a large run, PostBatches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks

from contract import limits
from contract.writes import NOT_SENT
from stacks.workflow.careful_write import UNTRIED, careful_write
from stacks.workflow.expressions import NULL, expression, path
from stacks.workflow.step import Parts, call_again, fail_on_any_other_error


def create_issues(parts: Parts, end: sfn.Choice) -> sfn.Map:
    """Before any post, so that all entries of one title find the same issue."""
    each = _one_write(
        parts,
        "CreateIssue",
        comment="creates one issue, or finds that it is there",
        task="create_issue",
        item="issue",
        records="issue_recorded",
    )
    return _for_each(
        parts,
        end,
        "CreateIssues",
        comment="auto-created issues, before any post",
        items=path("$states.input.issues"),
        each=each,
        selected=_selected("issue", entries=expression("issue_entries")),
        outputs=expression("writes_with_issues"),
        assign={
            "issues_created": expression("issues_made"),
            "unposted": expression("unposted"),
            "issues": expression("issues_by_key"),
        },
    )


def post_entries(parts: Parts, end: sfn.Choice) -> sfn.Map:
    each = _one_write(
        parts,
        "PostEntry",
        comment="carries out one create, replace or delete",
        task="post_entry",
        item="write",
        records="entry_recorded",
    )
    return _for_each(
        parts,
        end,
        "PostEntries",
        comment="one iteration an entry; one that fails does not stop the others",
        items=path("$states.input.writes"),
        each=each,
        selected=_selected("write", entries=1),
        outputs=expression("entries_posted"),
    )


def post_batches(parts: Parts, end: sfn.Choice) -> sfn.Map:
    """Of a large run, whose entries travel through S3. A call that stopped half-way is continued by the next one.

    The state keeps nothing of what a batch answers, so that 2,000 of them fit: CollectOutcomes counts the rows.
    """
    shared_out = {
        "CATCHES_AT_LEAST": limits.CATCHES_OF_A_BATCH_AT_LEAST,
        "CATCHES_AT_MOST": limits.CATCHES_OF_A_BATCH,
        "CATCHES_IN_HISTORY": limits.CATCHES_IN_HISTORY,
    }
    # Retries wait 2+4 = 6 s at most; then it is settled like everything else.
    each = careful_write(
        parts,
        "PostBatch",
        comment="carries out a batch, from where an earlier call stopped",
        task="post_batch",
        payload={
            "batch": path("$states.input.batch"),
            "folder": path("$run.handed_over.folder"),
            "error": path("$states.input.error"),
            "issues": path("$issues"),
            "handover": parts.handover,
        },
        first_retry_seconds=2,
        retries=limits.BATCH_RETRIES,
        records=expression("batch_recorded"),
        record_comment="what it has not done has failed",
        may_look=expression("batch_may_look", **shared_out),
        may_wait=expression("batch_may_wait", **shared_out),
        outputs={},
        is_many=True,
    )
    # Each call carries out a write at least, so a batch of at most 50 ends.
    call_again(each, pause_seconds=1, calls=limits.UNFINISHED_CALLS, jitter=sfn.JitterType.FULL)
    return _for_each(
        parts,
        end,
        "PostBatches",
        comment="one iteration a batch of at most 50 entries; one that fails does not stop the others",
        items=expression("batch_numbers"),
        each=each,
        selected={"batch": path("$states.context.Map.Item.Value"), "error": NULL},
        outputs=expression("batches_stopped"),
    )


def _one_write(parts: Parts, name: str, *, comment: str, task: str, item: str, records: str) -> tasks.LambdaInvoke:
    """item: the key of the issue or the write in an iteration's input."""
    # Retries wait 1+2+4+8+16 = 31 s at most.
    return careful_write(
        parts,
        name,
        comment=comment,
        task=task,
        payload={
            item: path(f"$states.input.{item}"),
            "entries": path("$states.input.entries"),
            "tries": expression("write_tries"),
        },
        first_retry_seconds=1,
        retries=NOT_SENT.retries,
        records=expression(records),
        record_comment="the output says why",
        may_look=expression("write_may_look", LOOKS=limits.LOOKS),
        may_wait=expression("write_may_wait"),
    )


def _selected(item: str, *, entries: str | int) -> dict[str, Any]:
    """entries: how many of the run's depend on one item."""
    waits_allowed = expression(
        "write_waits_allowed",
        WAITS_AT_MOST=limits.WAITS_WHEN_POSTING,
        WAITS_IN_HISTORY=limits.WAITS_IN_HISTORY,
        INLINE_ITEMS=limits.INLINE_ITEMS,
    )
    return {item: path("$states.context.Map.Item.Value"), "entries": entries, "waits_allowed": waits_allowed}


def _for_each(
    parts: Parts,
    end: sfn.Choice,
    name: str,
    *,
    comment: str,
    items: str,
    each: tasks.LambdaInvoke,
    selected: Mapping[str, Any],
    outputs: str,
    assign: Mapping[str, Any] | None = None,
) -> sfn.Map:
    state = sfn.Map.jsonata(
        parts.scope,
        name,
        comment=comment,
        items=sfn.ProvideItems.jsonata(items),
        item_selector={**selected, **UNTRIED},
        max_concurrency=parts.settings.max_concurrency,
        outputs=outputs,
        assign=assign,
    )
    state.item_processor(each, mode=sfn.ProcessorMode.INLINE)
    fail_on_any_other_error(state, end)
    return state
