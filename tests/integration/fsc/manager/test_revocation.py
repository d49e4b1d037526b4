from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

import pytest
from integration.fsc.manager.group import Group
from unit.fsc.manager import made

from wegennet.fsc.core.certificates import KeyPair
from wegennet.fsc.core.hashes import content_hash
from wegennet.fsc.core.jwks import jwk_set
from wegennet.fsc.core.signatures import SignatureType, sign

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from integration.fsc.manager.group import Manager, Played
    from support.postgres import Postgres


class Revoked:
    """A group whose certificates name a list of what is revoked; `list` is what its server gives."""

    def __init__(self, folder: Path, postgres: Postgres) -> None:
        self.list = b""
        revoked = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: Any) -> None:
                pass

            def do_GET(self) -> None:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(revoked.list)

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.group = Group(folder, postgres, f"http://127.0.0.1:{self._server.server_port}/list")
        self.list = self.group.authority.revocation_list()

    def revoke(self, *pairs: KeyPair) -> None:
        """Revokes certificates."""
        self.list = self.group.authority.revocation_list(*(pair.certificate for pair in pairs))

    def close(self) -> None:
        """Ends the server."""
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def revoked(tmp_path: Path, postgres: Postgres) -> Iterator[Revoked]:
    """A group of its own: a list that was fetched once is kept."""
    revoked = Revoked(tmp_path, postgres)
    with revoked.group:
        yield revoked
    revoked.close()


@pytest.fixture
def consumer(revoked: Revoked) -> Played:
    """Who submits."""
    return revoked.group.played(revoked.group.member("Consumer"))


def checking(revoked: Revoked) -> Manager:
    """A Manager that checks what is revoked."""
    return revoked.group.manager(revoked.group.member("Provider"), disable_crl_checks=False)


def test_who_is_not_revoked_is_served(revoked: Revoked, consumer: Played) -> None:
    provider = checking(revoked)
    content = made.contract(made.connection(consumer=consumer.member.id, provider=provider.member.id))
    assert consumer.member.submit(provider.member, content).status == 201


def test_a_client_whose_certificate_is_revoked_is_refused(revoked: Revoked, consumer: Played) -> None:
    revoked.revoke(consumer.member.keypair)
    answer = consumer.member.get(checking(revoked).member, "/peer")
    assert (answer.status, answer.code) == (400, "PEER_CERTIFICATE_VERIFICATION_FAILED")


def test_a_client_whose_certificate_is_revoked_gets_no_token(revoked: Revoked, consumer: Played) -> None:
    revoked.revoke(consumer.member.keypair)
    answer = consumer.member.token(checking(revoked).member, "$1$3$x")
    assert (answer.status, answer.json["error"]) == (400, "invalid_client")


def test_a_signature_with_a_revoked_certificate_is_refused(revoked: Revoked, consumer: Played) -> None:
    files = revoked.group.certificate(revoked.group.folder / "signing", "key", consumer.member.peer, "127.0.0.1")
    keypair = KeyPair.load(files.certificate, files.key)
    consumer.key_set = jwk_set([keypair.chain])
    revoked.revoke(keypair)
    provider = checking(revoked)
    content = made.contract(made.connection(consumer=consumer.member.id, provider=provider.member.id))
    jws = sign(keypair, content_hash(content), SignatureType.ACCEPT, int(time.time()))
    answer = consumer.member.submit(provider.member, content, jws)
    assert (answer.status, answer.code) == (422, "SIGNATURE_VERIFICATION_FAILED")
    assert not provider.knows(content)


def test_nobody_is_served_while_it_cannot_be_told_who_is_revoked(revoked: Revoked, consumer: Played) -> None:
    revoked.list = b"no list"
    answer = consumer.member.get(checking(revoked).member, "/peer")
    assert (answer.status, answer.code) == (400, "PEER_CERTIFICATE_VERIFICATION_FAILED")


def test_an_internal_caller_is_not_looked_up(revoked: Revoked) -> None:
    revoked.list = b"no list"
    assert checking(revoked).administer("GET", "/contracts").status == 200
