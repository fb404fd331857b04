"""Requests to Toggl: their pace, the quota, and what its status codes mean; and how the fields of its answers are read.

Facts: Toggl's API documentation (engineering.toggl.com), v9; its hourly quota of September 2025.
"""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from contract.errors import (
    InvalidInput,
    InvalidSettings,
    TogglFeatureNotPaid,
    TogglQuotaExceeded,
    TogglRateLimited,
    TogglUnauthorized,
    TogglUnavailable,
)
from functions.shared.http import Answer, Http, NoAnswer, NotSent
from functions.shared.model.entry import TAGS, cut

_T = TypeVar("_T")

REPORTS = "/reports/api/v3"

BODY_LIMIT_BYTES = 8 * 1024 * 1024
"""A full answer (1,000 entries with long descriptions) has about 4 MB. JSON can become 35 times as large in memory, and
fetch has 512 MB for it and all else."""

PACE_SECONDS = 1.1
"""From the end of one request to the next: one a second is safe, more are answered with 429."""

BURST_WAIT_SECONDS = 10
"""How long to wait after a 429 that does not say: one request a second is safe."""

QUOTA_WAIT_SECONDS = 3600
"""How long to wait for the hourly quota when the answer does not say."""


class Transport:
    """Asks Toggl, one request after the other.

    Every call may raise TogglUnauthorized, TogglQuotaExceeded, TogglRateLimited, TogglFeatureNotPaid,
    TogglUnavailable, InvalidInput or InvalidSettings.

    clock, sleep: seconds that pass, and how to let some of them pass, to keep the pace that Toggl allows.
    `quota_left`: requests left in this hour by the last answer that said so, else None.
    `server_time`: what Toggl's clock said in its last answer, in seconds since 1970.
    """

    def __init__(
        self,
        base_url: str,
        token: str,
        max_wait_seconds: int,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        credentials = base64.b64encode(f"{token}:api_token".encode()).decode()
        self.http = Http(f"Basic {credentials}", token, BODY_LIMIT_BYTES)
        self._base_url = base_url
        self._max_wait_seconds = max_wait_seconds
        self._clock = clock
        self._sleep = sleep
        self._last_ended: float | None = None
        self.quota_left: int | None = None
        self.server_time: int | None = None

    @property
    def server_now(self) -> datetime | None:
        """The same as an instant; None when the last answer did not say."""
        return None if self.server_time is None else datetime.fromtimestamp(self.server_time, UTC)

    def _shaped(self, parse: Callable[[], _T], what: str) -> _T:
        """What `parse` makes of an answer; raises TogglUnavailable for one of another shape, with no word of it."""
        try:
            return parse()
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            why = self.http.words(repr(error), 120)
            raise TogglUnavailable(f"Toggl answered with {what} of the wrong shape ({why}).") from error

    def _ask(self, method: str, path: str, **what: Any) -> Answer:
        self._keep_pace()
        try:
            answer = self.http.request(method, self._base_url + path, **what)
        except (NotSent, NoAnswer) as error:
            raise TogglUnavailable(f"Toggl at {self._base_url} did not answer: {error}.") from error
        finally:
            self._last_ended = self._clock()
        self.server_time = answer.epoch_header("date")
        left = answer.seconds_header("x-toggl-quota-remaining")
        self.quota_left = self.quota_left if left is None else left
        if answer.status != 200:
            is_report = path.startswith(REPORTS) and answer.status in {403, 404}
            raise _no_reports(path, answer.status) if is_report else self._failure(answer)
        return answer

    def _keep_pace(self) -> None:
        if self._last_ended is not None:
            self._sleep(max(0.0, self._last_ended + PACE_SECONDS - self._clock()))

    def _failure(self, answer: Answer) -> Exception:
        status = answer.status
        if status in {401, 403}:
            refused = (
                f"Toggl refuses the API token (HTTP {status}). Copy the token from your Toggl profile into the secret."
            )
            return TogglUnauthorized(answer.from_between("Toggl") or refused)
        if status == 402:
            return self._payment_required(answer)
        if status == 429:
            wait = answer.retry_after_seconds()
            return TogglRateLimited(
                "Toggl asks to slow down (HTTP 429).",
                BURST_WAIT_SECONDS if wait is None else wait,
                self._max_wait_seconds,
                answer.received_at,
            )
        if status == 400:
            return InvalidInput(f"Toggl refuses the dates: {self._words(answer)}. Give others, or fewer days.")
        if 300 <= status < 400 or status == 404:
            return InvalidSettings(
                f"toggl_url ({self._base_url}) is not the Toggl API: it answers with HTTP {status}. Set toggl_url."
            )
        return TogglUnavailable(f"Toggl answered with HTTP {status}.")

    def _payment_required(self, answer: Answer) -> Exception:
        """402 means either an empty quota, which comes back, or a feature that the plan lacks, which does not."""
        left = answer.seconds_header("x-toggl-quota-remaining")
        is_sentence = answer.body.lstrip()[:1] == b'"'
        if left == 0 or (left is None and not is_sentence):
            wait = answer.seconds_header("x-toggl-quota-resets-in")
            return TogglQuotaExceeded(
                "Toggl's hourly quota of requests is used up.",
                QUOTA_WAIT_SECONDS if wait is None else max(1, wait),
                self._max_wait_seconds,
                answer.received_at,
            )
        return TogglFeatureNotPaid(
            f"Toggl's plan does not include this: {self._words(answer)}. Upgrade, or leave it out."
        )

    def _words(self, answer: Answer) -> str:
        """What an error's body says, without the end of its sentence."""
        return self.http.words(answer.text().strip().strip('"').rstrip("."), 200) or "no words"


def items_of(answer: Answer) -> list[Any]:
    """The list that an answer is; Toggl's server, which is written in Go, says null for an empty one."""
    try:
        items = answer.json()
    except ValueError as error:
        raise TogglUnavailable("Toggl answered with something that is not JSON.") from error
    if items is None:
        return []
    if not isinstance(items, list):
        raise TogglUnavailable("Toggl answered with something that is not a list.")
    return items


def _no_reports(path: str, status: int) -> Exception:
    """The token is right, or nobody would have got that far."""
    return InvalidSettings(
        f"Toggl has no reports for this token at {path} (HTTP {status}). Set toggl_workspace_id to a workspace whose"
        " reports you may read."
    )


def whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{value!r} is not a whole number")
    return value


def id_of(value: Any) -> int:
    """An id: 1 or more, in 64 bits. Another would make a marker that is not found again."""
    if not 1 <= whole(value) < 2**63:
        raise ValueError(f"{str(value)[:40]} is not an id")
    return int(value)


def id_or_none(value: Any) -> int | None:
    return None if value is None else id_of(value)


def texts(value: Any) -> tuple[str, ...]:
    """A list of texts, or null for an empty one."""
    if value is None:
        return ()
    if not isinstance(value, list):
        raise TypeError(f"a {type(value).__name__} is not a list")
    return tuple(text(one) for one in value[:TAGS])


def text(value: Any) -> str:
    """A text, cut to what a description may have; "" for null."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a text")
    # JSON can hold half a surrogate pair, which no UTF-8 can: it becomes the replacement character.
    return cut(value).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def text_or_none(value: Any) -> str | None:
    return None if value is None else text(value)
