"""What a handler's imports do about the garbage collector, seen in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT_ROOT = Path(__file__).resolve().parents[3]

IMPORTED = """
import gc, json, sys
imported = []
gc.callbacks.append(lambda phase, _details: imported.append(set(sys.modules)))
import functions.{}.handler
early = [modules for modules in imported if "functions.shared.http" in modules and modules != set(sys.modules)]
print(json.dumps([len(early), gc.isenabled(), gc.get_freeze_count() > 0]))
"""


@pytest.mark.parametrize("role", ["fetch", "transform", "post"])
def test_nobody_looks_for_garbage_while_a_handler_is_imported_and_everybody_does_afterwards(role: str) -> None:
    environment = {**os.environ, "AWS_REGION": "eu-central-1", "AWS_LAMBDA_FUNCTION_NAME": role}
    command = [sys.executable, "-c", IMPORTED.format(role)]

    result = subprocess.run(command, cwd=PROJECT_ROOT, env=environment, check=True, capture_output=True, text=True)

    early, is_enabled, has_frozen = json.loads(result.stdout)
    assert (early, is_enabled, has_frozen) == (0, True, True)
