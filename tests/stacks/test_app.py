"""The app as a program: what it needs, and what it says of wrong settings."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, fields
from pathlib import Path

import pytest

from cli.settings.environments import FOLDER_VARIABLE
from contract.errors import InvalidSettings
from contract.settings import Settings
from tests.stacks.support import CDK_CONTEXT, ROOT, Synthesis, synthesise

BLOCKED_PYTHON = """
import os, socket

def refuse(*args, **kwargs):
    with open(os.environ["CALLS_OUT"], "a") as calls:
        calls.write(f"python {args[-1]}\\n")
    raise OSError("no network in this test")

socket.socket.connect = socket.socket.connect_ex = socket.socket.sendto = refuse
socket.getaddrinfo = socket.gethostbyname = refuse
"""
BLOCKED_NODE = """
const refuse = (...args) => {
  require("fs").appendFileSync(process.env.CALLS_OUT, `node ${args[0]}\\n`);
  throw new Error("no network in this test");
};
require("net").Socket.prototype.connect = refuse;
require("dns").lookup = refuse;
require("dns").promises.lookup = refuse;
"""


@dataclass
class Program:
    """`python app.py` for the default settings, in an environment without network and credentials."""

    folder: Path

    def start(self) -> subprocess.Popen[str]:
        for name, text in (("sitecustomize.py", BLOCKED_PYTHON), ("block.js", BLOCKED_NODE)):
            (self.folder / name).write_text(text)
        return subprocess.Popen(
            [sys.executable, "app.py"],
            cwd=ROOT,
            env={
                "PATH": os.environ["PATH"],
                "HOME": os.environ["HOME"],  # jsii keeps the unpacked CDK there, which takes a minute to unpack
                "AWS_CONFIG_FILE": os.devnull,
                "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
                "PYTHONPATH": str(self.folder),
                FOLDER_VARIABLE: os.environ[FOLDER_VARIABLE],
                "PYTHONDONTWRITEBYTECODE": "1",
                "PYTHONHASHSEED": "1",  # another order of sets than in this process
                "NODE_OPTIONS": f"--require {self.folder / 'block.js'}",
                "CALLS_OUT": str(self.calls_out),
                "CDK_OUTDIR": str(self.folder / "cdk.out"),
                "CDK_CONTEXT_JSON": json.dumps(CDK_CONTEXT),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    @property
    def calls_out(self) -> Path:
        return self.folder / "calls-out"


@pytest.fixture(scope="module")
def program(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Program:
    """The program after it has ended, well."""
    program = Program(tmp_path_factory.mktemp("program"))
    process = program.start()
    request.getfixturevalue("default")  # this process synthesises meanwhile, since each takes seconds
    said, _ = process.communicate(timeout=600)
    assert process.returncode == 0, said
    return program


def test_the_same_settings_give_the_same_template_byte_for_byte(program: Program, default: Synthesis) -> None:
    again = Synthesis(program.folder / "cdk.out")

    assert again.template_file.read_bytes() == default.template_file.read_bytes()


def test_the_synth_needs_no_network_and_no_credentials(program: Program) -> None:
    assert not program.calls_out.exists(), program.calls_out.read_text()


def test_a_setting_that_is_not_allowed_stops_the_program_with_a_message_for_people(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from aws_cdk import App  # noqa: PLC0415 - takes seconds, and only the tests that synthesise need it

    import app  # noqa: PLC0415 - the same

    monkeypatch.setenv("CDK_OUTDIR", str(tmp_path))
    monkeypatch.setattr(app, "App", lambda **how: App(**how, context={**CDK_CONTEXT, "dry_runn": "true"}))

    with pytest.raises(SystemExit) as ended:
        app.main()

    said = str(ended.value)  # Python prints it and ends with 1
    words = "Unknown context key 'dry_runn' (with the value 'true'). Did you mean dry_run? Allowed are: "
    assert said.startswith(f"InvalidSettings: {words}")
    assert [one.name for one in fields(Settings) if one.name not in said] == []
    assert not (tmp_path / "manifest.json").exists()


@pytest.mark.parametrize(
    ("context", "words"),
    [
        ({}, "environments/team.toml: days_back has the value '400', but allowed is: 0-366."),
        ({"environment": "dev"}, "timezone has the value 'Mars'"),  # its file is sound, what was asked for is not
    ],
)
def test_the_environments_own_file_is_read(
    context: dict[str, str], words: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from aws_cdk import App  # noqa: PLC0415 - takes seconds, and only the tests that synthesise need it

    import app  # noqa: PLC0415 - the same

    folder = tmp_path / "environments"
    folder.mkdir()
    (folder / "team.toml").write_text("days_back = 400")
    if context:
        (folder / "dev.toml").write_text("days_back = 4")
        context = {**context, "timezone": "Mars"}
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
    monkeypatch.setattr(app, "App", lambda **how: App(**how, context={**CDK_CONTEXT, **context}))

    with pytest.raises(SystemExit) as ended:
        app.main()

    assert words in str(ended.value)


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("environment", "Prod_1", "1-20 of a-z 0-9 -"),
        ("schedule", "every day", "cron(), rate(), or off"),
        ("gitlab_url", "http://gitlab.example.com", "https; http for loopback only"),
        ("max_concurrency", "41", "1-40"),
        ("dry_run", "maybe", "true, false"),
    ],
)
def test_a_bad_value_stops_the_synth_and_says_what_is_allowed(
    tmp_path: Path, key: str, value: str, allowed: str
) -> None:
    with pytest.raises(InvalidSettings) as caught:
        synthesise(tmp_path, {key: value})

    assert caught.value.message == f"{key} has the value '{value}', but allowed is: {allowed}."
