"""The settings: one table from which the CDK context, the Lambdas' environment, a run's input and the documents come.

`Settings` is the frozen, validated model; past its constructors every value is right by its type.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields, replace
from enum import Enum, auto
from typing import Any, Self

from contract import values
from contract.errors import InvalidInput, InvalidSettings, SetupError, plain
from contract.names import how_to_restore
from contract.values import Kind, NotAllowed


class Scope(Enum):
    """Who knows a setting."""

    DEPLOYMENT = auto()
    FUNCTIONS = auto()
    """The Lambdas as well, as a variable; it travels with a run."""
    RUN = auto()
    """The same, and a run's input may override it."""


def _setting(default: Any, kind: Kind, scope: Scope, about: str) -> Any:
    """A field of `Settings`. default: as somebody would give it. about: what it is for, in words for people."""
    return field(default=kind.parse(default), metadata={"kind": kind, "scope": scope, "about": about})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Every setting of a deployment, validated. Durations carry their unit in the table's text and in the name.

    Make one with `from_context`, `in_part`, `from_environment`, `from_json` or `overridden`, which raise
    `InvalidSettings` or `InvalidInput` with the key, the value and what is allowed.
    """

    environment: str = _setting(
        "prod",
        values.text(r"[a-z0-9-]{1,20}", "1-20 of a-z 0-9 -"),
        Scope.FUNCTIONS,
        "the deployment's name, part of every resource's name",
    )
    account: str = _setting(
        "", values.number_as_text(r"([0-9]{12})?", "12 digits"), Scope.DEPLOYMENT, "AWS account; empty: the CLI's"
    )
    region: str = _setting(
        "us-east-1", values.text(r"[a-z]{2,4}(-[a-z]+)+-[0-9]", "an AWS region"), Scope.DEPLOYMENT, "AWS region"
    )
    schedule: str = _setting(
        "cron(0 9 * * ? *)", values.SCHEDULE, Scope.DEPLOYMENT, "when it runs by itself, in `timezone`"
    )
    timezone: str = _setting("UTC", values.TIMEZONE, Scope.RUN, "days, weekends and the schedule are in it")
    gitlab_url: str = _setting("https://gitlab.enki.io", values.URL, Scope.FUNCTIONS, "the GitLab server")
    gitlab_project_id: str = _setting(
        "1",
        values.number_as_text(rf"{values.PROJECT_NUMBER}|{values.PROJECT_PATH}", "a numeric id or a full path"),
        Scope.FUNCTIONS,
        "the default project",
    )
    project_map: tuple[tuple[str, str | None], ...] = _setting(
        "{}", values.PROJECT_MAP, Scope.FUNCTIONS, "which GitLab project the entries of a Toggl project belong to"
    )
    toggl_url: str = _setting("https://api.track.toggl.com", values.URL, Scope.FUNCTIONS, "the Toggl Track server")
    toggl_workspace_id: str = _setting(
        "",
        values.number_as_text(r"[0-9]{0,18}", "a number, or empty for all"),
        Scope.RUN,
        "entries of other workspaces are left out",
    )
    dry_run: bool = _setting("false", values.BOOLEAN, Scope.RUN, "plan, but write nothing")
    days_back: int = _setting("1", values.whole(0, 366), Scope.RUN, "whole days before today in a run's window")
    catch_up_days: int = _setting(
        "31",
        values.whole(0, 84, "0 (off) to 84"),
        Scope.RUN,
        "how far a run without dates reaches back, to days that no run has finished and to later changes",
    )
    minimum_duration: int = _setting(
        "300", values.whole(0, 999_999_999, "seconds, >= 0"), Scope.RUN, "shorter entries are left out"
    )
    maximum_duration: int = _setting(
        "86400",
        values.whole(0, 999_999_999, "seconds, 0 for no limit"),
        Scope.RUN,
        "longer entries, of a timer that somebody forgot, are left out",
    )
    round_time_to_minutes: int = _setting(
        "15", values.whole(0, 480, "0 (exact seconds) to 480"), Scope.RUN, "the unit of rounding"
    )
    rounding_mode: str = _setting("nearest", values.one_of("nearest", "up", "down"), Scope.RUN, "how to round")
    only_billable: bool = _setting("false", values.BOOLEAN, Scope.RUN, "leave out what is not billable")
    exclude_weekends: bool = _setting(
        "false", values.BOOLEAN, Scope.RUN, "leave out what started on a Saturday or Sunday"
    )
    prevent_duplicates: bool = _setting("true", values.BOOLEAN, Scope.RUN, "post only what GitLab does not have")
    sync_edits: bool = _setting(
        "true", values.BOOLEAN, Scope.RUN, "an entry changed in Toggl after it was posted is corrected"
    )
    remove_deleted: bool = _setting(
        "false", values.BOOLEAN, Scope.RUN, "a timelog whose entry is gone from Toggl is removed"
    )
    auto_create_issues: bool = _setting("false", values.BOOLEAN, Scope.RUN, "unmatched entries get a new issue")
    issue_labels: tuple[str, ...] = _setting("toggl-sync", values.TERMS, Scope.RUN, "labels of auto-created issues")
    skip_terms: tuple[str, ...] = _setting(
        "break,lunch", values.TERMS, Scope.RUN, "descriptions that never become an issue"
    )
    max_concurrency: int = _setting("10", values.whole(1, 40), Scope.DEPLOYMENT, "posts at once")
    settle_seconds: int = _setting(
        "70", values.whole(0, 600), Scope.DEPLOYMENT, "seconds that a write of unknown outcome may still take to land"
    )
    max_wait: int = _setting(
        "3600", values.whole(0, 7200), Scope.FUNCTIONS, "seconds, the longest wait that a service may ask for"
    )
    lock_wait: int = _setting("900", values.whole(0, 3600), Scope.DEPLOYMENT, "seconds that a run waits for its turn")
    alarm_email: str = _setting(
        "",
        values.text(r"([^@\s]+@[^@\s]+\.[^@\s]+)?", "an e-mail address, or empty"),
        Scope.DEPLOYMENT,
        "gets the alarms",
    )
    left_out_mail: bool = _setting(
        "false", values.BOOLEAN, Scope.FUNCTIONS, "a mail to `alarm_email` with what a day left out, each entry once"
    )
    ca_certificate: str = _setting(
        "",
        values.CERTIFICATE_FILE,
        Scope.DEPLOYMENT,
        "trusted beside the usual authorities, for a GitLab with a certificate of your own",
    )
    vpc_id: str = _setting(
        "",
        values.text(r"(vpc-[0-9a-f]{8,17})?", "vpc-..., or empty"),
        Scope.DEPLOYMENT,
        "the network that the functions run in, with the next two",
    )
    subnet_ids: tuple[str, ...] = _setting(
        "", values.aws_ids("subnet"), Scope.DEPLOYMENT, "the subnets that the functions run in"
    )
    security_group_ids: tuple[str, ...] = _setting(
        "", values.aws_ids("sg"), Scope.DEPLOYMENT, "the security groups that the functions have there"
    )
    log_level: str = _setting(
        "INFO",
        values.one_of("DEBUG", "INFO", "WARNING", "ERROR", fold=str.upper),
        Scope.RUN,
        "what the Lambdas log",
    )

    @classmethod
    def from_context(cls, context: Mapping[str, object]) -> Self:
        """The settings of a deployment, from all CDK context values, see `in_part`. Raises InvalidSettings."""
        settings = cls.in_part(context)
        missing = [key for key in _NETWORK if not getattr(settings, key)]
        if missing and len(missing) < len(_NETWORK):
            raise InvalidSettings(f"{', '.join(_NETWORK)}: give all of them or none. Missing: {', '.join(missing)}.")
        if settings.left_out_mail and not settings.alarm_email:
            raise InvalidSettings(
                "left_out_mail is true, but alarm_email is empty, so nobody would get that mail. Give alarm_email, or"
                " set left_out_mail to false."
            )
        return settings

    @classmethod
    def in_part(cls, context: Mapping[str, object]) -> Self:
        """What one place says of a deployment, each key by itself: what belongs together may stand in several places.

        The CDK's own keys carry one of `: @ /`, or are known by name, and are passed over; any other must be a setting.
        Raises InvalidSettings.
        """
        own = {key: value for key, value in context.items() if not re.search(r"[:@/]", key) and key not in _CDK_KEYS}
        refuse_unknown(own, _KINDS, "context key", InvalidSettings)
        return cls(**{key: _parsed(key, value, key, InvalidSettings) for key, value in own.items()})

    @classmethod
    def from_environment(
        cls, variables: Mapping[str, str], required: Collection[str] = (), environment: str = ""
    ) -> Self:
        """The settings of a Lambda, or of a run on this machine; a variable that is missing means the default.

        required: a Lambda's variables, all of which must be there: replacing them by hand drops all that are not named,
        and because of that no token may go to a default host, and no dry run become a real one. environment: whose they
        are, for the advice, where a variable need not say it. Raises InvalidSettings.
        """
        put_back = f"put back what was deployed: {how_to_restore(environment or _environment_in(variables))}."
        missing = [name for name in required if name not in variables]
        if missing:
            more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
            raise InvalidSettings(
                f"The function has no variable {', '.join(missing[:_NAMED])}{more}. Name all of them when you change"
                f" one, or {put_back}"
            )
        advice = f" Correct the function's variable, or {put_back}" if required else ""
        given = {
            key: _parsed(key, variables[name], name, InvalidSettings, advice)
            for key, name in _VARIABLES.items()
            if name in variables
        }
        return cls(**given)

    @classmethod
    def from_json(cls, given: Mapping[str, object]) -> Self:
        """What `to_json` made. Raises InvalidSettings, also for a setting of a later version: see `stacks.functions`.

        To pass over one would be to post what it leaves out.
        """
        refuse_unknown(given, _KINDS, "setting", InvalidSettings)
        return cls(**{key: _parsed(key, value, key, InvalidSettings) for key, value in given.items()})

    def overridden(self, given: Mapping[str, object]) -> Self:
        """These settings with a run's own values, in their JSON type or as strings. Raises InvalidInput."""
        refuse_unknown(given, PER_RUN_KEYS, "input key", InvalidInput)
        return replace(self, **{key: _parsed(key, value, key, InvalidInput) for key, value in given.items()})

    def to_environment(self) -> dict[str, str]:
        """The Lambdas' environment variables."""
        return {_VARIABLES[key]: _as_text(value) for key, value in self.to_json().items()}

    def unseen_texts(self) -> dict[str, str]:
        """By key, what nobody could see of a deployment: the settings that no variable of a function has."""
        return {
            key: _as_text(kind.as_json(getattr(self, key)))
            for key, kind in _KINDS.items()
            if key not in PLACE and (key not in _VARIABLES or _VARIABLES[key] in IN_A_FILE)
        }

    def to_json(self) -> dict[str, Any]:
        """What travels with a run: the settings that the Lambdas know, in their JSON types."""
        return {key: _KINDS[key].as_json(getattr(self, key)) for key in _VARIABLES}


_KINDS: dict[str, Kind] = {setting.name: setting.metadata["kind"] for setting in fields(Settings)}
_VARIABLES = {
    setting.name: setting.name.upper()
    for setting in fields(Settings)
    if setting.metadata["scope"] is not Scope.DEPLOYMENT
}
"""The variable of each setting that a Lambda knows."""

VARIABLES = tuple(_VARIABLES.values())
"""The environment variables of a Lambda, which a deployment sets all of."""

IN_A_FILE = ("PROJECT_MAP",)
"""Those that are too large for a Lambda's variables: a deployment puts them into `names.VARIABLES_FILE`."""

PLACE = ("account", "region")
"""The settings that say where a deployment is."""

PER_RUN_KEYS = tuple(setting.name for setting in fields(Settings) if setting.metadata["scope"] is Scope.RUN)
"""The settings that a run's input may override."""

_CDK_KEYS = frozenset({"acknowledged-issue-numbers", "cli-telemetry"})
"""What the CDK's command line itself writes into the context (`cdk acknowledge`, `cdk cli-telemetry`)."""

_NETWORK = ("vpc_id", "subnet_ids", "security_group_ids")
"""Where the functions run, when not in AWS's own network."""

_NAMED = 8
"""Of missing variables, a message names so many: however many settings there are, it has room for what to do."""

_MEANT = 2
"""Of known keys that an unknown one resembles, a message names so many."""


def table() -> list[dict[str, str]]:
    """One row per setting for the documents: key, env, default, allowed, about; all text."""
    return [
        {
            "key": setting.name,
            "env": _VARIABLES.get(setting.name, ""),
            "default": _as_text(_KINDS[setting.name].as_json(setting.default)),
            "allowed": _KINDS[setting.name].allowed,
            "about": setting.metadata["about"],
        }
        for setting in fields(Settings)
    ]


def refuse_unknown(given: Mapping[str, object], known: Collection[str], what: str, error: type[SetupError]) -> None:
    """Raise `error` for the first key that is not known, with what is allowed.

    A deployment's message has the value as well; a run's input may hold anything, even a token, which no log must see.
    """
    for key, value in given.items():
        if key not in known:
            shown = "" if error is InvalidInput else f" (with the value '{_shown(value, 24)}')"
            from difflib import get_close_matches  # noqa: PLC0415 - nothing but a mistake needs it

            meant = " or ".join(get_close_matches(key, known, _MEANT))
            hint = f" Did you mean {meant}?" if meant else ""
            allowed = ", ".join(known)
            # At most, for a run: 53 characters + a key of 40 + two keys of 41 + 346 of allowed keys = MESSAGE_LIMIT
            raise error(f"Unknown {what} '{plain(key, 40)}'{shown}.{hint} Allowed are: {allowed}.")


def _environment_in(variables: Mapping[str, str]) -> str:
    """The environment; empty when it is what is wrong, since a command for a person gets nothing unchecked."""
    try:
        return str(_KINDS["environment"].parse(variables.get(_VARIABLES["environment"])))
    except NotAllowed:
        return ""


def _shown(value: object, limit: int) -> str:
    return plain(value if isinstance(value, str) else json.dumps(value, default=str), limit)


def _parsed(key: str, value: object, shown_as: str, error: type[SetupError], advice: str = "") -> Any:
    kind = _KINDS[key]
    try:
        return kind.parse(value)
    except NotAllowed as refusal:
        raise error(
            f"{shown_as} has the value '{_shown(value, 120)}', but allowed is: {kind.allowed}.{advice}"
        ) from refusal


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return ",".join(value) if isinstance(value, list) else str(value)
