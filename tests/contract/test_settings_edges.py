"""The settings' parsers at their edges. They are made while their module is loaded, so it is loaded anew here.

Otherwise mutation testing (`make mutants`) could not reach them: it switches a mutant on after everything is imported.
"""

from __future__ import annotations

import importlib.util
from types import ModuleType

import pytest

from contract import settings
from contract.errors import InvalidSettings


@pytest.fixture(scope="module")
def anew() -> ModuleType:
    spec = importlib.util.find_spec("contract.settings")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_loading_the_module_makes_the_same_table_each_time(anew: ModuleType) -> None:
    assert anew.table() == settings.table()
    assert anew.PER_RUN_KEYS == settings.PER_RUN_KEYS
    assert anew.Settings().to_json() == settings.Settings().to_json()
    assert anew.Settings().to_environment() == settings.Settings().to_environment()


@pytest.mark.parametrize(
    ("key", "value", "parsed"),
    [
        ("days_back", 0, 0),
        ("days_back", 366, 366),
        ("days_back", " 7 ", 7),
        ("max_concurrency", 1, 1),
        ("max_concurrency", 40, 40),
        ("minimum_duration", "999999999", 999_999_999),
        ("environment", " dev-1 ", "dev-1"),
        ("account", 123456789012, "123456789012"),
        ("account", " 123456789012 ", "123456789012"),
        ("gitlab_project_id", 7, "7"),
        ("rounding_mode", " UP ", "up"),
        ("log_level", " debug ", "DEBUG"),
    ],
)
def test_what_is_allowed_is_taken(anew: ModuleType, key: str, value: object, parsed: object) -> None:
    assert getattr(anew.Settings.from_context({key: value}), key) == parsed


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("days_back", -1),
        ("days_back", 367),
        ("days_back", "367"),
        ("days_back", True),
        ("days_back", 1.0),
        ("days_back", None),
        ("days_back", "1e1"),
        ("days_back", "+1"),
        ("days_back", ""),
        ("minimum_duration", "0000000001"),
        ("environment", "Dev"),
        ("environment", 5),
        ("environment", None),
        ("account", True),
        ("account", 1.5),
        ("account", 12),
        ("rounding_mode", "sideways"),
        ("rounding_mode", ""),
        ("rounding_mode", 5),
        ("schedule", ""),
        ("schedule", None),
    ],
)
def test_what_is_not_allowed_is_refused_with_the_key(anew: ModuleType, key: str, value: object) -> None:
    with pytest.raises(InvalidSettings, match=f"^{key} has the value '.*', but allowed is: "):
        anew.Settings.from_context({key: value})
