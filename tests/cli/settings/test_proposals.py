"""The project map that is proposed from equal names."""

from __future__ import annotations

import pytest

from cli.settings.proposals import proposed_map
from functions.shared.model.place import Project

DEFAULT = "studio/website"
PROJECTS = [
    Project(1, DEFAULT, "Studio / Website"),
    Project(2, "studio/clients/harbour-app", "Studio / Clients / Harbour App"),
    Project(3, "studio/clients/tides", "Studio / Clients / Tide tables"),
    Project(4, "studio/docs", "Studio / Docs"),
    Project(5, "ana/docs", "Ana / Docs"),
]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("Harbour App", "studio/clients/harbour-app"),
        ("harbour-app", "studio/clients/harbour-app"),
        ("TIDES", "studio/clients/tides"),
        ("Tide Tables", "studio/clients/tides"),
    ],
)
def test_a_project_that_is_called_alike_is_proposed(name: str, path: str) -> None:
    assert proposed_map([name], PROJECTS, DEFAULT) == {name: path}


@pytest.mark.parametrize("name", ["Harbour", "Docs", "Website", "", "🚢"])
def test_nothing_is_guessed_and_what_goes_to_the_default_needs_no_row(name: str) -> None:
    assert proposed_map([name], PROJECTS, DEFAULT) == {}
