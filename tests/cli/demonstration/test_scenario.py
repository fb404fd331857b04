"""A difference fails the demonstration."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from cli.demonstration.checks import Check
from cli.demonstration.scenario import DemoError, report


def test_a_difference_fails_the_demo_after_all_checks_are_reported() -> None:
    file = io.StringIO()
    console = Console(file=file, width=100, markup=False)

    with pytest.raises(DemoError, match="1 differences"):
        report(
            [Check("this holds", ()), Check("this does not", ("because",)), Check("nor is this unseen", ())], console
        )

    assert re.findall("[✓✗] [a-z ]+", file.getvalue()) == ["✓ this holds", "✗ this does not", "✓ nor is this unseen"]
    assert "because" in file.getvalue()
