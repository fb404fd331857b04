"""A plain sequential script as people write it: python-gitlab, for each entry the issue, its notes, the time."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import gitlab


def post_one_after_the_other(entries: Iterable[tuple[str, int]], latency_seconds: float) -> None:
    """Post (description, seconds) to a server that answers each request after `latency_seconds`."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(latency_seconds))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        client = gitlab.Gitlab(f"http://127.0.0.1:{server.server_address[1]}", private_token="none")  # noqa: S106
        project = client.projects.get(1, lazy=True)
        for description, seconds in entries:
            issue = project.issues.get(int(description.split()[0].lstrip("#")))
            issue.time_stats()
            issue.add_spent_time(f"{seconds}s", summary=description)
    finally:
        server.shutdown()
        server.server_close()


def _handler(latency_seconds: float) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """GitLab's REST, as far as the script asks."""

        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def do_GET(self) -> None:
            self._answer({"iid": int(self.path.split("/issues/")[1].split("/")[0]), "project_id": 1, "title": "Issue"})

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self._answer({"total_time_spent": 900})

        def _answer(self, value: object) -> None:
            time.sleep(latency_seconds)
            body = json.dumps(value).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            """Nothing is logged."""

    return Handler
