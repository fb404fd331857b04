"""Which ministack the patches were made for: its version, and the source of every place that they build on."""

import hashlib
import importlib.metadata
import inspect
from collections.abc import Mapping
from typing import Any

from jsonata import functions
from ministack.core import lambda_runtime
from ministack.services import eventbridge, lambda_svc, scheduler, stepfunctions
from ministack.services.cloudformation import provisioners

MINISTACK_VERSION = "1.5.33"
PLACES: Mapping[str, str] = {
    "lambda_runtime._PYTHON_WORKER_SCRIPT": "368800addf4dc998",
    "lambda_runtime.Worker._spawn": "c55febf956565c5e",
    "lambda_runtime.Worker.invoke": "96751a75471021ec",
    "lambda_runtime.Worker._drain_stderr_bounded": "3fd7cc742872e604",
    "lambda_svc._execute_function_warm": "62b9218bef5b948a",
    "lambda_svc._emit_lambda_logs": "111efbf06968bb20",
    "stepfunctions._start_execution": "9923282fc76c57b9",
    "stepfunctions._stop_execution": "44d2d84ccd5c9702",
    "stepfunctions._add_event": "b1db143ccd21809d",
    "stepfunctions._run_execution": "996dff84e0e0605a",
    "stepfunctions._emit_execution_status_event": "9c89e45693e353eb",
    "stepfunctions._invoke_resource": "a85d2be9a8584ce0",
    "stepfunctions._invoke_resource_with_timeout": "faeed0bf70d53efc",
    "stepfunctions._call_lambda": "25830369b12636da",
    "stepfunctions._prefix_sdk_error": "dc105d4294e0ae96",
    "stepfunctions._parse_wait_scale": "d75623c553f7f72e",
    "stepfunctions._parse_ts": "558842d52cf6eeb8",
    "provisioners._sm_secret_create": "0bae0110fce2f2ba",
    "provisioners._sm_secret_update": "e87220a5ff35a459",
    "provisioners._sm_secret_delete": "4ff615ac828999af",
    "provisioners._scheduler_schedule_create": "76f27cf333eb3f04",
    "provisioners._scheduler_schedule_update": "70e0243c9de11d44",
    "eventbridge._invoke_target": "550e304af0809563",
    "eventbridge._parse_rate_seconds": "0184f31e965ea481",
    "scheduler._tick_schedules": "0ece514e91205b1d",
    "scheduler._ticker_loop": "51e1b1334023fb4a",
    "functions.Functions._string": "7668646b364f19da",
    "stepfunctions._register_sfn_jsonata_functions": "907f3ecf2da3e168",
}
"""What the patches replace or build on, with the first 16 hex digits of its source's SHA-256 (`fingerprint`)."""

_MODULES = {
    "eventbridge": eventbridge,
    "functions": functions,
    "lambda_runtime": lambda_runtime,
    "lambda_svc": lambda_svc,
    "provisioners": provisioners,
    "scheduler": scheduler,
    "stepfunctions": stepfunctions,
}


class IncompatibleError(Exception):
    """ministack is not the one that the patches were made for; the message names the version and the places."""


def fingerprint(place: str) -> str:
    """The first 16 hex digits of the SHA-256 of a place's source, or `missing`."""
    value: Any = _MODULES[place.partition(".")[0]]
    for name in place.split(".")[1:]:
        value = getattr(value, name, None)
    if value is None:
        return "missing"
    source = value if isinstance(value, str) else inspect.getsource(value)
    return hashlib.sha256(source.encode()).hexdigest()[:16]


def verify() -> None:
    """Check that every place is as it was when the patches were written.

    Raises:
        IncompatibleError: ministack's version is another one, or a place's source is.
    """
    version = importlib.metadata.version("ministack")
    changed = [place for place, expected in PLACES.items() if fingerprint(place) != expected]
    if version == MINISTACK_VERSION and not changed:
        return
    message = (
        f"local/aws/patches was made for ministack {MINISTACK_VERSION} and cannot patch the installed {version}; "
        f"changed places: {', '.join(changed) or 'none'}. Install ministack=={MINISTACK_VERSION}, or review each patch "
        "and renew PLACES in local/aws/patches/version.py."
    )
    raise IncompatibleError(message)
