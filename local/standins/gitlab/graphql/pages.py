"""Pages of a GraphQL connection by key: a page begins after the key of a row, even when that row is gone by now."""

from __future__ import annotations

import base64
import binascii
import json
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from graphql import GraphQLError

MAX_PAGE_ROWS = 100

Row = TypeVar("Row")
Key = tuple[int, ...]


@dataclass(frozen=True)
class PageInfo:
    """`start_cursor` and `end_cursor` are opaque to clients."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@dataclass(frozen=True)
class Connection(Generic[Row]):
    """`rows` is everything that was found; `nodes` is this page of it, less what the user may not see."""

    rows: Sequence[Row]
    nodes: Sequence[Row]
    cursors: Sequence[str]
    page_info: PageInfo


@dataclass(frozen=True)
class Ordered(Generic[Row]):
    """Rows in the order of their keys."""

    rows: Sequence[Row]
    keys: Sequence[Key]


def order(rows: Iterable[Row], key: Callable[[Row], Key]) -> Ordered[Row]:
    """Keys must differ, or rows are lost between two pages."""
    ordered = sorted(rows, key=key)
    return Ordered(ordered, [key(row) for row in ordered])


def connect(
    ordered: Ordered[Row],
    *,
    first: int | None = None,
    last: int | None = None,
    after: str | None = None,
    before: str | None = None,
    sees: Callable[[Row], bool] = lambda _row: True,
) -> Connection[Row]:
    """Cut a page. At most 100 rows, however many are asked for; raises GraphQLError for a cursor that is not one.

    As in GitLab, `sees` is looked at after the page is cut: a page can be shorter than asked and still have a next one.
    """
    rows, keys = ordered.rows, ordered.keys
    begin = bisect_right(keys, _key_of(after)) if after else 0
    end = bisect_left(keys, _key_of(before)) if before else len(rows)
    limit = max(0, min([MAX_PAGE_ROWS, *(size for size in (first, last) if size is not None)]))
    if last is None:
        page_begin, page_end = begin, min(end, begin + limit)
    else:
        page_begin, page_end = max(begin, end - limit), end
    page = rows[page_begin:page_end]
    cursors = [_cursor_of(key) for key in keys[page_begin:page_end]]
    visible = [index for index, row in enumerate(page) if sees(row)]
    return Connection(
        rows=rows,
        nodes=[page[index] for index in visible],
        cursors=[cursors[index] for index in visible],
        page_info=PageInfo(
            has_next_page=page_end < len(rows),
            has_previous_page=page_begin > 0,
            start_cursor=cursors[0] if cursors else None,
            end_cursor=cursors[-1] if cursors else None,
        ),
    )


def _cursor_of(key: Key) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def _key_of(cursor: str) -> Key:
    try:
        return tuple(int(part) for part in json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))))
    except (binascii.Error, ValueError, TypeError) as e:
        raise GraphQLError("Please provide a valid cursor") from e
