"""How a type reads its JSON when that may come from another version of the code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any


def known_fields(kind: type[Any], value: Mapping[str, Any]) -> dict[str, Any]:
    """What `value` has for the fields of the dataclass `kind`; other keys are left out."""
    return {field.name: value[field.name] for field in fields(kind) if field.name in value}
