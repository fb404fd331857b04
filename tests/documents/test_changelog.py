"""The changelog follows keepachangelog.com, and its newest version is the project's."""

from __future__ import annotations

import re
import tomllib

from tests.documents.support import ROOT


def test_the_newest_version_of_the_changelog_is_that_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert versions()[0] == project["version"]


def test_the_versions_of_the_changelog_go_down() -> None:
    numbers = [tuple(map(int, version.split("."))) for version in versions()]

    assert numbers == sorted(set(numbers), reverse=True)


def versions() -> list[str]:
    """Those of the changelog, in its order; each has its day, as keepachangelog.com wants it."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    return re.findall(r"^## \[([0-9]+\.[0-9]+\.[0-9]+)\] - [0-9]{4}-[0-9]{2}-[0-9]{2}$", text, re.MULTILINE)
