"""The doctor's looks at the runs: when they start, how they ended, and whether one holds the lock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from cli.deployment.aws import answer_if_there
from cli.deployment.deployed_settings import deployed_schedule
from cli.deployment.record import read_record
from cli.doctor.findings import Facts, Found, ok, problem, warning
from cli.doctor.schedules import begun_before
from cli.executions.ended import RUNNING, message_in
from cli.terminal.text import counted, in_utc, printable
from contract import names
from contract.state import PENDING_AT_MOST
from contract.vocabulary import EntryWarning
from functions.fetch.reach import changes_since
from functions.fetch.window import resolve

PENDING_SHOWN = 20

RUNS_LOOKED_AT = 20
"""Successful runs that may be dry ones before a real one is looked for no further."""

STARTS_MISSED = 2
"""After so many starts by the schedule without a successful run, somebody has to look."""

LONGEST_RUN = timedelta(hours=1)
"""How long a run of a frequent schedule may take before its success is missed."""


def look_at_schedule(facts: Facts) -> Iterator[Found]:
    """Whether it is as it was deployed: what was changed by hand stays so."""
    schedule, deployed = _schedule(facts), deployed_schedule(facts.deployment)
    restore = facts.deployment.how_to_restore()
    if schedule is None and deployed:
        gone = f"it is gone, although {_starts(deployed)} was deployed: nothing runs by itself"
        yield warning(f"{gone}. Put it back: {restore}")
    elif schedule is None:
        yield ok("there is none: runs start by hand only")
    elif schedule["State"] != "ENABLED":
        yield warning(f"it is disabled, so nothing runs by itself: enable it, or {restore}")
    elif deployed and _starts(schedule) != _starts(deployed):
        yield warning(f"it is {_starts(schedule)}, although {_starts(deployed)} was deployed. Put that back: {restore}")
    else:
        yield ok(_starts(schedule))


def look_at_last_run(facts: Facts) -> Iterator[Found]:
    newest = _executions(facts, 1)
    if not newest:
        yield ok(f"none yet. Try one that writes nothing: {facts.deployment.command('start', '--dry-run')}")
        return
    run = newest[0]
    if run["status"] == RUNNING:
        yield ok(f"one is running, started {_ago(run['startDate'], facts.now)}: {run['executionArn']}")
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


def look_at_reach(facts: Facts) -> Iterator[Found]:
    """What the next run by the schedule looks at: its days, and what was changed in Toggl on days that are over."""
    settings, record = facts.known_settings(), read_record(facts.deployment)
    run = resolve({}, settings, facts.now, record)
    if run.window.gap is not None:
        first, last = run.window.gap
        by_hand = facts.deployment.command("start", first if first == last else f"{first}..{last}")
        yield warning(f"{first} to {last} are not synced, and too long ago for runs by the schedule: {by_hand}")
    yield ok(f"the next run reads what starts on {run.first_day} or later")
    earliest = run.today - timedelta(days=settings.catch_up_days)
    if not settings.catch_up_days:
        yield ok("catch_up_days is 0: what is added or changed in Toggl after its day was synced stays as it is")
    elif record.changes_seen is None:
        yield ok(
            "no changes are seen yet (runs by hand with dates do not count): after a first good run without,"
            f" those of {settings.catch_up_days} days are"
        )
    elif (since := changes_since(run, record, facts.now)) is None:
        yield warning(
            f"changes are seen up to {in_utc(record.changes_seen)}, which is longer ago than Toggl tells of changes:"
            f" the next run reads every day from {run.first_day} on, and does not hear of what was deleted before"
        )
    else:
        yield ok(
            f"changes in Toggl are seen up to {in_utc(record.changes_seen)}: the next run takes in what is changed"
            f" since {in_utc(since)} and starts on {earliest} or later"
        )


def look_at_pending(facts: Facts) -> Iterator[Found]:
    """The entries that earlier runs could not finish, and why."""
    pending = read_record(facts.deployment).pending
    if not pending:
        yield ok("none: no entry waits for another try")
        return
    if len(pending) >= PENDING_AT_MOST:
        yield problem(f"{len(pending)} entries wait: while there are more than that, every run fails and none counts")
    for one in pending[:PENDING_SHOWN]:
        if one.reason == EntryWarning.MOVE_IN_PROGRESS:
            yield ok(f"entry {one.id}: {EntryWarning.MOVE_IN_PROGRESS.meaning}")
        else:
            yield warning(f"entry {one.id}: GitLab refuses it, and each run tries it again: {printable(one.reason)}")
    if len(pending) > PENDING_SHOWN:
        yield warning(f"and {counted(len(pending) - PENDING_SHOWN, 'other')}")


def look_at_lock(facts: Facts) -> Iterator[Found]:
    record = read_record(facts.deployment)
    if not record.holder:
        yield ok("free")
        return
    held = f"{printable(record.holder, 300)} has held it since {printable(record.taken_at, 40)}"
    states = facts.deployment.client("stepfunctions")
    holder = answer_if_there(states.describe_execution, executionArn=record.holder)
    if holder.get("status") in {RUNNING, "PENDING_REDRIVE"}:
        yield ok(f"{held}, and is running")
    else:
        yield warning(f"{held}, but no longer runs. There is nothing to fix: the next run takes it over by itself")


def _schedule(facts: Facts) -> dict[str, Any] | None:
    name = names.schedule(facts.deployment.environment)
    return answer_if_there(facts.deployment.client("scheduler").get_schedule, Name=name) or None


def _starts(schedule: Mapping[str, Any]) -> str:
    """When it starts a run, of a schedule as AWS or a template has it."""
    return f"{schedule['ScheduleExpression']} in {schedule.get('ScheduleExpressionTimezone', 'UTC')}"


def _executions(facts: Facts, count: int, **more: str) -> list[dict[str, Any]]:
    """The newest executions first."""
    arn = facts.deployment.state_machine_arn
    states = facts.deployment.client("stepfunctions")
    found: list[dict[str, Any]] = answer_if_there(
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


def _ago(instant: datetime, now: datetime) -> str:
    seconds = int((now - instant) / timedelta(seconds=1))
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit}s ago ({in_utc(instant)})"
    return f"just now ({in_utc(instant)})"
