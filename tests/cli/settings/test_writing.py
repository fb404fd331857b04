"""An environment's file as it is written: what somebody has put there stays."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from cli.settings.environment_file import read_environment_file
from cli.settings.environments import read_environment
from cli.settings.writing import write_environment, write_token
from contract.errors import InvalidSettings

WRITTEN = """\
# our own words
gitlab_url = "https://one.example"   # the old server

# days
days_back = 2

[project_map]
# clients
"Harbour App" = "studio/clients/harbour-app" # with Ana
Website = "studio/website"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "environments" / "prod.toml"


def test_a_new_file_says_what_each_setting_is_for(file: Path) -> None:
    write_environment(file, {"project_map": {"A": "g/a"}, "timezone": "Europe/Berlin"})

    text = file.read_text()
    assert '# days, weekends and the schedule are in it\ntimezone = "Europe/Berlin"\n' in text
    assert read_environment(file) == {"timezone": "Europe/Berlin", "project_map": {"A": "g/a"}}


def test_a_changed_setting_changes_its_own_line_only(file: Path) -> None:
    file.parent.mkdir()
    file.write_text(WRITTEN)

    write_environment(file, {"gitlab_url": "https://two.example", "days_back": 2})

    assert file.read_text() == WRITTEN.replace("https://one.example", "https://two.example")


def test_a_new_setting_does_not_become_a_row_of_the_map(file: Path) -> None:
    file.parent.mkdir()
    file.write_text(WRITTEN)

    write_environment(file, {"timezone": "Asia/Tokyo"})

    assert read_environment(file)["timezone"] == "Asia/Tokyo"
    assert "# with Ana" in file.read_text()
    assert read_environment(file)["project_map"] == {
        "Harbour App": "studio/clients/harbour-app",
        "Website": "studio/website",
    }


def test_rows_of_the_map_come_and_go_and_the_others_keep_their_comments(file: Path) -> None:
    file.parent.mkdir()
    file.write_text(WRITTEN)

    write_environment(file, {"project_map": {"Harbour App": "studio/clients/harbour-app", "New": "g/new"}})

    assert read_environment(file)["project_map"] == {"Harbour App": "studio/clients/harbour-app", "New": "g/new"}
    assert '"Harbour App" = "studio/clients/harbour-app" # with Ana' in file.read_text()


def test_none_takes_a_setting_out(file: Path) -> None:
    file.parent.mkdir()
    file.write_text(WRITTEN)

    write_environment(file, {"days_back": None})

    assert "days_back" not in read_environment(file)


def test_what_could_not_be_read_again_is_not_written(file: Path) -> None:
    file.parent.mkdir()
    file.write_text(WRITTEN)

    with pytest.raises(InvalidSettings, match="days_back has the value '400'"):
        write_environment(file, {"days_back": 400})

    assert file.read_text() == WRITTEN
    assert [path.name for path in file.parent.iterdir()] == ["prod.toml"]


@pytest.mark.parametrize("token", ["glpat-abc", "it's", 'a"b', "a#b", "a\\b", "${HOME}"])
def test_a_token_comes_back_as_it_was_and_only_its_owner_may_read_it(token: str, tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("# mine\nTIMEZONE=Europe/Berlin\nTOGGL_API_TOKEN=old\n")
    file.chmod(0o644)

    write_token(file, "TOGGL_API_TOKEN", token)

    assert read_environment_file(file) == {"TIMEZONE": "Europe/Berlin", "TOGGL_API_TOKEN": token}
    assert file.read_text().startswith("# mine\n")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
