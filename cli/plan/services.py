"""Toggl and GitLab as the commands open them, in this process: the only place of `cli` that makes their clients."""

from __future__ import annotations

from contract.settings import Settings
from functions.shared.gitlab.client import GitLab
from functions.shared.toggl.client import Toggl


def open_toggl(settings: Settings, token: str) -> Toggl:
    return Toggl(settings.toggl_url, token, settings.max_wait)


def open_gitlab(settings: Settings, token: str) -> GitLab:
    return GitLab(settings.gitlab_url, token, settings.max_wait)
