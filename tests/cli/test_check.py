"""The doctor as a command: every look, its lines, its JSON and its exit codes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cli.doctor.examination import LOOKS
from cli.tgs import main
from tests.cli.doctor.support import GITLAB_TOKEN, TOGGL_TOKEN, Examined, examined_at, levels_of
from tests.cli.support import Place


@pytest.fixture
def examined(place: Place, capsys: pytest.CaptureFixture[str]) -> Iterator[Examined]:
    with examined_at(place, capsys) as ready:
        yield ready


def test_a_sound_deployment_has_nothing_to_fix_but_that_nobody_gets_mail(examined: Examined) -> None:
    examined.arrange(record={"posted_by": "mira", "synced_through": "2026-11-23"})
    examined.place.start()

    exit_code, found = examined.examine()

    assert exit_code == 0
    assert {look: levels for look, levels in levels_of(found).items() if levels != {"ok"}} == {"mail": {"warning"}}
    assert list(found) == ["AWS credentials", *(look for look, _function in LOOKS)]
    assert "all of them again in" in found["Toggl token"][1][1]
    assert "everything through 2026-11-23 is synced" in found["last success"][0][1]
    assert len(examined.toggl.requests) == 1
    assert all(root[:1].islower() for fields in examined.gitlab.operations for root in fields)
    assert [row for row in examined.gitlab.ledger() if row] == []


def test_a_person_reads_a_line_for_each_and_a_conclusion(examined: Examined) -> None:
    examined.arrange()
    hostile = "\x1b]0;owned\x07[bold]Mira"
    examined.toggl.add_user(hostile, "m@example.com", id=examined.toggl.user_id)

    assert main(["check", "-e", examined.place.environment]) == 0
    printed = examined.capsys.readouterr().out
    assert "✓  ok       stack" in printed
    assert "!  warning  mail" in printed
    assert printed.strip().endswith("1 warning")
    assert "[bold]Mira" in printed
    assert "\x1b" not in printed
    for token in (TOGGL_TOKEN, GITLAB_TOKEN):
        assert token not in printed


def test_nothing_deployed_is_said_in_one_line(examined: Examined) -> None:
    exit_code, found = examined.examine()

    assert exit_code == 1
    assert list(found) == ["AWS credentials", "deployment"]
    [(level, words)] = found["deployment"]
    assert level == "problem"
    assert f"There is no toggl-gitlab-sync-{examined.place.environment} in us-east-1" in words
    assert "./deploy.sh --account 111122223333" in words


def test_what_is_left_of_a_deployment_is_reported_for_each_part(examined: Examined) -> None:
    examined.place.add_stack()

    exit_code, found = examined.examine()

    assert exit_code == 1
    assert levels_of(found)["state machine"] == {"problem"}
    assert levels_of(found)["Toggl secret"] == levels_of(found)["GitLab secret"] == {"problem"}
    assert levels_of(found)["GitLab token"] == {"skipped"}
    assert len(found) == len(LOOKS) + 1


def test_without_credentials_that_is_the_finding(examined: Examined, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)

    exit_code, found = examined.examine()

    assert exit_code == 1
    assert found["AWS credentials"] == [
        (
            "problem",
            "There are no AWS credentials: run 'aws configure' or 'aws sso login', or set AWS_PROFILE.",
        )
    ]


def test_a_wrong_name_ends_with_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "-e", "Prod"]) == 2

    assert "1-20 of a-z 0-9 -" in capsys.readouterr().err
