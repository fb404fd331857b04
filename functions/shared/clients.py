"""Opens the two services, for the functions and for the commands."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from contract.errors import InvalidSettings, plain
from contract.names import gitlab_secret, how_to_restore, toggl_secret
from contract.settings import Settings
from functions.shared.tokens import read_token

if TYPE_CHECKING:  # no function needs both, and importing one takes a tenth of a cold start
    from functions.shared.gitlab.client import GitLab
    from functions.shared.toggl.client import Toggl


def open_toggl(settings: Settings, token: str) -> Toggl:
    from functions.shared.toggl.client import Toggl  # noqa: PLC0415

    return Toggl(settings.toggl_url, token, settings.max_wait)


def open_gitlab(settings: Settings, token: str) -> GitLab:
    from functions.shared.gitlab.client import GitLab  # noqa: PLC0415

    return GitLab(settings.gitlab_url, token, settings.max_wait)


def deployed_toggl(settings: Settings) -> Toggl:
    """With the token that is deployed; raises TokenMissing, and InvalidSettings for a server of somebody else."""
    _refuse_another(os.environ, "ENVIRONMENT", settings.environment)
    _refuse_another(os.environ, "TOGGL_URL", settings.toggl_url, settings.environment)
    return open_toggl(settings, read_token(toggl_secret(settings.environment)))


def deployed_gitlab(settings: Settings) -> GitLab:
    """With the token that is deployed; raises TokenMissing, and InvalidSettings for a server of somebody else."""
    _refuse_another(os.environ, "ENVIRONMENT", settings.environment)
    _refuse_another(os.environ, "GITLAB_URL", settings.gitlab_url, settings.environment)
    return open_gitlab(settings, read_token(gitlab_secret(settings.environment)))


def _refuse_another(own: Mapping[str, str], variable: str, value: str, environment: str = "") -> None:
    """An event says with which settings a run works, but never to whom the token goes: whoever may invoke a function
    could send it to a server of theirs. That stands in the function's own variables, which a version keeps.

    Compared as it was deployed, since the settings take a slash off the end. environment: for the advice, once it is
    certain.
    """
    if variable not in own or own[variable].strip().rstrip("/") != value:
        deployed = plain(own[variable], 100) if variable in own else "not set"
        raise InvalidSettings(
            f"The run has the {variable} {plain(value, 100)}, but this function was deployed with another: {deployed}."
            f" No token was sent. Deploy it: {how_to_restore(environment)} puts back what was changed by hand."
        )
