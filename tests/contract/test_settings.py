"""The settings' table: what each allows, what it refuses and in which words, and that it survives every crossing."""

from __future__ import annotations

import importlib.util
import json
from contextlib import suppress
from dataclasses import FrozenInstanceError, fields
from pathlib import Path
from typing import Any

import certifi
import pytest
from hypothesis import given
from hypothesis import settings as property_settings
from hypothesis import strategies as st

from contract import settings as settings_module
from contract.errors import MESSAGE_LIMIT, InvalidInput, InvalidSettings, plain
from contract.settings import PER_RUN_KEYS, VARIABLES, Settings, table
from contract.values import certificates_in

without_deadline = property_settings(deadline=None)  # a busy machine is no failure

BOOLEAN_KEYS = (
    "dry_run",
    "only_billable",
    "exclude_weekends",
    "prevent_duplicates",
    "sync_edits",
    "remove_deleted",
    "auto_create_issues",
)

# key, environment variable ("" for none), default as a deployment gives it
AGREED = [
    ("environment", "ENVIRONMENT", "prod"),
    ("account", "", ""),
    ("region", "", "us-east-1"),
    ("schedule", "", "cron(0 9 * * ? *)"),
    ("timezone", "TIMEZONE", "UTC"),
    ("gitlab_url", "GITLAB_URL", "https://gitlab.enki.io"),
    ("gitlab_project_id", "GITLAB_PROJECT_ID", "1"),
    ("project_map", "PROJECT_MAP", "{}"),
    ("toggl_url", "TOGGL_URL", "https://api.track.toggl.com"),
    ("toggl_workspace_id", "TOGGL_WORKSPACE_ID", ""),
    ("dry_run", "DRY_RUN", "false"),
    ("days_back", "DAYS_BACK", "1"),
    ("catch_up_days", "CATCH_UP_DAYS", "31"),
    ("minimum_duration", "MINIMUM_DURATION", "300"),
    ("maximum_duration", "MAXIMUM_DURATION", "86400"),
    ("round_time_to_minutes", "ROUND_TIME_TO_MINUTES", "15"),
    ("rounding_mode", "ROUNDING_MODE", "nearest"),
    ("only_billable", "ONLY_BILLABLE", "false"),
    ("exclude_weekends", "EXCLUDE_WEEKENDS", "false"),
    ("prevent_duplicates", "PREVENT_DUPLICATES", "true"),
    ("sync_edits", "SYNC_EDITS", "true"),
    ("remove_deleted", "REMOVE_DELETED", "false"),
    ("auto_create_issues", "AUTO_CREATE_ISSUES", "false"),
    ("issue_labels", "ISSUE_LABELS", "toggl-sync"),
    ("skip_terms", "SKIP_TERMS", "break,lunch"),
    ("max_concurrency", "", "10"),
    ("settle_seconds", "", "70"),
    ("max_wait", "MAX_WAIT", "3600"),
    ("lock_wait", "", "900"),
    ("alarm_email", "", ""),
    ("left_out_mail", "LEFT_OUT_MAIL", "false"),
    ("ca_certificate", "", ""),
    ("vpc_id", "", ""),
    ("subnet_ids", "", ""),
    ("security_group_ids", "", ""),
    ("log_level", "LOG_LEVEL", "INFO"),
]

NOT_PER_RUN = {
    "environment",
    "account",
    "region",
    "schedule",
    "gitlab_url",
    "gitlab_project_id",
    "project_map",
    "toggl_url",
    "max_concurrency",
    "settle_seconds",
    "max_wait",
    "lock_wait",
    "alarm_email",
    "left_out_mail",
    "ca_certificate",
    "vpc_id",
    "subnet_ids",
    "security_group_ids",
}

ALLOWED: list[tuple[str, object, object]] = [
    ("environment", "a", "a"),
    ("environment", "staging-eu-2", "staging-eu-2"),
    ("environment", "x" * 20, "x" * 20),
    ("account", "", ""),
    ("account", "012345678901", "012345678901"),
    ("account", 123456789012, "123456789012"),
    ("region", "eu-central-1", "eu-central-1"),
    ("region", "us-gov-west-1", "us-gov-west-1"),
    ("schedule", "off", "off"),
    ("schedule", "rate(1 hour)", "rate(1 hour)"),
    ("schedule", "rate(12 hours)", "rate(12 hours)"),
    ("schedule", "rate(1 day)", "rate(1 day)"),
    ("schedule", "cron(0/15 8-18 ? * MON-FRI *)", "cron(0/15 8-18 ? * MON-FRI *)"),
    ("schedule", "cron(30 6 L * ? 2026)", "cron(30 6 L * ? 2026)"),
    ("schedule", "cron(0 9 ? * 6#3 *)", "cron(0 9 ? * 6#3 *)"),
    ("timezone", "Europe/Berlin", "Europe/Berlin"),
    ("timezone", " America/Argentina/Buenos_Aires ", "America/Argentina/Buenos_Aires"),
    ("timezone", "UTC", "UTC"),
    ("gitlab_url", "https://gitlab.example.org", "https://gitlab.example.org"),
    ("gitlab_url", "https://example.org:8443/gitlab/", "https://example.org:8443/gitlab"),
    ("gitlab_url", "http://localhost:8080", "http://localhost:8080"),
    ("gitlab_url", "http://127.0.0.1:8080", "http://127.0.0.1:8080"),
    ("gitlab_url", "http://[::1]:8080", "http://[::1]:8080"),
    ("toggl_url", "http://127.8.9.1", "http://127.8.9.1"),
    ("toggl_url", "https://api.track.toggl.com/", "https://api.track.toggl.com"),
    ("gitlab_project_id", "42", "42"),
    ("gitlab_project_id", 42, "42"),
    ("gitlab_project_id", "group/project", "group/project"),
    ("gitlab_project_id", "group/sub-group/my.project_1", "group/sub-group/my.project_1"),
    ("project_map", "", ()),
    ("project_map", "{}", ()),
    ("project_map", {}, ()),
    ("project_map", '{"Web Shop": "acme/shop"}', (("Web Shop", "acme/shop"),)),
    ("project_map", {"Web Shop": "acme/shop", "123": "acme/b/c"}, (("123", "acme/b/c"), ("Web Shop", "acme/shop"))),
    ("project_map", {" Café ": "/acme/shop/"}, (("Café", "acme/shop"),)),
    ("project_map", {"*": "acme/rest", "Private": None}, (("*", "acme/rest"), ("Private", None))),
    ("project_map", '{"*": null, "Shop": 42, "Web": "43"}', (("*", None), ("Shop", "42"), ("Web", "43"))),
    ("toggl_workspace_id", "", ""),
    ("toggl_workspace_id", "1234567", "1234567"),
    ("toggl_workspace_id", 1234567, "1234567"),
    ("days_back", 0, 0),
    ("days_back", "366", 366),
    ("catch_up_days", 0, 0),
    ("catch_up_days", "84", 84),
    ("minimum_duration", 0, 0),
    ("minimum_duration", "86400", 86400),
    ("maximum_duration", 0, 0),
    ("maximum_duration", "36000", 36000),
    ("round_time_to_minutes", 0, 0),
    ("round_time_to_minutes", " 480 ", 480),
    ("rounding_mode", "nearest", "nearest"),
    ("rounding_mode", "up", "up"),
    ("rounding_mode", "down", "down"),
    ("issue_labels", "", ()),
    ("issue_labels", "toggl-sync, time", ("toggl-sync", "time")),
    ("issue_labels", ["toggl-sync", "time"], ("toggl-sync", "time")),
    ("skip_terms", "break,, lunch ,", ("break", "lunch")),
    ("skip_terms", [], ()),
    ("skip_terms", ["coffee break", " "], ("coffee break",)),
    ("max_concurrency", 1, 1),
    ("max_concurrency", "40", 40),
    ("settle_seconds", 0, 0),
    ("settle_seconds", "600", 600),
    ("max_wait", 0, 0),
    ("max_wait", "7200", 7200),
    ("lock_wait", 0, 0),
    ("lock_wait", "3600", 3600),
    ("alarm_email", "", ""),
    ("alarm_email", "ops@example.org", "ops@example.org"),
    ("left_out_mail", False, False),
    ("left_out_mail", " False ", False),
    ("ca_certificate", "", ""),
    ("ca_certificate", f" {certifi.where()} ", certifi.where()),
    ("vpc_id", "vpc-0a1b2c3d4e5f67890", "vpc-0a1b2c3d4e5f67890"),
    ("subnet_ids", "subnet-0a1b2c3d, subnet-0a1b2c3d4e5f67890", ("subnet-0a1b2c3d", "subnet-0a1b2c3d4e5f67890")),
    ("subnet_ids", ["subnet-0a1b2c3d"], ("subnet-0a1b2c3d",)),
    ("security_group_ids", "sg-0a1b2c3d", ("sg-0a1b2c3d",)),
    ("log_level", "DEBUG", "DEBUG"),
    ("log_level", "INFO", "INFO"),
    ("log_level", "WARNING", "WARNING"),
    ("log_level", "ERROR", "ERROR"),
    *((key, value, value) for key in BOOLEAN_KEYS for value in (True, False)),
    *((key, str(value).lower(), value) for key in BOOLEAN_KEYS for value in (True, False)),
]

NETWORK = {"vpc_id": "vpc-0a1b2c3d", "subnet_ids": "subnet-0a1b2c3d", "security_group_ids": "sg-0a1b2c3d"}
"""These come together or not at all."""

REFUSED: list[tuple[str, object]] = [
    ("ca_certificate", "/no/such/file.pem"),
    ("ca_certificate", "."),
    ("ca_certificate", __file__),
    ("ca_certificate", 7),
    ("ca_certificate", None),
    ("vpc_id", "0a1b2c3d"),
    ("vpc_id", "vpc-XYZ"),
    ("subnet_ids", "subnet-0a1b2c3d subnet-0a1b2c3e"),
    ("subnet_ids", "vpc-0a1b2c3d"),
    ("security_group_ids", "default"),
    ("security_group_ids", [7]),
    ("environment", ""),
    ("environment", "x" * 21),
    ("environment", "Prod"),
    ("environment", "pro_d"),
    ("environment", "a b"),
    ("environment", 5),
    ("account", "12345678901"),
    ("account", "1234567890123"),
    ("account", "12345678901x"),
    ("account", True),
    ("region", ""),
    ("region", "europe"),
    ("region", "eu-central-1; rm"),
    ("schedule", ""),
    ("schedule", "daily"),
    ("schedule", "at(2026-11-24T09:00:00)"),
    ("schedule", "cron(0 9 * * ?)"),
    ("schedule", "cron(0 9 * * ? * *)"),
    ("schedule", "cron(0 9 * * ? *"),
    ("schedule", "rate(0 hours)"),
    ("schedule", "rate(1 hours)"),
    ("schedule", "rate(2 hour)"),
    ("schedule", "rate(5 seconds)"),
    ("schedule", "rate(999999999999 days)"),
    ("schedule", None),
    ("timezone", ""),
    ("timezone", "Mars/Olympus"),
    ("timezone", "+02:00"),
    ("timezone", "Europe"),
    ("timezone", "../Europe/Berlin"),
    ("timezone", "/etc/localtime"),
    ("timezone", "Europe/Berlin\x00"),
    ("timezone", "x" * 5000),
    ("timezone", 0),
    ("gitlab_url", ""),
    ("gitlab_url", "gitlab.example.org"),
    ("gitlab_url", "http://gitlab.example.org"),
    ("gitlab_url", "http://localhost.example.org"),
    ("gitlab_url", "http://127.0.0.1.example.org"),
    ("gitlab_url", "http://0.0.0.0:8080"),
    ("gitlab_url", "http://192.168.1.10"),
    ("gitlab_url", "ftp://gitlab.example.org"),
    ("gitlab_url", "https://"),
    ("gitlab_url", "https:///path"),
    ("gitlab_url", "https://user:secret@gitlab.example.org"),
    ("gitlab_url", "https://@gitlab.example.org"),
    ("gitlab_url", "http://localhost@gitlab.example.org"),
    ("gitlab_url", "https://gitlab.example.org?x=1"),
    ("gitlab_url", "https://gitlab.example.org/?"),
    ("gitlab_url", "https://gitlab.example.org#x"),
    ("gitlab_url", "https://gitlab.example.org:port"),
    ("gitlab_url", "https://gitlab.example.org:99999"),
    ("gitlab_url", "https://gitlab example.org"),
    ("gitlab_url", "https://gitlab.example.org\nX-Header: 1"),
    ("gitlab_url", "https://[::1"),
    ("gitlab_url", "https://gitläb.example.org"),
    ("toggl_url", "http://api.track.toggl.com"),
    ("toggl_url", None),
    ("gitlab_project_id", ""),
    ("gitlab_project_id", "0"),
    ("gitlab_project_id", 0),
    ("gitlab_project_id", -1),
    ("gitlab_project_id", "project"),
    ("gitlab_project_id", "group/"),
    ("gitlab_project_id", "/group/project"),
    ("gitlab_project_id", "group//project"),
    ("gitlab_project_id", "group/my project"),
    ("gitlab_project_id", True),
    ("gitlab_project_id", 1.0),
    ("project_map", "{"),
    ("project_map", "[" * 100_000),
    ("project_map", "[]"),
    ("project_map", []),
    ("project_map", 7),
    ("project_map", {"Web Shop": "shop"}),
    ("project_map", {"Web Shop": 0}),
    ("project_map", {"Web Shop": -7}),
    ("project_map", {"Web Shop": 7.0}),
    ("project_map", {"Web Shop": True}),
    ("project_map", {"Web Shop": "null"}),
    ("project_map", {"Web Shop": ""}),
    ("project_map", {"Web Shop": ["acme/shop"]}),
    ("project_map", {"Web Shop": "acme/shop\nx/y"}),
    ("project_map", {"": "acme/shop"}),
    ("project_map", {" ": "acme/shop"}),
    ("project_map", {"Web Shop": "acme/shop", "Web Shop ": "acme/other"}),
    ("project_map", '{"Web Shop": "acme/shop", "Web Shop": "acme/other"}'),
    ("toggl_workspace_id", "seven"),
    ("toggl_workspace_id", "-7"),
    ("toggl_workspace_id", -7),
    ("toggl_workspace_id", False),
    ("toggl_workspace_id", "７"),
    *((key, value) for key in BOOLEAN_KEYS for value in ("", "yes", "1", 0, 1, None, [True])),
    *((key, value) for key in ("days_back", "max_wait") for value in ("", "seven", "1.5", 1.0, True, None, [1], "٣")),
    ("days_back", -1),
    ("days_back", "-1"),
    ("days_back", 367),
    ("days_back", "9" * 5000),
    ("catch_up_days", -1),
    ("catch_up_days", 85),
    ("minimum_duration", -1),
    ("maximum_duration", -1),
    ("maximum_duration", "a day"),
    ("round_time_to_minutes", -1),
    ("round_time_to_minutes", 481),
    ("rounding_mode", "bankers"),
    ("rounding_mode", ""),
    ("rounding_mode", 1),
    ("issue_labels", 7),
    ("issue_labels", [7]),
    ("issue_labels", ["one,two"]),
    ("skip_terms", {"break": True}),
    ("skip_terms", None),
    ("max_concurrency", 0),
    ("max_concurrency", 41),
    ("settle_seconds", -1),
    ("settle_seconds", 601),
    ("max_wait", 7201),
    ("lock_wait", -1),
    ("lock_wait", 3601),
    ("alarm_email", "ops"),
    ("alarm_email", "ops@example"),
    ("alarm_email", "a b@example.org"),
    ("left_out_mail", "yes"),
    ("left_out_mail", 1),
    ("log_level", "TRACE"),
    ("log_level", ""),
    ("log_level", 20),
]


def _words_allowed(key: str) -> str:
    return next(row["allowed"] for row in table() if row["key"] == key)


def test_the_table_is_the_agreed_one_with_its_variables_and_defaults() -> None:
    assert [(row["key"], row["env"], row["default"]) for row in table()] == AGREED


def test_every_setting_says_what_it_allows_and_what_it_is_for() -> None:
    assert all(row["allowed"] and row["about"] for row in table())


@pytest.mark.parametrize(("key", "value", "expected"), ALLOWED)
def test_an_allowed_value_is_taken_in_its_json_type_and_as_a_string(key: str, value: object, expected: object) -> None:
    settings = Settings.from_context({**(NETWORK if key in NETWORK else {}), key: value})

    assert getattr(settings, key) == expected
    assert type(getattr(settings, key)) is type(expected)


@pytest.mark.parametrize(("key", "value"), REFUSED)
def test_a_refused_value_stops_with_the_key_the_value_and_what_is_allowed(key: str, value: object) -> None:
    shown = value if isinstance(value, str) else json.dumps(value)

    with pytest.raises(InvalidSettings) as raised:
        Settings.from_context({key: value})

    message = raised.value.message
    assert message.startswith(f"{key} has the value '")
    assert plain(shown)[:40] in message
    assert message.endswith(f"but allowed is: {_words_allowed(key)}.")


@pytest.mark.parametrize("missing", [["vpc_id"], ["subnet_ids"], ["security_group_ids"], ["subnet_ids", "vpc_id"]])
@pytest.mark.parametrize("empty", [True, False])
def test_a_network_is_given_whole_or_not_at_all(*, missing: list[str], empty: bool) -> None:
    given = {key: "" if key in missing else value for key, value in NETWORK.items() if empty or key not in missing}

    with pytest.raises(
        InvalidSettings, match=r"^vpc_id, subnet_ids, security_group_ids: give all of them or none\. Missing: "
    ):
        Settings.from_context(given)


@pytest.mark.parametrize("address", [{}, {"alarm_email": ""}])
@pytest.mark.parametrize("wanted", [True, "true"])
def test_a_mail_that_nobody_would_get_stops_with_the_keys_that_are_wrong(
    address: dict[str, str], wanted: object
) -> None:
    with pytest.raises(InvalidSettings, match=r"^left_out_mail is true, but alarm_email is empty"):
        Settings.from_context({"left_out_mail": wanted, **address})


def test_a_mail_that_somebody_gets_is_known_to_the_functions_which_do_not_know_who() -> None:
    deployed = Settings.from_context({"left_out_mail": True, "alarm_email": "ops@example.org"})

    assert Settings.from_environment(deployed.to_environment()).left_out_mail
    assert Settings.from_json(deployed.to_json()).left_out_mail


def test_only_certificates_that_openssl_takes_are_certificates(tmp_path: Path) -> None:
    bundle = Path(certifi.where()).read_text(encoding="utf-8")
    one = bundle[bundle.index("-----BEGIN") : bundle.index("-----END")] + "-----END CERTIFICATE-----\n"
    key = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
    file = tmp_path / "corp.pem"

    file.write_bytes(f"# Ä comment\n{key}{one}".replace("\n", "\r\n").encode())
    assert certificates_in(str(file)) == [one.strip()]
    for wrong in (one.replace("M", "?", 9), key, one[:200], ""):
        file.write_text(wrong, encoding="utf-8")
        assert certificates_in(str(file)) == []


def test_every_setting_has_allowed_and_refused_examples() -> None:
    keys = {setting.name for setting in fields(Settings)}

    assert {key for key, _value, _expected in ALLOWED} == keys
    assert {key for key, _value in REFUSED} == keys


@pytest.mark.parametrize("key", ["dryrun", "DRY_RUN", "Environment", "gitlab-url", "start_date", ""])
def test_an_unknown_context_key_stops_and_the_message_names_key_value_and_all_keys_that_are_allowed(key: str) -> None:
    with pytest.raises(InvalidSettings) as raised:
        Settings.from_context({key: "some value"})

    assert f"'{key}'" in raised.value.message
    assert "'some value'" in raised.value.message
    assert raised.value.message.endswith(f"Allowed are: {', '.join(row['key'] for row in table())}.")


def test_the_cdks_own_context_keys_are_passed_over() -> None:
    context = {"@aws-cdk/core:newStyleStackSynthesis": True, "aws:cdk:bundling-stacks": ["**"], "aws-cdk:x/y": 1}

    assert Settings.from_context(context) == Settings()


def test_loading_the_module_makes_the_same_table_each_time() -> None:
    """Loaded anew, because a mutant (`make mutants`) is switched on after everything is imported."""
    spec = importlib.util.find_spec("contract.settings")
    assert spec is not None
    assert spec.loader is not None
    anew = importlib.util.module_from_spec(spec)

    spec.loader.exec_module(anew)

    assert anew.table() == table()
    assert anew.PER_RUN_KEYS == settings_module.PER_RUN_KEYS
    assert anew.Settings().to_json() == Settings().to_json()
    assert anew.Settings().to_environment() == Settings().to_environment()


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        Settings().dry_run = True  # type: ignore[misc]


def test_a_run_may_override_what_is_agreed_and_nothing_else() -> None:
    assert set(PER_RUN_KEYS) == {key for key, _env, _default in AGREED} - NOT_PER_RUN


@pytest.mark.parametrize("key", sorted(NOT_PER_RUN))
def test_a_run_cannot_override_where_tokens_are_sent_nor_what_is_deployed(key: str) -> None:
    value = next(value for name, value, _expected in ALLOWED if name == key and value)

    with pytest.raises(InvalidInput) as raised:
        Settings().overridden({key: value})

    assert f"'{key}'" in raised.value.message
    assert raised.value.message.endswith(f"Allowed are: {', '.join(PER_RUN_KEYS)}.")


@pytest.mark.parametrize(("key", "value", "expected"), [row for row in ALLOWED if row[0] not in NOT_PER_RUN])
def test_an_override_counts_for_this_run_and_leaves_the_other_settings(
    key: str, value: object, expected: object
) -> None:
    deployed = Settings.from_context({"environment": "dev", "gitlab_url": "https://gitlab.example.org"})

    overridden = deployed.overridden({key: value})

    assert getattr(overridden, key) == expected
    assert {name for name in _names() if getattr(overridden, name) != getattr(deployed, name)} <= {key}


@pytest.mark.parametrize(("key", "value"), [row for row in REFUSED if row[0] not in NOT_PER_RUN])
def test_a_bad_override_is_invalid_input_that_names_the_key_and_what_is_allowed(key: str, value: object) -> None:
    with pytest.raises(InvalidInput) as raised:
        Settings().overridden({key: value})

    assert raised.value.message.startswith(f"{key} has the value '")
    assert raised.value.message.endswith(f"but allowed is: {_words_allowed(key)}.")


def test_a_bad_environment_variable_is_named_as_the_lambda_console_shows_it() -> None:
    expected = (
        r"^DAYS_BACK has the value 'many', but allowed is: 0-366\. Correct the function's variable, or put back"
        r" what was deployed: \./tgs deploy -e staging -- --revert-drift\.$"
    )
    variables = Settings(environment="staging").to_environment() | {"DAYS_BACK": "many"}

    with pytest.raises(InvalidSettings, match=expected):
        Settings.from_environment(variables, required=VARIABLES)


def test_a_bad_variable_of_a_run_on_this_machine_says_nothing_of_a_function() -> None:
    with pytest.raises(InvalidSettings, match=r"^DAYS_BACK has the value 'many', but allowed is: 0-366\.$"):
        Settings.from_environment({"DAYS_BACK": "many"})


def test_a_missing_environment_variable_means_the_default_and_foreign_ones_mean_nothing() -> None:
    assert Settings.from_environment({"PATH": "/bin", "SCHEDULE": "never"}) == Settings()


def test_every_variable_that_a_deployment_sets_can_be_required() -> None:
    variables = Settings().to_environment()

    assert Settings.from_environment(variables, required=VARIABLES) == Settings()
    for name in variables:
        with pytest.raises(InvalidSettings, match=rf"^The function has no variable {name}\. Name all of them"):
            Settings.from_environment({key: variables[key] for key in variables if key != name}, required=VARIABLES)


@pytest.mark.parametrize(
    ("variables", "given", "command"),
    [
        ({"ENVIRONMENT": "staging"}, "", "./tgs deploy -e staging -- --revert-drift"),
        ({}, "staging", "./tgs deploy -e staging -- --revert-drift"),
        ({"ENVIRONMENT": "$(id)"}, "", "./tgs deploy -- --revert-drift"),
    ],
)
def test_what_puts_variables_back_names_the_environment_where_it_is_known(
    variables: dict[str, str], given: str, command: str
) -> None:
    with pytest.raises(InvalidSettings, match=rf"put back what was deployed: {command}\.$"):
        Settings.from_environment(variables, required=VARIABLES, environment=given)


def test_the_longest_advice_about_a_variable_has_room() -> None:
    """What is allowed as `project_map` takes the most words."""
    variables = Settings(environment="e" * 20).to_environment() | {"PROJECT_MAP": "x" * 500}

    with pytest.raises(InvalidSettings) as raised:
        Settings.from_environment(variables, required=VARIABLES)

    assert len(raised.value.message) < MESSAGE_LIMIT
    assert raised.value.message.endswith(f"./tgs deploy -e {'e' * 20} -- --revert-drift.")


def test_of_many_missing_variables_some_are_named_and_there_is_room_for_what_puts_them_back() -> None:
    with pytest.raises(InvalidSettings) as raised:
        Settings.from_environment({}, required=VARIABLES, environment="e" * 20)

    message = raised.value.message
    assert f"{', '.join(VARIABLES[:8])} and {len(VARIABLES) - 8} more. Name all of them" in message
    assert len(message) < MESSAGE_LIMIT
    assert message.endswith(f"put back what was deployed: ./tgs deploy -e {'e' * 20} -- --revert-drift.")


def test_an_unknown_key_is_called_what_it_is_where_it_stands() -> None:
    with pytest.raises(InvalidSettings, match=r"^Unknown context key 'colour' .* Allowed are: "):
        Settings.from_context({"colour": "red"})
    with pytest.raises(InvalidSettings, match=r"^Unknown setting 'colour' "):
        Settings.from_json({"colour": "red"})
    with pytest.raises(InvalidInput, match=r"^Unknown input key 'colour'"):
        Settings().overridden({"colour": "red"})


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("gitlab_ulr", "Did you mean gitlab_url? Allowed are: "),
        ("round_time", "Did you mean rounding_mode or round_time_to_minutes? Allowed are: "),
        ("colour", "(with the value '5'). Allowed are: "),
    ],
)
def test_an_unknown_key_is_told_what_it_resembles(key: str, words: str) -> None:
    with pytest.raises(InvalidSettings) as refused:
        Settings.from_context({key: "5"})

    assert words in refused.value.message


def test_the_value_of_an_unknown_input_key_is_not_repeated_because_it_may_be_a_token() -> None:
    with pytest.raises(InvalidInput) as refused:
        Settings().overridden({"gitlab_token": "glpat-secret"})

    assert refused.value.message.startswith("Unknown input key 'gitlab_token'. Allowed are: timezone, ")
    assert "glpat" not in refused.value.message


def test_the_value_of_an_unknown_context_key_is_shown_and_cut() -> None:
    with pytest.raises(InvalidSettings) as refused:
        Settings.from_context({"gitlab_ulr": "https://gitlab.example.org/and/more"})

    assert "Unknown context key 'gitlab_ulr' (with the value 'https://gitlab.example.o')." in refused.value.message


def test_a_bad_value_that_travelled_with_a_run_is_refused_with_its_key() -> None:
    with pytest.raises(InvalidSettings, match=r"^days_back has the value '367', but allowed is: 0-366"):
        Settings.from_json({"days_back": 367})


def test_a_value_that_is_not_json_is_shown_all_the_same_and_cut() -> None:
    shown = "x" * 120

    with pytest.raises(InvalidSettings, match=r"^days_back has the value ''\{1\}'', but allowed"):
        Settings.from_context({"days_back": {1}})
    with pytest.raises(InvalidSettings, match=f"^days_back has the value '{shown}', but allowed"):
        Settings.from_context({"days_back": "x" * 200})


def test_what_travels_with_a_run_are_the_settings_that_the_lambdas_know_in_their_json_types() -> None:
    travelling = Settings.from_context({"project_map": {"Shop": "acme/shop"}, "days_back": "3"}).to_json()

    assert set(travelling) == {key for key, env, _default in AGREED if env}
    assert travelling["project_map"] == {"Shop": "acme/shop"}
    assert travelling["days_back"] == 3
    assert travelling["dry_run"] is False
    assert travelling["skip_terms"] == ["break", "lunch"]


def test_the_lambdas_environment_holds_text_only() -> None:
    variables = Settings.from_context({"project_map": {"Café": "acme/shop"}, "dry_run": "true"}).to_environment()

    assert set(variables) == {env for _key, env, _default in AGREED if env}
    assert variables["PROJECT_MAP"] == '{"Café": "acme/shop"}'
    assert variables["DRY_RUN"] == "true"
    assert variables["MINIMUM_DURATION"] == "300"
    assert variables["SKIP_TERMS"] == "break,lunch"


def _names() -> list[str]:
    return [setting.name for setting in fields(Settings)]


def _contexts() -> st.SearchStrategy[dict[str, Any]]:
    """Contexts that are allowed, with any text where text is free; settings that no Lambda knows stay out."""
    word = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
    terms = st.lists(word.filter(lambda term: "," not in term), max_size=4)
    path = st.from_regex(r"[a-z0-9_]{1,6}/[a-z0-9_][a-z0-9_.\-]{0,6}", fullmatch=True)
    name = word.map(str.strip).filter(bool)
    pairs = st.lists(
        st.tuples(name, path | st.none() | st.integers(1, 10**17)), max_size=4, unique_by=lambda pair: pair[0]
    )
    # A function with the mail knows nothing of its address, without which no deployment has it.
    free = {
        "issue_labels": terms,
        "skip_terms": terms,
        "project_map": pairs.map(dict),
        "left_out_mail": st.just("false"),
    }
    examples = {
        key: st.sampled_from([value for name, value, _expected in ALLOWED if name == key])
        for key, env, _default in AGREED
        if env
    }
    return st.fixed_dictionaries({}, optional={**examples, **free})


@without_deadline
@given(_contexts())
def test_settings_survive_the_way_through_json(context: dict[str, Any]) -> None:
    settings = Settings.from_context(context)

    assert Settings.from_json(json.loads(json.dumps(settings.to_json()))) == settings


@without_deadline
@given(_contexts())
def test_settings_survive_the_way_through_the_lambdas_environment(context: dict[str, Any]) -> None:
    settings = Settings.from_context(context)

    assert Settings.from_environment(settings.to_environment()) == settings


_any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@without_deadline
@given(st.sampled_from(PER_RUN_KEYS), _any_json)
def test_any_json_as_an_override_is_either_taken_or_refused_as_invalid_input(key: str, value: object) -> None:
    with suppress(InvalidInput):
        settings = Settings().overridden({key: value})

        assert Settings().overridden({key: settings.to_json()[key]}) == settings
