"""A certificate authority for all tests of the wire, and the ways in which server and client can meet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.wire import Ca, Way, mutual

if TYPE_CHECKING:
    from wegennet.fsc.wire.tls import Choice


@pytest.fixture(scope="session")
def ca(tmp_path_factory: pytest.TempPathFactory) -> Ca:
    """A certificate authority."""
    return Ca(tmp_path_factory.mktemp("ca"))


@pytest.fixture(params=["http/1.1", "http/2", "https/1.1", "https/2"])
def way(request: pytest.FixtureRequest, ca: Ca) -> Way:
    """Each protocol, in the clear and with TLS."""
    scheme, _, number = request.param.partition("/")
    protocol: Choice = "2" if number == "2" else "1.1"
    server, client = mutual(ca) if scheme == "https" else (None, None)
    return Way(protocol, server, client)
