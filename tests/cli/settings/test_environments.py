"""Where a setting comes from: environments/NAME.toml, cdk.json, whoever asks; and what contradicts itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli.settings.environments import FOLDER_VARIABLE, environment_names, named, read_environment
from contract.errors import InvalidSettings
from contract.settings import Settings


@pytest.fixture
def folder(project: Path) -> Path:
    made = project / "environments"
    made.mkdir()
    return made


def in_cdk_json(folder: Path, **context: object) -> None:
    (folder.parent / "cdk.json").write_text(json.dumps({"context": {"@aws-cdk/core:flag": True, **context}}))


def test_without_a_file_all_is_as_cdk_json_and_the_defaults_have_it(folder: Path) -> None:
    in_cdk_json(folder, timezone="Asia/Tokyo")

    known = named({})

    assert (known.environment, known.settings().timezone, known.settings().days_back) == ("prod", "Asia/Tokyo", 1)
    assert known.values == {"timezone": "Asia/Tokyo", "environment": "prod"}


def test_what_is_asked_for_goes_before_cdk_json_and_that_before_the_file(folder: Path) -> None:
    (folder / "team.toml").write_text('days_back = 5\nminimum_duration = 60\nrounding_mode = "up"\n')
    in_cdk_json(folder, timezone="Asia/Tokyo")

    settings = named({"days_back": "7", "timezone": "Europe/Berlin"}).settings()

    assert (settings.environment, settings.days_back, settings.timezone) == ("team", 7, "Europe/Berlin")
    assert (settings.minimum_duration, settings.rounding_mode) == (60, "up")


def test_a_lone_file_names_the_environment_and_one_of_several_has_to_be_named(folder: Path) -> None:
    (folder / "staging.toml").write_text("")
    assert named({}).environment == "staging"

    (folder / "dev.toml").write_text("days_back = 3")
    with pytest.raises(InvalidSettings, match=r"There are several environments: dev, staging\. Say which one"):
        named({})
    assert named({"environment": "dev"}).settings().days_back == 3
    assert environment_names() == ["dev", "staging"]


def test_an_environment_without_a_file_takes_nothing_from_that_of_another(folder: Path) -> None:
    (folder / "staging.toml").write_text("days_back = 3")

    assert named({"environment": "prod"}).values == {"environment": "prod"}


def test_a_key_that_cdk_json_and_the_file_give_differently_is_refused(folder: Path) -> None:
    (folder / "prod.toml").write_text('gitlab_url = "https://one.example"')
    in_cdk_json(folder, gitlab_url="https://two.example")

    with pytest.raises(InvalidSettings, match=r"gitlab_url is 'https://two.example' in cdk.json, but 'https://one"):
        named({"gitlab_url": "https://three.example"})


ALARMS = {"alarm_email": "ada@example.com", "left_out_mail": True}
NETWORK = {"vpc_id": "vpc-0a1b2c3d", "subnet_ids": "subnet-0a1b2c3d", "security_group_ids": "sg-0a1b2c3d"}


@pytest.mark.parametrize("together", [ALARMS, NETWORK], ids=["alarms", "network"])
def test_what_belongs_together_may_stand_in_several_places(together: dict[str, object], folder: Path) -> None:
    (first, value), *rest = together.items()
    in_cdk_json(folder, **{first: value})
    (folder / "prod.toml").write_text("".join(f"{key} = {json.dumps(one)}\n" for key, one in rest))

    assert named({}).settings() == Settings.from_context(together)
    with pytest.raises(InvalidSettings, match=r"alarm_email is empty|Missing: vpc_id"):
        named({first: ""}).settings()


@pytest.mark.parametrize("together", [ALARMS, NETWORK], ids=["alarms", "network"])
def test_what_belongs_together_may_be_given_twice_alike(together: dict[str, object], folder: Path) -> None:
    in_cdk_json(folder, **together)
    (folder / "prod.toml").write_text("".join(f"{key} = {json.dumps(one)}\n" for key, one in together.items()))

    assert named({}).settings() == Settings.from_context(together)


def test_a_key_that_both_give_alike_is_no_contradiction(folder: Path) -> None:
    (folder / "prod.toml").write_text('days_back = 3\nskip_terms = ["break", "lunch"]')
    in_cdk_json(folder, days_back="3", skip_terms="break, lunch")

    assert named({}).settings().days_back == 3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", r"cdk\.json cannot be read"),
        ("[]", r"cdk\.json cannot be read"),
        ('{"context": {"dry_runn": true}}', r"cdk\.json: Unknown context key 'dry_runn'"),
        ('{"context": {"days_back": "many"}}', r"cdk\.json: days_back has the value 'many'"),
    ],
)
def test_a_cdk_json_that_cannot_be_used_is_named(text: str, words: str, folder: Path) -> None:
    (folder.parent / "cdk.json").write_text(text)

    with pytest.raises(InvalidSettings, match=words):
        named({})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("days_back = ", r"environments/prod\.toml cannot be read"),
        ("colour = 1", r"environments/prod\.toml: Unknown context key 'colour'"),
        ("days_back = 400", r"environments/prod\.toml: days_back has the value '400', but allowed is: 0-366"),
        ('environment = "dev"', r"environments/prod\.toml is of the environment prod"),
    ],
)
def test_a_file_that_is_wrong_is_named(text: str, words: str, folder: Path) -> None:
    (folder / "prod.toml").write_text(text)

    with pytest.raises(InvalidSettings, match=words):
        named({})


def test_a_map_is_a_table_of_its_own(folder: Path) -> None:
    file = folder / "prod.toml"
    file.write_text('[project_map]\n"Harbour App" = "studio/clients/harbour-app"\n')

    assert read_environment(file) == {"project_map": {"Harbour App": "studio/clients/harbour-app"}}
    assert named({}).texts()["project_map"] == '{"Harbour App": "studio/clients/harbour-app"}'


def test_values_go_to_the_cdk_as_texts(folder: Path) -> None:
    (folder / "prod.toml").write_text('dry_run = true\ndays_back = 3\nskip_terms = ["break", "tea"]\n')

    assert named({}).texts() == {"dry_run": "true", "days_back": "3", "skip_terms": "break,tea", "environment": "prod"}


def test_another_folder_may_be_named(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "prod.toml").write_text("")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "other.toml").write_text("")
    monkeypatch.setenv(FOLDER_VARIABLE, str(elsewhere))

    assert named({}).environment == "other"
