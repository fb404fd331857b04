"""The states of a large run, whose entries travel through S3: PostBatches (Map: PostBatch) -> CollectOutcomes.

The same post Lambda carries out a batch of writes, keeps what became of them in S3, and answers the totals. What it
meets has the same names as in PostEntry; a call that stopped half-way is followed by one that goes on there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from contract import limits
from contract.errors import (
    LAMBDA_CRASHES,
    LAMBDA_MAY_LIVE_ON,
    LAMBDA_NOT_INVOKED,
    LAMBDA_SERVICE_FAULTS,
    SECRET_UNREADABLE,
    STORAGE_FAULTS,
    WAIT_ERRORS,
    CallUnfinished,
    GitLabUnavailable,
)
from contract.errors import names as error_names
from contract.settings import Settings
from stacks.expressions import CAUGHT_WAIT_SECONDS, EXECUTION, RECORDED_ERROR, caught, from_file, jsonata
from stacks.functions import Functions
from stacks.retries import go_on, retry

POST_TASK_TIMEOUT = Duration.seconds(limits.POST_TIMEOUT_SECONDS + 10)
"""A little more than the Lambda's own timeout, which then reports itself."""

COLLECT_TASK_TIMEOUT = Duration.seconds(limits.READING_TIMEOUT_SECONDS + 10)

IS_HANDED_OVER = '$type($run.handed_over) = "object"'

_MAY_GO_ON = (
    f"$states.input.catches <= $max([{limits.CATCHES_OF_A_BATCH_AT_LEAST},"
    f" $min([{limits.CATCHES_OF_A_BATCH}, $floor({limits.CATCHES_IN_HISTORY} / $run.handed_over.batches)])])"
)


def let_it_end(scope: Construct, name: str, settle: sfn.Wait) -> sfn.Wait:
    """A Wait before the settle time: nobody knows whether the function runs, and it may write to its last second."""
    wait = sfn.Wait.jsonata(
        scope,
        f"Let{name}End",
        comment="the function may go on until its own timeout",
        time=sfn.WaitTime.duration(Duration.seconds(limits.POST_TIMEOUT_SECONDS)),
    )
    wait.next(settle)
    return wait


class Batches:
    """Makes the states; `Workflow` chains them. fail_on_anything_else: adds the Catch that ends a run."""

    def __init__(
        self,
        scope: Construct,
        settings: Settings,
        functions: Functions,
        handover: dict[str, str],
        fail_on_anything_else: Callable[[Any], None],
    ) -> None:
        self._scope = scope
        self._settings = settings
        self._functions = functions
        self._handover = handover
        self._fail_on_anything_else = fail_on_anything_else

    def post(self, then: sfn.Pass) -> sfn.Map:
        """PostBatches and CollectOutcomes, which leads to `then` with `{totals, collected}`."""
        state = sfn.Map.jsonata(
            self._scope,
            "PostBatches",
            comment="one iteration a batch of 50 entries; one that fails does not stop the others",
            items=sfn.ProvideItems.jsonata(jsonata("[0..$run.handed_over.batches - 1]")),
            item_selector={
                "batch": jsonata("$states.context.Map.Item.Value"),
                "look_first": False,
                "catches": 0,
                "error": jsonata("null"),
            },
            max_concurrency=self._settings.max_concurrency,
            outputs=from_file("batch_totals"),
        )
        self._fail_on_anything_else(state)
        state.item_processor(self._post_batch(), mode=sfn.ProcessorMode.INLINE)
        collect = self._collect_outcomes()
        state.next(collect)
        collect.next(then)
        return state

    def _post_batch(self) -> sfn.Chain:
        state = tasks.LambdaInvoke.jsonata(
            self._scope,
            "PostBatch",
            comment="carries out a batch, from where an earlier call stopped",
            lambda_function=self._functions.post_version,
            payload=sfn.TaskInput.from_object(
                {
                    "batch": jsonata("$states.input.batch"),
                    "folder": jsonata("$run.handed_over.folder"),
                    "look_first": jsonata("$states.input.look_first"),
                    "error": jsonata("$states.input.error"),
                    "issues": jsonata("$issues"),
                    "handover": self._handover,
                    "username": jsonata("$run.username"),
                    "settings": jsonata("$run.settings"),
                    "execution": EXECUTION,
                }
            ),
            outputs=jsonata("$states.result.Payload"),
            task_timeout=sfn.Timeout.duration(POST_TASK_TIMEOUT),
            retry_on_service_exceptions=False,
        )
        # Each call carries out a write at least, so a batch of 50 ends.
        go_on(
            state,
            CallUnfinished.__name__,
            pause_seconds=1,
            calls=limits.UNFINISHED_CALLS,
            jitter=sfn.JitterType.FULL,
        )
        # They prove that nothing was written. 2+4 = 6 s at most, then it is settled like everything else.
        retry(
            state,
            [LAMBDA_NOT_INVOKED, SECRET_UNREADABLE, GitLabUnavailable.__name__],
            first_seconds=2,
            attempts=limits.BATCH_RETRIES,
            longest_seconds=30,
        )
        record = sfn.Pass.jsonata(
            self._scope,
            "RecordPostBatchFailure",
            comment="what it has not done has failed",
            outputs=jsonata(f'{{"stopped": {{"batch": $states.input.batch, "error": {RECORDED_ERROR}}}}}'),
        )
        again = {"look_first": "true", "catches": "$states.input.catches + 1"}
        state.add_catch(
            self._wait_as_told(state, record),
            errors=error_names(WAIT_ERRORS),
            outputs=caught({**again, "wait_seconds": CAUGHT_WAIT_SECONDS}),
        )
        settle = self._settle(state, record)
        ended = let_it_end(self._scope, "PostBatch", settle)
        state.add_catch(ended, errors=list(LAMBDA_MAY_LIVE_ON), outputs=caught(again))
        state.add_catch(settle, errors=["States.ALL"], outputs=caught(again))
        return sfn.Chain.start(state)

    def _wait_as_told(self, state: tasks.LambdaInvoke, record: sfn.Pass) -> sfn.Choice:
        wait = sfn.Wait.jsonata(
            self._scope,
            "WaitToPostBatch",
            comment="as long as GitLab said",
            time=sfn.WaitTime.seconds(jsonata("$states.input.wait_seconds")),
        )
        wait.next(state)
        choice = sfn.Choice.jsonata(self._scope, "MayWaitToPostBatch", comment="not for ever")
        choice.when(sfn.Condition.jsonata(jsonata(f"$states.input.wait_seconds >= 0 and {_MAY_GO_ON}")), wait)
        return choice.otherwise(record)

    def _settle(self, state: tasks.LambdaInvoke, record: sfn.Pass) -> sfn.Wait:
        """Also before giving up: the last attempt's write must have landed before another run reads the ledger."""
        settle = sfn.Wait.jsonata(
            self._scope,
            "SettlePostBatch",
            comment="a write of unknown outcome may still land for so long",
            time=sfn.WaitTime.duration(Duration.seconds(self._settings.settle_seconds)),
        )
        choice = sfn.Choice.jsonata(self._scope, "MayGoOnWithBatch")
        choice.when(sfn.Condition.jsonata(jsonata(_MAY_GO_ON)), state)
        choice.otherwise(record)
        settle.next(choice)
        return settle

    def _collect_outcomes(self) -> tasks.LambdaInvoke:
        """Only reads and writes the run's own files, so repeating is safe. 2+4+8+16+32 = 62 s at most."""
        state = tasks.LambdaInvoke.jsonata(
            self._scope,
            "CollectOutcomes",
            comment="puts the rows of the output together",
            lambda_function=self._functions.transform_version,
            payload=sfn.TaskInput.from_object(
                {
                    "collect": {
                        "folder": jsonata("$run.handed_over.folder"),
                        "batches": jsonata("$run.handed_over.batches"),
                        "stopped": jsonata("$states.input.stopped"),
                    },
                    "handover": self._handover,
                    "settings": jsonata("$run.settings"),
                    "execution": EXECUTION,
                }
            ),
            outputs=jsonata('{"totals": $states.input.totals, "collected": $states.result.Payload}'),
            task_timeout=sfn.Timeout.duration(COLLECT_TASK_TIMEOUT),
            retry_on_service_exceptions=False,
        )
        retry(
            state,
            [*STORAGE_FAULTS, LAMBDA_NOT_INVOKED, *LAMBDA_SERVICE_FAULTS, *LAMBDA_CRASHES],
            first_seconds=2,
            attempts=limits.READ_RETRIES,
            longest_seconds=60,
        )
        self._fail_on_anything_else(state)
        return state
