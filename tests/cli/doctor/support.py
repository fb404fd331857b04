"""A deployment to examine: what of it is in AWS, and its two services."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from cli.tgs import main
from local.standins.gitlab.server import GitLab
from local.standins.toggl.server import Toggl
from tests.cli.schemas import checked
from tests.cli.support import Place

TOGGL_TOKEN = "b6e1c3a97f5d4e02a8c4b1d0e9f76a53"
GITLAB_TOKEN = "glpat-Doctor-Tests-0001"


@dataclass
class Examined:
    """A deployment to look at: what of it is in AWS, and its two services."""

    place: Place
    toggl: Toggl
    gitlab: GitLab
    capsys: pytest.CaptureFixture[str]

    def arrange(
        self,
        *,
        machine_is: str | None = None,
        record: dict[str, str] | None = None,
        deployed_schedule: dict[str, Any] | None = None,
        **settings: Any,
    ) -> None:
        """Everything as it should be, but for what is given. deployed_schedule: a resource. settings: by key."""
        urls = {"toggl_url": self.toggl.url, "gitlab_url": self.gitlab.url}
        self.place.add_stack(**({"Schedule": deployed_schedule} if deployed_schedule else {}))
        self.place.add_machine(machine_is)
        self.place.add_settings(**({"gitlab_project_id": "1207", "timezone": "Europe/Berlin"} | urls | settings))
        self.place.add_secrets(TOGGL_TOKEN, GITLAB_TOKEN)
        self.place.add_record(**(record or {}))
        self.place.add_topic()
        if deployed_schedule is None:
            self.place.add_schedule()

    def examine(self) -> tuple[int, dict[str, list[tuple[str, str]]]]:
        """The exit code, and the findings by what was looked at."""
        exit_code = main(["check", "-e", self.place.environment, "-o", "json"])
        found: dict[str, list[tuple[str, str]]] = {}
        for one in checked(self.capsys.readouterr().out, "check")["findings"]:
            found.setdefault(one["check"], []).append((one["level"], one["message"]))
        return exit_code, found

    def finding(self, look: str, level: str) -> str:
        """The one message of this level that a look has."""
        messages = [message for one, message in self.examine()[1][look] if one == level]
        assert len(messages) == 1, messages
        return messages[0]


@contextmanager
def examined_at(place: Place, capsys: pytest.CaptureFixture[str]) -> Iterator[Examined]:
    with Toggl(token=TOGGL_TOKEN) as toggl, GitLab() as gitlab:
        gitlab.add_user("mira")
        gitlab.add_token(GITLAB_TOKEN, "mira")
        gitlab.add_project("studio/website", id=1207, roles={"mira": "planner"})
        yield Examined(place, toggl, gitlab, capsys)


def levels_of(found: dict[str, list[tuple[str, str]]]) -> dict[str, set[str]]:
    return {look: {level for level, _message in findings} for look, findings in found.items()}
