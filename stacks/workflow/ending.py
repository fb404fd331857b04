"""The end of every run: its totals, and then Synced, or a mail and Failed."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_stepfunctions as sfn
from aws_cdk import aws_stepfunctions_tasks as tasks

from contract import names
from contract.aws_errors import ANY, MAIL_FAULTS
from contract.errors import SETUP_ERRORS, WAIT_ERRORS
from contract.errors import names as error_names
from stacks.monitoring import console_of_executions
from stacks.workflow.expressions import expression, path
from stacks.workflow.step import Parts, retry

FAILURES_THAT_NAME_THE_RUN = error_names(SETUP_ERRORS) + error_names(WAIT_ERRORS)


def summarise(parts: Parts) -> sfn.Pass:
    naming = {"NAMING_THE_RUN": FAILURES_THAT_NAME_THE_RUN}
    return sfn.Pass.jsonata(
        parts.scope,
        "Summarise",
        comment="the totals; this is the run's output, also when it then fails",
        outputs=expression("summarise", **naming),
        assign={
            "failures": expression("failures"),
            "failure": expression("entries_failure", **naming),
            "pending": expression("pending"),
        },
    )


def notify_failure(parts: Parts, failed: sfn.Fail) -> tasks.SnsPublish:
    """Retries wait 2+4+8+16 = 30 s at most."""
    message = expression("failure_mail", CONSOLE=console_of_executions(parts.scope), BUCKET=parts.bucket.bucket_name)
    notify = tasks.SnsPublish.jsonata(
        parts.scope,
        "NotifyFailure",
        comment="who gets the alarms reads what happened, and which entries",
        topic=parts.topic,
        subject=f"{names.state_machine(parts.settings.environment)}: a run failed",
        message=sfn.TaskInput.from_text(message),
        task_timeout=sfn.Timeout.duration(Duration.seconds(30)),
        outputs=path("$states.input"),
    )
    retry(notify, MAIL_FAULTS, first_seconds=2, attempts=4, longest_seconds=20)
    # A mail that cannot be sent must not hide why the run failed.
    notify.add_catch(failed, errors=[ANY], outputs=path("$states.input"))
    return notify


def tell_left_out(parts: Parts, then: sfn.IChainable) -> tasks.SnsPublish:
    """Retries wait 2+4+8+16 = 30 s at most. Leads to `then` in any case, with its own input."""
    tell = tasks.SnsPublish.jsonata(
        parts.scope,
        "TellLeftOut",
        comment="who gets the alarms reads what these days left out; what was told is not told again",
        topic=parts.topic,
        subject=path("$run.left_out.subject"),
        message=sfn.TaskInput.from_text(path("$run.left_out.text")),
        task_timeout=sfn.Timeout.duration(Duration.seconds(30)),
        outputs=path("$states.input"),
        assign={"synced": expression("synced_and_told")},
    )
    retry(tell, MAIL_FAULTS, first_seconds=2, attempts=4, longest_seconds=20)
    # The days are done all the same. What was not told is told when it is changed, or asked for by hand.
    tell.add_catch(then, errors=[ANY], outputs=path("$states.input"))
    tell.next(then)
    return tell


def failed(parts: Parts) -> sfn.Fail:
    return sfn.Fail.jsonata(
        parts.scope,
        "Failed",
        comment="no run is green after an error",
        error=path("$failure.name"),
        cause=expression("fail_cause"),
    )
