"""The states that let one run work at a time, and remember how far the sync has come: one DynamoDB item, no Lambda.

The item: `holder` (the execution that works, absent when none does), `taken_at`, `synced_through` (a local day, or ""),
`posted_by` (the GitLab user who posted last, or "").

ReadState ... AcquireLock, which when somebody else holds the lock goes on to ReadHolder -> DescribeHolder and from
there either to WaitForTurn (the holder runs) or to LetItsWritesLand -> TakeOverLock (it does not run any more).
"""

from __future__ import annotations

from typing import Any, TypeVar

from aws_cdk import ArnFormat, Duration, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from contract import limits, names
from contract.errors import SyncAlreadyRunning
from contract.settings import Settings
from contract.state import ITEM_ID, KEY
from stacks.expressions import CAUGHT_ERROR, from_file, jsonata, literal

_T = TypeVar("_T", bound=sfn.TaskStateBase)

TURN_POLL_SECONDS = 15
TABLE_TASK_TIMEOUT = Duration.seconds(30)

HELD_BY_ANOTHER = "DynamoDB.ConditionalCheckFailedException"
TABLE_FAULTS = [
    "DynamoDB.AmazonDynamoDBException",
    "DynamoDB.InternalServerErrorException",
    "DynamoDB.InternalServerError",
    "DynamoDB.ProvisionedThroughputExceededException",
    "DynamoDB.RequestLimitExceeded",
    "DynamoDB.RequestLimitExceededException",
    "DynamoDB.ThrottlingException",
    "DynamoDB.SdkClientException",
    "Sfn.SdkClientException",
    "Sfn.SfnException",
    "States.Timeout",
]
"""Faults of the service itself. Reads and the conditional writes here give the same when they are repeated."""

_ME = jsonata("$states.context.Execution.Id")
_INPUT = jsonata("$states.input")


class Lock:
    """Makes the states; `Workflow` chains them. `outcome`: the state that a failure leads to."""

    def __init__(self, scope: Construct, settings: Settings, table: dynamodb.ITable, outcome: sfn.Choice) -> None:
        self._scope = scope
        self._settings = settings
        self._table = table
        self._outcome = outcome

    def read_state(self, assign: dict[str, Any]) -> tasks.DynamoGetItem:
        """What is synced through and whose token posted; assigns the run's first variables as well."""
        return self._careful(
            tasks.DynamoGetItem.jsonata(
                self._scope,
                "ReadState",
                comment="what is synced through, whose token posted",
                table=self._table,
                key=_key(),
                consistent_read=True,
                task_timeout=sfn.Timeout.duration(TABLE_TASK_TIMEOUT),
                outputs={},
                assign={**assign, "locked": False, "turn_waited": 0, "synced": _synced("Item")},
            ),
            # A state that fails assigns nothing, and the end of the run asks for this one.
            assign={"locked": False},
        )

    def acquire(self, then: tasks.LambdaInvoke) -> tasks.DynamoUpdateItem:
        """AcquireLock, with the whole way through waiting and taking over; leads to `then` with its own input."""
        acquire = self._update(
            "AcquireLock",
            "one run at a time",
            f"{_TAKE}, synced_through = if_not_exists(synced_through, :none),"
            " posted_by = if_not_exists(posted_by, :none)",
            condition="attribute_not_exists(holder) OR holder = :me",
            values={":now": _NOW, ":none": jsonata('""')},
            assign={"locked": True, "synced": _synced("Attributes")},
        )
        # Whether the lock was taken is unknown after any other failure, so it is given back in any case.
        held = self._read_holder(acquire, then)
        acquire.add_catch(held, errors=[HELD_BY_ANOTHER], outputs=_INPUT)
        self._careful(acquire, assign={"locked": True})
        acquire.next(then)
        return acquire

    def record_user(self, then: sfn.Choice) -> tasks.DynamoUpdateItem:
        """Before the first post of a new user: a later run with another token must see it, however this one ends."""
        state = self._update(
            "RecordUser",
            "whose token posts from now on",
            "SET posted_by = :user",
            condition="holder = :me",
            values={":user": jsonata("$run.username")},
            assign={"synced": jsonata('$merge([$synced, {"posted_by": $run.username}])')},
        )
        self._careful(state)
        state.next(then)
        return state

    def release(self, then: sfn.Choice) -> tasks.DynamoUpdateItem:
        """ReleaseLock, which also moves *synced through* after a run that earned it."""
        state = self._update(
            "ReleaseLock",
            "gives the lock back, and moves what is synced through",
            "SET synced_through = :through REMOVE holder, taken_at",
            condition="holder = :me",
            values={":through": from_file("synced_through")},
            assign={"locked": False},
        )
        state.add_retry(**_RETRY)
        # A run must not end green with the lock in its hand, but it must not hide its own failure either.
        failure = f"$failure != null ? $failure : {CAUGHT_ERROR}"
        state.add_catch(then, errors=["States.ALL"], outputs=_INPUT, assign={"failure": jsonata(failure)})
        state.next(then)
        return state

    def _read_holder(self, acquire: tasks.DynamoUpdateItem, then: tasks.LambdaInvoke) -> tasks.DynamoGetItem:
        read = self._careful(
            tasks.DynamoGetItem.jsonata(
                self._scope,
                "ReadHolder",
                comment="which execution holds the lock",
                table=self._table,
                key=_key(),
                consistent_read=True,
                task_timeout=sfn.Timeout.duration(TABLE_TASK_TIMEOUT),
                outputs=_INPUT,
                assign={"holder": jsonata(_text_of("$states.result.Item.holder.S"))},
            )
        )
        is_held = sfn.Choice.jsonata(self._scope, "IsLockHeld")
        is_held.when(sfn.Condition.jsonata(jsonata('$holder = ""')), acquire)
        is_held.otherwise(self._describe_holder(acquire, read, then))
        read.next(is_held)
        return read

    def _describe_holder(
        self, acquire: tasks.DynamoUpdateItem, read: tasks.DynamoGetItem, then: tasks.LambdaInvoke
    ) -> tasks.CallAwsService:
        executions = Stack.of(self._scope).format_arn(
            service="states",
            resource="execution",
            resource_name=f"{names.state_machine(self._settings.environment)}:*",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        describe = tasks.CallAwsService.jsonata(
            self._scope,
            "DescribeHolder",
            comment="whether it still runs",
            service="sfn",
            action="describeExecution",
            iam_action="states:DescribeExecution",
            iam_resources=[executions],
            parameters={"ExecutionArn": jsonata("$holder")},
            task_timeout=sfn.Timeout.duration(TABLE_TASK_TIMEOUT),
            outputs=_INPUT,
            assign={
                "holder_runs": jsonata('$states.result.Status in ["RUNNING", "PENDING_REDRIVE"]'),
                "holder_stopped": jsonata(_text_of("$states.result.StopDate")),
            },
        )
        land = self._let_its_writes_land(read, then)
        # An execution that is too old to be known any more does not run.
        describe.add_catch(
            land,
            errors=["Sfn.ExecutionDoesNotExistException"],
            outputs=_INPUT,
            assign={"holder_runs": False, "holder_stopped": ""},
        )
        self._careful(describe)
        runs = sfn.Choice.jsonata(self._scope, "DoesHolderRun")
        runs.when(sfn.Condition.jsonata(jsonata("$holder_runs")), self._wait_for_turn(acquire))
        describe.next(runs.otherwise(land))
        return describe

    def _wait_for_turn(self, acquire: tasks.DynamoUpdateItem) -> sfn.Choice:
        wait_seconds = f"$min([{TURN_POLL_SECONDS}, {self._settings.lock_wait} - $turn_waited])"
        wait = sfn.Wait.jsonata(
            self._scope,
            "WaitForTurn",
            comment="another run works",
            time=sfn.WaitTime.seconds(jsonata(wait_seconds)),
            assign={"turn_waited": jsonata(f"$turn_waited + {wait_seconds}")},
        )
        wait.next(acquire)
        give_up = sfn.Pass.jsonata(
            self._scope,
            "GiveUpWaiting",
            outputs={},
            assign={
                "failure": jsonata(
                    f'{{"name": {literal(SyncAlreadyRunning.__name__)}, "message": "Another run holds the lock and did'
                    f" not finish within lock_wait ({self._settings.lock_wait} s): "
                    '" & $holder & ". Start this one again when that has ended."}'
                )
            },
        )
        give_up.next(self._outcome)
        may_wait = sfn.Choice.jsonata(self._scope, "MayWaitForTurn")
        may_wait.when(sfn.Condition.jsonata(jsonata(f"$turn_waited < {self._settings.lock_wait}")), wait)
        return may_wait.otherwise(give_up)

    def _let_its_writes_land(self, read: tasks.DynamoGetItem, then: tasks.LambdaInvoke) -> sfn.Wait:
        """A stopped execution's last Lambda may still run, and GitLab may still carry out what that sent."""
        land_seconds = limits.POST_TIMEOUT_SECONDS + self._settings.settle_seconds
        since_stop = '$holder_stopped = "" ? 0 : ($millis() - $toMillis($holder_stopped)) / 1000'
        wait = sfn.Wait.jsonata(
            self._scope,
            "LetItsWritesLand",
            comment="its last write can still land for so long after it stopped",
            time=sfn.WaitTime.seconds(
                jsonata(
                    f"($left := $ceil({land_seconds} - ({since_stop})); $left < 0 ? 0 : $min([$left, {land_seconds}]))"
                )
            ),
        )
        take_over = self._update(
            "TakeOverLock",
            "from an execution that does not run any more",
            _TAKE,
            condition="holder = :holder OR holder = :me",
            values={":now": _NOW, ":holder": jsonata("$holder")},
            assign={"locked": True, "synced": _synced("Attributes")},
        )
        take_over.add_catch(read, errors=[HELD_BY_ANOTHER], outputs=_INPUT)
        self._careful(take_over, assign={"locked": True})
        take_over.next(then)
        wait.next(take_over)
        return wait

    def _update(
        self,
        name: str,
        comment: str,
        expression: str,
        *,
        condition: str,
        values: dict[str, str],
        assign: dict[str, Any],
    ) -> tasks.DynamoUpdateItem:
        return tasks.DynamoUpdateItem.jsonata(
            self._scope,
            name,
            comment=comment,
            table=self._table,
            key=_key(),
            update_expression=expression,
            condition_expression=condition,
            expression_attribute_values={
                name: tasks.DynamoAttributeValue.from_string(value) for name, value in {":me": _ME, **values}.items()
            },
            return_values=tasks.DynamoReturnValues.ALL_NEW,
            task_timeout=sfn.Timeout.duration(TABLE_TASK_TIMEOUT),
            outputs=_INPUT,
            assign=assign,
        )

    def _careful(self, state: _T, assign: dict[str, Any] | None = None) -> _T:
        """Repeat after faults of the service, 1+2+4+8+16 = 31 s at most; then let the run fail by their name."""
        state.add_retry(**_RETRY)
        state.add_catch(
            self._outcome,
            errors=["States.ALL"],
            outputs={},
            assign={"failure": jsonata(CAUGHT_ERROR), **(assign or {})},
        )
        return state


_TAKE = "SET holder = :me, taken_at = :now"
_NOW = jsonata("$now()")
_RETRY: dict[str, Any] = {
    "errors": TABLE_FAULTS,
    "interval": Duration.seconds(1),
    "backoff_rate": 2,
    "max_attempts": 5,
    "max_delay": Duration.seconds(20),
    "jitter_strategy": sfn.JitterType.FULL,
}


def _key() -> dict[str, tasks.DynamoAttributeValue]:
    return {KEY: tasks.DynamoAttributeValue.from_string(ITEM_ID)}


def _text_of(expression: str) -> str:
    return f'($exists({expression}) ? {expression} : "")'


def _synced(where: str) -> str:
    item = f"$states.result.{where}"
    return jsonata(
        f'{{"synced_through": {_text_of(f"{item}.synced_through.S")}, "posted_by": {_text_of(f"{item}.posted_by.S")}}}'
    )
