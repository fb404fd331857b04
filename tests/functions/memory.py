"""A hand-over in memory, for the code that works with one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from functions.shared.handover import Handover


class MemoryHandover(Handover):
    """Keeps what is written as the text that it would be in S3. `writes` counts the writings of each name."""

    def __init__(self) -> None:
        super().__init__("bucket", "runs/x/")
        self.__dict__["files"] = {}
        self.__dict__["writes"] = {}

    files: dict[str, list[str]]
    writes: dict[str, int]

    def write(self, name: str, values: Iterable[Any]) -> str:
        self.files[name] = [json.dumps(value) for value in values]
        self.writes[name] = self.writes.get(name, 0) + 1
        return self.key(name)

    def read(self, name: str) -> Iterator[Any]:
        return iter([json.loads(line) for line in self.files[name]])

    def read_if_there(self, name: str) -> list[Any] | None:
        return list(self.read(name)) if name in self.files else None
