"""The .env file: each line has the value that a reader expects, and nothing in it is passed over."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.settings.environment_file import SetupProblem, parse, read_environment_file


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("TIMEZONE=Europe/Berlin", "Europe/Berlin"),
        ("  export TIMEZONE = Europe/Berlin  ", "Europe/Berlin"),
        ("TIMEZONE=Europe/Berlin # home", "Europe/Berlin"),
        ("TIMEZONE=a#b", "a#b"),
        ("TIMEZONE=", ""),
        ("TIMEZONE= # none", ""),
        ("TIMEZONE='a # b' # c", "a # b"),
        (r"""TIMEZONE='a\n"b"'""", r'a\n"b"'),
        (r'TIMEZONE="a \"b\" \\c"', r'a "b" \c'),
        ('TIMEZONE={"Harbour App": "studio/app"}', '{"Harbour App": "studio/app"}'),
    ],
)
def test_a_line_of_the_file_has_the_value_that_a_reader_expects(line: str, value: str) -> None:
    assert parse(f"# a comment\r\n\r\n{line}\r\n", ".env") == {"TIMEZONE": value}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("TIMEZONE", "line 1: this is not a KEY=value line"),
        ("\n\nTOGGL API TOKEN=geheim", "line 3: this is not a KEY=value line"),
        ("GITLAB_PROJECT=geheim", "line 1: GITLAB_PROJECT is not known. Known are: TOGGL_API_TOKEN"),
        ("DRY_RUN=false\nDRY_RUN=geheim", "line 2: DRY_RUN is given a second time"),
        ("GITLAB_API_TOKEN='geheim", "line 1: this is not a KEY=value line, or its quotes do not match"),
        ('GITLAB_API_TOKEN="geheim"geheim', "line 1: this is not a KEY=value line, or its quotes do not match"),
    ],
)
def test_what_is_not_a_setting_is_refused_with_its_line_and_never_its_value(text: str, words: str) -> None:
    with pytest.raises(SetupProblem) as problem:
        parse(text, ".env")

    assert words in str(problem.value)
    assert "geheim" not in str(problem.value)


def test_a_token_may_contain_what_elsewhere_names_a_variable() -> None:
    assert parse("GITLAB_API_TOKEN=a${HOME}b", ".env") == {"GITLAB_API_TOKEN": "a${HOME}b"}


def test_a_file_of_windows_is_read_past_its_byte_order_mark(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("TIMEZONE=Europe/Berlin\r\n", encoding="utf-8-sig")

    assert read_environment_file(file) == {"TIMEZONE": "Europe/Berlin"}


def test_without_a_file_nothing_is_given(tmp_path: Path) -> None:
    assert read_environment_file(tmp_path / ".env") == {}
