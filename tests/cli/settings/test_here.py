"""The settings of a command on this machine, and the order in which they count."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.settings.here import read_here
from contract.errors import InvalidSettings


def test_the_shell_goes_before_the_env_file_and_set_before_both(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / ".env").write_text("TIMEZONE=Europe/Berlin\nDAYS_BACK=2\nMINIMUM_DURATION=60\n")
    monkeypatch.setenv("TIMEZONE", "Asia/Tokyo")
    monkeypatch.setenv("DAYS_BACK", "3")

    settings = read_here(None, {"days_back": "4"}).settings

    assert (settings.timezone, settings.days_back, settings.minimum_duration) == ("Asia/Tokyo", 4, 60)


def test_the_env_file_goes_before_the_environments_own(project: Path) -> None:
    (project / "environments").mkdir()
    (project / "environments" / "dev.toml").write_text('timezone = "Asia/Tokyo"\ndays_back = 3\n')
    (project / ".env").write_text("DAYS_BACK=2\n")

    here = read_here(None)

    assert (here.settings.environment, here.settings.timezone, here.settings.days_back) == ("dev", "Asia/Tokyo", 2)


def test_the_environment_that_is_asked_for_goes_before_the_shells(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENVIRONMENT", "production")
    (project / "environments").mkdir()
    (project / "environments" / "dev.toml").write_text("days_back = 3")

    assert read_here("dev").settings.days_back == 3


def test_an_environment_without_a_file_beside_those_with_one_is_told_with_their_names(project: Path) -> None:
    (project / "environments").mkdir()
    for name in ("dev", "staging"):
        (project / "environments" / f"{name}.toml").write_text("")

    with pytest.raises(InvalidSettings, match=r"^There is no environment nope in environments/\. There are: dev, stag"):
        read_here("nope")


@pytest.mark.usefixtures("project")
def test_where_no_environment_has_a_file_any_may_be_named() -> None:
    assert read_here("nope").settings.environment == "nope"
