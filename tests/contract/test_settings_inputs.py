"""What settings make of values that are of the wrong type, and what of an input must not be repeated."""

from __future__ import annotations

import pytest

from contract.errors import InvalidInput, InvalidSettings
from contract.settings import Settings


@pytest.mark.parametrize("key", ["dry_run", "only_billable"])
@pytest.mark.parametrize("value", [1, 0, None, [], ["true"], {"true": True}])
def test_only_a_boolean_or_its_word_is_a_boolean(key: str, value: object) -> None:
    with pytest.raises(InvalidInput, match=f"^{key} has the value .* allowed is: true, false"):
        Settings().overridden({key: value})


@pytest.mark.parametrize("value", [True, False, 1.0, None, [1]])
def test_an_id_is_a_whole_number_or_a_text(value: object) -> None:
    for key in ("gitlab_project_id", "toggl_workspace_id"):
        with pytest.raises(InvalidInput, match=f"^{key} has the value"):
            Settings().overridden({key: value})


@pytest.mark.parametrize(
    ("key", "value"), [("rounding_mode", 1), ("log_level", None), ("timezone", 3), ("skip_terms", 3)]
)
def test_a_word_of_the_wrong_type_is_named_with_what_is_allowed(key: str, value: object) -> None:
    with pytest.raises(InvalidInput, match=f"^{key} has the value .* allowed is: "):
        Settings().overridden({key: value})


@pytest.mark.parametrize("key", ["gitlab_url", "toggl_url"])
@pytest.mark.parametrize("value", [1, None, True, ["https://gitlab.example.org"]])
def test_a_url_of_the_wrong_type_stops_the_synth(key: str, value: object) -> None:
    with pytest.raises(InvalidSettings, match=f"^{key} has the value .* allowed is: https"):
        Settings.from_context({key: value})


def test_the_value_of_an_unknown_input_key_is_not_repeated_because_it_may_be_a_token() -> None:
    with pytest.raises(InvalidInput) as refused:
        Settings().overridden({"gitlab_token": "glpat-secret"})

    assert refused.value.message.startswith("Unknown input key 'gitlab_token'. Allowed are: timezone, ")
    assert "glpat" not in refused.value.message


def test_the_value_of_an_unknown_context_key_is_shown_and_cut() -> None:
    with pytest.raises(InvalidSettings) as refused:
        Settings.from_context({"gitlab_ulr": "https://gitlab.example.org/and/more"})

    assert "Unknown context key 'gitlab_ulr' (with the value 'https://gitlab.example.o')." in refused.value.message


def test_a_map_keeps_its_letters_in_the_environment() -> None:
    settings = Settings.from_context({"project_map": {"Büro": "acme/büro".replace("ü", "ue")}})

    assert settings.to_environment()["PROJECT_MAP"] == '{"Büro": "acme/buero"}'
