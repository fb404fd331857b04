"""deploy.sh and destroy.sh: they hand everything on to the one command; and the launcher, which sets itself up."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SCRIPTS = ("tgs", "deploy.sh", "destroy.sh")
TOOLS = ("bash", "dirname", "env", "make", "readlink", "sh", "mkdir", "cp", "touch")

PYTHON = """#!/bin/sh
for word in "$@"; do printf '%s|' "$word"; done
echo "in $PWD as $TGS_CALLED_AS"
exit "${STATUS:-0}"
"""
MAKEFILE = """.venv/.installed:
\t@echo "setting up"
\t@[ -z "$$SETUP_FAILS" ]
\t@mkdir -p .venv/bin
\t@cp python .venv/bin/python
\t@touch $@
"""


@dataclass
class Checkout:
    """The scripts in a folder of their own, with a Python that only says how it was called."""

    folder: Path
    elsewhere: Path

    def run(self, script: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self.folder / script), *arguments],
            env={"PATH": str(self.elsewhere / "bin"), **variables},
            cwd=self.elsewhere,
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    folder, elsewhere = tmp_path / "a checkout", tmp_path / "elsewhere"
    (elsewhere / "bin").mkdir(parents=True)
    folder.mkdir()
    for script in SCRIPTS:
        shutil.copy(ROOT / script, folder / script)
    (folder / "Makefile").write_text(MAKEFILE)
    (folder / "requirements.txt").write_text("")
    (folder / "python").write_text(PYTHON)
    (folder / "python").chmod(0o755)
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found is not None, tool
        (elsewhere / "bin" / tool).symlink_to(found)
    return Checkout(folder, elsewhere)


@pytest.mark.parametrize(("script", "subcommand"), [("deploy.sh", "deploy"), ("destroy.sh", "destroy")])
def test_a_script_hands_everything_on_as_it_is(script: str, subcommand: str, checkout: Checkout) -> None:
    ended = checkout.run(script, "--account", "1 2", "--", "-c", 'project_map={"My app": "a/b"}', STATUS="3")

    called = ended.stdout.splitlines()[-1]
    assert called.startswith(f"{checkout.folder}/cli/__main__.py|{subcommand}|--account|1 2|--|-c|")
    assert 'project_map={"My app": "a/b"}|' in called
    assert ended.returncode == 3


def test_the_launcher_sets_itself_up_when_it_is_first_used_and_stays_in_the_callers_folder(checkout: Checkout) -> None:
    first, second = checkout.run("tgs", "plan"), checkout.run("tgs", "plan")

    assert first.stderr == "setting up\n"
    assert (second.stderr, first.stdout) == ("", second.stdout)
    assert f"in {checkout.elsewhere} as {checkout.folder}/tgs" in second.stdout


def test_the_launcher_sets_up_anew_what_the_requirements_are_newer_than(checkout: Checkout) -> None:
    checkout.run("tgs")
    later = (checkout.folder / ".venv/.installed").stat().st_mtime + 10
    os.utime(checkout.folder / "requirements.txt", (later, later))

    assert checkout.run("tgs", SETUP_FAILS="").returncode == 0


def test_a_set_up_that_fails_starts_nothing(checkout: Checkout) -> None:
    ended = checkout.run("tgs", "plan", SETUP_FAILS="yes")

    assert ended.returncode == 2
    assert ended.stdout == ""


def test_without_make_it_says_what_to_install(checkout: Checkout) -> None:
    (checkout.elsewhere / "bin/make").unlink()

    assert checkout.run("tgs", "plan").stderr == "tgs: make is missing: install it\n"


def test_a_link_on_the_path_is_what_hints_call_it(checkout: Checkout) -> None:
    (checkout.elsewhere / "bin/tgs").symlink_to(checkout.folder / "tgs")

    ended = subprocess.run(
        ["bash", "-c", "tgs plan"],
        env={"PATH": str(checkout.elsewhere / "bin")},
        cwd=checkout.elsewhere,
        capture_output=True,
        text=True,
        check=True,
    )

    assert ended.stdout.endswith("as tgs\n")


def test_the_scripts_are_executable_and_need_no_newer_bash_than_macos_has() -> None:
    for script in SCRIPTS:
        assert os.access(ROOT / script, os.X_OK)
        text = (ROOT / script).read_text(encoding="utf-8")
        for newer in ("mapfile", "readarray", "declare -A", "local -A", "local -n", "${!", ",,}", "^^}", "|&", "&>>"):
            assert newer not in text, (script, newer)
