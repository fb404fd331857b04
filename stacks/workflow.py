"""The state machine, its states in the order of a run.

ReadState -> FetchEntries -> AcquireLock -> TransformEntries -> CreateIssues (Map: CreateIssue, when there are some) ->
PostEntries (Map: PostEntry) -> Summarise -> ReleaseLock -> Synced or Failed.

Every error that is not an entry's own leads to Failed with its name and a JSON cause. Waits that a service asks for are
Wait states, so that a person sees them; writes of unknown outcome are settled, looked for and only then repeated.
"""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks
from constructs import Construct

from contract import limits, names
from contract.errors import (
    ENTRIES_FAILED,
    LAMBDA_CRASHES,
    LAMBDA_MAY_LIVE_ON,
    LAMBDA_NOT_INVOKED,
    LAMBDA_SERVICE_FAULTS,
    PASSING_ERRORS,
    SECRET_UNREADABLE,
    SETUP_ERRORS,
    STORAGE_FAULTS,
    WAIT_ERRORS,
    CallUnfinished,
    EntryRejected,
    GitLabUnavailable,
)
from contract.errors import names as error_names
from contract.settings import Settings
from stacks.batches import IS_HANDED_OVER, POST_TASK_TIMEOUT, Batches, let_it_end
from stacks.expressions import (
    CAUGHT_ERROR,
    CAUGHT_WAIT_SECONDS,
    EXECUTION,
    RECORDED_ERROR,
    RECORDED_REASON,
    caught,
    from_file,
    jsonata,
    without_told_wait,
)
from stacks.functions import Functions
from stacks.lock import Lock
from stacks.monitoring import console_of_executions
from stacks.permissions import workflow_role
from stacks.retries import go_on, retry

READING_TASK_TIMEOUT = Duration.seconds(limits.READING_TIMEOUT_SECONDS + 10)
"""A little more than the Lambda's own timeout, which then reports itself."""

MACHINE_TIMEOUT = Duration.hours(96)
"""More than what one write can wait: 4 steps x 10 waits of 2 h at most, and a turn of 1 h = 81 h.

A Map whose every round is told to wait for hours could take longer. Ended so, the run gives no cause; the rule for
stopped runs tells of it, and the next run takes over.
"""

_HANDOVER_PREFIX = f'"{names.HANDOVER_PREFIX}" & $states.context.Execution.Name & "/"'

_WAITS_ALLOWED = (
    f"$max([1, $min([{limits.WAITS_WHEN_POSTING}, $floor({limits.WAITS_IN_HISTORY}"
    f" / ($run.new_issues + $min([$run.planned, {limits.INLINE_ITEMS}])))])])"
)
"""How often one item of a Map may be told to wait: what all of them together may take of the history."""

FAILURES_THAT_NAME_THE_RUN = error_names(SETUP_ERRORS) + error_names(WAIT_ERRORS)


SNS_FAULTS = [
    "SNS.AmazonSNSException",
    "SNS.InternalErrorException",
    "SNS.SdkClientException",
    "SNS.SnsException",
    "SNS.ThrottledException",
]
"""Faults of the mail's service, not of the mail."""


class Workflow(Construct):
    """The state machine over the three functions, the lock's table and the topic that failures are published to."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        settings: Settings,
        functions: Functions,
        table: dynamodb.ITable,
        bucket: s3.IBucket,
        topic: sns.ITopic,
    ) -> None:
        super().__init__(scope, construct_id)
        self._settings = settings
        self._functions = functions
        self._handover = {"bucket": bucket.bucket_name, "prefix": jsonata(_HANDOVER_PREFIX)}
        outcome = self._outcome(topic)
        self._end = sfn.Choice.jsonata(self, "HoldsLock")
        lock = Lock(self, settings, table, self._end)
        self._end.when(sfn.Condition.jsonata(jsonata("$locked")), lock.release(outcome))
        self._end.otherwise(outcome)
        fetch = self._fetch_entries()
        transform = self._transform_entries()
        start = lock.read_state(_FIRST_VARIABLES)
        start.next(fetch)
        fetch.next(self._needs_lock(lock, transform))
        create = self._create_issues()
        post = self._post_entries()
        batches = Batches(self, settings, functions, self._handover, self._fail_on_anything_else)
        summarise = self._summarise()
        post_batches = batches.post(summarise)
        transform.next(self._anything_to_post(lock, create, post, post_batches, summarise))
        is_handed_over = sfn.Choice.jsonata(self, "IsHandedOver", comment="a large run's writes are in S3")
        is_handed_over.when(sfn.Condition.jsonata(jsonata(IS_HANDED_OVER)), post_batches)
        create.next(is_handed_over.otherwise(post))
        post.next(summarise)
        summarise.next(self._end)
        log_group = logs.LogGroup(
            self,
            "Log",
            log_group_name=names.state_machine_log_group(settings.environment),
            retention=logs.RetentionDays.ONE_MONTH,
            removal_policy=RemovalPolicy.DESTROY,
        )
        role = workflow_role(self, settings, functions, table, topic)
        self.state_machine = sfn.StateMachine(
            self,
            "StateMachine",
            state_machine_name=names.state_machine(settings.environment),
            definition_body=sfn.DefinitionBody.from_chainable(sfn.Chain.start(start)),
            query_language=sfn.QueryLanguage.JSONATA,
            state_machine_type=sfn.StateMachineType.STANDARD,
            timeout=MACHINE_TIMEOUT,
            # What the tasks would add by themselves is wider than what they need.
            role=role.without_policy_updates(),
            tracing_enabled=True,
            logs=sfn.LogOptions(
                destination=log_group,
                # Entries carry descriptions, which do not belong into logs.
                include_execution_data=False,
                level=sfn.LogLevel.ALL,
            ),
        )
        self.state_machine.node.add_dependency(role)

    def _fetch_entries(self) -> tasks.LambdaInvoke:
        state = tasks.LambdaInvoke.jsonata(
            self,
            "FetchEntries",
            comment="checks the input, resolves window and settings, reads the Toggl entries",
            lambda_function=self._functions.fetch,
            payload=sfn.TaskInput.from_object(
                {
                    "input": jsonata("$states.context.Execution.Input"),
                    "synced_through": jsonata("$synced.synced_through"),
                    "handover": self._handover,
                    "again": jsonata("$fetch_waits > 0 or $states.context.State.RetryCount > 0"),
                    "execution": EXECUTION,
                }
            ),
            outputs=jsonata("$states.result.Payload"),
            task_timeout=sfn.Timeout.duration(READING_TASK_TIMEOUT),
            retry_on_service_exceptions=False,
        )
        # What was read is kept, and the next call goes on there, no sooner than the pace that Toggl allows.
        go_on(
            state,
            CallUnfinished.__name__,
            pause_seconds=2,
            calls=limits.UNFINISHED_FETCHES,
            jitter=sfn.JitterType.NONE,
        )
        self._read_carefully(state, "Toggl", "fetch_waits")
        return state

    def _transform_entries(self) -> tasks.LambdaInvoke:
        state = tasks.LambdaInvoke.jsonata(
            self,
            "TransformEntries",
            comment="filter, match, round, dedupe: entries in, a plan out",
            lambda_function=self._functions.transform_version,
            payload=sfn.TaskInput.from_object(
                {
                    "fetched": jsonata("$states.input"),
                    "posted_by": jsonata("$synced.posted_by"),
                    "handover": self._handover,
                    "execution": EXECUTION,
                }
            ),
            outputs=jsonata("$states.result.Payload"),
            assign={
                "run": jsonata(
                    '$states.result.Payload.{"settings": settings, "window": window, "dry_run": dry_run,'
                    ' "progress": progress, "username": username, "planned": planned, "new_issues": new_issues,'
                    ' "handed_over": handed_over, "settled": [settled]}'
                )
            },
            task_timeout=sfn.Timeout.duration(READING_TASK_TIMEOUT),
            retry_on_service_exceptions=False,
        )
        self._read_carefully(state, "GitLab", "transform_waits")
        return state

    def _read_carefully(self, state: tasks.LambdaInvoke, service: str, counter: str) -> None:
        """Repeat a reading step: at once after passing errors, after a Wait when a service asks for one.

        Retries wait 2+4+8+16+32 = 62 s at most, those after a crash 5+10 s; nothing is written, so repeating is safe.
        """
        retry(
            state,
            [
                *error_names(PASSING_ERRORS),
                SECRET_UNREADABLE,
                *STORAGE_FAULTS,
                LAMBDA_NOT_INVOKED,
                *LAMBDA_SERVICE_FAULTS,
            ],
            first_seconds=2,
            attempts=limits.READ_RETRIES,
            longest_seconds=60,
        )
        retry(
            state,
            LAMBDA_CRASHES,
            first_seconds=5,
            attempts=limits.CRASH_RETRIES,
            longest_seconds=60,
        )
        wait = sfn.Wait.jsonata(
            self,
            f"WaitFor{service}",
            comment=f"as long as {service} said",
            time=sfn.WaitTime.seconds(jsonata("$wait_seconds")),
        )
        wait.next(state)
        given_up = f'$merge([$failure, {{"message": {without_told_wait("$failure.message")}}}])'
        may_wait = sfn.Choice.jsonata(
            self,
            f"MayWaitFor{service}",
            comment="not longer than max_wait, not for ever",
            assign={"failure": jsonata(given_up)},
        )
        may_wait.when(
            sfn.Condition.jsonata(jsonata(f"$wait_seconds >= 0 and ${counter} <= {limits.WAITS_WHEN_READING}")), wait
        )
        may_wait.otherwise(self._end)
        state.add_catch(
            may_wait,
            errors=error_names(WAIT_ERRORS),
            outputs=jsonata("$states.input"),
            assign={
                "failure": jsonata(CAUGHT_ERROR),
                "wait_seconds": jsonata(CAUGHT_WAIT_SECONDS),
                counter: jsonata(f"${counter} + 1"),
            },
        )
        self._fail_on_anything_else(state)

    def _fail_on_anything_else(self, state: tasks.LambdaInvoke | sfn.Map) -> None:
        state.add_catch(self._end, errors=["States.ALL"], assign={"failure": jsonata(CAUGHT_ERROR)}, outputs={})

    def _needs_lock(self, lock: Lock, transform: tasks.LambdaInvoke) -> sfn.Choice:
        choice = sfn.Choice.jsonata(self, "NeedsLock", comment="a dry run writes nothing, so it waits for nobody")
        choice.when(sfn.Condition.jsonata(jsonata("$states.input.dry_run")), transform)
        return choice.otherwise(lock.acquire(transform))

    def _anything_to_post(
        self, lock: Lock, create: sfn.Map, post: sfn.Map, post_batches: sfn.Map, summarise: sfn.Pass
    ) -> sfn.Choice:
        """A dry run, or a plan without writes, goes straight to the totals, as if everything were done."""
        choice = sfn.Choice.jsonata(
            self,
            "AnythingToPost",
            outputs=jsonata("[$states.input.writes.done]"),
            assign={"issues_created": jsonata("$states.input.new_issues")},
        )
        is_real = "$not($states.input.dry_run)"
        writes = f"{is_real} and $states.input.planned > 0"
        # A new user that this run was allowed to accept is recorded also when nothing is to be written.
        is_new_user = f'$synced.posted_by != $run.username and ($synced.posted_by != "" or {writes})'
        for condition, state in (
            (f"{is_real} and {is_new_user}", lock.record_user(choice)),
            (f"{writes} and $count($states.input.issues) > 0", create),
            (f"{writes} and {IS_HANDED_OVER}", post_batches),
            (writes, post),
        ):
            choice.when(sfn.Condition.jsonata(jsonata(condition)), state, outputs=jsonata("$states.input"))
        return choice.otherwise(summarise)

    def _create_issues(self) -> sfn.Map:
        """Before any post, so that all entries of one title find the same issue."""
        state = self._map_of_writes(
            "CreateIssues",
            "issue",
            items="$states.input.issues",
            entries=jsonata("$count([$states.input.writes[new_issue = $states.context.Map.Item.Value.key]])"),
            comment="auto-created issues, before any post",
            outputs=from_file("issues_created"),
            assign={
                "issues_created": jsonata('$count($states.result[$type(target) = "object"])'),
                "unposted": from_file("unposted"),
                "issues": jsonata("$merge($append([{}], $states.result.{ key: $ }))"),
            },
        )
        state.item_processor(
            self._write(
                "CreateIssue",
                "issue",
                comment="creates one issue, or finds that it is there",
                recorded=(
                    '{"key": $states.input.issue.key, "target": null,'
                    f' "reason": {RECORDED_REASON}, "error": {RECORDED_ERROR}}}'
                ),
            ),
            mode=sfn.ProcessorMode.INLINE,
        )
        return state

    def _post_entries(self) -> sfn.Map:
        state = self._map_of_writes(
            "PostEntries",
            "write",
            items="$states.input.writes",
            entries=1,
            comment="one iteration an entry; one that fails does not stop the others",
            outputs=jsonata("[$append($states.result, $unposted)]"),
            assign={},
        )
        state.item_processor(
            self._write(
                "PostEntry",
                "write",
                comment="carries out one create, replace or delete",
                recorded=(
                    '{"row": $merge([$states.input.write.done.row,'
                    f' {{"outcome": "failed", "reason": {RECORDED_REASON}}}]),'
                    f' "duplicates_removed": 0, "error": {RECORDED_ERROR}}}'
                ),
            ),
            mode=sfn.ProcessorMode.INLINE,
        )
        return state

    def _map_of_writes(
        self,
        name: str,
        what: str,
        *,
        items: str,
        entries: str | int,
        comment: str,
        outputs: str,
        assign: dict[str, str],
    ) -> sfn.Map:
        """what: the key of an item in what an iteration gets. entries: how many of the run's depend on one item."""
        state = sfn.Map.jsonata(
            self,
            name,
            comment=comment,
            items=sfn.ProvideItems.jsonata(jsonata(items)),
            item_selector={
                what: jsonata("$states.context.Map.Item.Value"),
                "entries": entries,
                "look_first": False,
                "looks": 0,
                "waits": 0,
                "waits_allowed": jsonata(_WAITS_ALLOWED),
            },
            max_concurrency=self._settings.max_concurrency,
            outputs=outputs,
            assign=assign,
        )
        self._fail_on_anything_else(state)
        return state

    def _write(self, name: str, what: str, *, comment: str, recorded: str) -> sfn.Chain:
        """One write, with its own way through every kind of failure.

        After any caught error the next call looks first: a step before the failing one may have written.
        name: the state's; what: the key of the item in its input. recorded: what a failed one comes to.
        """
        state = tasks.LambdaInvoke.jsonata(
            self,
            name,
            comment=comment,
            lambda_function=self._functions.post_version,
            payload=sfn.TaskInput.from_object(
                {
                    what: jsonata(f"$states.input.{what}"),
                    "look_first": jsonata("$states.input.look_first"),
                    "tries": jsonata(
                        '{"looks": $states.input.looks, "waits": $states.input.waits,'
                        ' "waits_allowed": $states.input.waits_allowed, "retries": $states.context.State.RetryCount}'
                    ),
                    "entries": jsonata("$states.input.entries"),
                    "username": jsonata("$run.username"),
                    "settings": jsonata("$run.settings"),
                    "execution": EXECUTION,
                }
            ),
            outputs=jsonata("$states.result.Payload"),
            task_timeout=sfn.Timeout.duration(POST_TASK_TIMEOUT),
            retry_on_service_exceptions=False,
        )
        # They prove that nothing was written. 1+2+4+8+16 = 31 s at most.
        retry(
            state,
            [LAMBDA_NOT_INVOKED, SECRET_UNREADABLE, GitLabUnavailable.__name__],
            first_seconds=1,
            attempts=limits.WRITE_RETRIES,
            longest_seconds=30,
        )
        record = sfn.Pass.jsonata(
            self, f"Record{name}Failure", comment="the output says why", outputs=jsonata(recorded)
        )
        state.add_catch(
            record,
            errors=[
                EntryRejected.__name__,
                GitLabUnavailable.__name__,
                LAMBDA_NOT_INVOKED,
                SECRET_UNREADABLE,
                *error_names(SETUP_ERRORS),
            ],
            outputs=caught({}),
        )
        state.add_catch(
            self._wait_as_told(name, state, record),
            errors=error_names(WAIT_ERRORS),
            outputs=caught(
                {"look_first": "true", "waits": "$states.input.waits + 1", "wait_seconds": CAUGHT_WAIT_SECONDS}
            ),
        )
        again = caught({"look_first": "true", "looks": "$states.input.looks + 1"})
        settle = self._settle_and_look(name, state, record)
        state.add_catch(let_it_end(self, name, settle), errors=list(LAMBDA_MAY_LIVE_ON), outputs=again)
        state.add_catch(settle, errors=["States.ALL"], outputs=again)
        return sfn.Chain.start(state)

    def _wait_as_told(self, name: str, state: tasks.LambdaInvoke, record: sfn.Pass) -> sfn.Choice:
        wait = sfn.Wait.jsonata(
            self,
            f"WaitTo{name}",
            comment="as long as GitLab said",
            time=sfn.WaitTime.seconds(jsonata("$states.input.wait_seconds")),
        )
        wait.next(state)
        choice = sfn.Choice.jsonata(self, f"MayWaitTo{name}", comment="not longer than max_wait, not for ever")
        may_wait = "$states.input.wait_seconds >= 0 and $states.input.waits <= $states.input.waits_allowed"
        choice.when(sfn.Condition.jsonata(jsonata(may_wait)), wait)
        return choice.otherwise(record)

    def _settle_and_look(self, name: str, state: tasks.LambdaInvoke, record: sfn.Pass) -> sfn.Wait:
        """Also before giving up: the last attempt's write must have landed before another run reads the ledger."""
        settle = sfn.Wait.jsonata(
            self,
            f"Settle{name}",
            comment="a write of unknown outcome may still land for so long",
            time=sfn.WaitTime.duration(Duration.seconds(self._settings.settle_seconds)),
        )
        choice = sfn.Choice.jsonata(self, f"MayLookFor{name}")
        choice.when(sfn.Condition.jsonata(jsonata(f"$states.input.looks <= {limits.LOOKS}")), state)
        choice.otherwise(record)
        settle.next(choice)
        return settle

    def _summarise(self) -> sfn.Pass:
        return sfn.Pass.jsonata(
            self,
            "Summarise",
            comment="the totals; this is the run's output, also when it then fails",
            outputs=from_file("summarise"),
            assign={
                "failures": from_file("failures"),
                "failure": from_file(
                    "entries_failure",
                    NAMING_THE_RUN=FAILURES_THAT_NAME_THE_RUN,
                    ENTRIES_FAILED=ENTRIES_FAILED,
                ),
            },
        )

    def _outcome(self, topic: sns.ITopic) -> sfn.Choice:
        """The end of every run: Synced, or a mail and Failed."""
        failed = sfn.Fail.jsonata(
            self,
            "Failed",
            comment="no run is green after an error",
            error=jsonata("$failure.name"),
            cause=from_file("fail_cause"),
        )
        notify = tasks.SnsPublish.jsonata(
            self,
            "NotifyFailure",
            comment="who gets the alarms reads what happened, and which entries",
            topic=topic,
            subject=f"{names.state_machine(self._settings.environment)}: a run failed",
            message=sfn.TaskInput.from_text(
                from_file("failure_mail", CONSOLE=console_of_executions(self), BUCKET=self._handover["bucket"])
            ),
            task_timeout=sfn.Timeout.duration(Duration.seconds(30)),
            outputs=jsonata("$states.input"),
        )
        retry(
            notify,
            [*SNS_FAULTS, "States.Timeout"],
            first_seconds=2,
            attempts=4,
            longest_seconds=20,
        )
        # A mail that cannot be sent must not hide why the run failed.
        notify.add_catch(failed, errors=["States.ALL"], outputs=jsonata("$states.input"))
        notify.next(failed)
        choice = sfn.Choice.jsonata(self, "AnythingFailed")
        choice.when(sfn.Condition.jsonata(jsonata("$failure != null")), notify)
        return choice.otherwise(sfn.Succeed.jsonata(self, "Synced"))


_FIRST_VARIABLES = {
    "fetch_waits": 0,
    "transform_waits": 0,
    "issues_created": 0,
    "unposted": [],
    "issues": {},
    "run": {},
    "failures": jsonata('{"count": 0, "rows": [], "errors": [], "entries": null}'),
    "failure": jsonata("null"),
}
"""A variable that was never assigned cannot be read, so all of them are at the start."""
