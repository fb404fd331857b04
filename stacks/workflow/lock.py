"""The states that let one run work at a time, and remember how far the sync has come: one DynamoDB item, no Lambda.

What is in the item: `contract.state`. All its texts are in the variable `synced`.
"""

from __future__ import annotations

import re
from typing import Any, TypeVar

from aws_cdk import ArnFormat, Duration, Stack
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks

from contract import limits, names
from contract.aws_errors import ANY, EXECUTION_UNKNOWN, LOCK_IS_HELD, TABLE_FAULTS
from contract.errors import SyncAlreadyRunning
from contract.state import ITEM_ID, KEY
from stacks.workflow.expressions import EMPTY, expression, path
from stacks.workflow.step import Parts, is_true, otherwise, retry

_T = TypeVar("_T", bound=sfn.TaskStateBase)

CALL_TIMEOUT = Duration.seconds(30)

_INPUT = path("$states.input")
_TAKE = "SET holder = :me, taken_at = :now"

_DAYS = re.compile(r"^([0-9]|[1-9][0-9]|[12][0-9]{2}|3[0-5][0-9]|36[0-6])$")
_INSTANT = re.compile(
    r"^20[0-9]{2}-"
    r"((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))"
    r"T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,9})?(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])$"
    r"|^20([02468][048]|[13579][26])-02-29T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]([.][0-9]{1,9})?(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])$"
)
"""What `$toMillis` takes for sure: for anything else it may end the execution, which no Catch of a Choice prevents."""


class Lock:
    """Makes the states; `order` chains them. end: the state that a failure leads to."""

    def __init__(self, parts: Parts, end: sfn.Choice) -> None:
        self._parts = parts
        self._scope = parts.scope
        self._end = end

    def read_state(self, assign: dict[str, Any], then: sfn.State) -> tasks.DynamoGetItem:
        """ReadState, which assigns the run's first variables as well; leads to `then`, of a first run by BeginSync."""
        read = self._get_item(
            "ReadState",
            "what is synced through, up to when changes are seen, what is refused already, whose token posted",
            outputs={},
            assign={
                **assign,
                "locked": False,
                "turn_waited": 0,
                "landed": EMPTY,
                "reads_again": False,
                "begun": EMPTY,
                "synced": expression("synced"),
            },
        )
        needs_beginning = sfn.Choice.jsonata(self._scope, "NeedsBeginning", comment="the first real run without dates")
        needs_beginning.when(is_true(self._needs_beginning()), self._begin_sync().next(then))
        read.next(otherwise(needs_beginning, then))
        # A state that fails assigns nothing, and the end of the run asks for these.
        return self._fail_on_any_error(read, locked=False, failures=expression("no_failures"))

    def _needs_beginning(self) -> str:
        return expression(
            "needs_beginning",
            DRY_RUN=self._parts.settings.dry_run,
            DAYS=_DAYS,
            INSTANT=_INSTANT,
            AHEAD_MILLISECONDS=1000 * limits.SCHEDULED_AHEAD_SECONDS,
        )

    def _begin_sync(self) -> tasks.DynamoUpdateItem:
        """However the first run ends: the days before the first success are caught up like any others."""
        begin = self._update(
            "BeginSync",
            "when the first run was, failed or not",
            "SET first_run = if_not_exists(first_run, :first)",
            values={":first": expression("first_run")},
            assign={"synced": expression("synced"), "begun": expression("first_run")},
        )
        return self._fail_on_any_error(begin)

    def forget_first_run(self) -> sfn.Choice:
        """An input that is refused is no run. What another one has begun stays."""
        forget = self._update(
            "ForgetFirstRun",
            "an input that is refused begins nothing",
            "REMOVE first_run",
            condition="first_run = :begun",
            values={":begun": path("$begun")},
        )
        self._and_end(forget)
        has_begun = sfn.Choice.jsonata(self._scope, "HasBegunSync", comment="whether this run is the first one")
        has_begun.when(is_true(expression("has_begun_sync")), forget)
        return otherwise(has_begun, self._end)

    def acquire(self, then: sfn.State) -> tasks.DynamoUpdateItem:
        """AcquireLock, with the whole way through waiting and taking over; leads to `then` with its own input.

        When another holds the lock: ReadHolder -> IsLockHeld -> DescribeHolder -> DoesHolderRun. When it runs:
        MayWaitForTurn -> WaitForTurn -> AcquireLock. Else LetItsWritesLand, and from ReadHolder on once more, since it
        may have been redriven, or was too young to be known; when it still does not run: TakeOverLock.
        """
        acquire = self._update(
            "AcquireLock",
            "one run at a time",
            _TAKE,
            condition="attribute_not_exists(holder) OR holder = :me",
            values={":now": expression("now")},
            assign={"locked": True, "reads_again": expression("reading_is_old"), "synced": expression("synced")},
        )
        read_holder = self._read_holder()
        is_held = sfn.Choice.jsonata(self._scope, "IsLockHeld")
        describe_holder = self._describe_holder()
        does_it_run = sfn.Choice.jsonata(self._scope, "DoesHolderRun")
        let_its_writes_land = self._let_its_writes_land()
        take_over = self._take_over()

        acquire.next(then)
        acquire.add_catch(read_holder, errors=[LOCK_IS_HELD], outputs=_INPUT)
        read_holder.next(is_held)
        is_held.when(is_true(expression("holder_is_gone")), acquire)
        otherwise(is_held, describe_holder)
        describe_holder.next(does_it_run)
        # An execution that is too old to be known any more does not run.
        describe_holder.add_catch(
            does_it_run,
            errors=[EXECUTION_UNKNOWN],
            outputs=_INPUT,
            assign={"holder_runs": False, "holder_stopped": ""},
        )
        does_it_run.when(is_true(path("$holder_runs")), self._wait_for_turn(acquire))
        does_it_run.when(is_true(expression("holder_has_landed")), take_over)
        otherwise(does_it_run, let_its_writes_land)
        let_its_writes_land.next(read_holder)
        take_over.next(then)
        take_over.add_catch(read_holder, errors=[LOCK_IS_HELD], outputs=_INPUT)

        self._fail_on_any_error(read_holder)
        self._fail_on_any_error(describe_holder)
        give_back = self._give_back_untouched()
        self._fail_on_any_error(acquire, then=give_back)
        self._fail_on_any_error(take_over, then=give_back)
        return acquire

    def _give_back_untouched(self) -> tasks.DynamoUpdateItem:
        """Whether the lock was taken is unknown, and so is what another run has left since this one read the item."""
        give_back = self._update(
            "GiveLockBack",
            "perhaps it was taken, and its answer lost",
            "REMOVE holder, taken_at",
            condition="holder = :me",
        )
        return self._and_end(give_back)

    def _and_end(self, update: tasks.DynamoUpdateItem) -> tasks.DynamoUpdateItem:
        """The run ends with the failure that it has, whatever becomes of this."""
        _repeat(update)
        update.add_catch(self._end, errors=[ANY], outputs=_INPUT)
        update.next(self._end)
        return update

    def record_user(self) -> tasks.DynamoUpdateItem:
        """Before the first post of a new user: a later run with another token must see it, however this one ends."""
        record = self._update(
            "RecordUser",
            "whose token posts from now on",
            "SET posted_by = :user, posted_by_id = :id, user_changed_at = :changed",
            condition="holder = :me",
            values={
                ":user": path("$run.username"),
                ":id": path("$run.user_id"),
                ":changed": expression("user_changed_at"),
            },
            assign={"synced": expression("synced_by_new_user")},
        )
        return self._fail_on_any_error(record)

    def release(self, then: sfn.Choice) -> tasks.DynamoUpdateItem:
        """ReleaseLock, which also keeps what the run was worth; leads to `then` in any case.

        Its condition holds after it as well: an answer that is lost is repeated.
        """
        release = self._update(
            "ReleaseLock",
            "gives the lock back, and keeps what is synced, seen, pending and told",
            "SET synced_through = :through, changes_seen = :changes_seen, seen = :seen, pending = :pending,"
            " told = :told, released_by = :me REMOVE holder, taken_at",
            condition="holder = :me OR (attribute_not_exists(holder) AND released_by = :me)",
            values={
                ":through": expression("synced_through"),
                ":changes_seen": expression("changes_seen"),
                ":seen": expression("changes_seen_versions"),
                ":pending": expression("pending_recorded"),
                ":told": path("$synced.told"),
            },
            assign={"locked": False},
        )
        _repeat(release)
        failure = expression("error_unless_failed")
        release.add_catch(then, errors=[ANY], outputs=_INPUT, assign={"failure": failure})
        release.next(then)
        return release

    def _read_holder(self) -> tasks.DynamoGetItem:
        return self._get_item(
            "ReadHolder",
            "which execution holds the lock",
            outputs=_INPUT,
            assign={"holder": expression("holder")},
        )

    def _describe_holder(self) -> tasks.CallAwsService:
        executions = Stack.of(self._scope).format_arn(
            service="states",
            resource="execution",
            resource_name=f"{names.state_machine(self._parts.settings.environment)}:*",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
        return tasks.CallAwsService.jsonata(
            self._scope,
            "DescribeHolder",
            comment="whether it still runs",
            service="sfn",
            action="describeExecution",
            iam_action="states:DescribeExecution",
            iam_resources=[executions],
            parameters={"ExecutionArn": path("$holder")},
            task_timeout=sfn.Timeout.duration(CALL_TIMEOUT),
            outputs=_INPUT,
            assign={"holder_runs": expression("holder_runs"), "holder_stopped": expression("holder_stopped")},
        )

    def _wait_for_turn(self, acquire: tasks.DynamoUpdateItem) -> sfn.Choice:
        waiting = {"LOCK_WAIT": self._parts.settings.lock_wait, "POLL_SECONDS": limits.TURN_POLL_SECONDS}
        wait = sfn.Wait.jsonata(
            self._scope,
            "WaitForTurn",
            comment="another run works",
            time=sfn.WaitTime.seconds(expression("turn_seconds", **waiting)),
            assign={"turn_waited": expression("turn_waited", **waiting)},
        )
        given_up = expression("turn_given_up", SYNC_ALREADY_RUNNING=SyncAlreadyRunning.__name__, **waiting)
        give_up = sfn.Pass.jsonata(self._scope, "GiveUpWaiting", outputs={}, assign={"failure": given_up})
        may_wait = sfn.Choice.jsonata(self._scope, "MayWaitForTurn")
        may_wait.when(is_true(expression("turn_may_come", **waiting)), wait.next(acquire))
        return otherwise(may_wait, give_up.next(self._end))

    def _let_its_writes_land(self) -> sfn.Wait:
        """A stopped execution's last Lambda may still run, and GitLab may still carry out what that sent."""
        land_seconds = limits.POST_TIMEOUT_SECONDS + self._parts.settings.settle_seconds
        return sfn.Wait.jsonata(
            self._scope,
            "LetItsWritesLand",
            comment="its last write can still land for so long after it stopped",
            time=sfn.WaitTime.seconds(expression("holder_landing_seconds", LAND_SECONDS=land_seconds)),
            assign={"landed": expression("holder_end")},
        )

    def _take_over(self) -> tasks.DynamoUpdateItem:
        return self._update(
            "TakeOverLock",
            "from an execution that does not run any more",
            _TAKE,
            condition="holder = :holder OR holder = :me",
            values={":now": expression("now"), ":holder": path("$holder")},
            assign={"locked": True, "reads_again": True, "synced": expression("synced")},
        )

    def _get_item(self, name: str, comment: str, **what_follows: Any) -> tasks.DynamoGetItem:
        return tasks.DynamoGetItem.jsonata(
            self._scope,
            name,
            comment=comment,
            table=self._parts.table,
            key=_key(),
            consistent_read=True,
            task_timeout=sfn.Timeout.duration(CALL_TIMEOUT),
            **what_follows,
        )

    def _update(
        self,
        name: str,
        comment: str,
        change: str,
        *,
        condition: str | None = None,
        values: dict[str, str] | None = None,
        assign: dict[str, Any] | None = None,
    ) -> tasks.DynamoUpdateItem:
        values = values or {}
        # DynamoDB refuses a value that nothing mentions.
        if ":me" in f"{change} {condition}":
            values = {":me": path("$states.context.Execution.Id"), **values}
        return tasks.DynamoUpdateItem.jsonata(
            self._scope,
            name,
            comment=comment,
            table=self._parts.table,
            key=_key(),
            update_expression=change,
            condition_expression=condition,
            expression_attribute_values={
                key: tasks.DynamoAttributeValue.from_string(value) for key, value in values.items()
            },
            return_values=tasks.DynamoReturnValues.ALL_NEW,
            task_timeout=sfn.Timeout.duration(CALL_TIMEOUT),
            outputs=_INPUT,
            assign=assign,
        )

    def _fail_on_any_error(self, state: _T, then: sfn.State | None = None, **assign: Any) -> _T:
        """Repeat after faults of the service; then let the run fail by their name. then: what is to be done before."""
        _repeat(state)
        failure = expression("error_caught")
        state.add_catch(then or self._end, errors=[ANY], outputs={}, assign={"failure": failure, **assign})
        return state


def _repeat(state: sfn.TaskStateBase) -> None:
    """1+2+4+8+16 = 31 s at most."""
    retry(state, TABLE_FAULTS, first_seconds=1, attempts=5, longest_seconds=20)


def _key() -> dict[str, tasks.DynamoAttributeValue]:
    return {KEY: tasks.DynamoAttributeValue.from_string(ITEM_ID)}
