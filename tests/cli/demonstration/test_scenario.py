"""A difference fails the demonstration."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from cli.demonstration.checks import Check
from cli.demonstration.scenario import DemoError, report, timelogs_table
from local.standins.gitlab.model import LedgerRow


def test_a_difference_fails_the_demo_after_all_checks_are_reported() -> None:
    file = io.StringIO()
    console = Console(file=file, width=100, markup=False)

    with pytest.raises(DemoError, match="1 difference,"):
        report(
            [Check("this holds", ()), Check("this does not", ("because",)), Check("nor is this unseen", ())], console
        )

    assert re.findall("[✓✗] [a-z ]+", file.getvalue()) == ["✓ this holds", "✗ this does not", "✓ nor is this unseen"]
    assert "because" in file.getvalue()


def test_a_long_claim_is_wrapped_below_its_beginning() -> None:
    file = io.StringIO()

    report([Check("words " * 12, ())], Console(file=file, width=60, markup=False))

    first, second = (line.rstrip() for line in file.getvalue().splitlines())
    assert first.startswith("  ✓ words")
    assert second.startswith("    words")


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_gitlabs_timelogs_fit_every_terminal_with_their_issue_and_time_whole(width: int) -> None:
    file = io.StringIO()
    long = "studio/clients/harbour-app#1"
    row = LedgerRow(long, 2_700, "2026-11-20T07:00:00Z", "[toggl:1] " + "A long description " * 20, "mira")

    Console(file=file, width=width, markup=False).print(timelogs_table([row], "Europe/Berlin", width))

    lines = file.getvalue().splitlines()
    assert max(map(len, lines)) <= width
    assert lines[2].split()[:4] == [long, "2026-11-20", "08:00", "0:45:00"]
    assert ("[toggl:1]" in lines[2]) == (width >= 100)
