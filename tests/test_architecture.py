"""Who may import whom, what the core may not touch, and which files alone know the two services."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SIDES = ("contract", "functions", "stacks")
EDGE_FILES = {
    "handler.py",
    "clients.py",
    "http.py",
    "deadline.py",
    "authorities.py",
    "files.py",
    "tokens.py",
    "telemetry.py",
    "tasks.py",
}
TOGGL = ROOT / "functions" / "shared" / "toggl"
GITLAB = ROOT / "functions" / "shared" / "gitlab"
ROLES = ("fetch", "transform", "post")

IMPURE_MODULES = {
    "os",
    "time",
    "random",
    "secrets",
    "uuid",
    "socket",
    "ssl",
    "subprocess",
    "threading",
    "http",
    "urllib3",
    "requests",
    "boto3",
    "botocore",
}
CLOCKS = {"now", "utcnow", "today", "time", "monotonic", "perf_counter"}

TOGGL_WORDS = (
    "/api/v9",
    "/reports/api",
    "time_entries",
    "server_deleted_at",
    "x-toggl-quota",
    "x-next-row-number",
    "enrich_response",
)
GITLAB_WORDS = (
    "/api/graphql",
    "/api/v4",
    "timelogcreate",
    "timelogdelete",
    "createissue(",
    "issuableid",
    "timespent",
    "spentat",
    "fullpath",
    "projectpath",
    "mergerequests(",
    "movedto",
    "hasnextpage",
    "namewithnamespace",
    "currentuser",
)


def _files(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def _core() -> list[Path]:
    files = [path for path in _files("functions") if path.name not in EDGE_FILES]
    return [path for path in files if path.parent not in {TOGGL, GITLAB}]


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _imports(path: Path) -> set[str]:
    """The full names of the modules that a file imports, wherever in it; `from a import b` gives both a and a.b."""
    found: set[str] = set()
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{_name(path)} has a relative import, which this test does not follow"
            found |= {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def _packages(path: Path) -> set[str]:
    return {module.split(".")[0] for module in _imports(path)}


def _texts(path: Path) -> Iterator[str]:
    """The texts in a file's code, without its docstrings."""
    tree = _tree(path)
    told = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node.value.lower()


def _words_in(path: Path, words: tuple[str, ...]) -> list[str]:
    texts = list(_texts(path))
    return [word for word in words if any(word in text for text in texts)]


@pytest.mark.parametrize(
    ("side", "others"),
    [
        ("contract", {"functions", "stacks", "cli", "local", "tools", "tests", "app"}),
        ("functions", {"stacks", "cli", "local", "tools", "tests", "app"}),
        ("stacks", {"functions", "cli", "local", "tools", "tests", "app"}),
        ("local", {"functions", "stacks", "cli", "tools", "tests", "app"}),
        ("cli", {"tools", "tests", "app"}),
    ],
)
def test_a_side_does_not_import_what_is_not_its_own(side: str, others: set[str]) -> None:
    files = _files(side)

    assert files
    assert {_name(path): _packages(path) & others for path in files if _packages(path) & others} == {}


def test_the_contract_needs_nothing_but_python() -> None:
    for path in _files("contract"):
        assert _packages(path) <= {"contract", *sys.stdlib_module_names}, _name(path)


def test_what_runs_does_not_import_what_deploys_it() -> None:
    for path in _files("functions"):
        assert _packages(path).isdisjoint({"aws_cdk", "constructs", "cdk_nag"}), _name(path)


@pytest.mark.parametrize("role", ROLES)
def test_the_three_lambdas_meet_in_the_shared_package_only(role: str) -> None:
    others = tuple(f"functions.{other}" for other in ROLES if other != role)

    for path in _files(f"functions/{role}"):
        assert [module for module in _imports(path) if module.startswith(others)] == [], _name(path)


def test_the_shared_package_knows_none_of_the_three_lambdas() -> None:
    roles = tuple(f"functions.{role}" for role in ROLES)

    for path in _files("functions/shared"):
        assert [module for module in _imports(path) if module.startswith(roles)] == [], _name(path)


@pytest.mark.parametrize("path", _core(), ids=_name)
def test_the_core_imports_no_aws_no_http_no_environment_and_no_clock(path: Path) -> None:
    packages = _packages(path)

    assert packages & IMPURE_MODULES == set()
    assert [package for package in packages if package.startswith(("aws_", "mypy_boto3"))] == []


@pytest.mark.parametrize("path", _core(), ids=_name)
def test_the_core_asks_no_clock(path: Path) -> None:
    attributes = {node.attr for node in ast.walk(_tree(path)) if isinstance(node, ast.Attribute)}
    called_clocks = {
        node.func.attr
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLOCKS
    }

    assert called_clocks == set()
    assert "environ" not in attributes


@pytest.mark.parametrize("path", _core(), ids=_name)
def test_the_core_gets_clients_as_arguments_and_never_the_edge_below_them(path: Path) -> None:
    edge = {
        f"functions.shared.{name}" for name in ("http", "deadline", "authorities", "tokens", "telemetry", "clients")
    }

    assert _imports(path) & edge == set()


@pytest.mark.parametrize(("folder", "words"), [(TOGGL, TOGGL_WORDS), (GITLAB, GITLAB_WORDS)], ids=["Toggl", "GitLab"])
def test_only_its_client_knows_the_paths_and_fields_of_a_service(folder: Path, words: tuple[str, ...]) -> None:
    knowing = {path: known for side in SIDES for path in _files(side) if (known := _words_in(path, words))}

    assert [_name(path) for path in knowing if path.parent != folder] == []
    assert {word for known in knowing.values() for word in known} == set(words)


def test_the_core_has_the_rules_of_a_run() -> None:
    names = {_name(path) for path in _core()}

    assert {
        "functions/fetch/window.py",
        "functions/transform/filters.py",
        "functions/transform/matching.py",
        "functions/transform/rounding.py",
        "functions/transform/planning.py",
        "functions/shared/model/entry.py",
        "functions/shared/model/plan.py",
    } <= names
