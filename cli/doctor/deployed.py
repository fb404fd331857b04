"""The doctor's looks at what is deployed: is it all there, is it set up, does it run, does anybody hear of failures."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from cli.deployment.ownership import owner_of
from cli.deployment.place import AWS_ERRORS, NOT_THERE, Unusable, code_of
from cli.deployment.record import read_record
from cli.doctor.findings import Facts, Found, ok, problem, warning
from cli.doctor.schedules import begun_before
from cli.terminal.console import printable
from cli.watch import RUNNING, message_in
from contract import names
from functions.shared.tokens import token_in

RUNS_LOOKED_AT = 20
"""Successful runs that may be dry ones before a real one is looked for no further."""

STARTS_MISSED = 2
"""After so many starts by the schedule without a successful run, somebody has to look."""

LONGEST_RUN = timedelta(hours=1)
"""How long a run of a frequent schedule may take before its success is missed."""

_PENDING = "PendingConfirmation"
_MEANT_WELL = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"})


def look_at_stack(facts: Facts) -> Iterator[Found]:
    deployment = facts.deployment
    name = names.stack(deployment.environment)
    deploy = f"deploy: {deployment.how_to_deploy()}"
    stacks = _or_nothing(deployment.client("cloudformation").describe_stacks, StackName=name).get("Stacks")
    if not stacks:
        yield problem(f"there is no stack {name} in {deployment.region}: {deploy}")
        return
    status = stacks[0]["StackStatus"]
    if status in _MEANT_WELL:
        yield ok(f"{name} is {status}")
    elif status.endswith("_IN_PROGRESS"):
        yield warning(f"{name} is {status}: look again when that has ended")
    elif status.startswith("UPDATE_ROLLBACK_COMPLETE"):
        yield warning(f"{name} is {status}: the last deployment failed, the one before it is in place. Again, {deploy}")
    else:
        yield problem(
            f"{name} is {status}. ./destroy.sh --account {deployment.account} {deployment.options}, then {deploy}"
        )


def look_at_state_machine(facts: Facts) -> Iterator[Found]:
    try:
        facts.deployment.require()
    except Unusable as missing:
        yield problem(str(missing))
    else:
        yield ok(f"{names.state_machine(facts.deployment.environment)} is there")


def look_at_settings(facts: Facts) -> Iterator[Found]:
    """Those that a run takes from the fetch function's variables."""
    settings = facts.settings = facts.deployment.settings()
    yield ok(f"{settings.gitlab_url}, {settings.toggl_url}, days in {settings.timezone}")
    if settings.dry_run:
        yield warning("dry_run is on: no run writes anything, unless it is started with --set dry_run=false")


def look_at_toggl_secret(facts: Facts) -> Iterator[Found]:
    yield _secret(facts, names.toggl_secret(facts.deployment.environment))


def look_at_gitlab_secret(facts: Facts) -> Iterator[Found]:
    yield _secret(facts, names.gitlab_secret(facts.deployment.environment))


def _secret(facts: Facts, secret: str) -> Found:
    answer = _or_nothing(facts.deployment.client("secretsmanager").get_secret_value, SecretId=secret)
    if not answer:
        return problem(f"there is no secret {secret}: restore it with {facts.deployment.how_to_restore()}")
    token = token_in(answer.get("SecretString"))
    if token is None:
        return problem(f"{secret} holds no token yet: {facts.deployment.command('tokens')}")
    facts.tokens[secret] = token
    return ok(f"{secret} holds a token")


def look_at_schedule(facts: Facts) -> Iterator[Found]:
    schedule = _schedule(facts)
    if schedule is None:
        yield ok("there is none: runs start by hand only")
    elif schedule["State"] != "ENABLED":
        yield warning(f"it is disabled, so nothing runs by itself: enable it, or {facts.deployment.how_to_restore()}")
    else:
        yield ok(f"{schedule['ScheduleExpression']} in {schedule.get('ScheduleExpressionTimezone', 'UTC')}")


def look_at_last_run(facts: Facts) -> Iterator[Found]:
    newest = _executions(facts, 1)
    if not newest:
        yield ok(f"none yet. Try one that writes nothing: {facts.deployment.command('start', '--dry-run')}")
        return
    run = newest[0]
    if run["status"] == RUNNING:
        yield ok(f"one is under way since {_ago(run['startDate'], facts.now)}: {run['executionArn']}")
    elif run["status"] == "SUCCEEDED":
        yield ok(f"succeeded {_ago(run['stopDate'], facts.now)}")
    else:
        states = facts.deployment.client("stepfunctions")
        why = states.describe_execution(executionArn=run["executionArn"])
        words = printable(f"{why.get('error') or 'no error name'}: {message_in(why.get('cause'))}", 600)
        yield warning(f"{run['status']} {_ago(run['stopDate'], facts.now)}. {words}")


def look_at_last_success(facts: Facts) -> Iterator[Found]:
    through = read_record(facts.deployment).synced_through
    reach = "" if through is None else f"; everything through {through} is synced"
    success = _last_success(facts)
    schedule = _schedule(facts)
    if schedule is None or schedule["State"] != "ENABLED":
        when = "none yet" if success is None else _ago(success, facts.now)
        yield ok(f"{when}{reach}")
        return
    expression, timezone = schedule["ScheduleExpression"], schedule.get("ScheduleExpressionTimezone", "UTC")
    due = begun_before(expression, timezone, facts.now, STARTS_MISSED)
    since = schedule.get("CreationDate", facts.now) if success is None else success
    if due is not None and since < min(due, facts.now - LONGEST_RUN):
        when = "no run has succeeded yet" if success is None else f"the last one was {_ago(success, facts.now)}"
        yield warning(f"{when}, although the schedule has had {STARTS_MISSED} starts since then{reach}")
    else:
        yield ok(f"{'none yet' if success is None else _ago(success, facts.now)}{reach}")


def look_at_lock(facts: Facts) -> Iterator[Found]:
    record = read_record(facts.deployment)
    if not record.holder:
        yield ok("free")
        return
    held = f"{printable(record.holder, 300)} holds it since {printable(record.taken_at, 40)}"
    states = facts.deployment.client("stepfunctions")
    holder = _or_nothing(states.describe_execution, executionArn=record.holder)
    if holder.get("status") in {RUNNING, "PENDING_REDRIVE"}:
        yield ok(f"{held}, and works")
    else:
        yield warning(f"{held}, but does not run any more. Nothing to mend: the next run takes it over by itself")


def look_at_mail(facts: Facts) -> Iterator[Found]:
    topic = facts.deployment.arn("sns", names.topic(facts.deployment.environment))
    pages = facts.deployment.client("sns").get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
    subscriptions = [one for page in pages for one in page["Subscriptions"]]
    if not subscriptions:
        yield warning("nobody hears of a failed run: deploy with -c alarm_email=you@example.com")
    for one in subscriptions:
        endpoint = printable(one.get("Endpoint", "?"), 120)
        if one["SubscriptionArn"] == _PENDING:
            yield warning(f"{endpoint} has not confirmed the subscription: open the link in AWS's mail")
        else:
            yield ok(f"{endpoint} hears of failed runs")


def look_at_alarms(facts: Facts) -> Iterator[Found]:
    stem = names.state_machine(facts.deployment.environment)
    pages = facts.deployment.client("cloudwatch").get_paginator("describe_alarms").paginate(AlarmNamePrefix=stem)
    owner = owner_of(facts.deployment)
    alarms = [one for page in pages for one in page["MetricAlarms"] if owner.has(one["AlarmName"])]
    raised = [one for one in alarms if one["StateValue"] == "ALARM"]
    for alarm in raised:
        yield warning(f"{alarm['AlarmName']}: {printable(alarm.get('AlarmDescription', ''), 400)}")
    if not raised:
        yield ok("none is raised")


def _schedule(facts: Facts) -> dict[str, Any] | None:
    name = names.schedule(facts.deployment.environment)
    return _or_nothing(facts.deployment.client("scheduler").get_schedule, Name=name) or None


def _executions(facts: Facts, count: int, **more: str) -> list[dict[str, Any]]:
    """The newest executions first."""
    arn = facts.deployment.state_machine_arn
    states = facts.deployment.client("stepfunctions")
    found: list[dict[str, Any]] = _or_nothing(
        states.list_executions, stateMachineArn=arn, maxResults=count, **more
    ).get("executions", [])
    return found


def _last_success(facts: Facts) -> datetime | None:
    """When the last successful run ended that was no dry run; in a deployment of dry runs, any."""
    states = facts.deployment.client("stepfunctions")
    dry_runs_count = facts.settings is not None and facts.settings.dry_run
    for run in _executions(facts, RUNS_LOOKED_AT, statusFilter="SUCCEEDED"):
        output = states.describe_execution(executionArn=run["executionArn"]).get("output", "")
        if dry_runs_count or '"dry_run":true' not in output.replace(" ", ""):
            stopped: datetime = run["stopDate"]
            return stopped
    return None


def _or_nothing(ask: Any, **arguments: Any) -> dict[str, Any]:
    """AWS's answer, or an empty one when what is asked for is not there."""
    try:
        answer: dict[str, Any] = ask(**arguments)
    except AWS_ERRORS as error:
        if code_of(error) not in NOT_THERE:
            raise
        return {}
    return answer


def _ago(instant: datetime, now: datetime) -> str:
    seconds = int((now - instant) / timedelta(seconds=1))
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit}s ago ({instant.astimezone(UTC):%Y-%m-%d %H:%M} UTC)"
    return f"just now ({instant.astimezone(UTC):%Y-%m-%d %H:%M} UTC)"
