"""Everything in an account and region that is named after one environment, wherever it came from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from cli.deployment.deployment import Deployment
from cli.deployment.ownership import Owner, owner_of
from contract import names

LOG_GROUP = "log group"


@dataclass(frozen=True)
class Leftover:
    """One resource that is still there.

    may_go: AWS may still be removing it, or list it for a while after it is gone. hint: the command that removes it.
    """

    kind: str
    name: str
    may_go: bool = True
    hint: str = ""


def left_over(deployment: Deployment) -> list[Leftover]:
    """What is there now. Raises AWS_ERRORS."""
    owner = owner_of(deployment)
    return [one for look in _LOOKS for one in look(deployment, owner)]


def _stack(deployment: Deployment, owner: Owner) -> Iterator[Leftover]:
    for one in _all(deployment, "cloudformation", "describe_stacks", "Stacks"):
        if one["StackName"] == names.stack(owner.environment):
            yield Leftover("stack", one["StackName"], may_go=False)


def _secrets(deployment: Deployment, owner: Owner) -> Iterator[Leftover]:
    mine = {names.toggl_secret(owner.environment), names.gitlab_secret(owner.environment)}
    wanted = {"IncludePlannedDeletion": True, "Filters": [{"Key": "name", "Values": [f"{names.PRODUCT}/"]}]}
    for one in _all(deployment, "secretsmanager", "list_secrets", "SecretList", **wanted):
        if one["Name"] in mine:
            is_planned = "DeletedDate" in one
            name = f"{one['Name']}{' (scheduled for deletion)' if is_planned else ''}"
            remove = f"aws secretsmanager delete-secret --region {deployment.region} --secret-id {one['Name']}"
            yield Leftover("secret", name, not is_planned, f"{remove} --force-delete-without-recovery")


def _log_groups(deployment: Deployment, owner: Owner) -> Iterator[Leftover]:
    for folder in ("/aws/lambda/", "/aws/vendedlogs/states/"):
        for stem in (names.state_machine(owner.environment), names.stack(owner.environment)):
            groups = _all(deployment, "logs", "describe_log_groups", "logGroups", logGroupNamePrefix=folder + stem)
            found = [str(one["logGroupName"]) for one in groups]
            mine = [name for name in found if owner.has(name) and _is_certain(name, owner.environment)]
            yield from (Leftover(LOG_GROUP, name) for name in mine)


def _is_certain(log_group: str, environment: str) -> bool:
    """Whether a log group cannot be that of an environment with a longer name, which may be gone itself.

    `toggl-gitlab-sync-prod-2-fetch` is the fetch function of `prod-2`, not something of `prod`.
    """
    exact = {names.function_log_group(environment, role) for role in names.ROLES}
    return log_group in exact or not log_group.endswith(tuple(f"-{role}" for role in names.ROLES))


def _roles(deployment: Deployment, owner: Owner) -> Iterator[Leftover]:
    """Their names are generated and cut, and they belong to no region: their description says whose they are."""
    mine = names.role_description(owner.environment, deployment.region, "")
    for one in _all(deployment, "iam", "list_roles", "Roles"):
        if one.get("Description", "").startswith(mine):
            yield Leftover("role", one["RoleName"])


def _buckets(deployment: Deployment, owner: Owner) -> Iterator[Leftover]:
    for one in _all(deployment, "s3", "list_buckets", "Buckets", BucketRegion=deployment.region):
        if owner.has(one["Name"]):
            yield Leftover("bucket", one["Name"])


def _named(
    kind: str,
    service: str,
    operation: str,
    key: str,
    name_of: Callable[[Any], str],
    *,
    prefix_is: str | None = None,
    prefix: Callable[[str], str] = names.state_machine,
) -> Callable[[Deployment, Owner], Iterator[Leftover]]:
    """A look at one kind of resource, in the list that AWS gives under `key`.

    prefix_is: the argument by which AWS lists only what is named like this. prefix: what the name begins with, of an
    environment.
    """

    def look(deployment: Deployment, owner: Owner) -> Iterator[Leftover]:
        arguments = {} if prefix_is is None else {prefix_is: prefix(owner.environment)}
        for one in _all(deployment, service, operation, key, **arguments):
            if owner.has(name_of(one)):
                yield Leftover(kind, name_of(one))

    return look


def _all(deployment: Deployment, service: str, operation: str, key: str, **arguments: Any) -> Iterator[Any]:
    """The items of all pages."""
    for page in deployment.client(service).get_paginator(operation).paginate(**arguments):
        yield from page.get(key, ())


def _end_of(separator: str) -> Callable[[Any], str]:
    """The name at the end of a URL or an ARN."""
    return lambda text: str(text).rsplit(separator, 1)[-1]


def _field(name: str) -> Callable[[Any], str]:
    return lambda one: str(one[name])


_LOOKS: tuple[Callable[[Deployment, Owner], Iterator[Leftover]], ...] = (
    _stack,
    _named("state machine", "stepfunctions", "list_state_machines", "stateMachines", _field("name")),
    _named("schedule", "scheduler", "list_schedules", "Schedules", _field("Name"), prefix_is="NamePrefix"),
    _named("function", "lambda", "list_functions", "Functions", _field("FunctionName")),
    _named("layer", "lambda", "list_layers", "Layers", _field("LayerName")),
    _roles,
    _named("table", "dynamodb", "list_tables", "TableNames", str),
    _secrets,
    _named(
        *("queue", "sqs", "list_queues", "QueueUrls"),
        _end_of("/"),
        prefix_is="QueueNamePrefix",
        prefix=names.stack,  # CloudFormation names it
    ),
    _named("topic", "sns", "list_topics", "Topics", lambda one: _end_of(":")(one["TopicArn"])),
    _named("rule", "events", "list_rules", "Rules", _field("Name"), prefix_is="NamePrefix"),
    _named("alarm", "cloudwatch", "describe_alarms", "MetricAlarms", _field("AlarmName"), prefix_is="AlarmNamePrefix"),
    _named(
        *("dashboard", "cloudwatch", "list_dashboards", "DashboardEntries"),
        _field("DashboardName"),
        prefix_is="DashboardNamePrefix",
    ),
    _buckets,
    _log_groups,
)
