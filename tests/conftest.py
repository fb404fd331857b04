"""How the tests are run: in groups that stay in one process, the long ones first, and the quick ones by themselves.

A group is what shares something expensive. All its tests run in one process, in their order; so a deployment is made
once, however many processes there are. Processes take one group after the other.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

TESTS = Path(__file__).parent

# What somebody has in environments/ is nothing to the tests, nor to the programs that they start.
os.environ["TGS_ENVIRONMENTS"] = str(TESTS / "no-environments")
SLOW = {
    "the deployed machine": ("workflow/deployed",),
    "what was synthesised": ("workflow", "stacks", "cli/test_cost.py", "cli/test_redeploy.py"),
    "the chaos": ("chaos",),
    "the benchmarks": ("bench",),
    "two environments": ("cli/test_environments.py",),
    "two deployments": ("cli/test_deployments.py",),
    "other programs": ("test_conftest.py", "cli/reporting/test_in_a_browser.py"),
}
"""The groups whose tests deploy, synthesise, or start pytest or a browser, the longest first: folders and files. All
other tests are quick.
"""
SHARING = SLOW | {"a local AWS": ("local/aws",)}
"""The same, and those that share something else."""


@cache
def group_of(path: Path) -> str:
    """The group that a test file belongs to: one that shares something, or the file itself."""
    sharing = (group for group, places in SHARING.items() if any(path.is_relative_to(TESTS / one) for one in places))
    return next(sharing, str(path))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--quick", action="store_true", help="only the tests that neither deploy nor synthesise")


def pytest_configure(config: pytest.Config) -> None:
    _refusal.is_on = config.getoption("quick")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    return True if config.getoption("quick") and group_of(collection_path) in SLOW else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    groups = list(dict.fromkeys([*SHARING, *(group_of(item.path) for item in items)]))
    items.sort(key=lambda item: groups.index(group_of(item.path)))


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """None besides this process when all that is asked for is one group; otherwise xdist decides."""
    asked = [config.invocation_params.dir / argument.partition("::")[0] for argument in config.args]
    groups = {group_of(path.resolve()) for path in asked}
    has_many = any(path.is_dir() and group_of(path.resolve()) not in SHARING for path in asked)
    return None if has_many or len(groups) > 1 else 0


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    return _ByGroup(config, log)


class _ByGroup(LoadScopeScheduling):
    """xdist's distribution of whole groups. It asks for no mark, so it does not matter how pytest keeps a test's id."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(self.config.rootpath / nodeid.partition("::")[0])


class _Refusal:
    """Whether the CDK may be started: by its command, or as a library, which starts the jsii runtime."""

    is_on = False

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self.is_on or event != "subprocess.Popen":
            return
        command = [str(part) for part in arguments[1]]
        is_cdk = any(_is_cdk(part) for part in command) and "--help" not in command
        if is_cdk or any("jsii-runtime" in part for part in command):
            raise AssertionError(f"a quick test deploys or synthesises: name its file in {__file__}. {command}")


def _is_cdk(part: str) -> bool:
    """Not one of a test's own making, which only writes down how it was called."""
    return part.endswith("node_modules/.bin/cdk") and not part.startswith(tempfile.gettempdir())


_refusal = _Refusal()
sys.addaudithook(_refusal)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[Any]:
    usually, _refusal.is_on = _refusal.is_on, group_of(item.path) not in SLOW
    try:
        return (yield)
    finally:
        _refusal.is_on = usually
