"""How this machine gets out: the proxies and certificates of the environment, for what runs on a local AWS."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from pathlib import Path

from contract.values import certificate_path

PROXIES = ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY")
CERTIFICATES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")


def trust(ca_certificate: str, variables: MutableMapping[str, str]) -> None:
    """Let this process trust what the setting names, beside the usual authorities.

    ca_certificate: a file's path, or "" for none. variables: of the environment; one that names authorities goes first.
    """
    if ca_certificate and not any(variables.get(name) for name in CERTIFICATES):
        variables["SSL_CERT_FILE"] = str(certificate_path(ca_certificate))


def way_out(variables: Mapping[str, str]) -> dict[str, str]:
    """Those of the variables that say how to get out, and nothing else of somebody's shell.

    Files are named by their whole path, since a function has a folder of its own.
    """
    proxies = {name: variables[name] for one in PROXIES for name in (one, one.lower()) if variables.get(name)}
    files = {name: str(Path(variables[name]).absolute()) for name in CERTIFICATES if variables.get(name)}
    return proxies | files
