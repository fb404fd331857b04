"""The kinds of values that settings have: how each is read from JSON or a text, and what it allows, in words."""

from __future__ import annotations

import ipaddress
import json
import re
import ssl
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

PROJECT_NUMBER = r"[1-9][0-9]{0,17}"
PROJECT_PATH = r"[A-Za-z0-9_.][A-Za-z0-9_.\-]*(?:/[A-Za-z0-9_.][A-Za-z0-9_.\-]*)+"

_PROJECT = Path(__file__).resolve().parents[1]
_PEM = r"(?s)-----BEGIN CERTIFICATE-----\n.+?\n-----END CERTIFICATE-----"


class NotAllowed(ValueError):
    """A parser's refusal; the caller knows the key, the value and what is allowed."""


class Kind(NamedTuple):
    """parse: the value out of its JSON type or a text, raises NotAllowed. allowed: in words. as_json: the way back."""

    parse: Callable[[object], Any]
    allowed: str
    as_json: Callable[[Any], Any] = lambda value: value


def whole(minimum: int, maximum: int, allowed: str = "") -> Kind:
    """A whole number from `minimum` to `maximum`."""

    def parse(value: object) -> int:
        if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value.strip()):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not minimum <= value <= maximum:
            raise NotAllowed
        return value

    return Kind(parse, allowed or f"{minimum}-{maximum}")


def text(pattern: str, allowed: str) -> Kind:
    """A text that a pattern matches as a whole, white space around it aside."""

    def parse(value: object) -> str:
        if not isinstance(value, str) or not re.fullmatch(pattern, value.strip()):
            raise NotAllowed
        return value.strip()

    return Kind(parse, allowed)


def number_as_text(pattern: str, allowed: str) -> Kind:
    """A text that may also come as a JSON number, like an id."""
    as_text = text(pattern, allowed)

    def parse(value: object) -> Any:
        return as_text.parse(str(value) if isinstance(value, int) and not isinstance(value, bool) else value)

    return Kind(parse, allowed)


def one_of(*choices: str, fold: Callable[[str], str] = str.lower) -> Kind:
    """One of some words, their case aside."""

    def parse(value: object) -> str:
        folded = fold(value.strip()) if isinstance(value, str) else ""
        if folded not in choices:
            raise NotAllowed
        return folded

    return Kind(parse, ", ".join(choices))


def _boolean(value: object) -> bool:
    if isinstance(value, bool):
        return value
    word = value.strip().lower() if isinstance(value, str) else ""
    if word not in {"true", "false"}:
        raise NotAllowed
    return word == "true"


def _terms(value: object) -> tuple[str, ...]:
    """Comma-separated words, or a JSON list of them; empty ones are dropped, and none may itself hold a comma."""
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, list | tuple) or not all(isinstance(term, str) and "," not in term for term in value):
        raise NotAllowed
    return tuple(term.strip() for term in value if term.strip())


def _timezone(value: object) -> str:
    if not isinstance(value, str):
        raise NotAllowed
    try:
        ZoneInfo(value.strip())
    except (ValueError, OSError, KeyError) as error:  # ZoneInfoNotFoundError is a KeyError
        raise NotAllowed from error
    return value.strip()


def is_loopback(host: str) -> bool:
    """Whether a URL's host is this machine itself."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _url(value: object) -> str:
    url = value.strip().rstrip("/") if isinstance(value, str) else ""
    # A backslash is a slash to some clients and a letter to others, so they would not agree on the host.
    if not re.fullmatch(r"[!-~]+", url) or "\\" in url:
        raise NotAllowed
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        raise NotAllowed from error
    if not host or parts.username is not None or "?" in url or "#" in url:
        raise NotAllowed
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        raise NotAllowed
    return url


def _project(value: object) -> str | None:
    """A project's full path or its numeric id, as a text; None for null."""
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    given = value.strip().strip("/") if isinstance(value, str) else ""
    if not re.fullmatch(rf"{PROJECT_NUMBER}|{PROJECT_PATH}", given):
        raise NotAllowed
    return given


def _project_map(value: object) -> tuple[tuple[str, str | None], ...]:
    if isinstance(value, str):
        try:
            value = json.loads(value or "{}", object_pairs_hook=_each_once)
        except (ValueError, RecursionError) as error:
            raise NotAllowed from error
    if not isinstance(value, Mapping):
        raise NotAllowed
    projects: dict[str, str | None] = {}
    for name, project in value.items():
        if not isinstance(name, str) or not name.strip() or name.strip() in projects:
            raise NotAllowed
        projects[name.strip()] = _project(project)
    return tuple(sorted(projects.items()))


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON, which Python would read without a word although a key is there twice."""
    made = dict(pairs)
    if len(made) < len(pairs):
        raise NotAllowed
    return made


def _schedule(value: object) -> str:
    schedule = value.strip() if isinstance(value, str) else ""
    rate = re.fullmatch(r"rate\(([1-9][0-9]{0,5}) (minute|hour|day)(s?)\)", schedule)
    is_rate = rate is not None and (rate[1] == "1") == (rate[3] == "")
    is_cron = re.fullmatch(r"cron\((?:[A-Za-z0-9*?,/#\-]+ ){5}[A-Za-z0-9*?,/#\-]+\)", schedule) is not None
    if schedule != "off" and not is_rate and not is_cron:
        raise NotAllowed
    return schedule


def _certificate_file(value: object) -> str:
    """A file with certificates in PEM form; empty for none."""
    path = value.strip() if isinstance(value, str) else ""
    if not isinstance(value, str) or (path and not certificates_in(path)):
        raise NotAllowed
    return path


def certificate_path(path: str) -> Path:
    """Where a certificate's file is, from whatever folder a command is called."""
    return _PROJECT / path


def certificates_in(path: str) -> list[str]:
    """The certificates of a PEM file, and nothing else of it; none when OpenSSL does not take them."""
    try:
        found = re.findall(_PEM, certificate_path(path).read_text(encoding="utf-8", errors="replace"))
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata="\n".join(found))
    except (OSError, ValueError, TypeError):  # ssl.SSLError is an OSError
        return []
    return found


def aws_ids(prefix: str) -> Kind:
    """Comma-separated ids of AWS's resources, like subnet-0a1b2c3d, or a JSON list of them."""

    def parse(value: object) -> tuple[str, ...]:
        ids = _terms(value)
        if not all(re.fullmatch(rf"{prefix}-[0-9a-f]{{8,17}}", one) for one in ids):
            raise NotAllowed
        return ids

    return Kind(parse, f"{prefix}-..., comma-separated", list)


BOOLEAN = Kind(_boolean, "true, false")
TERMS = Kind(_terms, "comma-separated", list)
TIMEZONE = Kind(_timezone, "an IANA name, like Europe/Berlin")
CERTIFICATE_FILE = Kind(
    _certificate_file, "the path of a PEM file with certificates, from the project's folder, or empty"
)
URL = Kind(_url, "https; http for loopback only")
PROJECT_MAP = Kind(
    _project_map,
    "a JSON object: Toggl project name or id, or * for every other one -> GitLab project path or numeric id, or null to"
    " leave its entries out",
    dict,
)
SCHEDULE = Kind(_schedule, "cron(), rate(), or off")
