"""What `make bench` measures without a deployment can be measured, and is told in both forms."""

import json
from pathlib import Path

import pytest

import bench.__main__ as command
from bench import core, memory, starts


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core, "SIZES", (20,))
    monkeypatch.setattr(memory, "ENTRIES", 2)
    monkeypatch.setattr(starts, "WORKERS", 2)


def test_what_needs_no_deployment_is_measured_and_told_as_json_and_as_a_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "RESULTS", tmp_path / "bench.json")
    monkeypatch.setattr(command, "TABLE", tmp_path / "table")

    command.main(["core", "starts", "memory", "--rounds", "1"])

    measured = json.loads((tmp_path / "bench.json").read_text())["measured"]
    assert {name: len(found) for name, found in measured.items()} == {"core": 4, "starts": 10, "memory": 12}
    assert all(value > 0 for found in measured.values() for one in found for value in one["values"])
    lines = (tmp_path / "table").read_text().splitlines()
    assert len(lines) == 2 + 4 + 10 + 12
    assert lines[2].startswith("| core: 20 entries: entries a second | ")


def test_the_table_of_memory_has_a_row_for_each_size() -> None:
    lines = memory.table(1).splitlines()

    assert [line.split(" | ")[0] for line in lines[2:]] == [f"| {size:,} MB" for size in memory.MEMORY_MB]
