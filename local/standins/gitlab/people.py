"""Users, and the tokens that act for them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from datetime import date, datetime
from itertools import count

from local.standins.gitlab.common import Common
from local.standins.gitlab.model import User


class People(Common):
    """Who logs time, and by which token."""

    def __init__(self, lock: threading.RLock, now: Callable[[], datetime]) -> None:
        super().__init__(lock, now)
        self._users: dict[str, User] = {}
        self._tokens: dict[str, tuple[User, frozenset[str]]] = {}
        self._token_ends: dict[str, date | None] = {}
        self._new_user_id = count(101).__next__

    def add_user(self, username: str, name: str | None = None, *, bot: bool = False) -> User:
        with self.lock:
            if username in self._users:
                raise ValueError(f"there is already a user {username!r}")
            user = User(self._new_user_id(), username, name or username.title(), bot)
            self._users[username] = user
            return user

    def user(self, username: str) -> User:
        """The user of this name; raises KeyError."""
        return self._users[username]

    def known_user(self, username: str) -> User:
        """The user of this name, added when new."""
        return self._users.get(username) or self.add_user(username)

    def user_by(self, username: str | None, number: int | None) -> User | None:
        return next((user for user in self._users.values() if user.username == username or user.id == number), None)

    def change_username(self, username: str, new_username: str) -> User:
        """Raises KeyError for an unknown user, ValueError when the new name is taken."""
        if new_username in self._users:
            raise ValueError(f"there is already a user {new_username!r}")
        user = self._users[new_username] = self._users.pop(username)
        user.username = new_username
        return user

    def remove_user(self, username: str) -> User:
        """Forget a user and the tokens that act for them; raises KeyError."""
        user = self._users.pop(username)
        for token in [token for token, (owner, _scopes) in self._tokens.items() if owner is user]:
            self.revoke_token(token)
        return user

    def add_token(
        self, token: str, username: str, scopes: Iterable[str] = ("api",), expires: date | None = None
    ) -> str:
        """Let `token` act for a user, added when new. Scopes: `api` (all), `read_api`, others for no API at all.

        expires: what GitLab tells about it; it still works here afterwards.
        """
        with self.lock:
            self._tokens[token] = (self.known_user(username), frozenset(scopes))
            self._token_ends[token] = expires
            return token

    def revoke_token(self, token: str) -> None:
        with self.lock:
            del self._tokens[token]

    def bearer(self, token: str) -> tuple[User, frozenset[str]] | None:
        """Whose token it is and what it may do; None when it may not use the API at all."""
        known = self._tokens.get(token)
        return known if known is not None and known[1] & {"api", "read_api"} else None

    def token_facts(self, token: str) -> tuple[User, frozenset[str], date | None] | None:
        """Whose token it is, its scopes and its end; None when there is no such token."""
        known = self._tokens.get(token)
        return None if known is None else (*known, self._token_ends[token])
