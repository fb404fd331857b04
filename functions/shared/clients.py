"""Opens the two services, for the functions and for the commands."""

from __future__ import annotations

from contract.names import gitlab_secret, toggl_secret
from contract.settings import Settings
from functions.shared.gitlab.client import GitLab
from functions.shared.toggl.client import Toggl
from functions.shared.tokens import read_token


def open_toggl(settings: Settings, token: str) -> Toggl:
    return Toggl(settings.toggl_url, token, settings.max_wait)


def open_gitlab(settings: Settings, token: str) -> GitLab:
    return GitLab(settings.gitlab_url, token, settings.max_wait)


def deployed_toggl(settings: Settings) -> Toggl:
    """With the token that is deployed; raises TokenMissing."""
    return open_toggl(settings, read_token(toggl_secret(settings.environment)))


def deployed_gitlab(settings: Settings) -> GitLab:
    """With the token that is deployed; raises TokenMissing."""
    return open_gitlab(settings, read_token(gitlab_secret(settings.environment)))
