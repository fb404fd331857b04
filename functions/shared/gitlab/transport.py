"""Requests to GitLab: queries, pages, mutations, and what its statuses and its errors mean.

Facts: GitLab's GraphQL API reference (docs.gitlab.com, 18.5) and its limits: complexity 250, pages of 100, query text
of 10,000 characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, TypeVar

from contract.errors import (
    AmbiguousWrite,
    EntryRejected,
    GitLabRateLimited,
    GitLabTooOld,
    GitLabUnauthorized,
    GitLabUnavailable,
    InvalidSettings,
    SyncError,
)
from functions.shared.http import Answer, Http, NoAnswer, NotSent

_T = TypeVar("_T")

PAGE = 100
BODY_LIMIT_BYTES = 2 * 1024 * 1024
"""A page of 100 timelogs or titles has less than 200 KB. JSON can become 35 times as large in memory, and post has 256
MB for it and all else."""

PAGES_AT_MOST = 1_000
"""100,000 timelogs; a server whose pages never end must not hold a Lambda."""

OLDEST_VERSION = "15.2"
"""The first that can log time with a date (`timelogCreate`)."""

PAGE_INFO = "pageInfo { hasNextPage endCursor }"
RATE_LIMIT_WAIT_SECONDS = 60
"""How long to wait after a 429 that does not say: GitLab's limits count by the minute."""

NO_PERMISSION = "no_permission"

_PERMISSION_TEXT = "you don't have permission"
_MISSING_FIELD = r"Field '\w+' doesn't exist|Cannot query field"
_UNKNOWN_OUTCOME_TEXTS = ("Internal server error", "Timeout on")


class Transport:
    """Asks GitLab.

    Reading raises GitLabUnavailable, GitLabRateLimited, GitLabUnauthorized, GitLabTooOld or InvalidSettings.
    Writing raises those that prove that nothing was written (GitLabUnavailable only for a connection that was never
    made), EntryRejected, or AmbiguousWrite.
    server_time: what GitLab's clock said in its last answer, in seconds since 1970.
    """

    def __init__(self, base_url: str, token: str, max_wait_seconds: int) -> None:
        self.http = Http(f"Bearer {token}", token, BODY_LIMIT_BYTES)
        self._base_url = base_url
        self._max_wait_seconds = max_wait_seconds
        self.server_time: int | None = None
        self._sent: tuple[str, ...] = ()

    def _pages(
        self,
        query: str,
        variables: dict[str, Any],
        *path: str,
        first: dict[str, Any] | None = None,
        whole: bool = False,
    ) -> Iterator[Any]:
        """The nodes of all pages of the connection at `path`.

        first: the first page's data, if it is there already. whole: whether a null, which is a node that cannot be
        read, makes the answer useless, unless an error beside the data says why it is null.
        """
        *parents, connection = path
        after: str | None = None
        for _page in range(PAGES_AT_MOST):
            data = first or self._read(query, {**variables, "after": after}, without_null_nodes=whole)
            first = None
            for parent in parents:
                data = as_object(data.get(parent))
            yield from nodes_of(data, connection, whole=whole)
            page = as_object(data[connection].get("pageInfo"))
            # An answer that does not say whether it is the last one is not taken for the last one.
            if not isinstance(page.get("hasNextPage"), bool):
                raise wrong_shape(f"page of {connection}")
            if not page["hasNextPage"]:
                return
            if not page.get("endCursor") or page["endCursor"] == after:
                raise GitLabUnavailable(f"GitLab's answer has a next page of {connection}, but does not say where.")
            after = page["endCursor"]
        raise GitLabUnavailable(f"GitLab's {connection} do not end after {PAGES_AT_MOST} pages. Ask for fewer days.")

    def _read(self, query: str, variables: Mapping[str, Any], *, without_null_nodes: bool = False) -> dict[str, Any]:
        """The data of an answer. without_null_nodes: nodes that are null beside an error about them are left out."""
        answer = self._answer("POST", "/api/graphql", {"query": query, "variables": variables})
        self._raise_for_refusal(answer)
        if answer.status in {301, 302, 303, 307, 308, 404}:
            raise InvalidSettings(
                f"gitlab_url ({self._base_url}) is not a GitLab API: it answers with HTTP {answer.status}."
                " Set gitlab_url."
            )
        if answer.status != 200:
            raise GitLabUnavailable(f"GitLab answered with HTTP {answer.status}.")
        try:
            content = answer.json()
        except ValueError as error:
            raise GitLabUnavailable("GitLab answered with something that is not JSON.") from error
        data = content.get("data") if isinstance(content, dict) else None
        errors = content.get("errors") if isinstance(content, dict) else None
        if errors and not (without_null_nodes and _drop_null_nodes(data, errors)):
            raise self._read_error(errors)
        if not isinstance(data, dict):
            raise GitLabUnavailable("GitLab answered without data.")
        return data

    def _answer(self, method: str, path: str, body: Any) -> Answer:
        """The answer to a request that only reads, whatever its status."""
        try:
            return self._request(method, path, body)
        except (NotSent, NoAnswer) as error:
            raise GitLabUnavailable(f"GitLab at {self._base_url} did not answer: {error}.") from error

    def _read_error(self, errors: Any) -> SyncError:
        words = self._words(errors)
        if re.search(_MISSING_FIELD, _texts(errors)):
            return _too_old(words)
        return GitLabUnavailable(f"GitLab cannot carry out a query: {words}")

    def _write(self, mutation: str, query: str, values: Mapping[str, Any], made: str | None) -> Any:
        """Carry out a mutation and return what it made. Past here, a GitLabUnavailable proves that nothing was sent."""
        try:
            answer = self._request("POST", "/api/graphql", {"query": query, "variables": {"input": values}})
        except NotSent as error:
            raise GitLabUnavailable(f"GitLab at {self._base_url} cannot be reached: {error}.") from error
        except NoAnswer as error:
            raise AmbiguousWrite(f"GitLab may or may not have carried out {mutation}: {error}.") from error
        self._raise_for_refusal(answer)
        if answer.status == 422:
            raise EntryRejected(self._body_words(answer))
        if answer.status != 200:
            raise AmbiguousWrite(
                f"GitLab may or may not have carried out {mutation}: it answered with HTTP {answer.status}."
            )
        try:
            content = answer.json()
        except ValueError as error:
            raise AmbiguousWrite(
                f"GitLab may or may not have carried out {mutation}: its answer is not JSON."
            ) from error
        return self._outcome(mutation, content, made)

    def _outcome(self, mutation: str, content: Any, made: str | None) -> Any:
        content = as_object(content)
        payload = as_object(as_object(content.get("data")).get(mutation))
        if content.get("errors") and not payload:
            raise self._write_error(mutation, content["errors"])
        if payload.get("errors"):
            raise self._write_error(mutation, payload["errors"])
        # An error beside a payload is one of showing what was made, which may well have been made.
        is_whole = "errors" in payload and not content.get("errors")
        if not is_whole or (made is not None and not isinstance(payload.get(made), dict)):
            raise AmbiguousWrite(f"GitLab's answer to {mutation} does not say whether it was carried out.")
        return payload.get(made) if made else None

    def _write_error(self, mutation: str, errors: Any) -> SyncError:
        texts, words = _texts(errors), self._words(errors)
        if _PERMISSION_TEXT in texts:
            return EntryRejected(NO_PERMISSION)
        if re.search(_MISSING_FIELD, texts):
            return _too_old(words)
        if any(text in texts for text in _UNKNOWN_OUTCOME_TEXTS):
            return AmbiguousWrite(f"GitLab may or may not have carried out {mutation}: {words}")
        return EntryRejected(words)

    def _raise_for_refusal(self, answer: Answer) -> None:
        """Raise for the statuses that prove that nothing was carried out, whether reading or writing."""
        if answer.status in {401, 403}:
            raise GitLabUnauthorized(answer.from_between("GitLab") or self._refusal(answer))
        if answer.status == 429:
            raise GitLabRateLimited(
                "GitLab asks to slow down (HTTP 429).",
                _seconds_to_wait(answer),
                self._max_wait_seconds,
                answer.received_at,
            )

    def _refusal(self, answer: Answer) -> str:
        """What GitLab's own 401 or 403 means. Only a refusal of the token is mended by a new one."""
        if answer.status == 401:
            return (
                "GitLab refuses the token (HTTP 401): it must be valid and have the scope api. Put a new one into the"
                " secret."
            )
        words = self._why_forbidden() or self._body_words(answer)
        folded = words.lower()
        advice = next((advice for word, advice in _ADVICE_BY_WORD if re.search(word, folded)), _ADVICE)
        return f"GitLab refuses the request (HTTP 403): {words.rstrip('.')}. {advice}"

    def _why_forbidden(self) -> str:
        """GraphQL says of everything that the API is not accessible; REST says why. Empty when it does not."""
        try:
            answer = self.http.request("GET", f"{self._base_url}/api/v4/user")
            said = as_object(answer.json()) if answer.status == 403 else {}
        except (NotSent, NoAnswer, ValueError):
            return ""
        texts = (said.get(name) for name in ("message", "error", "error_description"))
        return self.http.words(" ".join(text for text in texts if isinstance(text, str)), 200, self._sent)

    def _request(self, method: str, path: str, body: Any) -> Answer:
        self._sent = tuple(_texts_in(as_object(body).get("variables")))
        answer = self.http.request(method, f"{self._base_url}{path}", body=body)
        self.server_time = answer.epoch_header("date")
        return answer

    def _words(self, errors: Any) -> str:
        """What a GraphQL `errors` list says, fit for a message."""
        return self.http.words(_texts(errors), sent=self._sent) or "no words"

    def _body_words(self, answer: Answer) -> str:
        """The texts of an error's body, which is a GraphQL `errors` list or anything else."""
        try:
            errors = as_object(answer.json()).get("errors")
        except ValueError:
            errors = None
        return self._words(errors or answer.text())


_ADVICE = (
    "The token may be right: its user may have to do something in a browser, like accepting terms, or an administrator"
    " has to allow the user or the address that the request came from."
)
_SIGN_IN = "The token may stay: sign in to GitLab in a browser as its user, and do what it asks for."
_ADVICE_BY_WORD = (
    (r"scope", "Put a token with the scope api into the secret."),
    (r"password|terms|confirm", _SIGN_IN),
    (r"block|deactivat|banned|pending", "The token may stay: ask an administrator of GitLab to let its user in again."),
    (r"\bip\b|address", "The token may stay: ask an administrator to allow the address that the request came from."),
)


def _texts_in(value: Any) -> Iterator[str]:
    """The texts in what was sent, which are descriptions, titles and the like."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from _texts_in(inner)


def _drop_null_nodes(data: Any, errors: Any) -> bool:
    """Leave out the nodes of `data` that are null for these errors; False when they are about anything else."""
    found = [_null_node(data, as_object(error)) for error in errors] if isinstance(errors, list) else [None]
    for nodes in {id(one[0]): one[0] for one in found if one is not None}.values():
        dropped = {one[1] for one in found if one is not None and one[0] is nodes}
        nodes[:] = [node for index, node in enumerate(nodes) if index not in dropped]
    return None not in found


def _null_node(data: Any, error: Mapping[str, Any]) -> tuple[list[Any], int] | None:
    """The list and the place in it of the node that is null for this error, which is not one of a server in trouble."""
    path = error.get("path")
    if not isinstance(path, list) or any(text in _texts(error) for text in _UNKNOWN_OUTCOME_TEXTS):
        return None
    value = data
    for key in path:
        if isinstance(value, list) and isinstance(key, int):
            return (value, key) if key < len(value) and value[key] is None else None
        value = as_object(value).get(key)
    return None


def _texts(errors: Any) -> str:
    """The texts of a GraphQL `errors` list: strings in a payload, objects with a message at the top level."""
    items = errors if isinstance(errors, list) else [errors]
    return " ".join(str(item.get("message", item)) if isinstance(item, dict) else str(item) for item in items)


def batches(items: Iterable[_T], size: int) -> Iterator[list[_T]]:
    remaining = iter(items)
    while batch := list(islice(remaining, size)):
        yield batch


def asked(data: Mapping[str, Any], name: str) -> Any:
    """What was asked for by this name. Null says that there is none; an answer without the name says nothing."""
    if name not in data:
        raise wrong_shape(name)
    return data[name]


def _seconds_to_wait(answer: Answer) -> int:
    """How long a 429 asks to wait: Retry-After, else until RateLimit-Reset, else a minute."""
    wait, reset = answer.retry_after_seconds(), answer.seconds_header("ratelimit-reset")
    if wait is not None:
        return wait
    return RATE_LIMIT_WAIT_SECONDS if reset is None else max(1, reset - answer.server_now)


def nodes_of(data: Mapping[str, Any], connection: str, *, whole: bool = False) -> list[Any]:
    value = data.get(connection)
    nodes = value.get("nodes") if isinstance(value, dict) else None
    if not isinstance(nodes, list):
        raise wrong_shape(connection)
    if not all(isinstance(node, dict) or (node is None and not whole) for node in nodes):
        raise wrong_shape(connection)
    return [node for node in nodes if node is not None]


def gid_of(node: Any) -> str:
    """The global id; a work item's and an issue's of the same number are the same row, here always called Issue."""
    try:
        return string(node["id"]).replace("gid://gitlab/WorkItem/", "gid://gitlab/Issue/")
    except (KeyError, TypeError) as error:
        raise wrong_shape("id") from error


def iid_of(node: Any) -> int:
    try:
        return int(node["iid"])
    except (KeyError, TypeError, ValueError) as error:
        raise wrong_shape("iid") from error


def number_of(node: Any) -> str:
    """The number at the end of a global id, as a text: `42` of `gid://gitlab/User/42`."""
    return gid_of(node).rsplit("/", 1)[-1]


def as_object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def string(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} is not a text")
    return value


def _too_old(words: str) -> GitLabTooOld:
    return GitLabTooOld(
        f"This GitLab is too old for timelogs with a date (it needs timelogCreate, {OLDEST_VERSION} or later): {words}"
    )


def wrong_shape(what: str) -> GitLabUnavailable:
    return GitLabUnavailable(f"GitLab answered with a {what} of the wrong shape.")
