"""tgs init: the questions, that answers are tried at once, and what is written."""

from __future__ import annotations

import getpass
import io
import os
import re
from collections.abc import Callable
from pathlib import Path

import certifi
import pytest

from cli.demonstration.sample_day import GITLAB_TOKEN, GITLAB_USERNAME, HARBOUR, WEBSITE, WEBSITE_ID
from cli.deployment.changes import changes_of
from cli.deployment.deployed_settings import deployed_as
from cli.deployment.deployment import Deployment
from cli.settings.environment_file import TOKENS, read_environment_file
from cli.settings.environments import named, read_environment
from cli.settings.way_out import CERTIFICATES
from cli.tgs import main
from contract import names
from contract.settings import Settings
from tests.cli.planning.support import Service
from tests.cli.support import Place


class Typed(io.StringIO):
    """What somebody types at a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def init(service: Service, project: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """The command with what is typed: the answers, line by line, and the tokens, by default the right ones."""
    (project / ".env").write_text(f"TOGGL_URL={service.toggl.url}\n")
    right = tokens(service)

    def run(*words: str, answers: tuple[str, ...] = (), tokens: tuple[str, ...] = ()) -> int:
        typed = iter(tokens or right)
        monkeypatch.setattr(getpass, "getpass", lambda _prompt: next(typed))
        monkeypatch.setattr("sys.stdin", Typed("".join(f"{answer}\n" for answer in answers)))
        return main(["init", *words])

    return run


def answered(service: Service, **instead: str) -> tuple[str, ...]:
    """What somebody types who takes what is proposed where that is right."""
    answers = {
        "environment": "",
        "gitlab_url": service.gitlab.url,
        "timezone": "",
        "project": WEBSITE,
        "map": "y",
        "account": "",
    }
    return tuple((answers | instead).values())


def tokens(service: Service) -> tuple[str, str]:
    return (service.toggl.token, GITLAB_TOKEN)


def test_what_is_answered_is_written_and_is_what_commands_work_with(
    service: Service, init: Callable[..., int], project: Path
) -> None:
    assert init(answers=answered(service), tokens=tokens(service)) == 0

    written = read_environment(project / "environments" / "prod.toml")
    assert written == {
        "gitlab_url": service.gitlab.url,
        "toggl_url": service.toggl.url,
        "gitlab_project_id": WEBSITE,
        "timezone": "Europe/Berlin",
        "project_map": {"Harbour App": HARBOUR},
    }
    kept = read_environment_file(project / ".env")
    assert (kept["TOGGL_API_TOKEN"], kept["GITLAB_API_TOKEN"]) == tokens(service)
    assert named({}).settings().gitlab_project_id == WEBSITE


def test_tokens_are_in_no_output_and_not_in_the_environments_file(
    service: Service, init: Callable[..., int], project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    init(answers=answered(service), tokens=tokens(service))

    printed = capsys.readouterr()
    for token in tokens(service):
        assert token not in printed.out + printed.err
        assert token not in (project / "environments" / "prod.toml").read_text()
    assert f"time will be logged as {GITLAB_USERNAME}" in printed.err
    assert "./tgs plan yesterday" in printed.err


def test_a_wrong_answer_is_told_at_once_and_asked_for_again(
    service: Service, init: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = ("not-the-token", service.toggl.token, "not-this-one", GITLAB_TOKEN)
    answers = ("", "http://gitlab.example.com", service.gitlab.url, "Mars", "", "nowhere/at-all", WEBSITE, "n", "")

    assert init(answers=answers, tokens=wrong) == 0

    told = capsys.readouterr().err
    for words in (
        "gitlab_url has the value 'http://gitlab.example.com', but allowed is",
        f"{service.toggl.url} refuses this Toggl token.",
        f"{service.gitlab.url} refuses this GitLab token.",
        "timezone has the value 'Mars'",
        "There is no project nowhere/at-all that the token's user can see.",
    ):
        assert words in told


def test_a_question_is_asked_until_it_is_answered(
    service: Service, init: Callable[..., int], project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = 5
    no_names, paths = (f"No {number}" for number in range(wrong)), (f"no/{number}" for number in range(wrong))
    answers = (*no_names, "team", "http://127.0.0.1:9", service.gitlab.url, "", *paths, WEBSITE, "n", "")
    typed = (*"abcde", service.toggl.token, *"fghij", GITLAB_TOKEN)

    assert init(answers=answers, tokens=typed) == 0

    assert read_environment(project / "environments" / "team.toml")["gitlab_project_id"] == WEBSITE
    told = capsys.readouterr().err
    assert "environment has the value 'No 4', but allowed is: 1-20 of a-z 0-9 -" in told
    assert "GitLab at http://127.0.0.1:9 did not answer" in told
    for words in (f"{service.toggl.url} refuses this", f"{service.gitlab.url} refuses this", "There is no project no/"):
        assert told.count(words) == wrong


def test_a_name_that_is_given_with_the_command_is_not_asked_for_again(
    init: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert init("-e", "No 1") == 2
    assert "environment has the value 'No 1', but allowed is" in capsys.readouterr().err


def test_an_end_of_what_is_typed_ends_it_and_nothing_is_written(init: Callable[..., int], project: Path) -> None:
    assert init(answers=("prod",)) == 130

    assert not (project / "environments").exists()


def test_a_project_may_be_chosen_by_its_number_in_the_list(
    service: Service, init: Callable[..., int], project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    init(answers=answered(service, project="1", map="n"), tokens=tokens(service))

    [first] = re.findall(r"  1  (\S+)", capsys.readouterr().err)
    assert read_environment(project / "environments" / "prod.toml")["gitlab_project_id"] == first


def test_a_project_in_which_no_time_may_be_logged_is_refused(
    service: Service, init: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    service.gitlab.add_project("studio/guarded", roles={GITLAB_USERNAME: "guest"})
    answers = ("", service.gitlab.url, "", "studio/guarded", WEBSITE, "n", "")

    assert init(answers=answers, tokens=tokens(service)) == 0
    assert "may not log time in studio/guarded: Planner or above is needed" in capsys.readouterr().err


def test_a_second_time_proposes_what_is_there_and_keeps_every_other_word(
    service: Service, init: Callable[..., int], project: Path
) -> None:
    init(answers=answered(service), tokens=tokens(service))
    file = project / "environments" / "prod.toml"
    file.write_text(f"# ours\ndays_back = 3\n{file.read_text()}")
    before = file.read_text()

    assert init(answers=("",) * 5) == 0

    assert file.read_text() == before


@pytest.mark.parametrize("number", [f"{WEBSITE_ID}", f'"{WEBSITE_ID}"'])
def test_a_project_that_is_there_by_its_number_stays_so_and_is_proposed_by_its_path(
    number: str, service: Service, init: Callable[..., int], project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    init(answers=answered(service))
    file = project / "environments" / "prod.toml"
    file.write_text(file.read_text().replace(f'"{WEBSITE}"', number))
    before = file.read_text()
    capsys.readouterr()

    assert init(answers=("",) * 5) == 0

    assert file.read_text() == before
    assert f"or a path) [{WEBSITE}]: " in capsys.readouterr().err


def test_with_yes_nothing_is_asked(service: Service, init: Callable[..., int], project: Path) -> None:
    with (project / ".env").open("a") as env:
        env.write(f"TOGGL_API_TOKEN={service.toggl.token}\nGITLAB_API_TOKEN={GITLAB_TOKEN}\n")

    settings = ("--set", f"gitlab_url={service.gitlab.url}", "--set", f"gitlab_project_id={WEBSITE}")
    assert init("-e", "team", "--yes", *settings, "--set", "days_back=4") == 0

    written = read_environment(project / "environments" / "team.toml")
    assert (written["days_back"], written["project_map"]) == ("4", {"Harbour App": HARBOUR})


def test_an_authority_that_is_given_is_trusted_before_a_server_is_asked(
    service: Service, init: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in CERTIFICATES:
        monkeypatch.setenv(variable, "")

    init("--set", f"ca_certificate={certifi.where()}", answers=answered(service), tokens=tokens(service))

    assert os.environ["SSL_CERT_FILE"] == certifi.where()


def test_with_yes_no_question_is_printed_and_tokens_of_the_shell_are_told_as_written_nowhere(
    service: Service,
    init: Callable[..., int],
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for variable, token in zip(TOKENS, tokens(service), strict=True):
        monkeypatch.setenv(variable, token)
    settings = ("--set", f"gitlab_url={service.gitlab.url}", "--set", f"gitlab_project_id={WEBSITE}")

    assert init("--yes", *settings) == 0

    told = capsys.readouterr().err
    assert "?" not in told
    assert "  1  " not in told
    assert "Only in the shell, and written nowhere: GITLAB_API_TOKEN and TOGGL_API_TOKEN.\n" in told
    assert read_environment_file(project / ".env").keys() == {"TOGGL_URL"}


def test_a_token_that_is_typed_instead_of_the_shells_is_kept_with_what_still_goes_before_it(
    service: Service, init: Callable[..., int], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TOGGL_API_TOKEN", "an-old-one")

    assert init(answers=answered(service), tokens=tokens(service)) == 0

    told = capsys.readouterr().err
    assert "Kept in .env: GITLAB_API_TOKEN and TOGGL_API_TOKEN.\n" in told
    assert "The shell still has another TOGGL_API_TOKEN, which goes before it: unset it.\n" in told
    assert "written nowhere" not in told


def test_with_yes_what_is_missing_is_named(
    service: Service, init: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert init("--yes") == 2
    assert "gitlab_url is missing: give --set gitlab_url=URL" in capsys.readouterr().err

    assert init("--yes", "--set", f"gitlab_url={service.gitlab.url}") == 2
    assert "Toggl API token is missing" in capsys.readouterr().err


def test_where_nobody_can_answer_one_line_says_what_to_give_instead(
    init: Callable[..., int], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Typed, "isatty", lambda _self: False)

    assert init() == 2

    told = "give --yes and --set KEY=VALUE, with TOGGL_API_TOKEN and GITLAB_API_TOKEN in .env or the shell."
    assert capsys.readouterr() == ("", f"Nobody is there to answer: {told}\n")


def test_nobodys_gitlab_is_proposed_but_one_that_is_there_is(
    service: Service, init: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    init(answers=("prod", "", "", ""))

    assert Settings().gitlab_url not in capsys.readouterr().err

    init(answers=answered(service), tokens=tokens(service))
    capsys.readouterr()
    init(answers=("",) * 5)

    assert f"[{service.gitlab.url}]: " in capsys.readouterr().err


def test_an_account_brings_the_questions_of_a_deployment(
    service: Service, init: Callable[..., int], project: Path
) -> None:
    answers = (*answered(service, account="123456789012"), "eu-central-1", "team@example.com")

    init("-e", "prod", answers=answers[1:], tokens=tokens(service))

    written = read_environment(project / "environments" / "prod.toml")
    assert (written["account"], written["region"], written["alarm_email"]) == (
        "123456789012",
        "eu-central-1",
        "team@example.com",
    )


def test_what_goes_before_the_file_and_says_something_else_is_named(
    service: Service, init: Callable[..., int], project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (project / ".env").open("a") as env:
        env.write("TIMEZONE=Asia/Tokyo\n")

    init(answers=answered(service, timezone="Europe/Berlin"), tokens=tokens(service))

    assert "TIMEZONE in the shell or in .env says something else" in capsys.readouterr().err


def test_without_the_package_there_is_no_keyring(init: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert init("--keyring") == 2
    assert "uv pip install keyring" in capsys.readouterr().err


def test_the_help_says_that_what_is_set_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "--help"]) == 0

    shown = " ".join(capsys.readouterr().out.split())
    assert "A setting that is written into the file too" in shown
    assert "for this time only" not in shown


@pytest.fixture
def deployed(place: Place, service: Service) -> Callable[..., Place]:
    """Deploys an environment with these settings, and with the project by its number."""

    def deploy(**settings: object) -> Place:
        urls = {"gitlab_url": service.gitlab.url, "toggl_url": service.toggl.url}
        given = {**urls, "gitlab_project_id": WEBSITE_ID, "timezone": "Asia/Tokyo", **settings}
        place.add_settings(**given)
        place.unseen_settings = Settings.from_context(given).unseen_texts()
        place.add_stack()
        return place

    return deploy


def test_what_is_deployed_is_proposed_and_the_next_deployment_changes_nothing(
    deployed: Callable[..., Place],
    deployment: Deployment,
    init: Callable[..., int],
    project: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    settings = {"max_concurrency": 4, "days_back": 3, "skip_terms": ["tea", "nap"], "dry_run": True}
    place = deployed(**settings, project_map={"Harbour App": None}, alarm_email="team@example.com")

    assert init("-e", place.environment, answers=("",) * 7) == 0

    written = read_environment(project / "environments" / f"{place.environment}.toml")
    assert {key: written[key] for key in settings} == settings
    assert (written["gitlab_project_id"], written["account"], written["region"]) == (
        str(WEBSITE_ID),
        place.aws.account,
        "us-east-1",
    )
    assert changes_of(deployment, named({"environment": place.environment})) == []
    told = capsys.readouterr().err
    assert f"Proposed is what is deployed in account {place.aws.account}, us-east-1.\n" in told
    assert f"GitLab project (a number of the list, or a path) [{WEBSITE}]: " in told
    assert "The next deployment changes" not in told


def test_of_a_file_that_is_there_it_says_what_the_next_deployment_changes(
    deployed: Callable[..., Place], init: Callable[..., int], project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = deployed(max_concurrency=4, days_back=3)
    file = project / "environments" / f"{place.environment}.toml"
    file.parent.mkdir()
    file.write_text("days_back = 2\n")

    assert init("-e", place.environment, answers=("",) * 7) == 0

    written = read_environment(file)
    assert (written["days_back"], written["timezone"], "max_concurrency" in written) == (2, "Asia/Tokyo", False)
    told = " ".join(capsys.readouterr().err.partition("The next deployment changes on AWS:")[2].split())
    assert "days_back 3 → 2 max_concurrency 4 → 10 nobody has said so. To keep it: max_concurrency =" in told


def test_what_is_deployed_but_cannot_be_taken_over_keeps_nobody_from_answering(
    deployed: Callable[..., Place], service: Service, init: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    place = deployed()
    place.aws.client("lambda").update_function_configuration(
        FunctionName=names.function(place.environment, "fetch"), Environment={"Variables": {"DAYS_BACK": "many"}}
    )

    assert init("-e", place.environment, answers=answered(service)[1:]) == 0
    assert "What is deployed is not proposed: days_back has the value 'many'" in capsys.readouterr().err


def test_a_deployment_in_another_account_than_the_files_is_another(deployed: Callable[..., Place]) -> None:
    place = deployed()

    assert deployed_as(place.environment, "999999999999", None) is None
    assert deployed_as(place.environment, "", None) is not None


def test_an_aws_out_of_reach_is_not_waited_for(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("botocore.endpoint.time.sleep", pauses.append)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "999999999999")

    assert deployed_as(place.environment, "", None) is None
    assert pauses == []


def test_a_project_that_is_given_by_its_number_and_cannot_be_seen_is_told(
    service: Service, init: Callable[..., int], project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "environments").mkdir()
    (project / "environments" / "prod.toml").write_text("gitlab_project_id = 4711\n")

    assert init(answers=answered(service), tokens=tokens(service)) == 0
    assert "There is no project 4711 that the token's user can see.\n" in capsys.readouterr().err
