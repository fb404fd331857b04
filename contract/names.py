"""The names of what a deployment consists of. People and their scripts use them, so they are exact."""

from __future__ import annotations

PRODUCT = "toggl-gitlab-sync"
CA_CERTIFICATE_FILE = "toggl_gitlab_sync_ca.pem"
"""The certificates of `ca_certificate`, in a layer's folder of Python packages, which is on the functions' path."""

TOKEN_KEY = "api_token"  # noqa: S105 - the key in the secret's JSON, not a token
TOKEN_PLACEHOLDER = "REPLACE-WITH-YOUR-TOKEN"  # noqa: S105 - what a freshly deployed secret holds
HANDOVER_PREFIX = "runs/"
"""What the keys of the hand-over bucket begin with; a folder for each execution follows."""

VARIABLES_FILE = "variables.json"
"""Beside the functions' code, a part of each version: the variables that are too large for Lambda, by their names."""

SETTINGS_METADATA = "Settings"
"""In the template's metadata: the settings that no variable has, as texts by key."""

WRITTEN_FILES = {
    "fetch": ("fetching.jsonl", "fetched.jsonl"),
    "transform": ("settled.jsonl", "writes/*", "entries.jsonl"),
    "post": ("outcomes/*",),
}
"""How the keys end of what each role writes into the hand-over bucket: it may write nothing else there."""

RUNBOOK = "docs/runbook.md"
"""What each alarm's description points to, with the alarm's own section."""

ROLES = ("fetch", "transform", "post")


def how_to_restore(environment: str) -> str:
    """The command that puts back what was changed by hand, which CloudFormation leaves alone without the option.

    environment: empty where it is not known.
    """
    return f"./tgs deploy {f'-e {environment} ' if environment else ''}-- --revert-drift"


def stack(environment: str) -> str:
    return f"TogglGitLabSync-{environment}"


def state_machine(environment: str) -> str:
    return f"{PRODUCT}-{environment}"


def function(environment: str, role: str) -> str:
    return f"{PRODUCT}-{environment}-{role}"


def environment_of(function_name: str) -> str:
    """The environment that a function is of; empty when its name is none of this project."""
    product, _, rest = function_name.rpartition("-")[0].partition(f"{PRODUCT}-")
    return "" if product else rest


def layer(environment: str) -> str:
    """What the functions import; one for all three."""
    return f"{PRODUCT}-{environment}"


def role_description(environment: str, region: str, what: str) -> str:
    """Roles have generated names and belong to no region, so this is how one is told from those of other deployments.

    what: it may do, empty for how every description of this deployment begins.
    """
    return f"{PRODUCT}-{environment} in {region}: {what}"


def function_log_group(environment: str, role: str) -> str:
    return f"/aws/lambda/{function(environment, role)}"


def state_machine_log_group(environment: str) -> str:
    return f"/aws/vendedlogs/states/{state_machine(environment)}"


def table(environment: str) -> str:
    return f"{PRODUCT}-{environment}"


def console(region: str) -> str:
    """The address of AWS's console, which each partition has its own of.

    Source: the AWS documentation of the partitions: "Amazon Web Services in China", "AWS GovCloud (US) User Guide".
    """
    hosts = {"cn-": "console.amazonaws.cn", "us-gov-": "console.amazonaws-us-gov.com"}
    host = next((host for prefix, host in hosts.items() if region.startswith(prefix)), "console.aws.amazon.com")
    return f"https://{region}.{host}"


def machine_page(region: str, state_machine_arn: str) -> str:
    """Its page in the console."""
    return f"{console(region)}/states/home?region={region}#/statemachines/view/{state_machine_arn}"


def execution_page(region: str, execution_arn: str) -> str:
    """Its page in the console."""
    return f"{console(region)}/states/home?region={region}#/v2/executions/details/{execution_arn}"


def topic(environment: str) -> str:
    return f"{PRODUCT}-{environment}-alarms"


def alarm(environment: str, what: str) -> str:
    return f"{PRODUCT}-{environment}-{what}"


def dashboard(environment: str) -> str:
    return f"{PRODUCT}-{environment}"


def schedule(environment: str) -> str:
    return f"{PRODUCT}-{environment}"


def stopped_rule(environment: str) -> str:
    """The rule that tells of runs that were stopped from outside, which cannot tell it themselves."""
    return f"{PRODUCT}-{environment}-run-stopped"


def toggl_secret(environment: str) -> str:
    return f"{PRODUCT}/{environment}/toggl-token"


def gitlab_secret(environment: str) -> str:
    return f"{PRODUCT}/{environment}/gitlab-token"
