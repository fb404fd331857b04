"""What a command lists, for other programs."""

from __future__ import annotations

import csv
import io

import pytest

from cli.terminal.output import cell, print_csv


def test_rows_come_back_as_they_were_and_in_the_order_of_the_columns(capsys: pytest.CaptureFixture[str]) -> None:
    print_csv(["issue", "seconds", "gone"], [{"gone": False, "seconds": 900, "issue": 'a "quoted", one', "more": 1}])

    assert list(csv.reader(io.StringIO(capsys.readouterr().out))) == [
        ["issue", "seconds", "gone"],
        ['a "quoted", one', "900", "false"],
    ]


@pytest.mark.parametrize("text", ["=1+1", "+49 30", "-2", "@SUM(A1)", " =1+1", "\t=1+1"])
def test_a_spreadsheet_takes_no_text_for_a_formula(text: str) -> None:
    assert str(cell(text)).startswith("'")


def test_a_negative_number_stays_a_number() -> None:
    assert cell(-900) == -900


def test_a_text_stays_on_its_line_and_steers_no_terminal() -> None:
    assert cell("a\nb\x1b]0;x\x07") == "a b ]0;x"
