"""One Lambda in a process of its own: imports its handler, then carries out events one after the other.

`python -m bench.invoke_once ROLE`, with the events as a JSON list on standard input. The last line that it prints is
`{"import_seconds", "call_seconds": of each event, "peak_mb", "answers"}`, in seconds of a processor.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from itertools import pairwise

from bench.peak import peak_mb


class Context:
    """What Lambda hands over beside the event, as far as the functions ask."""

    aws_request_id = "11111111-2222-4333-8444-555555555555"

    def get_remaining_time_in_millis(self) -> int:
        return 300_000


def main(role: str) -> None:
    events = json.load(sys.stdin)
    seconds = [time.process_time()]
    handle = importlib.import_module(f"functions.{role}.handler").handle
    seconds.append(time.process_time())
    answers = []
    for event in events:
        answers.append(handle(event, Context()))
        seconds.append(time.process_time())
    imported, *calls = (after - before for before, after in pairwise(seconds))
    print(json.dumps({"import_seconds": imported, "call_seconds": calls, "peak_mb": peak_mb(), "answers": answers}))


if __name__ == "__main__":
    main(sys.argv[1])
