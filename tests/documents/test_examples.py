"""What the examples of the documents give to a command is accepted."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

import certifi

from contract import names
from contract.settings import Settings
from functions.fetch.window import resolve
from tests.documents.support import commands, every_line

ALL_DAYS_OVER = datetime(2027, 1, 1, tzinfo=UTC)
"""After every day that an example names."""


def test_every_setting_of_an_example_is_allowed() -> None:
    given = [found for line in every_line() for found in re.findall(r"-c ([a-z_]+)=('[^']*'|[^\s.]+(?:\.\w+)*)", line)]
    given = [one for one in given if one != ("key", "value")]

    assert {"timezone", "alarm_email", "project_map"} <= {key for key, _ in given}
    network = {key: value for key, value in given if key in {"vpc_id", "subnet_ids", "security_group_ids"}}
    for key, value in given:
        # A reader's own file is not here, and a network is given whole.
        shown = certifi.where() if key == "ca_certificate" else value.strip("'")
        Settings.from_context({**(network if key in network else {}), key: shown})


def test_every_schedule_of_an_example_is_allowed() -> None:
    schedules = set(re.findall(r"(?:cron|rate)\([^().]+\)", "\n".join(every_line())))

    assert len(schedules) > 4
    for schedule in schedules:
        Settings.from_context({"schedule": schedule})


def test_every_run_input_of_an_example_is_accepted() -> None:
    written = [line for line in every_line() if re.fullmatch(r'\{"[a-z_]+": \S+.*\}', line)]
    starts = commands("aws stepfunctions start-execution")
    written += [command.words[command.words.index("--input") + 1] for command in starts]
    inputs = [one for one in map(json.loads, written) if names.TOKEN_KEY not in one]

    assert len(inputs) > 6
    for one in inputs:
        resolve(one, Settings(), ALL_DAYS_OVER)


def test_every_override_of_an_example_is_allowed() -> None:
    given = [found for line in every_line() for found in re.findall(r"--set ([a-z_]+)=(\S+)", line)]

    assert len(given) > 2
    for key, value in given:
        Settings().overridden({key: value})
