"""Lambda: what AWS's Python runtime answers when a handler raises, where it logs, workers that share their files."""

# ruff: noqa: SLF001 - private places of ministack, which `local.aws.patches.version` verifies

import hashlib
import inspect
import json
import queue
import sys
import tempfile
import threading
import traceback
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import cloudwatch_logs, lambda_svc

from local.aws.patches.version import MINISTACK_VERSION, IncompatibleError

_FAULT_KEY = "local.aws.patches: the handler raised"
_LOGGED = "local.aws.patches: the call has logged all that it logs"
_LOGGED_WITHIN_SECONDS = 0.25
_unpack_lock = threading.Lock()


def apply() -> None:
    """Raises IncompatibleError."""
    lambda_runtime._PYTHON_WORKER_SCRIPT = _worker_script(lambda_runtime._PYTHON_WORKER_SCRIPT)
    lambda_runtime.zipfile = SimpleNamespace(**{**vars(zipfile), "ZipFile": _UnpackedOnce})
    lambda_runtime.Worker._drain_stderr_bounded = _as_far_as_logged(lambda_runtime.Worker._drain_stderr_bounded)
    lambda_svc._execute_function_warm = _as_lambda_answers(lambda_svc._execute_function_warm)
    lambda_svc._emit_lambda_logs = _where_there_is_a_group(lambda_svc._emit_lambda_logs)


class _UnpackedOnce(zipfile.ZipFile):
    """An archive whose content is shared by all workers, which on AWS cannot write to it either.

    ministack unpacks code and layers again for every worker, and each then compiles every module for itself: a Map's
    first ten iterations take 3 s instead of 8 s when that is done once.
    """

    def extractall(self, path: Any = None, members: Any = None, pwd: bytes | None = None) -> None:
        with Path(str(self.filename)).open("rb") as archive:
            digest = hashlib.file_digest(archive, "sha256").hexdigest()
        shared = Path(tempfile.gettempdir()) / "unpacked" / digest
        with _unpack_lock:
            if not shared.exists():
                unfinished = shared.with_suffix(".unfinished")
                super().extractall(unfinished, members, pwd)
                unfinished.rename(shared)
        Path(path).rmdir()
        Path(path).symlink_to(shared)


def handler_fault(error: BaseException, request_id: str) -> dict[str, Any]:
    """What AWS's Python runtime answers when a handler raises (awslambdaric, bootstrap.py, make_error).

    Runs in the worker process, where its source is pasted: it may use nothing of this module.
    """
    frames = traceback.extract_tb(error.__traceback__)[1:]  # the first one is the runtime's own
    fault = {
        "errorMessage": str(error),
        "errorType": type(error).__name__,
        "requestId": request_id,
        "stackTrace": traceback.format_list(frames),
    }
    if frames and frames[0].filename == json.__file__:
        # Not the handler raised but the runtime, when it made JSON of what the handler returned.
        fault |= {
            "errorMessage": f"Unable to marshal response: {error}",
            "errorType": "Runtime.MarshalError",
            "stackTrace": [],
        }
    return fault


def import_fault(error: BaseException, module: str, handler: str) -> dict[str, Any]:
    """What AWS's Python runtime answers when it cannot load the handler; pasted into the worker too."""
    fault = handler_fault(error, "")
    if isinstance(error, ImportError):
        kind, message = "Runtime.ImportModuleError", f"Unable to import module '{module}': {error}"
    elif isinstance(error, SyntaxError):
        kind, message = "Runtime.UserCodeSyntaxError", f"Syntax error in module '{module}': {error}"
    elif isinstance(error, AttributeError) and module in sys.modules:
        kind, message = "Runtime.HandlerNotFound", f"Handler '{handler}' missing on module '{module}'"
    else:
        return fault
    return {**fault, "errorType": kind, "errorMessage": message, "stackTrace": []}


def _worker_script(script: str) -> str:
    """The worker's script, with its two answers to an exception replaced; both keep the protocol's shape."""
    replacements = {
        'json.dumps({"status": "error", "error": str(e)})': (
            'json.dumps({"status": "error", "error": json.dumps(import_fault(e, module_name, handler_name))})'
        ),
        # "ok" for the server, which kills the worker otherwise.
        'json.dumps({"status": "error", "error": str(e), "trace": traceback.format_exc()})': (
            f'json.dumps({{"status": "ok", "result": {{{_FAULT_KEY!r}: handler_fault(e, context.aws_request_id)}}}})'
        ),
        "        except Exception as e:\n            _real_stdout": (
            "        except Exception as e:\n"
            '            print("[ERROR]", type(e).__name__ + ":", e, file=sys.stderr)\n'
            "            traceback.print_exc()\n"
            "            sys.stderr.flush()\n"
            "            _real_stdout"
        ),
        "        _real_stdout.flush()\n\nrun()": (
            f"        print({_LOGGED!r}, file=sys.stderr, flush=True)\n        _real_stdout.flush()\n\nrun()"
        ),
    }
    for old, new in replacements.items():
        if script.count(old) != 1:
            message = f"the worker script of ministack {MINISTACK_VERSION} has no single {old!r}"
            raise IncompatibleError(message)
        script = script.replace(old, new)
    pasted = "".join(inspect.getsource(function) for function in (handler_fault, import_fault))
    return f"import json, sys, traceback\nfrom typing import Any\n{pasted}\n{script}"


def _as_far_as_logged(drain: Callable[[Any], str]) -> Callable[[Any], str]:
    """What a call has logged: the worker says itself where that ends, so nobody waits whether more comes."""

    def drained(worker: Any) -> str:
        if worker._proc is None:  # it has died, or was killed
            return drain(worker)
        lines: list[str] = []
        with suppress(queue.Empty):
            while (line := worker._stderr_queue.get(timeout=_LOGGED_WITHIN_SECONDS)) != _LOGGED:
                lines.append(line)
        return "\n".join(lines)

    return drained


def _as_lambda_answers(execute: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Give the outcome of an invocation the body that Lambda's Invoke has for it."""

    def execute_warm(func: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
        outcome = execute(func, event, request_id)
        body = outcome.get("body")
        if isinstance(body, dict) and _FAULT_KEY in body:
            return {**outcome, "body": body[_FAULT_KEY], "error": True}
        if isinstance(body, dict) and outcome.get("error") and not outcome.get("throttle"):
            return {**outcome, "body": _crash(body["errorType"], body["errorMessage"], request_id)}
        return outcome

    return execute_warm


def _crash(kind: str, message: str, request_id: str) -> dict[str, Any]:
    """The body for a worker that gave no answer: ministack's error type and message in AWS's words."""
    _, _, fault = message.partition("Worker init failed: ")
    if fault:
        answer: dict[str, Any] = json.loads(fault)
        return answer
    if kind == "Sandbox.Timedout":
        return {"errorType": kind, "errorMessage": f"RequestId: {request_id} Error: {message}"}
    if message.startswith(
        ("Worker process died", "Worker process exited", "Worker returned no response", "[Errno 32]")
    ):
        message = f"RequestId: {request_id} Error: Runtime exited without providing a reason"
        return {"errorType": "Runtime.ExitError", "errorMessage": message}
    return {"errorType": kind, "errorMessage": message}


def _where_there_is_a_group(emit: Callable[..., None]) -> Callable[..., None]:
    """What a function logs is lost when its log group is gone, as on AWS: none of the app's roles may make one.

    ministack would make it again, and so a function that outlives its stack would leave the group behind.
    """

    def emit_where_there_is_a_group(func: dict[str, Any], *arguments: Any, **more: Any) -> None:
        config = func.get("config") or func
        default = f"/aws/lambda/{config['FunctionName']}"
        if (config.get("LoggingConfig") or {}).get("LogGroup", default) in cloudwatch_logs._log_groups:
            emit(func, *arguments, **more)

    return emit_where_there_is_a_group
