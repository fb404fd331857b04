"""A local AWS for one run of the demo or of the tests: started, deployed to with the real CDK, stopped without a trace.

The AWS itself is `ministack`, a server in a process of its own, with the corrections of `local.aws.patches`. It listens
on the loopback interface only, keeps everything in memory, and knows nothing of the user's shell: Lambda functions see
the server's environment, so it starts with a clean one.
"""

import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3
import botocore.session
from botocore.config import Config

PROJECT_ROOT = Path(__file__).resolve().parents[2]
ENDED = frozenset({"SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"})

_START_TIMEOUT_SECONDS = 60.0  # about 1 s when the machine is idle
_CDK_TIMEOUT_SECONDS = 600.0
_LOG_TAIL_LINES = 40


class LocalAwsError(Exception):
    """The local AWS, or a CDK command against it, failed; the message ends with the tail of its output."""


@dataclass(frozen=True)
class Run:
    """One ended execution of a state machine.

    Attributes:
        status: SUCCEEDED, FAILED, TIMED_OUT or ABORTED.
        output: the parsed JSON output, None unless it succeeded.
        history: the events as boto3's `get_execution_history` gives them, all pages, oldest first.
    """

    arn: str
    status: str
    input: Any
    output: Any
    error: str | None
    cause: str | None
    history: tuple[dict[str, Any], ...]


class LocalAws:
    """A local AWS that lives as long as its `with` block (or from `start()` to `stop()`), or until this process ends.

    Args:
        wait_scale: multiplies the state machines' Wait and retry sleeps: 0 skips them, 0.02 makes 70 s 1.4 s.
        region, account: what ARNs contain. The account number is also the access key, which is how ministack tells
            accounts apart.
        folder: for the log, the CDK's caches and output, and kept; by default a temporary one that `stop()` removes.
        cdk: the CDK's command; the project's own one by default.
        log_level: of the server's log, which is at `log_path`.
        enforce_iam: what Lambdas and clients call is checked against their policies, over TLS; what the state machine
            itself calls is not. Without it, everybody may do everything.
    """

    def __init__(
        self,
        *,
        wait_scale: float = 0.0,
        region: str = "us-east-1",
        account: str = "111122223333",
        folder: Path | None = None,
        cdk: Path | None = None,
        log_level: str = "INFO",
        enforce_iam: bool = False,
    ) -> None:
        self.wait_scale = wait_scale
        self.region = region
        self.account = account
        self.endpoint = ""
        self._enforces_iam = enforce_iam
        self._log_level = log_level
        self._cdk = cdk or PROJECT_ROOT / "node_modules" / ".bin" / "cdk"
        self._given_folder = folder
        self._folder = Path()
        self._server: subprocess.Popen[bytes] | None = None
        self._bootstrapped = False
        self._clients: dict[str, Any] = {}
        self._clients_lock = threading.Lock()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def log_path(self) -> Path:
        """The server's log, the Lambda functions' lines not included: those are in CloudWatch Logs."""
        return self._folder / "server.log"

    @property
    def certificate(self) -> Path | None:
        """What clients have to trust; None without TLS. The server makes it when it starts."""
        return self._folder / "server" / "ministack-tls" / "server.crt" if self._enforces_iam else None

    @property
    def process_id(self) -> int | None:
        """The server's process id, also the process group of its Lambda workers; None when it is not running."""
        return self._server.pid if self._server else None

    def start(self) -> None:
        """Start the server and wait until it answers.

        Raises:
            LocalAwsError: it ended, or did not answer in time; the message has the tail of its log.
        """
        if self._server is not None:
            return
        if self._given_folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="local-aws-"))
        else:
            self._folder = self._given_folder.resolve()
            self._folder.mkdir(parents=True, exist_ok=True)
        port = _free_port()
        self.endpoint = f"{'https' if self._enforces_iam else 'http'}://127.0.0.1:{port}"
        with self.log_path.open("wb") as log:
            # A session of its own: Ctrl-C in the terminal reaches only this process, which then stops the server.
            self._server = subprocess.Popen(
                [sys.executable, "-m", "local.aws.process"],
                cwd=PROJECT_ROOT,
                env=self._server_environment(port),
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self._await_health()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the server and all its Lambda workers, and remove the temporary folder. Doing it twice is fine."""
        server, self._server = self._server, None
        self._bootstrapped = False
        self._clients.clear()
        if server is not None:
            # Everything is in memory and nobody is asked for a farewell: an orderly end takes seconds for each worker.
            _kill_group(server.pid)
            server.wait()
            if server.stdin is not None:
                server.stdin.close()
        if self._given_folder is None and self._folder != Path():
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = Path()

    def environment(self) -> dict[str, str]:
        """What a client process (the AWS CLI, the CDK, boto3) must have to talk to this AWS and to no other.

        To be laid over an environment without other `AWS_` variables: a profile or a per-service endpoint would win.
        """
        trust = {} if self.certificate is None else _trusting(self.certificate)
        return trust | {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.account,
            "AWS_SECRET_ACCESS_KEY": "local",
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            # The user's profiles are not for this AWS, and there is no instance metadata to wait for.
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_PAGER": "",
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
        }

    def session(self) -> boto3.Session:
        """A boto3 session with this AWS's keys and region; its clients still need `endpoint_url=aws.endpoint`.

        The user's profiles are not even read: AWS_PROFILE may name one that does not exist.
        """
        no_file = (None, None, os.devnull, None)
        variables = {"profile": (None, None, None, None), "config_file": no_file, "credentials_file": no_file}
        return boto3.Session(
            aws_access_key_id=self.account,
            aws_secret_access_key="local",  # noqa: S106 - any secret will do
            region_name=self.region,
            botocore_session=botocore.session.Session(session_vars=variables),
        )

    def client(self, service: str) -> Any:
        """A boto3 client for this AWS, whatever the environment says about proxies and endpoints. Each is made once."""
        with self._clients_lock:
            if service not in self._clients:
                config = Config(proxies={}, retries={"total_max_attempts": 1}, max_pool_connections=50)
                session: Any = self.session()  # its `client` is typed for each service's literal name only
                verify = None if self.certificate is None else str(self.certificate)
                self._clients[service] = session.client(
                    service, endpoint_url=self.endpoint, config=config, verify=verify
                )
            return self._clients[service]

    def bootstrap(self) -> None:
        """`cdk bootstrap` this account and region, once.

        Raises:
            LocalAwsError: the command failed.
        """
        if self._bootstrapped:
            return
        # From an empty folder: in the project's, the CDK would synthesise the app first.
        with tempfile.TemporaryDirectory(dir=self._folder) as empty:
            self._run_cdk(["bootstrap", f"aws://{self.account}/{self.region}"], cwd=Path(empty))
        self._bootstrapped = True

    def synth(
        self,
        context: Mapping[str, str],
        *,
        app: str | None = None,
        outdir: Path | None = None,
        root: Path = PROJECT_ROOT,
    ) -> Path:
        """`cdk synth` the app in `root` and return the cloud assembly's folder, which `deploy` takes as its `app`.

        Raises:
            LocalAwsError: the command failed, for instance because the app refused a context value.
        """
        out = outdir or self._assembly_folder()
        self._run_cdk(["synth", "--quiet", "--output", str(out), *self._app_arguments(context, app)], cwd=root)
        return out

    def deploy(
        self,
        context: Mapping[str, str],
        *,
        app: str | None = None,
        outdir: Path | None = None,
        stack: str | None = None,
        root: Path = PROJECT_ROOT,
    ) -> dict[str, str]:
        """`cdk deploy` the unmodified app in `root` with the context, after `cdk bootstrap` when that is still missing.

        Args:
            context: becomes `-c key=value`; `account` and `region` are this AWS's unless given.
            app: the CDK's `--app`, when it is not the one of `cdk.json`; a folder from `synth` saves synthesising.
            outdir: the cloud assembly's folder; a private one by default.
            stack: the stack's name; all of the app's stacks by default.

        Returns:
            The outputs of the deployed stacks, by output name.

        Raises:
            LocalAwsError: a command failed; the message has the tail of its output.
        """
        self.bootstrap()
        out = outdir or self._assembly_folder()
        outputs = self._folder / f"{out.name}-outputs.json"
        # Without change sets: a second less, and they add nothing here.
        command = ["deploy", stack or "--all", "--require-approval", "never", "--method", "direct"]
        command += ["--output", str(out), "--outputs-file", str(outputs), *self._app_arguments(context, app)]
        self._run_cdk(command, cwd=root)
        return {name: value for names in json.loads(outputs.read_text()).values() for name, value in names.items()}

    def destroy(self, context: Mapping[str, str], *, app: str | None = None, root: Path = PROJECT_ROOT) -> None:
        """`cdk destroy` all stacks of the app in `root` with the context that they were deployed with.

        Raises:
            LocalAwsError: the command failed; the message has the tail of its output.
        """
        command = ["destroy", "--all", "--force", "--output", str(self._assembly_folder())]
        self._run_cdk([*command, *self._app_arguments(context, app)], cwd=root)

    def run(
        self, state_machine_arn: str, data: Any = None, *, name: str | None = None, timeout_seconds: float = 120
    ) -> Run:
        """Start an execution with `data` (JSON-able; `{}` by default) and wait until it ends, however it ends.

        Raises:
            LocalAwsError: it did not end in time; it is left running.
        """
        states = self.client("stepfunctions")
        more = {"name": name} if name else {}
        started = states.start_execution(
            stateMachineArn=state_machine_arn, input=json.dumps({} if data is None else data), **more
        )
        return self.wait_for(started["executionArn"], timeout_seconds=timeout_seconds)

    def wait_for(self, execution_arn: str, *, timeout_seconds: float = 120) -> Run:
        """Wait until an execution that somebody started ends.

        Raises:
            LocalAwsError: it did not end in time; it is left running.
        """
        states = self.client("stepfunctions")
        deadline = time.monotonic() + timeout_seconds
        pause_seconds = 0.02
        while True:
            execution = states.describe_execution(executionArn=execution_arn)
            if execution["status"] in ENDED:
                break
            if time.monotonic() > deadline:
                message = f"{execution_arn} has not ended after {timeout_seconds:g} s"
                raise LocalAwsError(message)
            time.sleep(pause_seconds)
            pause_seconds = min(pause_seconds * 1.5, 0.25)
        pages = states.get_paginator("get_execution_history").paginate(
            executionArn=execution_arn, maxResults=1000, includeExecutionData=True
        )
        output = execution.get("output")
        return Run(
            arn=execution_arn,
            status=execution["status"],
            input=json.loads(execution["input"]),
            output=json.loads(output) if output is not None else None,
            error=execution.get("error"),
            cause=execution.get("cause"),
            history=tuple(event for page in pages for event in page["events"]),
        )

    def _assembly_folder(self) -> Path:
        return self._folder / f"cdk.out-{uuid.uuid4().hex[:8]}"

    def _app_arguments(self, context: Mapping[str, str], app: str | None) -> list[str]:
        values = {"account": self.account, "region": self.region, **context}
        arguments = [part for key, value in values.items() for part in ("-c", f"{key}={value}")]
        return [*arguments, "--app", app] if app else arguments

    def _server_environment(self, port: int) -> dict[str, str]:
        private = self._folder / "server"
        private.mkdir(exist_ok=True)
        enforcing = {} if self.certificate is None else {"AUTH": "true", "USE_SSL": "1", **_trusting(self.certificate)}
        return enforcing | {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(private),
            "TMPDIR": str(private),
            "LANG": "C.UTF-8",
            "TZ": "UTC",  # as in a Lambda function
            "PYTHONUNBUFFERED": "1",
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "MINISTACK_REGION": self.region,
            "MINISTACK_ACCOUNT_ID": self.account,
            "LOG_LEVEL": self._log_level,
            "SFN_WAIT_SCALE": str(self.wait_scale),
            # AWS's default. ministack's own depends on the free memory, down to 16: less than a Map may need.
            "LAMBDA_ACCOUNT_CONCURRENCY": "1000",
        }

    def _await_health(self) -> None:
        server = self._server
        if server is None:
            return
        deadline = time.monotonic() + _START_TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            if server.poll() is not None:
                message = f"the local AWS ended at once, with exit code {server.returncode}:\n{_tail(self.log_path)}"
                raise LocalAwsError(message)
            try:
                with self._opener().open(f"{self.endpoint}/_ministack/health", timeout=2):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.03)
        message = f"the local AWS did not answer within {_START_TIMEOUT_SECONDS:g} s:\n{_tail(self.log_path)}"
        raise LocalAwsError(message)

    def _opener(self) -> urllib.request.OpenerDirector:
        handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({})]
        if self.certificate is not None:
            handlers.append(urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=self.certificate)))
        return urllib.request.build_opener(*handlers)

    def _run_cdk(self, arguments: Sequence[str], *, cwd: Path) -> None:
        command = [str(self._cdk), *arguments, "--no-notices", "--no-color", "--ci"]
        with _ended_with_this_block(command, cwd=cwd, env=self._cdk_environment()) as process:
            try:
                output, _ = process.communicate(timeout=_CDK_TIMEOUT_SECONDS)
            except subprocess.TimeoutExpired:
                message = f"cdk {arguments[0]} took longer than {_CDK_TIMEOUT_SECONDS:g} s"
                raise LocalAwsError(message) from None
        if process.returncode != 0:
            tail = "\n".join(output.splitlines()[-_LOG_TAIL_LINES:])
            message = f"cdk {arguments[0]} failed with exit code {process.returncode}:\n{tail}"
            raise LocalAwsError(message)

    def _cdk_environment(self) -> dict[str, str]:
        # The user's own environment stays, proxies and package indexes included: the app may build its Lambda layer.
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CDK_"))}
        exempt = [value for name in ("NO_PROXY", "no_proxy") if (value := os.environ.get(name))]
        ours = self.environment()
        no_proxy = ",".join([*exempt[:1], ours["NO_PROXY"]])
        return (
            inherited
            | ours
            | {
                "NO_PROXY": no_proxy,
                "no_proxy": no_proxy,
                # `python` in cdk.json is then the one that runs this.
                "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
                # Its cache of access key -> account must not reach the user's ~/.cdk, nor another local AWS.
                "CDK_HOME": str(self._folder / "cdk-home"),
                "CDK_DISABLE_VERSION_CHECK": "1",
                "CDK_DISABLE_CLI_TELEMETRY": "true",
                "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1",
                "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
            }
        )


def _trusting(certificate: Path) -> dict[str, str]:
    """What boto3 and the CDK look at for a certificate of one's own."""
    return {"AWS_CA_BUNDLE": str(certificate), "NODE_EXTRA_CA_CERTS": str(certificate)}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def _ended_with_this_block(
    command: Sequence[str], *, cwd: Path, env: Mapping[str, str]
) -> Iterator["subprocess.Popen[str]"]:
    """A command whose whole process group (the CDK starts the app, the app starts node) is gone when the block ends."""
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            _kill_group(process.pid)
        process.wait()


def _kill_group(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return  # all ended already
    except PermissionError:
        return  # macOS says so when only zombies are left


def _tail(path: Path) -> str:
    lines = path.read_text(errors="replace").splitlines() if path.exists() else []
    return "\n".join(lines[-_LOG_TAIL_LINES:])
