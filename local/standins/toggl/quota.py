"""The hourly quota: 30 calls an hour for what is the user's own, and what the plan allows for everything else."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from local.standins.server import Response
from local.standins.toggl.model import Plan

HOUR_SECONDS = 3_600
ME_CALLS_AN_HOUR = 30
CALLS_AN_HOUR: dict[Plan, int] = {"free": 30, "starter": 240, "premium": 600}


@dataclass
class Quota:
    """Calls within an hour that begins with the first of them, on the stand-in's clock."""

    total: int
    used: int = 0
    began: float | None = None

    @property
    def remaining(self) -> int:
        return max(self.total - self.used, 0)

    def resets_in_seconds(self, now: float) -> int:
        return HOUR_SECONDS if self.began is None else max(math.ceil(self.began + HOUR_SECONDS - now), 0)

    def roll(self, now: float) -> None:
        """Begin again once the hour is over."""
        if self.began is not None and now >= self.began + HOUR_SECONDS:
            self.refill()

    def take(self, now: float) -> bool:
        """Count one call; False when none is left."""
        if not self.remaining:
            return False
        self.began = now if self.began is None else self.began
        self.used += 1
        return True

    def refill(self) -> None:
        self.used, self.began = 0, None

    def told_in(self, response: Response, now: float) -> Response:
        """The answer with the two headers that every answer has; those that it has already stay."""
        headers = {
            "X-Toggl-Quota-Remaining": str(self.remaining),
            "X-Toggl-Quota-Resets-In": str(self.resets_in_seconds(now)),
        }
        return replace(response, headers={**headers, **response.headers})


def quota_exceeded(resets_in_seconds: int) -> Response:
    text = f"You have hit your hourly limit for API calls. Your quota will reset in {resets_in_seconds} seconds."
    headers = {"X-Toggl-Quota-Remaining": "0", "X-Toggl-Quota-Resets-In": str(resets_in_seconds)}
    return Response(402, text.encode(), headers, "text/plain; charset=utf-8")


def rate_limited(retry_after_seconds: int | None) -> Response:
    """More than one request a second; the service need not say how long to wait."""
    headers = {} if retry_after_seconds is None else {"Retry-After": str(retry_after_seconds)}
    return Response(429, b"Too Many Requests\n", headers, "text/plain; charset=utf-8")
