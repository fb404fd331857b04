"""How a type reads its JSON when that may come from another version of the code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def known_fields(kind: type[Any], value: Mapping[str, Any]) -> dict[str, Any]:
    """What `value` has for the fields of the dataclass or named tuple `kind`; other keys are left out."""
    return {name: value[name] for name in kind.__match_args__ if name in value}
