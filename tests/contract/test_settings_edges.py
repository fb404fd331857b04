"""The settings' parsers at their edges. They are made while their module is loaded, so it is loaded anew here.

Otherwise mutation testing (`make mutants`) could not reach them: it switches a mutant on after everything is imported.
"""

from __future__ import annotations

import importlib.util
from types import ModuleType

import pytest

from contract import settings
from contract.errors import InvalidInput, InvalidSettings
from contract.settings import Settings


@pytest.fixture
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


def test_only_the_slashes_around_a_url_or_a_path_are_taken_away() -> None:
    made = Settings.from_context({"gitlab_url": "https://git.example.org/X/", "project_map": {"a": "/X/shopX/"}})

    assert (made.gitlab_url, made.project_map) == ("https://git.example.org/X", (("a", "X/shopX"),))


@pytest.mark.parametrize("ending", ["?", "#", "?a=1", "#top", "/?", "/#", "/?a#b"])
def test_a_url_has_neither_a_query_nor_a_fragment_not_even_an_empty_one(ending: str) -> None:
    with pytest.raises(InvalidSettings, match=r"^gitlab_url has the value"):
        Settings.from_context({"gitlab_url": f"https://git.example.org{ending}"})


def test_an_unknown_key_is_called_what_it_is_where_it_stands() -> None:
    with pytest.raises(InvalidSettings, match=r"^Unknown context key 'colour' .* Allowed are: "):
        Settings.from_context({"colour": "red"})
    with pytest.raises(InvalidSettings, match=r"^Unknown setting 'colour' "):
        Settings.from_json({"colour": "red"})
    with pytest.raises(InvalidInput, match=r"^Unknown input key 'colour'"):
        Settings().overridden({"colour": "red"})


def test_a_bad_value_that_travelled_with_a_run_is_refused_with_its_key() -> None:
    with pytest.raises(InvalidSettings, match=r"^days_back has the value '367', but allowed is: 0-366"):
        Settings.from_json({"days_back": 367})


def test_a_value_that_is_no_json_is_shown_all_the_same_and_cut() -> None:
    shown = "x" * 120

    with pytest.raises(InvalidSettings, match=r"^days_back has the value ''\{1\}'', but allowed"):
        Settings.from_context({"days_back": {1}})
    with pytest.raises(InvalidSettings, match=f"^days_back has the value '{shown}', but allowed"):
        Settings.from_context({"days_back": "x" * 200})
