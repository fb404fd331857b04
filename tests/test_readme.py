"""The README's tables are what the code does."""

from __future__ import annotations

import re
from pathlib import Path

from contract.errors import ENTRIES_FAILED, PASSING_ERRORS, SETUP_ERRORS, WAIT_ERRORS, names
from local.readme import README, settings_table, with_table

PROJECT_ROOT = Path(__file__).parent.parent


def test_the_table_of_settings_is_made_from_the_settings():
    text = README.read_text(encoding="utf-8")

    assert settings_table() in text
    assert with_table(text, "settings", settings_table()) == text


def test_the_table_of_reasons_names_exactly_the_reasons_in_the_code():
    sources = [
        (PROJECT_ROOT / "functions" / "transform" / f"{name}.py").read_text()
        for name in ("filters", "matching", "candidates")
    ]
    in_code = set(re.findall(r'return "([a-z_]+)"', sources[0])) - {"duration_mismatch"}
    in_code |= set(re.findall(r'^[A-Z_]+ = "([a-z_]+)"$', sources[1], re.MULTILINE))
    in_code |= set(re.findall(r'else "([a-z_]+)"', sources[2]))

    assert _first_column("reasons") == in_code


def test_the_table_of_errors_names_exactly_the_errors_that_end_a_run():
    assert _first_column("errors") == {
        *names(SETUP_ERRORS),
        *names(WAIT_ERRORS),
        *names(PASSING_ERRORS),
        ENTRIES_FAILED,
    }


def test_every_make_target_that_the_readme_names_exists():
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT_ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"^make ([a-z]+)|`make ([a-z]+)", README.read_text(encoding="utf-8"), re.MULTILINE))

    assert {first or second for first, second in named} <= targets


def _first_column(table: str) -> set[str]:
    text = README.read_text(encoding="utf-8")
    found = re.search(rf"<!-- {table} -->\n(.*?)<!-- /{table} -->", text, re.DOTALL)
    assert found is not None
    cells = [line.split("|")[1] for line in found[1].splitlines()[2:]]
    return {name for cell in cells for name in re.findall(r"`([A-Za-z_]+)`", cell)}


def test_the_table_of_warnings_names_exactly_the_warnings_in_the_code():
    folder = PROJECT_ROOT / "functions" / "transform"
    planning = (folder / "planning.py").read_text()
    in_code = set(re.findall(r'warning="([a-z_]+)"', planning)) | {"move_in_progress", "duration_mismatch"}
    in_code |= set(re.findall(r'"kept", "([a-z_]+)"', planning))

    assert '"duration_mismatch"' in (folder / "filters.py").read_text()
    assert 'MOVE_IN_PROGRESS = "move_in_progress"' in planning
    assert _first_column("warnings") == in_code
