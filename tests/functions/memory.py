"""A hand-over in memory, for the code that works with one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, Self

from functions.shared.handover.files import Handover


class MemoryHandover(Handover):
    """Keeps what is written as the text that it would be in S3, by its key. `writes` counts the writings of each."""

    def __init__(self, prefix: str = "runs/x/", kept: MemoryHandover | None = None) -> None:
        super().__init__("bucket", prefix)
        self.files: dict[str, list[str]] = {} if kept is None else kept.files
        self.writes: dict[str, int] = {} if kept is None else kept.writes

    def inside(self, folder: str) -> Self:
        return type(self)(f"{self.prefix}{folder}/", self)

    def write(self, name: str, values: Iterable[Any]) -> str:
        key = self.key(name)
        self.files[key] = [json.dumps(value) for value in values]
        self.writes[key] = self.writes.get(key, 0) + 1
        return key

    def read(self, name: str) -> Iterator[Any]:
        return iter([json.loads(line) for line in self.files[self.key(name)]])

    def read_if_there(self, name: str) -> list[Any] | None:
        return list(self.read(name)) if self.key(name) in self.files else None
