"""The doctor's looks at what is deployed: is it all there, is it set up, does anybody hear of failures."""

from __future__ import annotations

from collections.abc import Iterator

from botocore.exceptions import ClientError

from cli.deployment.aws import answer_if_there, code_of
from cli.deployment.ownership import owner_of
from cli.doctor.findings import Facts, Found, ok, problem, skipped, warning
from cli.terminal.exit_codes import Unusable
from cli.terminal.text import printable
from contract import names
from contract.aws_errors import SECRET_BEING_DELETED
from functions.shared.tokens import restore_command, token_in

_PENDING = "PendingConfirmation"
_MEANT_WELL = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"})


def look_at_stack(facts: Facts) -> Iterator[Found]:
    deployment = facts.deployment
    name = names.stack(deployment.environment)
    deploy = f"deploy: {deployment.how_to_deploy()}"
    stacks = answer_if_there(deployment.client("cloudformation").describe_stacks, StackName=name).get("Stacks")
    if not stacks:
        yield problem(f"there is no stack {name} in {deployment.region}: {deploy}")
        return
    status = stacks[0]["StackStatus"]
    if status in _MEANT_WELL:
        yield ok(f"{name} is {status}")
    elif status.endswith("_IN_PROGRESS"):
        yield warning(f"{name} is {status}: check again when that has ended")
    elif status.startswith("UPDATE_ROLLBACK_COMPLETE"):
        yield warning(f"{name} is {status}: the last deployment failed, the one before it is in place. Again, {deploy}")
    else:
        yield problem(f"{name} is {status}. {deployment.how_to_destroy()}, then {deploy}")


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
    try:
        answer = answer_if_there(facts.deployment.client("secretsmanager").get_secret_value, SecretId=secret)
    except ClientError as error:
        if code_of(error) != SECRET_BEING_DELETED:
            raise
        return problem(
            f"{secret} is scheduled for deletion. Keep it, with its token:"
            f" {restore_command(secret, facts.deployment.region)}"
        )
    if not answer:
        return problem(f"there is no secret {secret}: restore it with {facts.deployment.how_to_restore()}")
    token = token_in(answer.get("SecretString"))
    if token is None:
        return problem(f"{secret} holds no token yet: {facts.deployment.command('tokens')}")
    facts.tokens[secret] = token
    return ok(f"{secret} holds a token")


def look_at_mail(facts: Facts) -> Iterator[Found]:
    topic = facts.deployment.arn("sns", names.topic(facts.deployment.environment))
    pages = facts.deployment.client("sns").get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
    subscriptions = [one for page in pages for one in page["Subscriptions"]]
    if not subscriptions:
        set_it = facts.deployment.how_to_set("alarm_email", "you@example.com")
        yield warning(f"nobody gets mail about a failed run: {set_it}")
    for one in subscriptions:
        endpoint = printable(one.get("Endpoint", "?"), 120)
        if one["SubscriptionArn"] == _PENDING:
            yield warning(f"{endpoint} has not confirmed the subscription: open the link in AWS's mail")
        else:
            yield ok(f"{endpoint} gets mail about failed runs")


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


def look_at_concurrency(facts: Facts) -> Iterator[Found]:
    """Whether as many Lambdas may run at once as post at once; a new account has 10, for all that it runs."""
    texts = facts.deployment.unseen_settings()
    if "max_concurrency" not in texts:
        yield skipped("the deployment does not say what its max_concurrency is")
        return
    wanted = int(texts["max_concurrency"])
    limit = facts.deployment.client("lambda").get_account_settings()["AccountLimit"]
    free = int(limit.get("UnreservedConcurrentExecutions", limit["ConcurrentExecutions"]))
    room = f"{free} Lambdas of the account may run at once in {facts.deployment.region}"
    if free >= wanted:
        yield ok(f"{room}, and {wanted} post at once")
        return
    yield warning(
        f"{room}, but max_concurrency is {wanted}: writes wait for each other, and for all other functions there."
        f" Either {facts.deployment.how_to_set('max_concurrency', max(free - 1, 1))}, or ask AWS for more (Service"
        " Quotas, AWS Lambda, Concurrent executions)"
    )
