"""A local run against the user's own services: what is checked before anything starts, and where the tokens go."""

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.response import StreamingBody

from cli import run
from cli.run import SetupProblem, announcement, parse_environment_file, parser, prepare, set_tokens, with_rows
from cli.watch import Ended, Rows
from contract.errors import InvalidInput, InvalidSettings

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
TOKENS = {"TOGGL_API_TOKEN": "toggl-secret", "GITLAB_API_TOKEN": "gitlab-secret"}


def prepared(
    *arguments: str, variables: dict[str, str] | None = None, file: Path = Path("/nonexistent/.env")
) -> run.Prepared:
    return prepare(parser().parse_args(arguments), {**TOKENS, **(variables or {})}, file, NOW)


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("TIMEZONE=Europe/Berlin", "Europe/Berlin"),
        ("  export TIMEZONE = Europe/Berlin  ", "Europe/Berlin"),
        ("TIMEZONE=Europe/Berlin # home", "Europe/Berlin"),
        ("TIMEZONE=a#b", "a#b"),
        ("TIMEZONE=", ""),
        ("TIMEZONE= # none", ""),
        ("TIMEZONE='a # b' # c", "a # b"),
        (r"""TIMEZONE='a\n"b"'""", r'a\n"b"'),
        (r'TIMEZONE="a \"b\" \\c"', r'a "b" \c'),
        ('TIMEZONE={"Harbour App": "studio/app"}', '{"Harbour App": "studio/app"}'),
    ],
)
def test_a_line_of_the_file_has_the_value_that_a_reader_expects(line: str, value: str) -> None:
    assert parse_environment_file(f"\ufeff# a comment\r\n\r\n{line}\r\n") == {"TIMEZONE": value}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("TIMEZONE", "line 1: this is no KEY=value line"),
        ("\n\nTOGGL API TOKEN=geheim", "line 3: this is no KEY=value line"),
        ("GITLAB_PROJECT=geheim", "line 1: GITLAB_PROJECT is not known. Known are: TOGGL_API_TOKEN"),
        ("DRY_RUN=false\nDRY_RUN=geheim", "line 2: DRY_RUN is given a second time"),
        ("GITLAB_API_TOKEN='geheim", "line 1: GITLAB_API_TOKEN has a quote that is not closed"),
        ('GITLAB_API_TOKEN="geheim"geheim', "line 1: GITLAB_API_TOKEN has a quote that is not closed, or something"),
    ],
)
def test_what_is_no_setting_is_refused_with_its_line_and_never_its_value(text: str, words: str) -> None:
    with pytest.raises(SetupProblem) as problem:
        parse_environment_file(text)

    assert words in str(problem.value)
    assert "geheim" not in str(problem.value)


def test_the_example_file_is_right_but_for_its_tokens() -> None:
    example = run.PROJECT_ROOT / ".env.example"

    with pytest.raises(SetupProblem, match="TOGGL_API_TOKEN is missing"):
        prepare(parser().parse_args([]), {}, example, NOW)
    assert prepared(file=example).settings.timezone == "Europe/Berlin"


def test_every_line_of_the_example_may_be_uncommented() -> None:
    lines = (run.PROJECT_ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    text = "\n".join(line.removeprefix("#") if line[1:2].isupper() else line for line in lines)

    variables = {key: value for key, value in parse_environment_file(text).items() if key not in TOKENS}

    assert len(variables) == 10
    assert prepared(variables=variables).settings.project_map == (("Harbour App", "studio/clients/harbour-app"),)


@pytest.mark.parametrize("token", ["", "  ", "REPLACE-WITH-YOUR-TOKEN"])
@pytest.mark.parametrize("name", TOKENS)
def test_a_missing_token_is_one_clear_line(name: str, token: str) -> None:
    with pytest.raises(SetupProblem, match=rf"^{name} is missing\. Put it into \.env .*$"):
        prepared(variables={name: token})


@pytest.mark.parametrize("token", ["two words", "schlüssel", "a\x00b"])
def test_what_cannot_be_a_token_is_refused_without_showing_it(token: str) -> None:
    with pytest.raises(SetupProblem, match="GITLAB_API_TOKEN is no API token") as problem:
        prepared(variables={"GITLAB_API_TOKEN": token})

    assert token not in str(problem.value)


def test_tokens_leave_the_environment_that_child_processes_get() -> None:
    variables = {**TOKENS, "HOME": "/home/ada"}

    ready = prepare(parser().parse_args([]), variables, Path("/nonexistent/.env"), NOW)

    assert variables == {"HOME": "/home/ada"}
    assert (ready.toggl_token, ready.gitlab_token) == ("toggl-secret", "gitlab-secret")


def test_tokens_are_in_nothing_that_is_shown_or_given_to_the_cdk() -> None:
    ready = prepared("--apply")

    shown = repr(ready) + json.dumps(dict(ready.context)) + json.dumps(dict(ready.run_input)) + announcement(ready, NOW)

    assert "secret" not in shown


def test_the_environment_goes_before_the_file_and_set_before_both(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("TIMEZONE=Europe/Berlin\nDAYS_BACK=2\nMINIMUM_DURATION=60\n")

    settings = prepared(
        "--set", "days_back=4", variables={"TIMEZONE": "Asia/Tokyo", "DAYS_BACK": "3"}, file=file
    ).settings

    assert (settings.timezone, settings.days_back, settings.minimum_duration) == ("Asia/Tokyo", 4, 60)


def test_nothing_is_written_and_nothing_runs_by_itself_unless_asked() -> None:
    assert prepared(variables={"DRY_RUN": "false"}).context["dry_run"] == "true"
    assert prepared("--apply").context["dry_run"] == "false"
    assert prepared("--apply").context["schedule"] == "off"


def test_a_dry_run_setting_and_apply_contradict_each_other() -> None:
    with pytest.raises(SetupProblem, match="Take away one"):
        prepared("--apply", variables={"DRY_RUN": "true"})


@pytest.mark.parametrize(
    ("arguments", "variables", "error", "words"),
    [
        (["--set", "days_back"], {}, SetupProblem, "--set takes key=value"),
        (["--set", "dry_run=false"], {}, SetupProblem, "--apply"),
        (["--set", "schedule=rate(1 day)"], {}, SetupProblem, "schedule cannot be set here"),
        (["--set", "colour=red"], {}, InvalidSettings, "Unknown context key 'colour'"),
        (["--set", "timezone=Mars"], {}, InvalidSettings, "timezone has the value 'Mars'"),
        ([], {"ROUNDING_MODE": "sideways"}, InvalidSettings, "ROUNDING_MODE has the value 'sideways'"),
        (["--end-date", "2026-11-20"], {}, InvalidInput, "end_date needs a start_date"),
        (["--start-date", "2026-12-01"], {}, InvalidInput, "in the future"),
        (["--start-date", "1.11.2026"], {}, InvalidInput, "YYYY-MM-DD"),
        (["--days-back", "400"], {}, InvalidInput, "0-366"),
    ],
)
def test_a_wrong_argument_or_setting_is_refused_before_anything_starts(
    arguments: list[str], variables: dict[str, str], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words.replace("(", r"\(")):
        prepared(*arguments, variables=variables)


def test_a_problem_is_one_line_and_a_failing_exit_code(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(run, "ENVIRONMENT_FILE", tmp_path / ".env")
    for name in TOKENS:
        monkeypatch.delenv(name, raising=False)

    assert run.main([]) == 1

    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("TOGGL_API_TOKEN is missing.")
    assert told.err.count("\n") == 1


def test_what_will_be_written_where_is_said_in_a_line() -> None:
    variables = {
        "GITLAB_URL": "https://git.studio.example",
        "GITLAB_PROJECT_ID": "studio/website",
        "TIMEZONE": "Asia/Tokyo",
    }

    writing = announcement(prepared("--apply", "--days-back", "2", variables=variables), NOW)
    looking = announcement(prepared("--days-back", "2", variables=variables), NOW)

    assert writing == (
        "This writes: time tracked at https://api.track.toggl.com"
        " from 2026-11-22 00:00 to 2026-11-24 18:00 (Asia/Tokyo)"
        " goes onto the issues at https://git.studio.example (default project studio/website), as your token's user."
    )
    assert looking.startswith("Dry run: reads ")
    assert "writes nothing" in looking


class Secrets:
    """A local AWS that only keeps secrets."""

    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}

    def client(self, service: str) -> "Secrets":
        assert service == "secretsmanager"
        return self

    def put_secret_value(self, *, SecretId: str, SecretString: str) -> None:  # noqa: N803 - boto3's names
        self.kept[SecretId] = json.loads(SecretString)


def test_each_token_goes_into_its_own_secret() -> None:
    aws = Secrets()

    set_tokens(aws, "prod", toggl="t", gitlab="g")  # type: ignore[arg-type]

    assert aws.kept == {
        "toggl-gitlab-sync/prod/toggl-token": {"api_token": "t"},
        "toggl-gitlab-sync/prod/gitlab-token": {"api_token": "g"},
    }


class Files:
    """A local AWS that only keeps files, as JSON lines."""

    class NoSuchKey(Exception):
        """What boto3 raises for a file that is not there."""

    def __init__(self, **kept: list[dict[str, Any]]) -> None:
        self.kept = {f"runs/a/{name}.jsonl": values for name, values in kept.items()}
        self.exceptions = self

    def client(self, service: str) -> "Files":
        assert service == "s3"
        return self

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:  # noqa: N803 - boto3's names
        assert Bucket == "handover"
        if Key not in self.kept:
            raise self.NoSuchKey
        text = "".join(f"{json.dumps(value)}\n" for value in self.kept[Key]).encode()
        return {"Body": StreamingBody(io.BytesIO(text), len(text))}


LARGE = Ended(
    "SUCCEEDED", output={"entries": "runs/a/entries.jsonl"}, rows=Rows("runs/a/entries.jsonl", "handover", "x")
)


def test_a_large_runs_rows_and_descriptions_outlive_the_local_aws() -> None:
    fetched = [{"id": 1, "description": "#12 Navigation"}, {"id": 2, "description": ""}]
    aws = Files(entries=[{"entry_id": 1}, {"entry_id": 2}], fetched=fetched)

    ended = with_rows(LARGE, aws)  # type: ignore[arg-type]

    assert ended.output == {"entries": [{"entry_id": 1}, {"entry_id": 2}]}
    assert ended.descriptions == {1: "#12 Navigation", 2: "(no description)"}
    assert ended.rows is None


def test_entries_that_were_not_handed_over_have_their_descriptions_already() -> None:
    aws = Files(entries=[{"entry_id": 1}])

    assert with_rows(LARGE, aws).output == {"entries": [{"entry_id": 1}]}  # type: ignore[arg-type]


def test_a_run_that_is_not_large_is_shown_as_it_is() -> None:
    ended = Ended("SUCCEEDED", output={"entries": []})

    assert with_rows(ended, Files()) is ended  # type: ignore[arg-type]
