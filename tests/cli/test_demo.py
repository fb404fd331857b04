"""The demo's arguments."""

from __future__ import annotations

import pytest

from cli.tgs import main


@pytest.mark.parametrize(
    "arguments",
    [
        ["--day", "2020-01-01"],
        ["--day", "tomorrow"],
        ["--day", "today"],
        ["--day", "2999-01-01"],
        ["--day", "last-week"],
        ["--timezone", "Mars"],
    ],
)
def test_an_argument_that_makes_no_day_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", *arguments]) == 2

    assert arguments[0] in capsys.readouterr().err
