"""Holds JSON against the schemas that the documents give."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

FOLDER = Path(__file__).parents[2] / "docs" / "schemas"


@cache
def _validator(name: str) -> Draft202012Validator:
    schema = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def checked(text: str, name: str) -> Any:
    """What the text has, which must be all that the schema of this name allows."""
    value = json.loads(text)
    _validator(name).validate(value)
    return value
