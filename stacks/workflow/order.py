"""The state machine, its states in the order of a run.

Every error that is not an entry's own leads to HoldsLock, and from there to Failed with its name and a JSON cause.
Waits that a service asks for are Wait states, so that a person sees them; writes of unknown outcome are settled, looked
for and only then repeated.
"""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from contract import names
from contract.settings import Settings
from stacks.functions import Functions
from stacks.permissions import workflow_role
from stacks.workflow import ending
from stacks.workflow.expressions import NULL, expression, path
from stacks.workflow.lock import Lock
from stacks.workflow.reads import collect_outcomes, fetch_entries, transform_entries
from stacks.workflow.step import Parts, is_true, otherwise
from stacks.workflow.writes import create_issues, post_batches, post_entries

MACHINE_TIMEOUT = Duration.hours(120)
"""More than what one write can wait: 4 steps, FetchEntries twice, x 10 waits of 2 h at most, and a turn of 1 h = 101 h.

A Map whose every round is told to wait for hours could take longer. Ended so, the run gives no cause; the rule for
stopped runs tells of it, and the next run takes over.
"""


def first_of_the_states(parts: Parts) -> sfn.State:
    """ReadState, with all states behind it. Lock and writes have more of them, which begin and end as is said here."""
    scope = parts.scope
    anything_failed = sfn.Choice.jsonata(scope, "AnythingFailed")
    end = sfn.Choice.jsonata(scope, "HoldsLock")
    lock = Lock(parts, end)

    fetch = fetch_entries(parts, end, when_refused=lock.forget_first_run())
    read_state = lock.read_state(_FIRST_VARIABLES, then=fetch)
    needs_lock = sfn.Choice.jsonata(scope, "NeedsLock", comment="a dry run writes nothing, so it waits for nobody")
    transform = transform_entries(parts, end)
    must_read_again = sfn.Choice.jsonata(
        scope, "MustReadAgain", comment="what was read before another run worked is old"
    )
    acquire_lock = lock.acquire(then=must_read_again)
    anything_to_post = sfn.Choice.jsonata(
        scope,
        "AnythingToPost",
        comment="a dry run, or a plan without writes, goes straight to the totals, as if everything were done",
    )
    record_user = lock.record_user()
    create = create_issues(parts, end)
    is_handed_over = sfn.Choice.jsonata(scope, "IsHandedOver", comment="a large run's writes are in S3")
    post = post_entries(parts, end)
    post_large = post_batches(parts, end)
    collect = collect_outcomes(parts, end)
    summarise = ending.summarise(parts)
    release_lock = lock.release(then=anything_failed)
    tell_left_out = ending.tell_left_out(parts, then=release_lock)
    failed = ending.failed(parts)
    notify = ending.notify_failure(parts, failed)
    synced = sfn.Succeed.jsonata(scope, "Synced")

    fetch.next(needs_lock)
    needs_lock.when(is_true(expression("needs_no_lock")), transform)
    otherwise(needs_lock, acquire_lock)
    must_read_again.when(is_true(path("$reads_again")), fetch)
    otherwise(must_read_again, transform)
    transform.next(anything_to_post)
    for condition, next_state in (
        ("plan_by_new_user", record_user),
        ("plan_has_issues", create),
        ("plan_has_batches", post_large),
        ("plan_has_writes", post),
    ):
        anything_to_post.when(is_true(expression(condition)), next_state, outputs=path("$states.input"))
    as_if_done = {
        "outputs": expression("plan_as_if_done"),
        "assign": {"issues_created": path("$states.input.new_issues")},
    }
    otherwise(anything_to_post, summarise, **as_if_done)
    record_user.next(anything_to_post)
    create.next(is_handed_over)
    is_handed_over.when(is_true(expression("plan_is_handed_over")), post_large)
    otherwise(is_handed_over, post)
    post.next(summarise)
    post_large.next(collect)
    collect.next(summarise)
    summarise.next(end)
    end.when(is_true(expression("left_out_is_told")), tell_left_out)
    end.when(is_true(path("$locked")), release_lock)
    otherwise(end, anything_failed)
    anything_failed.when(is_true(expression("anything_failed")), notify)
    otherwise(anything_failed, synced)
    notify.next(failed)
    return read_state


_FIRST_VARIABLES = {
    "waits": 0,
    "issues_created": 0,
    "unposted": [],
    "issues": {},
    "run": {},
    "progress": NULL,
    "pending": expression("no_pending"),
    "failures": expression("no_failures"),
    "failure": NULL,
}
"""A variable that was never assigned cannot be read, so all of them are at the start."""


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
        states = first_of_the_states(Parts(self, settings, functions, table, bucket, topic))
        role = workflow_role(self, settings, functions, table, topic)
        self.state_machine = sfn.StateMachine(
            self,
            "StateMachine",
            state_machine_name=names.state_machine(settings.environment),
            definition_body=sfn.DefinitionBody.from_chainable(sfn.Chain.start(states)),
            query_language=sfn.QueryLanguage.JSONATA,
            state_machine_type=sfn.StateMachineType.STANDARD,
            timeout=MACHINE_TIMEOUT,
            # What the tasks would add by themselves is wider than what they need.
            role=role.without_policy_updates(),
            tracing_enabled=True,
            logs=sfn.LogOptions(
                destination=self._log_group(settings),
                # Entries carry descriptions, which do not belong into logs.
                include_execution_data=False,
                level=sfn.LogLevel.ALL,
            ),
        )
        self.state_machine.node.add_dependency(role)

    def _log_group(self, settings: Settings) -> logs.LogGroup:
        return logs.LogGroup(
            self,
            "Log",
            log_group_name=names.state_machine_log_group(settings.environment),
            retention=logs.RetentionDays.ONE_MONTH,
            removal_policy=RemovalPolicy.DESTROY,
        )
