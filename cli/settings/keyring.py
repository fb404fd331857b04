"""The system's keyring, for whoever has the package `keyring` in the project's environment; nobody needs it."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from cli.settings.environment_file import SetupProblem
from cli.terminal.text import printable
from contract.names import PRODUCT


def is_there() -> bool:
    return find_spec("keyring") is not None


def token_from_keyring(environment: str, service: str) -> str:
    """An environment's token of Toggl or GitLab; empty where there is none, or no keyring. Raises SetupProblem."""
    if not is_there():
        return ""
    return _asked("get_password", _account(environment, service)) or ""


def put_into_keyring(environment: str, service: str, token: str) -> None:
    """Raises SetupProblem when the keyring refuses."""
    _asked("set_password", _account(environment, service), token)


def _account(environment: str, service: str) -> str:
    return f"{environment}/{service}"


def _asked(what: str, *arguments: str) -> Any:
    keyring = import_module("keyring")
    try:
        return getattr(keyring, what)(PRODUCT, *arguments)
    except Exception as error:  # each system's keyring has errors of its own
        raise SetupProblem(f"The system's keyring refuses ({printable(error)}): keep the token in .env.") from error
