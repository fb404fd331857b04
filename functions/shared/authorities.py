"""Whose certificates are trusted: the usual authorities, and those of a company's own."""

from __future__ import annotations

import os
import ssl
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from requests.utils import DEFAULT_CA_BUNDLE_PATH
from urllib3.util.ssl_ import create_urllib3_context

from contract.errors import InvalidSettings, plain
from contract.names import CA_CERTIFICATE_FILE

VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
"""Where people name their authorities: of requests, which counts the first two, and of OpenSSL."""


def tls_context() -> ssl.SSLContext:
    """A context that trusts the usual authorities and one's own.

    The usual ones are those that come with requests; one's own are what the setting `ca_certificate` brought, which
    travels as a layer, and those of the environment. Raises InvalidSettings for a file that has no certificate.
    """
    return _trusting(tuple(_own_files()))


@cache
def _trusting(files: tuple[tuple[str, Path], ...]) -> ssl.SSLContext:
    """One context for all connections of a process: reading the usual authorities takes a small Lambda 0.1 s."""
    context = create_urllib3_context()
    context.load_verify_locations(DEFAULT_CA_BUNDLE_PATH)
    for what, path in files:
        try:
            context.load_verify_locations(**{"capath" if path.is_dir() else "cafile": str(path)})
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            raise InvalidSettings(
                f"{what} ({plain(str(path), 120)}) is not a file of certificates in PEM form. Correct or remove it."
            ) from error
        # Many a company's authority lacks an extension that newer Pythons insist on, and some hand out the certificate
        # of the server itself, or of what signs it.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def _own_files() -> Iterator[tuple[str, Path]]:
    for folder in sys.path:
        deployed = Path(folder) / CA_CERTIFICATE_FILE
        if deployed.is_file():
            yield "ca_certificate", deployed
    # Two variables often name one file, which is read once; its first variable is the one to correct.
    named = {os.environ[name]: name for name in reversed(VARIABLES) if os.environ.get(name)}
    yield from ((name, Path(path)) for path, name in named.items())
