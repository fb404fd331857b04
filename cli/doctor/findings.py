"""What the doctor finds, and how it goes on when one of its looks fails."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from cli.deployment.place import AWS_ERRORS, Deployment, told
from contract import names
from contract.errors import SyncError, WaitError
from contract.settings import Settings
from functions.shared.clients import open_gitlab, open_toggl
from functions.shared.gitlab.client import GitLab
from functions.shared.toggl.client import Toggl

Level = Literal["ok", "warning", "problem", "skipped"]


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's: what was looked at, how it stands, and what to mend. skipped: it could not be seen."""

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

    now: an aware instant. tokens: by the secret's name. username: of the GitLab token's user.
    """

    deployment: Deployment
    now: datetime
    settings: Settings | None = None
    toggl: Toggl | None = None
    gitlab: GitLab | None = None
    username: str | None = None
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


def examine(facts: Facts, looks: Iterable[tuple[str, Look]]) -> Iterator[Finding]:
    """What each look finds, as soon as it is found; one that fails is a finding of its own and hides no other."""
    for check, look in looks:
        try:
            for level, message in look(facts):
                yield Finding(check, level, message)
        except Unknown as missing:
            yield Finding(check, "skipped", f"not looked at: it needs {missing}")
        except WaitError as error:
            why = f"{type(error).__name__}: the service asks to wait {error.wait_seconds} s"
            yield Finding(check, "warning", f"{why}. Look again then; a run waits by itself as long as max_wait allows")
        except SyncError as error:
            yield Finding(check, "problem", error.message)
        except AWS_ERRORS as error:
            yield Finding(check, "problem", f"could not be looked at. {told(error)}")
        except Exception as error:  # noqa: BLE001 - whatever breaks in one look must not hide the others
            yield Finding(check, "problem", f"this look itself broke ({type(error).__name__}): {error}")
