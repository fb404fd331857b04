"""What a command on this machine works with: its settings and its tokens."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace

from cli.settings import environments
from cli.settings.keyring import token_from_keyring
from cli.settings.own import Own, take_own
from cli.settings.way_out import trust
from contract.settings import Settings


@dataclass(frozen=True)
class Here:
    """settings: what holds. context: those that somebody has given, as the CDK takes them."""

    settings: Settings
    context: Mapping[str, str]
    own: Own


def read_here(environment: str | None, overrides: Mapping[str, str] | None = None) -> Here:
    """The settings of an environment: those of the shell and of `.env`, else of `cdk.json`, else of its file.

    overrides: count before all of them. Raises SetupProblem and InvalidSettings.
    """
    chosen = environments.asked_for(environment)
    own = take_own(os.environ, environments.ROOT / ".env")
    known = environments.named({**own.context(), **chosen, **(overrides or {})})
    settings = known.settings()
    trust(settings.ca_certificate, os.environ)
    return Here(settings, known.texts(), _with_keyring(own, known.environment))


def _with_keyring(own: Own, environment: str) -> Own:
    """The keyring's tokens where neither the shell nor `.env` has them."""
    return replace(
        own,
        toggl_token=own.toggl_token or token_from_keyring(environment, "toggl"),
        gitlab_token=own.gitlab_token or token_from_keyring(environment, "gitlab"),
    )
