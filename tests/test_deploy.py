"""deploy.sh and destroy.sh, between stand-ins of their tools: arguments, checks, and what they hand on to whom."""

from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ACCOUNT = "123456789012"
TOOLS = ("bash", "cat", "dirname", "env", "make", "sh")

NODE = """#!/bin/sh
case $* in
  *aws-cdk/package.json*) [ -e node_modules/.bin/cdk ] && echo "${CDK_VERSION:-2.1148.1}" ;;
  -p*) echo "${NODE_MAJOR:-22}" ;;
  *) echo "v${NODE_MAJOR:-22}.1.0" ;;
esac
"""
CDK = """#!/bin/sh
for word in cdk "$@"; do printf '%s|' "$word" >> "$LOG"; done
echo "in $PWD with $AWS_REGION" >> "$LOG"
exit "${CDK_STATUS:-0}"
"""
PYTHON = f"""#!/bin/sh
case "$*" in
  *cli.deployment.intended*) PYTHONPATH='{ROOT}' exec '{sys.executable}' "$@" ;;
esac
echo "python $*" >> "$LOG"
case "$*" in
  *cli.deployment.account*) exit "${{ACCOUNT_STATUS:-0}}" ;;
  *cli.deployment.bootstrap*) exit "${{BOOTSTRAP_STATUS:-0}}" ;;
  *cli.deployment.changes*) exit "${{CHANGES_STATUS:-0}}" ;;
  *--prepare*) exit "${{PREPARE_STATUS:-0}}" ;;
  *--finish*) exit "${{FINISH_STATUS:-0}}" ;;
esac
"""
MAKEFILE = 'setup:\n\t@echo "make setup" >> "$$LOG"\n\t@exit $${SETUP_STATUS:-0}\n'


@dataclass
class Checkout:
    """The scripts in a folder of their own, with tools that only write down how they were called.

    Only what tells the place, by the arguments and cdk.json, is the real one.
    """

    folder: Path
    elsewhere: Path

    def run(
        self, script: str, *arguments: str, terminal: int | None = None, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """terminal: what the script reads from and writes to, instead of being read by the test."""
        environment = {"PATH": str(self.elsewhere / "bin"), "LOG": str(self.log), **variables}
        return subprocess.run(
            [str(self.folder / script), *arguments],
            env=environment,
            cwd=self.elsewhere,
            stdin=subprocess.DEVNULL if terminal is None else terminal,
            stdout=subprocess.PIPE if terminal is None else terminal,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )

    @property
    def log(self) -> Path:
        return self.elsewhere / "log"

    @property
    def calls(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []

    def set_context(self, **values: str) -> None:
        """The settings in cdk.json."""
        (self.folder / "cdk.json").write_text(json.dumps({"context": values}))

    def cdk(self) -> list[str]:
        """What the CDK was called with to deploy or to destroy."""
        [call] = [call for call in self.calls if call.startswith(("cdk|deploy", "cdk|destroy"))]
        return call.split("|")[1:-1]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    folder, elsewhere = tmp_path / "a checkout", tmp_path / "elsewhere"
    for made in (folder / "cli/deployment", folder / "build", elsewhere / "bin"):
        made.mkdir(parents=True)
    for script in ("deploy.sh", "destroy.sh", "cli/deployment/common.sh"):
        shutil.copy(ROOT / script, folder / script)
    (folder / "Makefile").write_text(MAKEFILE)
    (folder / "cdk.json").write_text("{}")
    programs = {
        folder / ".venv/bin/python": PYTHON,
        folder / "node_modules/.bin/cdk": CDK,
        elsewhere / "bin/node": NODE,
    }
    for path, text in programs.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found is not None, tool
        (elsewhere / "bin" / tool).symlink_to(found)
    return Checkout(folder, elsewhere)


SCRIPTS = pytest.mark.parametrize("script", ["deploy.sh", "destroy.sh"])
MISUSES = [
    ([], "--account is required"),
    (["--account", "12345"], "--account '12345' is not an AWS account: it must be 12 digits"),
    (["--account", ACCOUNT, "--environment", "Prod"], "--environment 'Prod': 1-20 of a-z 0-9 - are allowed"),
    (["--account", ACCOUNT, "-e", "a" * 21], "1-20 of a-z 0-9 - are allowed"),
    (["--account", ACCOUNT, "--region", "mars"], "--region 'mars' is not an AWS region, like us-east-1"),
    (["--account"], "--account needs a value"),
    (["--account", ""], "--account needs a value"),
    (["--account="], "--account needs a value"),
    (["--account", "--region", "us-east-1"], "--account needs a value, but --region follows it"),
    (["prod"], "'prod' is not an option"),
    (["--nonsense"], "'--nonsense' is not an option"),
    (["--nonsense=1"], "'--nonsense' is not an option"),
    ([""], "'' is not an option"),
    (["-e prod"], "'-e prod' is not an option"),
    (["--help=yes"], "--help takes no value"),
]


@SCRIPTS
@pytest.mark.parametrize(("arguments", "words"), MISUSES)
def test_wrong_arguments_are_one_line_and_start_nothing(
    script: str, arguments: list[str], words: str, checkout: Checkout
) -> None:
    ended = checkout.run(script, *arguments)

    assert ended.returncode == 2
    assert ended.stderr.startswith(f"{script}: ")
    assert ended.stderr.count("\n") == 1
    assert words in ended.stderr
    assert ended.stderr.endswith(f"See ./{script} --help\n")
    assert ended.stdout == ""
    assert checkout.calls == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--schedule", "--dry-run"], "--schedule needs a value, but --dry-run follows it"),
        (["-s", "-x"], "-s needs a value, but -x follows it"),
        (["--schedule", "--", "-c", "timezone=UTC"], "--schedule needs a value, but -- follows it"),
        (["--dry-run=true"], "--dry-run takes no value"),
        (["--yes"], "'--yes' is not an option"),
    ],
)
def test_deploys_own_options_are_checked_too(arguments: list[str], words: str, checkout: Checkout) -> None:
    ended = checkout.run("deploy.sh", "--account", ACCOUNT, *arguments)

    assert ended.returncode == 2
    assert words in ended.stderr
    assert checkout.calls == []


def test_destroy_hands_nothing_on(checkout: Checkout) -> None:
    ended = checkout.run("destroy.sh", "--account", ACCOUNT, "--", "--all")

    assert ended.returncode == 2
    assert "'--all' is not an option" in ended.stderr


@SCRIPTS
@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_lists_the_options(script: str, option: str, checkout: Checkout) -> None:
    ended = checkout.run(script, "--account", ACCOUNT, option)

    assert ended.returncode == 0
    assert ended.stdout.startswith(f"Usage: ./{script} --account ID [options]")
    assert "-r, --region REGION" in ended.stdout
    assert checkout.calls == []


def test_every_option_reaches_the_cdk_as_a_setting(checkout: Checkout) -> None:
    ended = checkout.run(
        "deploy.sh",
        *("-a", ACCOUNT, "-e", "dev", "-r", "eu-central-1", "-d", "-s", "cron(0 18 ? * MON-FRI *)"),
        *("--gitlab-url", "https://gitlab.example.com", "--gitlab-project-id", "studio/website"),
        *("--toggl-workspace-id", "4711", "--", "-c", 'project_map={"My app": "a/b"}', "--quiet"),
    )

    assert ended.returncode == 0, ended.stderr
    assert checkout.cdk() == [
        *("deploy", "TogglGitLabSync-dev", "--require-approval", "never"),
        *("-c", f"account={ACCOUNT}", "-c", "environment=dev", "-c", "region=eu-central-1"),
        *("-c", "dry_run=true", "-c", "schedule=cron(0 18 ? * MON-FRI *)"),
        *("-c", "gitlab_url=https://gitlab.example.com", "-c", "gitlab_project_id=studio/website"),
        *("-c", "toggl_workspace_id=4711"),
        *("-c", 'project_map={"My app": "a/b"}', "--quiet"),
    ]


def test_options_may_have_their_value_attached(checkout: Checkout) -> None:
    checkout.run("deploy.sh", f"--account={ACCOUNT}", "--environment=-odd", "--gitlab-url=https://a.example/b=c")

    assert checkout.cdk()[4:] == [
        *("-c", f"account={ACCOUNT}", "-c", "environment=-odd", "-c", "gitlab_url=https://a.example/b=c")
    ]


def test_without_options_it_deploys_prod_to_us_east_1_from_the_projects_folder(checkout: Checkout) -> None:
    ended = checkout.run("deploy.sh", "--account", ACCOUNT)

    context = f"-c|account={ACCOUNT}"
    assert checkout.calls == [
        "make setup",
        f"python -m cli.deployment.account --account {ACCOUNT} --region us-east-1",
        f"python -m cli.deployment.changes -c account={ACCOUNT}",
        f"cdk|deploy|TogglGitLabSync-prod|--require-approval|never|{context}|in {checkout.folder} with us-east-1",
    ]
    place = "--environment prod --region us-east-1"
    for module in (f"tokens {place}", f"check {place}", f"start {place} --dry-run"):
        assert f".venv/bin/python -m cli.{module}\n" in ended.stdout
    assert "the ConsoleLink among the outputs" in ended.stdout


def test_a_place_in_cdk_json_counts_where_no_option_gives_one(checkout: Checkout) -> None:
    checkout.set_context(environment="staging", region="eu-west-1", timezone="Europe/Berlin")

    ended = checkout.run("deploy.sh", "--account", ACCOUNT)

    assert f"python -m cli.deployment.account --account {ACCOUNT} --region eu-west-1" in checkout.calls
    assert checkout.cdk()[1] == "TogglGitLabSync-staging"
    assert checkout.cdk()[4:] == ["-c", f"account={ACCOUNT}"]
    assert checkout.calls[-1].endswith("with eu-west-1")
    assert "cli.tokens --environment staging --region eu-west-1\n" in ended.stdout


def test_an_option_counts_more_than_cdk_json_and_what_stands_behind_it_most(checkout: Checkout) -> None:
    checkout.set_context(environment="staging", region="eu-west-1")

    checkout.run("deploy.sh", "--account", ACCOUNT, "-e", "dev", "--", "--context=region=eu-central-1")

    asked = f"python -m cli.deployment.account --account {ACCOUNT} --region eu-central-1 --context=region=eu-central-1"
    assert asked in checkout.calls
    assert checkout.cdk()[1] == "TogglGitLabSync-dev"


@SCRIPTS
def test_a_setting_in_cdk_json_that_is_not_allowed_stops_it_before_anything_is_asked(
    script: str, checkout: Checkout
) -> None:
    checkout.set_context(environment="Staging")

    ended = checkout.run(script, "--account", ACCOUNT)

    assert ended.returncode == 2
    assert ended.stderr == "environment has the value 'Staging', but allowed is: 1-20 of a-z 0-9 -.\n"
    assert checkout.calls == ["make setup"]


def test_what_would_be_changed_is_looked_at_with_everything_that_the_cdk_gets(checkout: Checkout) -> None:
    checkout.run("deploy.sh", "--account", ACCOUNT, "--gitlab-url", "https://a.example", "--", "-c", "timezone=UTC")

    arguments = f"-c account={ACCOUNT} -c gitlab_url=https://a.example -c timezone=UTC"
    assert f"python -m cli.deployment.changes {arguments}" in checkout.calls


@pytest.mark.parametrize("account", ["0", "3"])  # bootstrapped, or not
def test_a_url_that_would_change_unasked_stops_it_before_anything_is_deployed(account: str, checkout: Checkout) -> None:
    ended = checkout.run("deploy.sh", "--account", ACCOUNT, ACCOUNT_STATUS=account, CHANGES_STATUS="2")

    assert ended.returncode == 2
    assert [call for call in checkout.calls if call.startswith("cdk")] == []


@pytest.mark.parametrize(
    "approval", [["--require-approval", "broadening"], ["--require-approval=any-change"], ["--require-approval=never"]]
)
def test_who_wants_to_approve_is_asked(approval: list[str], checkout: Checkout) -> None:
    checkout.run("deploy.sh", "--account", ACCOUNT, "--", *approval, "--quiet")

    assert checkout.cdk()[2:] == ["-c", f"account={ACCOUNT}", *approval, "--quiet"]


def test_an_account_is_bootstrapped_when_it_is_not(checkout: Checkout) -> None:
    qualifier = "@aws-cdk/core:bootstrapQualifier=studio"

    ended = checkout.run("deploy.sh", "--account", ACCOUNT, "--", "-c", qualifier, ACCOUNT_STATUS="3")

    assert ended.returncode == 0
    place = f"--account {ACCOUNT} --region us-east-1"
    assert f"python -m cli.deployment.bootstrap {place} -c {qualifier}" in checkout.calls
    assert checkout.calls[-1].startswith("cdk|deploy")


def test_where_it_may_not_be_bootstrapped_nothing_is_deployed(checkout: Checkout) -> None:
    ended = checkout.run("deploy.sh", "--account", ACCOUNT, ACCOUNT_STATUS="3", BOOTSTRAP_STATUS="2")

    assert ended.returncode == 2
    assert [call for call in checkout.calls if call.startswith("cdk")] == []


def test_on_a_terminal_the_rights_that_are_given_are_shown_and_asked_for(checkout: Checkout) -> None:
    _ours, theirs = pty.openpty()

    checkout.run("deploy.sh", "--account", ACCOUNT, terminal=theirs)

    assert checkout.cdk()[2:4] == ["--require-approval", "broadening"]


@SCRIPTS
def test_an_account_that_is_another_or_not_to_be_seen_stops_it(script: str, checkout: Checkout) -> None:
    ended = checkout.run(script, "--account", ACCOUNT, ACCOUNT_STATUS="2")

    assert ended.returncode == 2
    assert not [call for call in checkout.calls if call.startswith("cdk") or "cli.destroy" in call]


@SCRIPTS
def test_without_node_it_says_what_to_install(script: str, checkout: Checkout) -> None:
    (checkout.elsewhere / "bin/node").unlink()

    ended = checkout.run(script, "--account", ACCOUNT)

    assert ended.returncode == 2
    assert ended.stderr == (
        f"{script}: Node is missing: the CDK needs Node 20 or later, with npm (https://nodejs.org)\n"
    )


@SCRIPTS
def test_a_node_that_is_too_old_is_named(script: str, checkout: Checkout) -> None:
    ended = checkout.run(script, "--account", ACCOUNT, NODE_MAJOR="18")

    assert ended.returncode == 2
    assert ended.stderr == f"{script}: Node 20 or later is needed, but this is v18.1.0\n"


def test_without_make_it_says_what_to_install(checkout: Checkout) -> None:
    (checkout.elsewhere / "bin/make").unlink()

    assert checkout.run("deploy.sh", "--account", ACCOUNT).stderr == "deploy.sh: make is missing: install it\n"


@pytest.mark.parametrize("version", ["3.0.0", ""])
def test_a_cdk_that_is_not_2_x_is_named_with_what_to_do(version: str, checkout: Checkout) -> None:
    if not version:
        (checkout.folder / "node_modules/.bin/cdk").unlink()

    ended = checkout.run("deploy.sh", "--account", ACCOUNT, CDK_VERSION=version)

    assert ended.returncode == 2
    assert f"is of version {version or 'unknown'}, but 2.x is needed: rm -rf node_modules && make setup" in ended.stderr


def test_a_set_up_that_fails_stops_it(checkout: Checkout) -> None:
    ended = checkout.run("deploy.sh", "--account", ACCOUNT, SETUP_STATUS="1")

    assert ended.returncode == 2
    assert "deploy.sh: make setup failed: fix what it says" in ended.stderr
    assert checkout.calls == ["make setup"]


def test_a_deployment_that_fails_prints_no_next_steps(checkout: Checkout) -> None:
    ended = checkout.run("deploy.sh", "--account", ACCOUNT, CDK_STATUS="1")

    assert ended.returncode == 1
    assert "Deployed" not in ended.stdout


def test_destroy_takes_the_place_of_cdk_json_too(checkout: Checkout) -> None:
    checkout.set_context(environment="staging", region="eu-west-1")

    checkout.run("destroy.sh", "--account", ACCOUNT)

    assert "python -m cli.destroy --prepare --environment staging --region eu-west-1" in checkout.calls
    assert checkout.cdk()[1] == "TogglGitLabSync-staging"


def test_destroy_asks_destroys_and_looks(checkout: Checkout) -> None:
    ended = checkout.run("destroy.sh", "--account", ACCOUNT, "-e", "dev", "-r", "eu-west-1")

    place = "--environment dev --region eu-west-1"
    context = f"-c|environment=dev|-c|account={ACCOUNT}|-c|region=eu-west-1"
    assert ended.returncode == 0
    assert checkout.calls[2:] == [
        f"python -m cli.destroy --prepare {place}",
        f"cdk|destroy|TogglGitLabSync-dev|--force|{context}|in {checkout.folder} with eu-west-1",
        f"python -m cli.destroy --finish {place}",
    ]


def test_yes_is_handed_on(checkout: Checkout) -> None:
    checkout.run("destroy.sh", "--account", ACCOUNT, "--yes")

    assert "python -m cli.destroy --prepare --environment prod --region us-east-1 --yes" in checkout.calls


def test_an_account_that_was_never_bootstrapped_may_still_be_cleaned(checkout: Checkout) -> None:
    assert checkout.run("destroy.sh", "--account", ACCOUNT, ACCOUNT_STATUS="3").returncode == 0


@pytest.mark.parametrize(
    ("prepared", "calls", "exit_code"),
    [
        ("4", ["--prepare"], 0),  # nothing is there
        ("3", ["--prepare", "--finish"], 1),  # no stack, but something else
        ("2", ["--prepare"], 2),  # not confirmed
        ("130", ["--prepare"], 130),  # Ctrl-C
        ("0", ["--prepare", "destroy", "--finish"], 1),
    ],
)
def test_destroy_goes_only_as_far_as_there_is_something(
    prepared: str, calls: list[str], exit_code: int, checkout: Checkout
) -> None:
    ended = checkout.run("destroy.sh", "--account", ACCOUNT, PREPARE_STATUS=prepared, FINISH_STATUS="1", CDK_STATUS="1")

    made = [
        next(part for part in ("--prepare", "--finish", "destroy") if part in call.replace("cli.destroy", ""))
        for call in checkout.calls[2:]
    ]
    assert made == calls
    assert ended.returncode == exit_code


def test_the_scripts_are_executable_and_need_no_newer_bash_than_macos_has() -> None:
    for script in ("deploy.sh", "destroy.sh"):
        assert os.access(ROOT / script, os.X_OK)
    for script in ("deploy.sh", "destroy.sh", "cli/deployment/common.sh"):
        text = (ROOT / script).read_text(encoding="utf-8")
        for newer in ("mapfile", "readarray", "declare -A", "local -A", "local -n", "${!", ",,}", "^^}", "|&", "&>>"):
            assert newer not in text, (script, newer)
