"""The kinds of values: what each makes of what it allows, and that it refuses everything else."""

from __future__ import annotations

import pytest

from contract import values
from contract.values import Kind, NotAllowed

DAYS = values.whole(0, 366)
NAME = values.text(r"[a-z0-9-]{1,20}", "1-20 of a-z 0-9 -")
ACCOUNT = values.number_as_text(r"([0-9]{12})?", "12 digits")
MODE = values.one_of("nearest", "up", "down")
LEVEL = values.one_of("DEBUG", "INFO", fold=str.upper)


@pytest.mark.parametrize(
    ("kind", "value", "parsed"),
    [
        (DAYS, 0, 0),
        (DAYS, 366, 366),
        (DAYS, " 7 ", 7),
        (values.whole(1, 40), 1, 1),
        (values.whole(1, 40), 40, 40),
        (values.whole(0, 999_999_999), "999999999", 999_999_999),
        (NAME, " dev-1 ", "dev-1"),
        (ACCOUNT, 123456789012, "123456789012"),
        (ACCOUNT, " 123456789012 ", "123456789012"),
        (MODE, " UP ", "up"),
        (LEVEL, " debug ", "DEBUG"),
        (values.BOOLEAN, " True ", True),
        (values.TERMS, ("a ", " "), ("a",)),
        (values.URL, "https://git.example.org/X/", "https://git.example.org/X"),
        (values.PROJECT_MAP, {"a": "/X/shopX/"}, (("a", "X/shopX"),)),
        (values.PROJECT_MAP, '{"b": "x/y", "a": "x/z"}', (("a", "x/z"), ("b", "x/y"))),
    ],
)
def test_what_is_allowed_is_taken(kind: Kind, value: object, parsed: object) -> None:
    assert kind.parse(value) == parsed
    assert type(kind.parse(value)) is type(parsed)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        *((DAYS, value) for value in (-1, 367, "367", True, 1.0, None, "1e1", "+1", "")),
        (values.whole(0, 999_999_999), "0000000001"),
        *((NAME, value) for value in ("Dev", 5, None)),
        *((ACCOUNT, value) for value in (True, False, 1.0, 1.5, 12, None, [1])),
        *((MODE, value) for value in ("sideways", "", 1, None)),
        *((LEVEL, value) for value in ("TRACE", None)),
        *((values.BOOLEAN, value) for value in (1, 0, None, [], ["true"], {"true": True}, "yes")),
        *((values.TERMS, value) for value in (3, [3], ["a,b"], None)),
        *((values.TIMEZONE, value) for value in (3, None, "Mars/Olympus")),
        *((values.SCHEDULE, value) for value in ("", None, "daily")),
        *((values.URL, value) for value in (1, None, True, ["https://gitlab.example.org"])),
        *((values.URL, url) for url in (r"https://git.example.org\@evil.example", r"https:\\git.example.org\x")),
        *((values.URL, f"https://git.example.org{end}") for end in ("?", "#", "?a=1", "#top", "/?", "/#", "/?a#b")),
    ],
)
def test_what_is_not_allowed_is_refused(kind: Kind, value: object) -> None:
    with pytest.raises(NotAllowed):
        kind.parse(value)


@pytest.mark.parametrize(
    ("kind", "allowed"),
    [
        (DAYS, "0-366"),
        (values.whole(0, 90, "0 (off) to 90"), "0 (off) to 90"),
        (NAME, "1-20 of a-z 0-9 -"),
        (ACCOUNT, "12 digits"),
        (MODE, "nearest, up, down"),
    ],
)
def test_a_kind_says_what_it_allows(kind: Kind, allowed: str) -> None:
    assert kind.allowed == allowed
