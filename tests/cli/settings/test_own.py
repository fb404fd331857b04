"""A person's own settings and tokens: what goes before what, and that no token is shown or handed on."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from cli.settings.environment_file import SetupProblem, parse
from cli.settings.own import take_own
from local.aws.cdk import PROJECT_ROOT

NO_FILE = Path("/nonexistent/.env")
GIVEN = {"TOGGL_API_TOKEN": "toggl-secret", "GITLAB_API_TOKEN": "gitlab-secret"}


def test_the_environment_goes_before_the_file(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("GITLAB_API_TOKEN=from-file\nDAYS_BACK=3\nMINIMUM_DURATION=60\n", encoding="utf-8")

    own = take_own({"DAYS_BACK": "5", "TOGGL_API_TOKEN": "from-environment"}, file)

    assert (own.settings().days_back, own.settings().minimum_duration) == (5, 60)
    assert (own.toggl_token, own.gitlab_token) == ("from-environment", "from-file")
    assert "from-" not in repr(own)


def test_tokens_leave_the_environment_that_child_processes_get() -> None:
    variables = {**GIVEN, "HOME": "/home/ada"}

    own = take_own(variables, NO_FILE)

    assert variables == {"HOME": "/home/ada"}
    assert (own.toggl_token, own.gitlab_token) == ("toggl-secret", "gitlab-secret")


@pytest.mark.parametrize("token", ["", "  ", "REPLACE-WITH-YOUR-TOKEN"])
def test_a_missing_token_is_one_clear_line(token: str) -> None:
    own = take_own({"TOGGL_API_TOKEN": token, "GITLAB_API_TOKEN": token}, NO_FILE)

    with pytest.raises(
        SetupProblem, match=r"^TOGGL_API_TOKEN is missing\. Let \./tgs init ask .* put it into \.env .*$"
    ):
        own.required_toggl_token()
    with pytest.raises(
        SetupProblem, match=r"^GITLAB_API_TOKEN is missing\. Let \./tgs init ask .* put it into \.env .*$"
    ):
        own.required_gitlab_token()


def test_the_gitlab_token_is_not_given_without_the_server_that_it_is_for(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("GITLAB_API_TOKEN=x\nTIMEZONE=UTC\n", encoding="utf-8")
    with pytest.raises(
        SetupProblem, match=r"^GITLAB_URL is missing, .* Let \./tgs init ask .* put the URL of your GitLab into \.env"
    ):
        take_own({}, file).required_gitlab_token()

    assert take_own({"GITLAB_URL": "https://a.example"}, file).required_gitlab_token() == "x"


@pytest.mark.parametrize("token", ["two words", "schlüssel", "a\x00b"])
def test_what_cannot_be_a_token_is_refused_without_showing_it(token: str) -> None:
    with pytest.raises(SetupProblem, match="GITLAB_API_TOKEN is not an API token") as problem:
        take_own(GIVEN | {"GITLAB_API_TOKEN": token}, NO_FILE)

    assert token not in str(problem.value)


def test_the_example_file_is_right_but_for_its_tokens() -> None:
    own = take_own({}, PROJECT_ROOT / ".env.example")

    assert (own.toggl_token, own.gitlab_token) == ("", "")
    assert own.settings().timezone == "Europe/Berlin"


def test_every_line_of_the_example_may_be_uncommented() -> None:
    lines = (PROJECT_ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    text = "\n".join(line.removeprefix("#") if line[1:2].isupper() else line for line in lines)

    own = take_own(parse(text, ".env"), NO_FILE)

    assert len(own.variables) == 10
    assert own.settings().project_map == (("Harbour App", "studio/clients/harbour-app"),)


@pytest.mark.parametrize(("mode", "is_told"), [(0o644, True), (0o640, True), (0o606, True), (0o600, False)])
def test_a_file_of_tokens_that_others_can_read_is_told(
    mode: int, is_told: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / ".env"
    file.write_text("GITLAB_API_TOKEN=from-file\n", encoding="utf-8")
    file.chmod(mode)

    take_own({}, file)

    told = f".env holds tokens, and others on this machine can read it: chmod 600 {file}\n"
    assert capsys.readouterr().err == (told if is_told else "")


@pytest.mark.parametrize("name", [".env", ".env.local", ".env.prod", "token.json", "env.json"])
def test_git_does_not_see_a_file_that_may_hold_a_token(name: str) -> None:
    checked = subprocess.run(["git", "check-ignore", "--quiet", name], cwd=PROJECT_ROOT, check=False)

    assert checked.returncode == 0


def test_git_sees_the_example() -> None:
    checked = subprocess.run(["git", "check-ignore", "--quiet", ".env.example"], cwd=PROJECT_ROOT, check=False)

    assert checked.returncode == 1
