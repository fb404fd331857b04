"""How many requests a minute GitLab takes, and what every answer says of it."""

from __future__ import annotations

from datetime import datetime

REQUESTS_A_MINUTE = 2_000


class RateLimit:
    """Counts the requests of the current minute. `limit` None: GitLab.com's, which is announced and not enforced."""

    def __init__(self) -> None:
        self.limit: int | None = None
        self._minute = 0
        self._observed = 0

    def count(self, clock_seconds: float, now: datetime) -> tuple[dict[str, str], bool]:
        """The headers of one more request, and whether it is one too many."""
        minute, seconds = divmod(int(clock_seconds), 60)
        self._observed = self._observed + 1 if self._minute == minute else 1
        self._minute = minute
        announced = self.limit or REQUESTS_A_MINUTE
        headers = {
            "RateLimit-Limit": str(announced),
            "RateLimit-Name": "throttle_authenticated_api",
            "RateLimit-Observed": str(self._observed),
            "RateLimit-Remaining": str(max(0, announced - self._observed)),
            "RateLimit-Reset": str(int(now.timestamp()) + 60 - seconds),
        }
        over_limit = self.limit is not None and self._observed > self.limit
        return headers | ({"Retry-After": str(60 - seconds)} if over_limit else {}), over_limit
