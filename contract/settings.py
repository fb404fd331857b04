"""The settings: one table from which the CDK context, the Lambdas' environment, a run's input and the README come.

`Settings` is the frozen, validated model; past its constructors every value is right by its type.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from contract.errors import InvalidInput, InvalidSettings, SetupError, plain


class _NotAllowed(ValueError):
    """A parser's refusal; the caller knows the key, the value and what is allowed."""


def _boolean(value: object) -> bool:
    if isinstance(value, bool):
        return value
    text = str(value).strip().lower() if isinstance(value, str) else ""
    if text not in {"true", "false"}:
        raise _NotAllowed
    return text == "true"


def _whole(minimum: int, maximum: int) -> Callable[[object], int]:
    def parse(value: object) -> int:
        if isinstance(value, str) and re.fullmatch(r"[0-9]{1,9}", value.strip()):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not minimum <= value <= maximum:
            raise _NotAllowed
        return value

    return parse


def _text(pattern: str) -> Callable[[object], str]:
    def parse(value: object) -> str:
        if not isinstance(value, str) or not re.fullmatch(pattern, value.strip()):
            raise _NotAllowed
        return value.strip()

    return parse


def _number_as_text(pattern: str) -> Callable[[object], str]:
    """A text that may also come as a JSON number, like an id."""
    parse_text = _text(pattern)

    def parse(value: object) -> str:
        return parse_text(str(value) if isinstance(value, int) and not isinstance(value, bool) else value)

    return parse


def _one_of(*choices: str, fold: Callable[[str], str] = str.lower) -> Callable[[object], str]:
    def parse(value: object) -> str:
        folded = fold(value.strip()) if isinstance(value, str) else ""
        if folded not in choices:
            raise _NotAllowed
        return folded

    return parse


def _terms(value: object) -> tuple[str, ...]:
    """Comma-separated words, or a JSON list of them; empty ones are dropped, and none may itself hold a comma."""
    if isinstance(value, str):
        value = value.split(",")
    if not isinstance(value, list | tuple) or not all(isinstance(term, str) and "," not in term for term in value):
        raise _NotAllowed
    return tuple(term.strip() for term in value if term.strip())


def _timezone(value: object) -> str:
    if not isinstance(value, str):
        raise _NotAllowed
    try:
        ZoneInfo(value.strip())
    except (ValueError, OSError, KeyError) as error:  # ZoneInfoNotFoundError is a KeyError
        raise _NotAllowed from error
    return value.strip()


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _url(value: object) -> str:
    text = value.strip().rstrip("/") if isinstance(value, str) else ""
    if not re.fullmatch(r"[!-~]+", text):
        raise _NotAllowed
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        raise _NotAllowed from error
    if not host or parts.username is not None or "?" in text or "#" in text:
        raise _NotAllowed
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(host)):
        raise _NotAllowed
    return text


PROJECT_PATH = r"[A-Za-z0-9_.][A-Za-z0-9_.\-]*(?:/[A-Za-z0-9_.][A-Za-z0-9_.\-]*)+"


_CDK_KEYS = frozenset({"acknowledged-issue-numbers", "cli-telemetry"})
"""What the CDK's command line itself writes into the context (`cdk acknowledge`, `cdk cli-telemetry`)."""


def _project_map(value: object) -> tuple[tuple[str, str], ...]:
    if isinstance(value, str):
        try:
            value = json.loads(value or "{}")
        except (ValueError, RecursionError) as error:
            raise _NotAllowed from error
    if not isinstance(value, Mapping):
        raise _NotAllowed
    paths: dict[str, str] = {}
    for name, path in value.items():
        if not isinstance(name, str) or not name.strip() or not isinstance(path, str):
            raise _NotAllowed
        if name.strip() in paths or not re.fullmatch(PROJECT_PATH, path.strip().strip("/")):
            raise _NotAllowed
        paths[name.strip()] = path.strip().strip("/")
    return tuple(sorted(paths.items()))


def _schedule(value: object) -> str:
    text = value.strip() if isinstance(value, str) else ""
    rate = re.fullmatch(r"rate\(([1-9][0-9]*) (minute|hour|day)(s?)\)", text)
    is_rate = rate is not None and (rate[1] == "1") == (rate[3] == "")
    is_cron = re.fullmatch(r"cron\((?:[A-Za-z0-9*?,/#\-]+ ){5}[A-Za-z0-9*?,/#\-]+\)", text) is not None
    if text != "off" and not is_rate and not is_cron:
        raise _NotAllowed
    return text


def _setting(
    default: Any,
    parse: Callable[[object], Any],
    allowed: str,
    *,
    env: str | None = None,
    per_run: bool = False,
    as_json: Callable[[Any], Any] = lambda value: value,
    about: str,
) -> Any:
    """A field of `Settings`. env: the Lambdas' variable. per_run: whether a run's input may override it."""
    metadata = {"parse": parse, "allowed": allowed, "env": env, "per_run": per_run, "as_json": as_json, "about": about}
    return field(default=parse(default), metadata=metadata)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every setting of a deployment, validated. Durations carry their unit in the table's text and in the name.

    Make one with `from_context`, `from_environment`, `from_json` or `overridden`, which raise `InvalidSettings` or
    `InvalidInput` with the key, the value and what is allowed.
    """

    environment: str = _setting(
        "prod",
        _text(r"[a-z0-9-]{1,20}"),
        "1-20 of a-z 0-9 -",
        env="ENVIRONMENT",
        about="the deployment's name, part of every resource's name",
    )
    account: str = _setting("", _number_as_text(r"([0-9]{12})?"), "12 digits", about="AWS account; empty: the CLI's")
    region: str = _setting("us-east-1", _text(r"[a-z]{2,4}(-[a-z]+)+-[0-9]"), "an AWS region", about="AWS region")
    schedule: str = _setting(
        "cron(0 9 * * ? *)", _schedule, "cron(), rate(), or off", about="when it runs by itself, in `timezone`"
    )
    timezone: str = _setting(
        "UTC",
        _timezone,
        "an IANA name",
        env="TIMEZONE",
        per_run=True,
        about="days, weekends and the schedule are in it",
    )
    gitlab_url: str = _setting(
        "https://gitlab.enki.io",
        _url,
        "https; http for loopback only",
        env="GITLAB_URL",
        about="the GitLab server",
    )
    gitlab_project_id: str = _setting(
        "1",
        _number_as_text(rf"[1-9][0-9]{{0,17}}|{PROJECT_PATH}"),
        "a numeric id or a full path",
        env="GITLAB_PROJECT_ID",
        per_run=True,
        about="the default project",
    )
    project_map: tuple[tuple[str, str], ...] = _setting(
        "{}",
        _project_map,
        "a JSON object: Toggl project name or id -> GitLab project path",
        env="PROJECT_MAP",
        per_run=True,
        as_json=dict,
        about="which GitLab project the entries of a Toggl project belong to",
    )
    toggl_url: str = _setting(
        "https://api.track.toggl.com",
        _url,
        "https; http for loopback only",
        env="TOGGL_URL",
        about="the Toggl Track server",
    )
    toggl_workspace_id: str = _setting(
        "",
        _number_as_text(r"[0-9]{0,18}"),
        "a number, or empty for all",
        env="TOGGL_WORKSPACE_ID",
        per_run=True,
        about="entries of other workspaces are left out",
    )
    dry_run: bool = _setting(
        "false", _boolean, "true, false", env="DRY_RUN", per_run=True, about="plan, but write nothing"
    )
    days_back: int = _setting(
        "1", _whole(0, 366), "0-366", env="DAYS_BACK", per_run=True, about="whole days before today in a run's window"
    )
    catch_up_days: int = _setting(
        "31",
        _whole(0, 90),
        "0 (off) to 90",
        env="CATCH_UP_DAYS",
        per_run=True,
        about="how far a scheduled run reaches back to days that no run has finished",
    )
    minimum_duration: int = _setting(
        "300",
        _whole(0, 999_999_999),
        "seconds, >= 0",
        env="MINIMUM_DURATION",
        per_run=True,
        about="shorter entries are left out",
    )
    round_time_to_minutes: int = _setting(
        "15",
        _whole(0, 480),
        "0 (exact seconds) to 480",
        env="ROUND_TIME_TO_MINUTES",
        per_run=True,
        about="the unit of rounding",
    )
    rounding_mode: str = _setting(
        "nearest",
        _one_of("nearest", "up", "down"),
        "nearest, up, down",
        env="ROUNDING_MODE",
        per_run=True,
        about="how to round",
    )
    only_billable: bool = _setting(
        "false", _boolean, "true, false", env="ONLY_BILLABLE", per_run=True, about="leave out what is not billable"
    )
    exclude_weekends: bool = _setting(
        "false",
        _boolean,
        "true, false",
        env="EXCLUDE_WEEKENDS",
        per_run=True,
        about="leave out what started on a Saturday or Sunday",
    )
    prevent_duplicates: bool = _setting(
        "true",
        _boolean,
        "true, false",
        env="PREVENT_DUPLICATES",
        per_run=True,
        about="post only what GitLab does not have",
    )
    sync_edits: bool = _setting(
        "true",
        _boolean,
        "true, false",
        env="SYNC_EDITS",
        per_run=True,
        about="an entry changed in Toggl after it was posted is corrected",
    )
    remove_deleted: bool = _setting(
        "false",
        _boolean,
        "true, false",
        env="REMOVE_DELETED",
        per_run=True,
        about="a timelog whose entry is gone from Toggl is removed",
    )
    auto_create_issues: bool = _setting(
        "false",
        _boolean,
        "true, false",
        env="AUTO_CREATE_ISSUES",
        per_run=True,
        about="unmatched entries get a new issue",
    )
    issue_labels: tuple[str, ...] = _setting(
        "toggl-sync",
        _terms,
        "comma-separated",
        env="ISSUE_LABELS",
        per_run=True,
        as_json=list,
        about="labels of auto-created issues",
    )
    skip_terms: tuple[str, ...] = _setting(
        "break,lunch",
        _terms,
        "comma-separated",
        env="SKIP_TERMS",
        per_run=True,
        as_json=list,
        about="descriptions that never become an issue",
    )
    max_concurrency: int = _setting("10", _whole(1, 40), "1-40", about="posts at once")
    settle_seconds: int = _setting(
        "70", _whole(0, 600), "0-600", about="seconds that a write of unknown outcome may still take to land"
    )
    max_wait: int = _setting(
        "3600", _whole(0, 7200), "0-7200", env="MAX_WAIT", about="seconds, the longest wait that a service may ask for"
    )
    lock_wait: int = _setting("900", _whole(0, 3600), "0-3600", about="seconds that a run waits for its turn")
    alarm_email: str = _setting(
        "", _text(r"([^@\s]+@[^@\s]+\.[^@\s]+)?"), "an e-mail address, or empty", about="gets the alarms"
    )
    log_level: str = _setting(
        "INFO",
        _one_of("DEBUG", "INFO", "WARNING", "ERROR", fold=str.upper),
        "DEBUG, INFO, WARNING, ERROR",
        env="LOG_LEVEL",
        per_run=True,
        about="what the Lambdas log",
    )

    @classmethod
    def from_context(cls, context: Mapping[str, object]) -> Self:
        """The settings of a deployment, from all CDK context values.

        The CDK's own keys carry one of `: @ /`, or are known by name, and are passed over; any other must be a setting.
        Raises InvalidSettings.
        """
        own = {key: value for key, value in context.items() if not re.search(r"[:@/]", key) and key not in _CDK_KEYS}
        refuse_unknown(own, [setting.name for setting in fields(cls)], "context key", InvalidSettings)
        return cls(**{key: _parsed(key, value, key, InvalidSettings) for key, value in own.items()})

    @classmethod
    def from_environment(cls, variables: Mapping[str, str], required: Collection[str] = ()) -> Self:
        """The settings of a Lambda; a variable that is missing means the default.

        required: variables that must be there: replacing a Lambda's variables by hand drops all that are not named, and
        because of that no token may go to a default host, and no dry run become a real one. Raises InvalidSettings.
        """
        missing = [name for name in required if name not in variables]
        if missing:
            # 26 characters + 335 of all names that there are + 110 < MESSAGE_LIMIT
            raise InvalidSettings(
                f"The function has no variable {', '.join(missing)}. Name all of them when you change one, or put back"
                f" what was deployed: {_REVERT}."
            )
        given = {
            setting.name: _parsed(setting.name, variables[env], env, InvalidSettings, _MEND_VARIABLE)
            for setting in fields(cls)
            if (env := setting.metadata["env"]) is not None and env in variables
        }
        return cls(**given)

    @classmethod
    def from_json(cls, values: Mapping[str, object]) -> Self:
        """What `to_json` made. Raises InvalidSettings."""
        refuse_unknown(values, [setting.name for setting in fields(cls)], "setting", InvalidSettings)
        return cls(**{key: _parsed(key, value, key, InvalidSettings) for key, value in values.items()})

    def overridden(self, values: Mapping[str, object]) -> Self:
        """These settings with a run's own values, in their JSON type or as strings. Raises InvalidInput."""
        refuse_unknown(values, PER_RUN_KEYS, "input key", InvalidInput)
        return replace(self, **{key: _parsed(key, value, key, InvalidInput) for key, value in values.items()})

    def to_environment(self) -> dict[str, str]:
        """The Lambdas' environment variables."""
        return {
            setting.metadata["env"]: _as_text(setting.metadata["as_json"](getattr(self, setting.name)))
            for setting in fields(self)
            if setting.metadata["env"] is not None
        }

    def to_json(self) -> dict[str, Any]:
        """What travels with a run: the settings that the Lambdas know, in their JSON types."""
        return {
            setting.name: setting.metadata["as_json"](getattr(self, setting.name))
            for setting in fields(self)
            if setting.metadata["env"] is not None
        }


VARIABLES: tuple[str, ...] = tuple(
    setting.metadata["env"] for setting in fields(Settings) if setting.metadata["env"] is not None
)
"""The environment variables of a Lambda, which a deployment sets all of."""

PER_RUN_KEYS = tuple(setting.name for setting in fields(Settings) if setting.metadata["per_run"])
"""The settings that a run's input may override."""


def table() -> list[dict[str, str]]:
    """One row per setting for the README: key, env, default, allowed, about; all text."""
    return [
        {
            "key": setting.name,
            "env": setting.metadata["env"] or "",
            "default": _as_text(setting.metadata["as_json"](setting.default)),
            "allowed": setting.metadata["allowed"],
            "about": setting.metadata["about"],
        }
        for setting in fields(Settings)
    ]


def refuse_unknown(values: Mapping[str, object], known: Collection[str], what: str, error: type[SetupError]) -> None:
    """Raise `error` for the first key that is not known, with what is allowed.

    A deployment's message has the value as well; a run's input may hold anything, even a token, which no log must see.
    """
    for key, value in values.items():
        if key not in known:
            shown = "" if error is InvalidInput else f" (with the value '{_shown(value, 24)}')"
            allowed = ", ".join(known)
            # 53 characters + a key of 40 + a value of 24 + a run's 360 of allowed keys < MESSAGE_LIMIT
            raise error(f"Unknown {what} '{plain(key, 40)}'{shown}. Allowed are: {allowed}.")


def _shown(value: object, limit: int) -> str:
    return plain(value if isinstance(value, str) else json.dumps(value, default=str), limit)


_REVERT = "./deploy.sh ... -- --revert-drift"
"""Without it, CloudFormation leaves alone what was changed by hand when the template is the same."""

_MEND_VARIABLE = f" Correct the function's variable, or put back what was deployed: {_REVERT}."


def _parsed(key: str, value: object, shown_as: str, error: type[SetupError], advice: str = "") -> Any:
    metadata = Settings.__dataclass_fields__[key].metadata
    try:
        return metadata["parse"](value)
    except _NotAllowed as refusal:
        raise error(
            f"{shown_as} has the value '{_shown(value, 120)}', but allowed is: {metadata['allowed']}.{advice}"
        ) from refusal


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return ",".join(value) if isinstance(value, list) else str(value)
