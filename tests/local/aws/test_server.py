"""The local AWS as a thing that starts, is alone with what it is given, and goes without a trace."""

import io
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.aws.cdk import PROJECT_ROOT
from local.aws.errors import LocalAwsError
from local.aws.server import LocalAws

MARKER = "TOKEN_OF_THE_USERS_SHELL"


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    shell = pytest.MonkeyPatch()
    shell.setenv(MARKER, "secret")
    shell.setenv("AWS_PROFILE", "production")
    shell.setenv("AWS_SECRET_ACCESS_KEY", "real")
    shell.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    shell.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with LocalAws() as local:
        yield local
    shell.undo()


def add_echo_of_environment(aws: LocalAws) -> None:
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        source = "import os, sys\ndef handler(event, context): return {'env': dict(os.environ), 'path': sys.path}"
        archive.writestr("index.py", source)
    aws.client("lambda").create_function(
        FunctionName="environment",
        Runtime="python3.13",
        Role="arn:aws:iam::111122223333:role/test",
        Handler="index.handler",
        Code={"ZipFile": package.getvalue()},
        Environment={"Variables": {"OWN": "yes"}},
    )


def living_processes(group: int) -> list[int]:
    """The processes of a group that still run; zombies, which only await their parent's look, do not."""
    listing = subprocess.run(["ps", "-A", "-o", "pid=,pgid=,stat="], capture_output=True, text=True, check=True).stdout
    rows = (line.split() for line in listing.splitlines())
    return [int(pid) for pid, pgid, state in rows if int(pgid) == group and not state.startswith("Z")]


def test_clients_reach_it_past_the_users_profile_and_proxy(aws: LocalAws) -> None:
    identity = aws.client("sts").get_caller_identity()

    assert identity["Account"] == aws.account
    assert aws.endpoint.startswith("http://127.0.0.1:")


def test_it_listens_on_the_loopback_interface_only(aws: LocalAws) -> None:
    port = int(aws.endpoint.rsplit(":", 1)[1])
    wildcard = [
        line
        for table in ("/proc/net/tcp", "/proc/net/tcp6")
        if Path(table).exists()
        for line in Path(table).read_text().splitlines()[1:]
        if line.split()[1].endswith(f":{port:04X}")
        and not line.split()[1].startswith("0100007F")
        and line.split()[3] == "0A"
    ]

    assert wildcard == []


def test_a_function_sees_its_own_environment_and_nothing_of_the_users_shell(aws: LocalAws) -> None:
    add_echo_of_environment(aws)

    answer = aws.client("lambda").invoke(FunctionName="environment")["Payload"].read().decode()

    assert '"OWN": "yes"' in answer
    assert f'"AWS_ENDPOINT_URL": "{aws.endpoint}"' in answer
    for strange in (MARKER, "production", '"real"', "PROXY", str(PROJECT_ROOT / "functions"), f'"{PROJECT_ROOT}"'):
        assert strange not in answer


def test_the_environment_for_clients_is_complete(aws: LocalAws) -> None:
    script = "import boto3; print(boto3.client('sts').get_caller_identity()['Account'])"
    environment = {"PATH": os.environ["PATH"], **aws.environment()}

    result = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)

    assert result.stdout.strip() == aws.account


def test_stopping_leaves_no_process_and_no_folder_behind() -> None:
    aws = LocalAws()
    aws.start()
    group = aws.process_id or 0
    folder = aws.log_path.parent
    add_echo_of_environment(aws)
    aws.client("lambda").invoke(FunctionName="environment")
    assert len(living_processes(group)) == 2  # the server and one worker

    aws.stop()
    aws.stop()

    assert living_processes(group) == []
    assert not folder.exists()
    assert aws.process_id is None


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_it_ends_with_its_parent_however_that_ends(how: signal.Signals, tmp_path: Path) -> None:
    script = (
        "import signal, time\nfrom local.aws.server import LocalAws\n"
        # What was started in the background ignores Ctrl-C, and so would this.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "with LocalAws() as aws:\n    print(aws.process_id, aws.log_path.parent, flush=True)\n    time.sleep(60)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=PROJECT_ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert parent.stdout is not None
    group, _folder = parent.stdout.readline().split()
    assert living_processes(int(group))

    parent.send_signal(how)
    parent.wait(20)

    deadline = time.monotonic() + 10
    while living_processes(int(group)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert living_processes(int(group)) == []


def test_a_server_that_dies_at_once_shows_its_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.aws.server.PROJECT_ROOT", Path("/"))  # where there is no `local` package
    aws = LocalAws()

    with pytest.raises(LocalAwsError, match="No module named"):
        aws.start()

    assert aws.process_id is None
