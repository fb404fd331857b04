"""The system's keyring, for whoever has the package."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

from cli.settings import keyring
from cli.settings.environment_file import SetupProblem
from cli.settings.here import read_here


class Keyring(ModuleType):
    """The package as it is called, with a keyring in memory."""

    def __init__(self) -> None:
        super().__init__("keyring")
        self.kept: dict[tuple[str, str], str] = {}
        self.is_locked = False

    def get_password(self, service: str, account: str) -> str | None:
        if self.is_locked:
            raise RuntimeError("locked")
        return self.kept.get((service, account))

    def set_password(self, service: str, account: str, token: str) -> None:
        self.kept[service, account] = token


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> Keyring:
    made = Keyring()
    monkeypatch.setitem(sys.modules, "keyring", made)
    monkeypatch.setattr(keyring, "is_there", lambda: True)
    return made


def test_each_environment_has_its_own_tokens(system: Keyring) -> None:
    keyring.put_into_keyring("prod", "toggl", "a")
    keyring.put_into_keyring("dev", "toggl", "b")

    assert keyring.token_from_keyring("prod", "toggl") == "a"
    assert keyring.token_from_keyring("dev", "toggl") == "b"
    assert keyring.token_from_keyring("dev", "gitlab") == ""
    assert {service for service, _account in system.kept} == {"toggl-gitlab-sync"}


def test_the_env_file_goes_before_the_keyring(system: Keyring, project: Path) -> None:
    keyring.put_into_keyring("prod", "toggl", "from-the-keyring")
    keyring.put_into_keyring("prod", "gitlab", "from-the-keyring")
    (project / ".env").write_text("TOGGL_API_TOKEN=from-the-file\n")

    own = read_here(None).own

    assert (own.toggl_token, own.gitlab_token) == ("from-the-file", "from-the-keyring")
    assert len(system.kept) == 2


def test_a_keyring_that_refuses_is_one_line(system: Keyring) -> None:
    system.is_locked = True

    with pytest.raises(SetupProblem, match=r"refuses \(locked\): keep the token in \.env"):
        keyring.token_from_keyring("prod", "toggl")


def test_without_the_package_there_is_none() -> None:
    assert keyring.token_from_keyring("prod", "toggl") == ""
