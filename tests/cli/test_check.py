"""The doctor: each thing that can be wrong with a deployment is found, said with what to mend, and hides no other."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cli import check
from cli.deployment.place import Deployment
from cli.deployment.record import ITEM_ID
from cli.doctor import deployed as check_deployment
from cli.doctor.findings import Facts, examine, ok
from cli.doctor.schedules import begun_before
from contract import names
from local.aws.cdk import PROJECT_ROOT
from local.standins.gitlab.server import GitLab
from local.standins.toggl.server import Toggl
from tests.cli.support import FAIL, OUTPUT, Place, machine

TOGGL_TOKEN = "b6e1c3a97f5d4e02a8c4b1d0e9f76a53"
GITLAB_TOKEN = "glpat-Doctor-Tests-0001"
TODAY = datetime.now(UTC).date()


@dataclass
class Patient:
    """A deployment to look at: what of it is in AWS, and its two services."""

    place: Place
    toggl: Toggl
    gitlab: GitLab
    capsys: pytest.CaptureFixture[str]

    def arrange(self, *, machine_is: str | None = None, record: dict[str, str] | None = None, **settings: Any) -> None:
        """Everything as it should be, but for what is given. settings: by context key."""
        urls = {"toggl_url": self.toggl.url, "gitlab_url": self.gitlab.url}
        self.place.add_stack()
        self.place.add_machine(machine_is)
        self.place.add_settings(**({"gitlab_project_id": "1207", "timezone": "Europe/Berlin"} | urls | settings))
        self.place.add_secrets(TOGGL_TOKEN, GITLAB_TOKEN)
        self.place.add_record(**(record or {}))
        self.place.add_topic()
        self.place.add_schedule()

    def examine(self) -> tuple[int, dict[str, list[tuple[str, str]]]]:
        """The exit code, and the findings by what was looked at."""
        exit_code = check.main(["-e", self.place.environment, "--json"])
        found: dict[str, list[tuple[str, str]]] = {}
        for one in json.loads(self.capsys.readouterr().out)["findings"]:
            found.setdefault(one["check"], []).append((one["level"], one["message"]))
        return exit_code, found

    def finding(self, look: str, level: str) -> str:
        """The one message of this level that a look has."""
        messages = [message for one, message in self.examine()[1][look] if one == level]
        assert len(messages) == 1, messages
        return messages[0]


@pytest.fixture
def patient(place: Place, capsys: pytest.CaptureFixture[str]) -> Iterator[Patient]:
    with Toggl(token=TOGGL_TOKEN) as toggl, GitLab() as gitlab:
        gitlab.add_user("mira")
        gitlab.add_token(GITLAB_TOKEN, "mira")
        gitlab.add_project("studio/website", id=1207, roles={"mira": "planner"})
        yield Patient(place, toggl, gitlab, capsys)


def levels_of(found: dict[str, list[tuple[str, str]]]) -> dict[str, set[str]]:
    return {look: {level for level, _message in findings} for look, findings in found.items()}


def test_a_sound_deployment_has_nothing_to_mend_but_that_nobody_gets_mail(patient: Patient) -> None:
    patient.arrange(record={"posted_by": "mira", "synced_through": "2026-11-23"})
    patient.place.start()

    exit_code, found = patient.examine()

    assert exit_code == 0
    assert {look: levels for look, levels in levels_of(found).items() if levels != {"ok"}} == {"mail": {"warning"}}
    assert list(found) == ["AWS credentials", *(look for look, _function in check.LOOKS)]
    assert "all of them again in" in found["Toggl token"][1][1]
    assert "everything through 2026-11-23 is synced" in found["last success"][0][1]
    assert len(patient.toggl.requests) == 1
    assert all(root[:1].islower() for fields in patient.gitlab.operations for root in fields)
    assert [row for row in patient.gitlab.ledger() if row] == []


def test_a_person_reads_a_line_for_each_and_a_conclusion(patient: Patient) -> None:
    patient.arrange()
    hostile = "\x1b]0;owned\x07[bold]Mira"
    patient.toggl.add_user(hostile, "m@example.com", id=patient.toggl.user_id)

    assert check.main(["-e", patient.place.environment]) == 0
    told = patient.capsys.readouterr().out
    assert "✓  ok       stack" in told
    assert "!  warning  mail" in told
    assert told.strip().endswith("1 warning")
    assert "[bold]Mira" in told
    assert "\x1b" not in told
    for token in (TOGGL_TOKEN, GITLAB_TOKEN):
        assert token not in told


def test_nothing_deployed_is_told_for_each_part(patient: Patient) -> None:
    exit_code, found = patient.examine()

    assert exit_code == 1
    assert levels_of(found)["stack"] == {"problem"}
    assert levels_of(found)["state machine"] == {"problem"}
    assert levels_of(found)["Toggl secret"] == levels_of(found)["GitLab secret"] == {"problem"}
    assert levels_of(found)["GitLab token"] == {"skipped"}
    assert "./deploy.sh --account 111122223333" in found["stack"][0][1]
    assert len(found) == len(check.LOOKS) + 1


def test_without_credentials_that_is_the_finding(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)

    exit_code, found = patient.examine()

    assert exit_code == 1
    assert found["AWS credentials"] == [
        (
            "problem",
            "There are no AWS credentials: run 'aws configure' or 'aws sso login', or set AWS_PROFILE.",
        )
    ]


def test_a_wrong_name_ends_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        check.main(["-e", "Prod"])

    assert ended.value.code == 2
    assert "1-20 of a-z 0-9 -" in capsys.readouterr().err


def test_secrets_with_the_placeholder_name_the_command_that_sets_them(patient: Patient) -> None:
    patient.arrange()
    value = json.dumps({names.TOKEN_KEY: names.TOKEN_PLACEHOLDER})
    secret = names.toggl_secret(patient.place.environment)
    patient.place.aws.client("secretsmanager").put_secret_value(SecretId=secret, SecretString=value)

    exit_code, found = patient.examine()

    assert exit_code == 1
    assert "cli.tokens --environment" in found["Toggl secret"][0][1]
    assert levels_of(found)["Toggl token"] == {"skipped"}
    assert levels_of(found)["GitLab token"] == {"ok"}


def test_a_setting_that_was_broken_by_hand_is_a_problem(patient: Patient) -> None:
    patient.arrange()
    function = names.function(patient.place.environment, "fetch")
    patient.place.aws.client("lambda").update_function_configuration(
        FunctionName=function, Environment={"Variables": {"DRY_RUN": "true"}}
    )

    message = patient.finding("settings", "problem")
    assert message.startswith("The function has no variable ENVIRONMENT, TIMEZONE, GITLAB_URL")
    assert "./deploy.sh ... -- --revert-drift" in message


def test_a_deployment_of_dry_runs_is_told(patient: Patient) -> None:
    patient.arrange(dry_run="true", machine_is=machine(output=OUTPUT | {"dry_run": True}))
    patient.place.start()

    found = patient.examine()[1]

    assert "--set dry_run=false" in found["settings"][1][1]
    assert found["last success"][0][1].startswith("just now")


def test_a_token_that_toggl_refuses_hides_nothing_else(patient: Patient) -> None:
    patient.arrange()
    patient.toggl.token = "another"

    exit_code, found = patient.examine()

    assert exit_code == 1
    assert "Toggl refuses the API token (HTTP 403)" in found["Toggl token"][0][1]
    assert levels_of(found)["Toggl clock"] == {"ok"}
    assert levels_of(found)["GitLab token"] == {"ok"}


def test_another_timezone_in_the_profile_is_a_warning(patient: Patient) -> None:
    patient.arrange(timezone="Asia/Tokyo")

    assert "in Europe/Berlin, but days are counted in Asia/Tokyo" in patient.finding("Toggl token", "warning")


def test_a_quota_that_is_nearly_or_quite_used_up_is_a_warning(patient: Patient) -> None:
    patient.arrange()
    patient.toggl.me_quota.total = 2

    assert "1 requests are left in this hour" in patient.finding("Toggl token", "warning")
    patient.examine()
    assert "TogglQuotaExceeded: the service asks to wait" in patient.finding("Toggl token", "warning")


def test_a_workspace_that_the_user_is_not_in_is_a_problem(patient: Patient) -> None:
    patient.arrange(toggl_workspace_id="7")

    assert f"one of {patient.toggl.workspace_id} (Studio)" in patient.finding("Toggl workspace", "problem")


def test_a_workspace_of_the_user_is_named(patient: Patient) -> None:
    patient.arrange(toggl_workspace_id=str(patient.toggl.workspace_id))

    assert "Studio" in patient.finding("Toggl workspace", "ok")


def test_a_token_that_gitlab_refuses_is_a_problem(patient: Patient) -> None:
    patient.arrange()
    patient.gitlab.revoke_token(GITLAB_TOKEN)

    assert "GitLab refuses the token (HTTP 401)" in patient.finding("GitLab token", "problem")


@pytest.mark.parametrize("scope", ["read_api", "read_user"])
def test_a_token_that_may_only_read_is_a_problem(scope: str, patient: Patient) -> None:
    patient.arrange()
    patient.gitlab.add_token(GITLAB_TOKEN, "mira", [scope])

    messages = [message for level, message in patient.examine()[1]["GitLab token"] if level == "problem"]

    assert f"its scopes are {scope}, but logging time needs api" in messages[0]


@pytest.mark.parametrize(("days", "level"), [(3, "warning"), (-1, "warning"), (15, "ok")])
def test_a_token_that_ends_soon_is_a_warning(days: int, level: str, patient: Patient) -> None:
    patient.arrange()
    end = TODAY + timedelta(days=days)
    patient.gitlab.add_token(GITLAB_TOKEN, "mira", expires=end)

    assert (level, f"it ends on {end}") in [
        (one, message.split(":")[0]) for one, message in patient.examine()[1]["GitLab token"]
    ]


def test_a_gitlab_that_is_too_old_is_a_problem(patient: Patient) -> None:
    patient.arrange()
    patient.gitlab.make_too_old()

    found = patient.examine()[1]

    assert found["GitLab version"] == [
        ("problem", "GitLab 14.10.5 cannot log time with a date: 15.2 or later is needed")
    ]
    assert "GitLab does not tell its scopes; it needs api" in found["GitLab token"][0][1]


def test_a_gitlab_that_tells_no_roles_is_not_blamed_for_it(patient: Patient) -> None:
    patient.arrange()
    patient.gitlab.tell_no_roles()

    assert "does not tell whether the user may log time" in patient.finding("GitLab projects", "ok")


def test_each_project_is_tried_for_the_right_to_log_time(patient: Patient) -> None:
    patient.gitlab.add_project("studio/guests", roles={"mira": "guest"})
    patient.gitlab.add_project("studio/public", roles={}, public=True)
    patient.gitlab.add_project("studio/old", roles={"mira": "owner"}, archived=True)
    paths = ("studio/guests", "studio/public", "studio/old", "studio/secret", "studio/website")
    patient.arrange(project_map=json.dumps({f"Toggl's {path}": path for path in paths}))

    found = patient.examine()[1]["GitLab projects"]

    assert [level for level, _message in found] == ["ok", "problem", "problem", "problem", "problem"]
    assert found[0][1] == "the default project studio/website: the token's user may log time"
    assert "studio/guests (of Toggl's studio/guests in project_map): the token's user may not" in found[1][1]
    assert "studio/old" in found[2][1]
    assert "is archived" in found[2][1]
    assert "may not log time" in found[3][1]
    assert "studio/secret" in found[4][1]
    assert "does not exist, or the token's user does not see it" in found[4][1]


@pytest.mark.parametrize("project", ["99", "studio/secret"])
def test_a_default_project_that_is_not_there_is_a_problem(project: str, patient: Patient) -> None:
    patient.arrange(gitlab_project_id=project)

    assert f"the default project {project}: it does not exist" in patient.finding("GitLab projects", "problem")


def test_another_user_than_the_one_who_posted_is_a_problem_with_both_ways_out(patient: Patient) -> None:
    patient.arrange(record={"posted_by": "jon"})

    message = patient.finding("GitLab user", "problem")

    assert "jon has posted so far, but the token is mira's" in message
    assert "--accept-new-user" in message


@pytest.mark.parametrize("service", ["toggl", "gitlab"])
@pytest.mark.parametrize(("seconds", "words"), [(90, "s ahead of this machine's"), (-90, "s behind this machine's")])
def test_a_clock_that_is_more_than_a_minute_off_is_a_warning(
    seconds: int, words: str, service: str, patient: Patient
) -> None:
    patient.arrange()
    getattr(patient, service).clock_error_seconds = seconds
    look = f"{ {'toggl': 'Toggl', 'gitlab': 'GitLab'}[service] } clock"

    assert words in patient.finding(look, "warning")


def test_no_schedule_is_fine(patient: Patient) -> None:
    patient.arrange()
    patient.place.aws.client("scheduler").delete_schedule(Name=names.schedule(patient.place.environment))

    found = patient.examine()[1]

    assert found["schedule"] == [("ok", "there is none: runs start by hand only")]
    assert levels_of(found)["last success"] == {"ok"}


def test_a_disabled_schedule_is_a_warning(patient: Patient) -> None:
    patient.arrange()
    patient.place.aws.client("scheduler").delete_schedule(Name=names.schedule(patient.place.environment))
    patient.place.add_schedule(state="DISABLED")

    message = patient.finding("schedule", "warning")
    assert "it is disabled, so nothing runs by itself" in message
    assert message.endswith("and all of your own settings, with --revert-drift after --")


def test_the_last_run_is_told_with_why_it_failed(patient: Patient) -> None:
    patient.arrange(machine_is=machine(FAIL))
    patient.place.start()

    message = patient.finding("last run", "warning")

    assert message.startswith("FAILED just now (")
    assert message.endswith("EntriesFailed: 1 of the entries could not be posted.")


def test_a_run_that_is_under_way_is_told(patient: Patient) -> None:
    patient.arrange(machine_is=machine(waits=True))
    arn = patient.place.start()

    assert arn in patient.finding("last run", "ok")
    patient.place.aws.client("stepfunctions").stop_execution(executionArn=arn)


def test_starts_of_the_schedule_without_a_success_are_a_warning(
    patient: Patient, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient.arrange()
    patient.place.start()
    later = datetime.now(UTC) + timedelta(days=3)
    monkeypatch.setattr(check, "datetime", type("Clock", (), {"now": lambda _zone: later}))

    assert "the last one was 3 days ago" in patient.finding("last success", "warning")
    assert "the schedule has had 2 starts since then" in patient.finding("last success", "warning")


def test_dry_runs_are_no_successes(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    patient.arrange(machine_is=machine(output=OUTPUT | {"dry_run": True}))
    patient.place.start()
    later = datetime.now(UTC) + timedelta(days=3)
    monkeypatch.setattr(check, "datetime", type("Clock", (), {"now": lambda _zone: later}))

    assert "no run has succeeded yet, although" in patient.finding("last success", "warning")


def test_a_lock_whose_holder_works_is_fine(patient: Patient) -> None:
    patient.arrange(machine_is=machine(waits=True))
    arn = patient.place.start()
    key = {"id": {"S": ITEM_ID}, "holder": {"S": arn}, "taken_at": {"S": "2026-11-24T09:00:00Z"}}
    patient.place.aws.client("dynamodb").put_item(TableName=names.table(patient.place.environment), Item=key)

    assert patient.finding("lock", "ok") == f"{arn} holds it since 2026-11-24T09:00:00Z, and works"
    patient.place.aws.client("stepfunctions").stop_execution(executionArn=arn)


def test_a_lock_that_nobody_works_under_is_a_warning_that_needs_nothing(patient: Patient) -> None:
    gone = patient.place.state_machine_arn.replace(":stateMachine:", ":execution:") + ":gone"
    patient.arrange(record={"holder": gone, "taken_at": "2026-11-24T09:00:00Z"})

    assert "the next run takes it over by itself" in patient.finding("lock", "warning")


def test_mail_is_confirmed_or_waited_for(patient: Patient, monkeypatch: pytest.MonkeyPatch) -> None:
    patient.arrange()
    patient.place.add_topic("on@example.com", "off@example.com")
    topics = patient.place.aws.client("sns")
    first = topics.list_subscriptions_by_topic(TopicArn=patient.place.topic_arn)["Subscriptions"][0]["SubscriptionArn"]
    monkeypatch.setattr(check_deployment, "_PENDING", first)

    found = patient.examine()[1]["mail"]

    assert [(level, message.split(" ")[0]) for level, message in found] == [
        ("warning", "on@example.com"),
        ("ok", "off@example.com"),
    ]


def test_a_raised_alarm_is_told_with_its_description_and_no_other_environments(patient: Patient) -> None:
    patient.arrange()
    other = Place(patient.place.aws, f"{patient.place.environment}-2")
    other.add_machine()
    metrics = patient.place.aws.client("cloudwatch")
    for environment in (patient.place.environment, other.environment):
        name = names.alarm(environment, "run-failed")
        metrics.put_metric_alarm(
            AlarmName=name,
            AlarmDescription="A run failed. What to do: docs/runbook.md#run-failed",
            MetricName="x",
            Namespace="x",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            Statistic="Sum",
            ComparisonOperator="GreaterThanThreshold",
        )
        metrics.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="test")

    name = names.alarm(patient.place.environment, "run-failed")
    assert patient.finding("alarms", "warning") == f"{name}: A run failed. What to do: docs/runbook.md#run-failed"


@pytest.mark.parametrize(
    ("status", "level"),
    [
        ("UPDATE_COMPLETE", "ok"),
        ("UPDATE_IN_PROGRESS", "warning"),
        ("UPDATE_ROLLBACK_COMPLETE", "warning"),
        ("ROLLBACK_COMPLETE", "problem"),
        ("DELETE_FAILED", "problem"),
    ],
)
def test_a_stack_is_judged_by_its_status(status: str, level: str, place: Place) -> None:
    class Stacks:
        def describe_stacks(self, **_asked: str) -> dict[str, Any]:
            return {"Stacks": [{"StackStatus": status}]}

    deployment = Deployment.find(place.environment, None)
    deployment._clients["cloudformation"] = Stacks()

    [(found, message)] = check_deployment.look_at_stack(Facts(deployment, datetime.now(UTC)))

    assert found == level
    assert status in message


def test_a_look_that_breaks_is_a_finding_and_the_next_one_goes_on(place: Place) -> None:
    def broken(_facts: Facts) -> Iterator[Any]:
        yield ok("so far")
        raise KeyError("nobody expected this")

    facts = Facts(Deployment.find(place.environment, None), datetime.now(UTC))

    found = list(examine(facts, [("first", broken), ("second", lambda _facts: [ok("fine")])]))

    assert [(one.check, one.level) for one in found] == [("first", "ok"), ("first", "problem"), ("second", "ok")]
    assert "KeyError" in found[1].message


def test_the_item_is_the_one_that_the_state_machine_keeps() -> None:
    definition = (PROJECT_ROOT / "stacks/lock.py").read_text(encoding="utf-8")

    assert f'ITEM_ID = "{ITEM_ID}"' in definition


@pytest.mark.parametrize(
    ("expression", "count", "begun"),
    [
        ("cron(0 9 * * ? *)", 1, "2026-11-24T08:00:00+00:00"),
        ("cron(0 9 * * ? *)", 2, "2026-11-23T08:00:00+00:00"),
        ("cron(0 9 ? * MON-FRI *)", 2, "2026-11-23T08:00:00+00:00"),
        ("cron(0 9 ? * MON-FRI *)", 3, "2026-11-20T08:00:00+00:00"),
        ("cron(0 9 1 * ? *)", 2, "2026-10-01T07:00:00+00:00"),
        ("rate(2 hours)", 2, "2026-11-24T08:00:00+00:00"),
        ("cron(nonsense)", 1, None),
    ],
)
def test_the_last_starts_of_a_schedule_are_known_in_its_timezone(
    expression: str, count: int, begun: str | None
) -> None:
    now = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

    start = begun_before(expression, "Europe/Berlin", now, count)

    assert (None if start is None else start.isoformat()) == begun
