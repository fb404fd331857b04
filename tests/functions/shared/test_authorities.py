"""Whose certificates are trusted."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import pytest

from contract.errors import InvalidSettings
from contract.names import CA_CERTIFICATE_FILE
from functions.shared import authorities
from functions.shared.authorities import VARIABLES, _trusting
from functions.shared.http import Http, NotSent
from tests.functions.certificates import Authority, TlsServer
from tests.functions.servers import whole


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(autouse=True)
def _nothing_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def ask(authority: Authority) -> int:
    def answer(connection: socket.socket) -> None:
        connection.sendall(whole(b"{}"))

    with TlsServer(authority, answer) as server:
        return Http("Bearer x", "x", 1000).request("GET", server.url).status


def test_a_certificate_of_a_private_authority_is_not_trusted_and_the_message_says_what_to_do(
    authority: Authority,
) -> None:
    with pytest.raises(NotSent, match=r"\(CERTIFICATE_VERIFY_FAILED\): .* see ca_certificate"):
        ask(authority)


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"])
def test_an_authority_of_the_environment_is_trusted(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, str(authority.certificate))

    assert ask(authority) == 200


def test_the_authority_that_was_deployed_is_trusted(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / CA_CERTIFICATE_FILE).write_bytes(authority.certificate.read_bytes())
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])

    assert ask(authority) == 200


def test_the_usual_authorities_are_trusted_as_well(monkeypatch: pytest.MonkeyPatch, authority: Authority) -> None:
    _trusting.cache_clear()
    monkeypatch.setattr(authorities, "DEFAULT_CA_BUNDLE_PATH", str(authority.certificate))

    assert ask(authority) == 200
    _trusting.cache_clear()


def test_they_are_read_once_for_all_connections(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    file = authority.certificate.with_name("once.pem")
    file.write_bytes(authority.certificate.read_bytes())
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    ask(authority)
    file.write_text("")

    assert ask(authority) == 200


def test_several_are_trusted_at_once(
    authority: Authority, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    another = Authority(tmp_path_factory.mktemp("another"))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.certificate))
    monkeypatch.setenv("SSL_CERT_FILE", str(another.certificate))

    assert (ask(authority), ask(another)) == (200, 200)


@pytest.mark.parametrize("name", VARIABLES)
@pytest.mark.parametrize(
    "content", [None, b"", b"-----BEGIN CERTIFICATE-----\nno\n"], ids=["no file", "empty", "no PEM"]
)
def test_a_file_of_the_environment_without_certificates_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, content: bytes | None
) -> None:
    file = tmp_path / "corp.pem"
    if content is not None:
        file.write_bytes(content)
    monkeypatch.setenv(name, str(file))

    with pytest.raises(InvalidSettings, match=rf"{name} \(.*corp\.pem\) is not a file of certificates"):
        Http("Bearer x", "x", 1000)
