"""How what runs on a local AWS gets out: by the proxies and certificates of the environment, and by nothing else."""

from __future__ import annotations

import json
import os
from pathlib import Path

import certifi
import pytest

from cli.settings.environments import ROOT
from cli.settings.way_out import trust, way_out
from contract.settings import Settings
from local.aws.server import LocalAws
from tests.local.aws.support import add_function


def test_proxies_and_certificates_count_and_nothing_else_of_the_shell() -> None:
    shell = {"HTTPS_PROXY": "http://proxy:3128", "no_proxy": "corp.example", "SSL_CERT_FILE": "/etc/corp.pem"}

    assert (
        way_out(shell | {"HOME": "/home/ada", "GITLAB_API_TOKEN": "x", "HTTP_PROXY": "", "AWS_PROFILE": "a"}) == shell
    )


def test_a_certificate_is_named_by_its_whole_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)

    assert way_out({"REQUESTS_CA_BUNDLE": "corp.pem"}) == {"REQUESTS_CA_BUNDLE": str(tmp_path / "corp.pem")}


@pytest.mark.parametrize("exempt", [{}, {"NO_PROXY": "corp.example"}, {"no_proxy": "corp.example"}])
def test_a_function_gets_out_by_them_and_still_reaches_the_local_aws(exempt: dict[str, str]) -> None:
    source = (
        "import os, boto3\ndef handler(event, context):\n"
        "    boto3.client('sts').get_caller_identity()\n"
        "    return {name: os.environ.get(name) for name in event}\n"
    )
    shell = {"HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9", "SSL_CERT_FILE": "/etc/corp.pem"}

    with LocalAws(way_out=way_out(shell | exempt)) as aws:
        add_function(aws, "outwards", source, timeout_seconds=30)
        asked = json.dumps(["HTTPS_PROXY", "SSL_CERT_FILE", "NO_PROXY", "no_proxy", "HOME"]).encode()
        answer = json.load(aws.client("lambda").invoke(FunctionName="outwards", Payload=asked)["Payload"])

    no_proxy = ",".join([*exempt.values(), "127.0.0.1", "localhost"])
    assert answer["HTTPS_PROXY"] == shell["HTTPS_PROXY"]
    assert answer["SSL_CERT_FILE"] == shell["SSL_CERT_FILE"]
    assert (answer["NO_PROXY"], answer["no_proxy"]) == (no_proxy, no_proxy)
    assert answer["HOME"] != os.environ.get("HOME")


def test_the_settings_certificate_is_trusted_unless_the_shell_names_one(tmp_path: Path) -> None:
    file = str(tmp_path / "corp-root.pem")
    nothing: dict[str, str] = {}
    own = {"REQUESTS_CA_BUNDLE": "/etc/own.pem"}
    none: dict[str, str] = {}

    trust(file, nothing)
    trust(file, own)
    trust("", none)

    assert (nothing, own, none) == ({"SSL_CERT_FILE": file}, {"REQUESTS_CA_BUNDLE": "/etc/own.pem"}, {})


def test_a_certificate_is_found_from_whatever_folder_a_command_is_called(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    from_the_project = os.path.relpath(certifi.where(), ROOT)
    variables: dict[str, str] = {}

    trust(Settings.from_context({"ca_certificate": from_the_project}).ca_certificate, variables)

    assert Path(variables["SSL_CERT_FILE"]).samefile(certifi.where())
