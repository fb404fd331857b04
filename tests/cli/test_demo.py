"""The demo's arguments."""

from __future__ import annotations

import pytest

from cli import demo


@pytest.mark.parametrize(
    "arguments", [["--day", "2020-01-01"], ["--day", "yesterday"], ["--day", "2999-01-01"], ["--timezone", "Mars"]]
)
def test_an_argument_that_makes_no_day_is_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        demo.main(arguments)

    assert arguments[0] in capsys.readouterr().err
