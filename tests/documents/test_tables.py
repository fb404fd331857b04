"""The tables of the documents are what the code gives, or name exactly what is in the code."""

from __future__ import annotations

import re

import pytest

from contract import metrics, names
from contract.errors import ENTRIES_FAILED, PASSING_ERRORS, SETUP_ERRORS, WAIT_ERRORS
from contract.errors import names as error_names
from tests.documents.support import DOCS, ROOT
from tools.tables import document_of, quick_tables, with_table


@pytest.mark.parametrize("name", quick_tables())
def test_a_table_is_the_one_that_the_code_gives(name: str) -> None:
    """That of the cost needs the state machine, and is tested with it."""
    text = document_of(name).read_text(encoding="utf-8")

    assert with_table(text, name, quick_tables()[name]) == text, "run: make tables"


def test_the_table_of_errors_names_exactly_the_errors_that_end_a_run() -> None:
    assert first_column("troubleshooting", "errors") == {
        *error_names(SETUP_ERRORS),
        *error_names(WAIT_ERRORS),
        *error_names(PASSING_ERRORS),
        ENTRIES_FAILED,
    }


def test_the_table_of_alarms_names_exactly_those_with_a_section() -> None:
    """That the runbook has a section for each alarm and for nothing else is tested with the stack."""
    sections = re.findall(r"^## ([a-z-]+)$", (ROOT / names.RUNBOOK).read_text(encoding="utf-8"), re.MULTILINE)

    assert first_column("runbook", "alarms") == set(sections)


def test_the_table_of_metrics_names_exactly_those_that_are_emitted() -> None:
    assert first_column("runbook", "metrics") == set(metrics.UNITS)


def first_column(document: str, table: str) -> set[str]:
    """The names in the first column of a table between the comments of its name."""
    text = (DOCS / f"{document}.md").read_text(encoding="utf-8")
    found = re.search(rf"<!-- {table} -->\n(.*?)<!-- /{table} -->", text, re.DOTALL)
    assert found is not None
    cells = [line.split("|")[1] for line in found[1].splitlines()[2:]]
    return {name for cell in cells for name in re.findall(r"`([A-Za-z_-]+)`", cell)}
