"""The local AWS's own process: `python -m local.aws.process`, started by `local.aws.server` and by nothing else.

Its standard input is a pipe that the parent holds open. When the pipe closes, the parent is gone, however it went
(SIGKILL included), and this process takes its Lambda workers with it: they are in its process group.
"""

import asyncio
import os
import resource
import shutil
import signal
import sys
import tempfile
import threading
from contextlib import suppress
from typing import Any

from hypercorn.asyncio import serve
from hypercorn.config import Config

from local.aws import guard, patches


def _end_with_the_parent() -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass
    # Nobody is left to do it. TMPDIR is the private folder that `LocalAws` made for this process.
    shutil.rmtree(tempfile.gettempdir(), ignore_errors=True)
    os.killpg(os.getpgrp(), signal.SIGKILL)


def main() -> None:
    """Serve until SIGTERM or until the parent ends.

    Raises:
        local.aws.patches.version.IncompatibleError: ministack is not the version that the project was made for.
    """
    if os.getpgrp() != os.getpid():
        message = "local.aws.process ends its whole process group, so it needs one of its own: start it with LocalAws"
        raise SystemExit(message)
    threading.Thread(target=_end_with_the_parent, daemon=True, name="end-with-the-parent").start()
    patches.apply()

    from ministack import app  # noqa: PLC0415 - importing it takes most of the start, and the patches must refuse first
    from ministack.core import lambda_runtime  # noqa: PLC0415

    host = f"{os.environ['BIND_HOST']}:{os.environ['GATEWAY_PORT']}"
    # Not ministack's own `main`: with TLS it would open port 443 as well, and nothing stands in front of its app.
    served: Any = guard.guarded(app.app, host, os.environ[guard.VARIABLE])
    try:
        asyncio.run(serve(served, _listening_on(host)))
    finally:
        lambda_runtime.reset()  # ends and reaps the workers; ministack leaves them to an init process


def _listening_on(host: str) -> Config:
    """ministack's own settings of its server, but for the one address."""
    from ministack.core import tls  # noqa: PLC0415

    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):  # macOS has a limit that it does not tell
        # Many connections at once must not meet the soft limit.
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    config = Config()
    config.bind = [host]
    config.keep_alive_timeout = 75
    config.loglevel = os.environ["LOG_LEVEL"]
    if tls.use_ssl_enabled():
        config.certfile, config.keyfile = tls.resolve_tls_material()
    return config


if __name__ == "__main__":
    main()
