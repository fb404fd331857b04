"""A local AWS for one run of the demo or of the tests: started, deployed to with the real CDK, stopped without a trace.

The AWS itself is `ministack`, a server in a process of its own, with the corrections of `local.aws.patches`. It listens
on the loopback interface only, serves nobody but this run (`local.aws.guard`), keeps everything in memory, and knows
nothing of the user's shell: Lambda functions see the server's environment, so it starts with a clean one.
"""

import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3
import botocore.session
from botocore.config import Config

from local.aws import guard
from local.aws.cdk import PROJECT_ROOT, Cdk
from local.aws.errors import LocalAwsError, tail
from local.aws.executions import Run, wait_for_end
from local.aws.processes import kill_group

ACCOUNT = "111122223333"
"""Also the access key, which is how ministack tells accounts apart."""

REGION = "us-east-1"

_START_TIMEOUT_SECONDS = 60.0  # about 1 s when the machine is idle


class LocalAws:
    """A local AWS that lives as long as its `with` block (or from `start()` to `stop()`), or until this process ends.

    Args:
        wait_scale: multiplies the state machines' Wait and retry sleeps: 0 skips them, 0.02 makes 70 s 1.4 s.
        enforce_iam: what Lambdas and clients call is checked against their policies, over TLS; what the state machine
            itself calls is not. Without it, everybody may do everything.
        way_out: the variables of proxies and certificates that the functions get, to reach other servers.
    """

    def __init__(
        self, *, wait_scale: float = 0.0, enforce_iam: bool = False, way_out: Mapping[str, str] | None = None
    ) -> None:
        self._way_out = dict(way_out or {})
        self.wait_scale = wait_scale
        self.region = REGION
        self.account = ACCOUNT
        self.endpoint = ""
        self._enforces_iam = enforce_iam
        self._secret = ""
        self._folder = Path()
        self._server: subprocess.Popen[bytes] | None = None
        self._cdk: Cdk | None = None
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
        self._secret = guard.new_secret()
        self._folder = Path(tempfile.mkdtemp(prefix="local-aws-"))
        port = _free_port()
        self.endpoint = f"{'https' if self._enforces_iam else 'http'}://127.0.0.1:{port}"
        self._cdk = Cdk(account=self.account, region=self.region, aws=self.environment(), folder=self._folder)
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
            self._await_health(self._server)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the server and all its Lambda workers, and remove the temporary folder. Doing it twice is fine."""
        server, self._server = self._server, None
        self._cdk = None
        self._clients.clear()
        if server is not None:
            # Everything is in memory and nobody is asked for a farewell: an orderly end takes seconds for each worker.
            kill_group(server.pid)
            server.wait()
            if server.stdin is not None:
                server.stdin.close()
        if self._folder != Path():
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
            guard.VARIABLE: self._secret,
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

    def client(self, service: str) -> Any:
        """A boto3 client for this AWS, whatever the environment says about proxies and endpoints. Each is made once."""
        with self._clients_lock:
            if service not in self._clients:
                config = Config(
                    proxies={},
                    retries={"total_max_attempts": 1},
                    max_pool_connections=50,
                    user_agent_appid=self._secret,
                )
                session: Any = self._session()  # its `client` is typed for each service's literal name only
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
        self._running_cdk().bootstrap()

    def synth(self, context: Mapping[str, str]) -> Path:
        """`cdk synth` the app and return the cloud assembly's folder, which `deploy` takes as its `app`.

        Raises:
            LocalAwsError: the command failed, for instance because the app refused a context value.
        """
        return self._running_cdk().synth(context)

    def deploy(self, context: Mapping[str, str], *, app: str | None = None) -> dict[str, str]:
        """`cdk deploy` the unmodified app with the context, after `cdk bootstrap` when that is still missing.

        Args:
            context: becomes `-c key=value`; `account` and `region` are this AWS's unless given.
            app: the CDK's `--app`, when it is not the one of `cdk.json`; a folder from `synth` saves synthesising.

        Returns:
            The outputs of the deployed stacks, by output name.

        Raises:
            LocalAwsError: a command failed; the message has the tail of its output.
        """
        return self._running_cdk().deploy(context, app)

    def destroy(self, context: Mapping[str, str], *, app: str | None = None) -> None:
        """`cdk destroy` all stacks of the app with the context that they were deployed with.

        Raises:
            LocalAwsError: the command failed; the message has the tail of its output.
        """
        self._running_cdk().destroy(context, app)

    def run(self, state_machine_arn: str, data: Any = None, *, timeout_seconds: float = 120) -> Run:
        """Start an execution with `data` (JSON-able; `{}` by default) and wait until it ends, however it ends.

        Raises:
            LocalAwsError: it did not end in time; it is left running.
        """
        started = self.client("stepfunctions").start_execution(
            stateMachineArn=state_machine_arn, input=json.dumps({} if data is None else data)
        )
        return self.wait_for(started["executionArn"], timeout_seconds=timeout_seconds)

    def wait_for(self, execution_arn: str, *, timeout_seconds: float = 120) -> Run:
        """Wait until an execution that somebody started ends.

        Raises:
            LocalAwsError: it did not end in time; it is left running.
        """
        return wait_for_end(self.client("stepfunctions"), execution_arn, timeout_seconds)

    def _running_cdk(self) -> Cdk:
        if self._cdk is None:
            raise LocalAwsError("The local AWS is not running: start it first.")
        return self._cdk

    def _session(self) -> boto3.Session:
        """The user's profiles are not even read: AWS_PROFILE may name one that does not exist."""
        no_file = (None, None, os.devnull, None)
        variables = {"profile": (None, None, None, None), "config_file": no_file, "credentials_file": no_file}
        return boto3.Session(
            aws_access_key_id=self.account,
            aws_secret_access_key="local",  # noqa: S106 - any secret will do
            region_name=self.region,
            botocore_session=botocore.session.Session(session_vars=variables),
        )

    def _server_environment(self, port: int) -> dict[str, str]:
        private = self._folder / "server"
        private.mkdir(exist_ok=True)
        enforcing = {} if self.certificate is None else {"AUTH": "true", "USE_SSL": "1", **_trusting(self.certificate)}
        return (
            self._way_out_but_for_loopback()
            | enforcing
            | {
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
                "LOG_LEVEL": "INFO",
                # The functions inherit it, and so they may ask this AWS too.
                guard.VARIABLE: self._secret,
                # Where the package `cryptography` is installed, its IoT would listen on port 8883 of every interface.
                "IOT_MTLS_ENABLED": "0",
                "SFN_WAIT_SCALE": str(self.wait_scale),
                # AWS's default. ministack's own depends on the free memory, down to 16: less than a Map may need.
                "LAMBDA_ACCOUNT_CONCURRENCY": "1000",
            }
        )

    def _way_out_but_for_loopback(self) -> dict[str, str]:
        """Without a proxy there is nothing to exempt; with one, the functions must still reach this AWS."""
        if not self._way_out:
            return {}
        exempt = [value for name in ("NO_PROXY", "no_proxy") if (value := self._way_out.get(name))]
        no_proxy = ",".join([*exempt[:1], "127.0.0.1", "localhost"])
        return self._way_out | {"NO_PROXY": no_proxy, "no_proxy": no_proxy}

    def _await_health(self, server: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _START_TIMEOUT_SECONDS
        while time.monotonic() < deadline:
            if server.poll() is not None:
                raise LocalAwsError(
                    f"the local AWS ended at once, with exit code {server.returncode}:\n{self._log_tail()}"
                )
            try:
                with self._opener().open(f"{self.endpoint}/_ministack/health", timeout=2):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.03)
        raise LocalAwsError(f"the local AWS did not answer within {_START_TIMEOUT_SECONDS:g} s:\n{self._log_tail()}")

    def _opener(self) -> urllib.request.OpenerDirector:
        handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({})]
        if self.certificate is not None:
            handlers.append(urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=self.certificate)))
        opener = urllib.request.build_opener(*handlers)
        opener.addheaders = [("User-Agent", f"app/{self._secret}")]
        return opener

    def _log_tail(self) -> str:
        return tail(self.log_path.read_text(errors="replace").splitlines())


def _trusting(certificate: Path) -> dict[str, str]:
    """What boto3 and the CDK look at for a certificate of one's own."""
    return {"AWS_CA_BUNDLE": str(certificate), "NODE_EXTRA_CA_CERTS": str(certificate)}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
