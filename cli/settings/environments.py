"""What is said about an environment: in `environments/NAME.toml`, in `cdk.json`, and by whoever asks; in this order.

`app.py` reads it too, so this needs nothing but the contract.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contract.errors import InvalidSettings, plain
from contract.settings import Settings, table

ROOT = Path(__file__).resolve().parents[2]
"""The project's folder."""

FOLDER_VARIABLE = "TGS_ENVIRONMENTS"
"""Names another folder than `environments/`, so that one checkout serves several teams, and tests have their own."""


@dataclass(frozen=True)
class Named:
    """An environment, and what is said about it.

    values: the settings that somebody has given, by key; the others have their defaults. file: where they are from, if
    the environment has one.
    """

    environment: str
    values: Mapping[str, object]
    file: Path | None

    def settings(self) -> Settings:
        """Raises InvalidSettings."""
        return Settings.from_context(self.values)

    def texts(self) -> dict[str, str]:
        """The values as `cdk deploy -c KEY=VALUE` takes them."""
        return {key: as_text(value) for key, value in self.values.items()}


def environments_folder() -> Path:
    return Path(os.environ.get(FOLDER_VARIABLE) or ROOT / "environments")


def environment_names() -> list[str]:
    """The environments that have a file."""
    return sorted(path.stem for path in environments_folder().glob("*.toml"))


def asked_for(environment: str | None) -> dict[str, str]:
    """What `-e` gives, for a command that works from here: None is nothing.

    Raises InvalidSettings where other environments have a file and this one has none. A deployment needs no file.
    """
    if environment is None:
        return {}
    names = environment_names()
    if names and environment not in names:
        raise InvalidSettings(
            f"There is no environment {plain(environment, 40)} in {environments_folder().name}/. There are:"
            f" {', '.join(names)}."
        )
    return {"environment": environment}


def named(given: Mapping[str, object]) -> Named:
    """What is said about the environment that `given` names, or else `cdk.json` or the only file.

    given: settings by key, which count before `cdk.json`, which counts before the environment's file. Raises
    InvalidSettings, also where `cdk.json` and the file contradict each other: what the CDK hands to the app does not
    tell which of them a value is from.
    """
    in_cdk = cdk_context()
    environment = str(given.get("environment") or in_cdk.get("environment") or _only_environment())
    file = environments_folder() / f"{environment}.toml"
    if not file.is_file():
        return Named(environment, {**in_cdk, **given, "environment": environment}, None)
    in_file = read_environment(file)
    _refuse_contradictions(in_cdk, in_file, file)
    return Named(environment, {**in_file, **in_cdk, **given, "environment": environment}, file)


def cdk_context() -> dict[str, Any]:
    """The settings in `cdk.json`; the CDK's own keys in its context are none. Raises InvalidSettings."""
    file = ROOT / "cdk.json"
    try:
        context = json.loads(file.read_text(encoding="utf-8")).get("context", {})
        Settings.in_part(context)
    except (AttributeError, OSError, ValueError) as error:
        raise InvalidSettings(f"{file.name} cannot be read: {error}") from error
    except InvalidSettings as error:
        raise InvalidSettings(f"{file.name}: {error.message}") from error
    keys = {row["key"] for row in table()}
    return {key: value for key, value in context.items() if key in keys}


def read_environment(file: Path, environment: str = "") -> dict[str, object]:
    """The settings in an environment's file, as JSON has them. Raises InvalidSettings, which names the file.

    environment: whose it is, if its name does not say so.
    """
    environment = environment or file.stem
    try:
        values: dict[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidSettings(f"{_shown(file)} cannot be read: {error}") from error
    if "project_map" in values and isinstance(values["project_map"], dict):
        # TOML has no null.
        values["project_map"] = {key: None if to is False else to for key, to in values["project_map"].items()}
    if values.get("environment", environment) != environment:
        raise InvalidSettings(f"{_shown(file)} is of the environment {environment}: leave its key `environment` out.")
    try:
        Settings.in_part(values)
    except InvalidSettings as error:
        raise InvalidSettings(f"{_shown(file)}: {error.message}") from error
    return values


def as_text(value: object) -> str:
    """A setting's value as the CDK's command line and an environment variable have it."""
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple):
        return ",".join(map(str, value))
    return json.dumps(value, ensure_ascii=False)


def _only_environment() -> str:
    found = environment_names()
    if len(found) > 1:
        raise InvalidSettings(
            f"There are several environments: {', '.join(found)}. Say which one, like -e {found[0]} (with the CDK:"
            f" -c environment={found[0]})."
        )
    return found[0] if found else Settings().environment


def _refuse_contradictions(in_cdk: Mapping[str, object], in_file: Mapping[str, object], file: Path) -> None:
    for key in in_cdk.keys() & in_file.keys():
        one, other = (getattr(Settings.in_part({key: values[key]}), key) for values in (in_cdk, in_file))
        if one != other:
            raise InvalidSettings(
                f"{key} is '{as_text(in_cdk[key])}' in cdk.json, but '{as_text(in_file[key])}' in {_shown(file)}:"
                " keep one of them."
            )


def _shown(file: Path) -> str:
    return f"{file.parent.name}/{file.name}"
