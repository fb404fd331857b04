"""How the tests are run, tried on a small suite of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
NOTE_THE_PROCESS = """
import os
from pathlib import Path

def test_one(): note()
def test_another(): note()
def test_third(): note()

def note():
    with Path("processes").open("a") as notes:
        print(Path(__file__).parent.name, os.environ.get("PYTEST_XDIST_WORKER", "alone"), file=notes)
"""
START_THE_CDK = """
import subprocess

import pytest

def test_deploying(): start("node_modules/.bin/cdk", "deploy")
def test_synthesising(): start("node", "jsii/bin/jsii-runtime.js")

def start(*command):
    with pytest.raises(FileNotFoundError):
        subprocess.run(command, executable="/nowhere")
"""


class Suite:
    """Files in folders of the names that the real suite has, and the real conftest."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.add("conftest.py", (ROOT / "tests/conftest.py").read_text(encoding="utf-8"))

    def add(self, name: str, text: str) -> None:
        path = self.folder / "tests" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def run(self, *arguments: str) -> str:
        """What pytest says about it, with the real options."""
        options = ["-c", str(ROOT / "pyproject.toml"), "--rootdir", str(self.folder), "-p", "no:cacheprovider"]
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        ended = subprocess.run(
            [sys.executable, "-m", "pytest", *options, *arguments],
            cwd=self.folder,
            env=environment | {"PYTEST_XDIST_AUTO_NUM_WORKERS": "2"},
            capture_output=True,
            text=True,
            check=False,
        )
        return ended.stdout + ended.stderr

    def processes(self) -> dict[str, set[str]]:
        """In which processes the tests of each folder ran."""
        found = defaultdict(set)
        for line in (self.folder / "processes").read_text(encoding="utf-8").splitlines():
            folder, process = line.split()
            found[folder].add(process)
        return dict(found)


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    return Suite(tmp_path)


def test_a_group_stays_in_one_process_and_the_longest_groups_fill_all_of_them(suite: Suite) -> None:
    for name in (
        "a/test_a.py",
        "stacks/test_a.py",
        "workflow/deployed/test_a.py",
        "workflow/test_a.py",
        "workflow/test_b.py",
    ):
        suite.add(name, NOTE_THE_PROCESS)

    told = suite.run("tests")

    processes = suite.processes()
    assert "15 passed" in told
    assert len(processes["workflow"]) == len(processes["deployed"]) == 1
    assert processes["workflow"] == processes["stacks"] != processes["deployed"]


@pytest.mark.parametrize("argument", ["tests/a/test_a.py::test_one", "tests/workflow"])
def test_one_group_starts_no_processes(suite: Suite, argument: str) -> None:
    for name in ("a/test_a.py", "a/test_b.py", "workflow/test_a.py", "workflow/test_b.py"):
        suite.add(name, NOTE_THE_PROCESS)

    suite.run(argument)

    assert list(suite.processes().values()) == [{"alone"}]


def test_quick_leaves_out_what_deploys(suite: Suite) -> None:
    for name in ("a/test_a.py", "workflow/test_a.py"):
        suite.add(name, NOTE_THE_PROCESS)

    suite.run("tests", "--quick")

    assert suite.processes().keys() == {"a"}


def test_a_quick_test_that_deploys_or_synthesises_fails(suite: Suite) -> None:
    for name in ("a/test_a.py", "workflow/test_a.py"):
        suite.add(name, START_THE_CDK)

    told = suite.run("tests", "-rf")

    assert told.count("a quick test deploys or synthesises") >= 2
    assert "FAILED tests/a/test_a.py::test_deploying" in told
    assert "FAILED tests/a/test_a.py::test_synthesising" in told
    assert "2 failed, 2 passed" in told
