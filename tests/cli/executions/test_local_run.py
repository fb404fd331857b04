"""A run on the local AWS: what is checked before anything starts, and what is announced."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.executions.local_run import Prepared, announcement, prepare
from cli.run import parser
from cli.settings.environment_file import SetupProblem
from cli.settings.own import take_own
from cli.terminal.arguments import days_in, pairs_in
from contract.errors import InvalidInput, InvalidSettings

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
GIVEN = {"TOGGL_API_TOKEN": "toggl-secret", "GITLAB_API_TOKEN": "gitlab-secret"}
OURS = {"GITLAB_URL": "https://git.studio.example"}


def prepared(
    *arguments: str, variables: dict[str, str] | None = None, file: Path = Path("/nonexistent/.env")
) -> Prepared:
    options = parser().parse_args(arguments)
    return prepare(
        take_own({**GIVEN, **(OURS if variables is None else variables)}, file),
        run_input=days_in(options),
        overrides=dict(pairs_in(options.set)),
        apply=options.apply,
        now=NOW,
    )


def test_tokens_are_in_nothing_that_is_shown_or_given_to_the_cdk() -> None:
    ready = prepared("--apply")

    shown = repr(ready) + json.dumps(dict(ready.context)) + json.dumps(dict(ready.run_input)) + announcement(ready, NOW)

    assert "secret" not in shown


def test_the_environment_goes_before_the_file_and_set_before_both(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("TIMEZONE=Europe/Berlin\nDAYS_BACK=2\nMINIMUM_DURATION=60\n")

    settings = prepared(
        "--set", "days_back=4", variables={**OURS, "TIMEZONE": "Asia/Tokyo", "DAYS_BACK": "3"}, file=file
    ).settings

    assert (settings.timezone, settings.days_back, settings.minimum_duration) == ("Asia/Tokyo", 4, 60)


def test_nothing_is_written_and_nothing_runs_by_itself_unless_asked() -> None:
    assert prepared(variables={**OURS, "DRY_RUN": "false"}).context["dry_run"] == "true"
    assert prepared("--apply").context["dry_run"] == "false"
    assert prepared("--apply").context["schedule"] == "off"


def test_no_token_goes_to_a_gitlab_that_nobody_has_named() -> None:
    refusal = r"^GITLAB_URL is missing, so GITLAB_API_TOKEN would go to the default server, https://gitlab\.enki\.io\."
    with pytest.raises(SetupProblem, match=refusal):
        prepared(variables={})

    assert prepared("--set", "gitlab_url=https://a.example", variables={}).settings.gitlab_url == "https://a.example"


@pytest.mark.parametrize("key", ["vpc_id", "subnet_ids", "security_group_ids"])
def test_the_network_of_a_deployment_is_none_of_a_local_run(key: str) -> None:
    assert prepared().context[key] == ""  # cdk.json may say otherwise
    with pytest.raises(SetupProblem, match=f"{key} cannot be set here: the functions run on this machine"):
        prepared("--set", f"{key}=x")


def test_a_dry_run_setting_and_apply_contradict_each_other() -> None:
    with pytest.raises(SetupProblem, match="Remove one"):
        prepared("--apply", variables={**OURS, "DRY_RUN": "true"})


@pytest.mark.parametrize(
    ("arguments", "variables", "error", "words"),
    [
        (["--set", "days_back"], {}, InvalidInput, "--set takes KEY=VALUE"),
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
        prepared(*arguments, variables=OURS | variables)


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
