"""Both services as a plan reads them: with what this machine has, or with what is deployed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from cli.deployment.aws import refusals_as_unusable
from cli.deployment.deployment import Deployment
from cli.deployment.place import find_deployment
from cli.deployment.record import read_record
from cli.deployment.secrets import deployed_token
from cli.doctor.schedules import begun_before
from cli.settings.environment_file import GITLAB_TOKEN, TOGGL_TOKEN
from cli.settings.environments import environment_names
from cli.settings.here import Here, read_here
from cli.terminal.command_line import command_line
from cli.terminal.days import Days
from cli.terminal.exit_codes import Unusable
from contract import names
from contract.errors import GitLabUnauthorized, TogglUnauthorized
from contract.settings import Settings
from contract.state import SyncState
from functions.shared.clients import open_gitlab, open_toggl
from functions.shared.gitlab.client import GitLab
from functions.shared.toggl.client import Toggl


@dataclass(frozen=True)
class Services:
    """The clients are made when they are first asked for, since not every question needs both tokens.

    state: what a deployment's runs have left; None for what this machine has, which keeps none.
    """

    settings: Settings
    source: Here | Deployment
    state: SyncState | None = None

    @cached_property
    def toggl(self) -> Toggl:
        """Raises SetupProblem or Unusable without a token."""
        if isinstance(self.source, Here):
            return open_toggl(self.settings, self.source.own.required_toggl_token())
        return open_toggl(self.settings, deployed_token(self.source, names.toggl_secret(self.settings.environment)))

    @cached_property
    def gitlab(self) -> GitLab:
        """Raises SetupProblem or Unusable without a token."""
        if isinstance(self.source, Here):
            return open_gitlab(self.settings, self.source.own.required_gitlab_token(self.source.context))
        return open_gitlab(self.settings, deployed_token(self.source, names.gitlab_secret(self.settings.environment)))

    def how_to_sync(self, days: Days) -> str:
        """The command that syncs some days."""
        if isinstance(self.source, Deployment):
            return self.source.command("start", str(days))
        name = self.settings.environment
        return command_line("apply", str(days), *(("-e", name) if name in environment_names() else ()))

    def last_due(self, now: datetime) -> datetime | None:
        """When a deployment's schedule was last to start a run; None where that is not known. Raises Unusable."""
        if isinstance(self.source, Here):
            return None
        with refusals_as_unusable():
            schedule = self.source.unseen_settings().get("schedule", "")
        return begun_before(schedule, self.settings.timezone, now, 1) if schedule.startswith("cron(") else None


def services_of(deployment: Deployment, overrides: Mapping[str, object]) -> Services:
    """What is deployed, with a run's own settings. Raises Unusable, InvalidSettings and InvalidInput."""
    deployment.require()
    with refusals_as_unusable():
        settings = deployment.settings().overridden(overrides)
        state = read_record(deployment)
    return Services(settings, deployment, state)


def services_for(
    environment: str | None, region: str | None, overrides: Mapping[str, str], *, deployed: bool
) -> Services:
    """With what is deployed, or with what this machine has. Raises what `services_of` and `read_here` raise."""
    if deployed:
        return services_of(find_deployment(environment, region), overrides)
    here = read_here(environment, overrides)
    return Services(here.settings, here)


@contextmanager
def refused_tokens_here(services: Services) -> Iterator[None]:
    """Say where a refused token is to be put; what the clients say is meant for a deployment."""
    try:
        yield
    except TogglUnauthorized as error:
        if not isinstance(services.source, Here):
            raise
        raise Unusable(
            f"{services.settings.toggl_url} refuses the Toggl token: copy it from your Toggl profile into"
            f" {TOGGL_TOKEN}, in .env or in the shell."
        ) from error
    except GitLabUnauthorized as error:
        if not isinstance(services.source, Here):
            raise
        raise Unusable(
            f"{services.settings.gitlab_url} refuses the GitLab token, or it lacks the scope api: put another one into"
            f" {GITLAB_TOKEN}, in .env or in the shell."
        ) from error
