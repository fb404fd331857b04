"""The local AWS's own process: `python -m local.aws.process`, started by `local.aws.server` and by nothing else.

Its standard input is a pipe that the parent holds open. When the pipe closes, the parent is gone, however it went
(SIGKILL included), and this process takes its Lambda workers with it: they are in its process group.
"""

import os
import shutil
import signal
import sys
import tempfile
import threading

from local.aws import patches


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

    sys.argv = ["ministack"]
    try:
        app.main()
    finally:
        lambda_runtime.reset()  # ends and reaps the workers; ministack leaves them to an init process


if __name__ == "__main__":
    main()
