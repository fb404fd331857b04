"""What the doctor knows of a deployment, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from cli.deployment.deployment import Deployment
from contract import names
from contract.settings import Settings
from functions.shared.clients import open_gitlab, open_toggl
from functions.shared.gitlab.account import User
from functions.shared.gitlab.client import GitLab
from functions.shared.toggl.client import Toggl

Level = Literal["ok", "warning", "problem", "skipped"]


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's: what was looked at, how it stands, and what to fix. skipped: it could not be seen."""

    check: str
    level: Level
    message: str

    def to_json(self) -> dict[str, str]:
        return {"check": self.check, "level": self.level, "message": self.message}


class Unknown(Exception):
    """What a look needs was not found by an earlier one, which has said so; the message names it."""


@dataclass
class Facts:
    """What is known of a deployment so far; a look adds what later ones need.

    now: an aware instant. tokens: by the secret's name. user: whose the GitLab token is.
    """

    deployment: Deployment
    now: datetime
    settings: Settings | None = None
    toggl: Toggl | None = None
    gitlab: GitLab | None = None
    user: User | None = None
    tokens: dict[str, str] = field(default_factory=dict)

    def known_settings(self) -> Settings:
        if self.settings is None:
            raise Unknown("the deployed settings")
        return self.settings

    def known_token(self, secret: str) -> str:
        if secret not in self.tokens:
            raise Unknown(f"the token in {secret}")
        return self.tokens[secret]

    def known_toggl(self) -> Toggl:
        """The client, one for all looks. Raises Unknown."""
        if self.toggl is None:
            settings = self.known_settings()
            token = self.known_token(names.toggl_secret(self.deployment.environment))
            self.toggl = open_toggl(settings, token)
        return self.toggl

    def known_gitlab(self) -> GitLab:
        """The client, one for all looks. Raises Unknown."""
        if self.gitlab is None:
            settings = self.known_settings()
            token = self.known_token(names.gitlab_secret(self.deployment.environment))
            self.gitlab = open_gitlab(settings, token)
        return self.gitlab


Found = tuple[Level, str]
Look = Callable[[Facts], Iterable[Found]]


def ok(message: str) -> Found:
    return "ok", message


def warning(message: str) -> Found:
    return "warning", message


def problem(message: str) -> Found:
    return "problem", message


def skipped(message: str) -> Found:
    return "skipped", message
