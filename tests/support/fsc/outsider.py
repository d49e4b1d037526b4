"""A peer of the tests' own: certificates of the group, and a small Manager that keeps what others send it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from support.fsc.client import Answer, Client
from support.fsc.mailbox import Mailbox
from wegennet.fsc.core import certificates, hashes, signatures
from wegennet.fsc.core.certificates import KeyPair
from wegennet.fsc.core.contract import parse_content
from wegennet.fsc.core.signatures import SignatureType
from wegennet.fsc.trial.keys import KeyType
from wegennet.fsc.trial.pki import Subject

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from support.fsc.mailbox import Inbox
    from wegennet.fsc.trial.keys import Files
    from wegennet.fsc.trial.pki import Authority

ACCEPT, REJECT, REVOKE = SignatureType.ACCEPT, SignatureType.REJECT, SignatureType.REVOKE


class Outsider:
    """A peer that does what a test wants. Its Manager listens from entering the context to leaving it.

    Args:
        peer_id: its OIN.
        authority: of the group.
        address: loopback address of its Manager.
        folder: for its certificates.
        anchor: the group's trust anchor.
        key_type: of its certificates.
    """

    def __init__(
        self,
        peer_id: str,
        authority: Authority,
        address: str,
        folder: Path,
        *,
        anchor: Path,
        key_type: KeyType = KeyType.EC,
    ) -> None:
        self.id = peer_id
        self.name = f"Outsider {peer_id[8:17].lstrip('0')}"
        self.anchor = anchor
        self.files = self._certified(authority, "manager", address, folder, key_type)
        self.outway_files = self._certified(authority, "outway", address, folder, key_type)
        self.keys = KeyPair.load(self.files.certificate, self.files.key)
        self.outway_keys = KeyPair.load(self.outway_files.certificate, self.outway_files.key)
        self.mailbox = Mailbox(address, anchor, self.files, self.keys)
        self.manager_address = self.mailbox.url

    def _certified(self, authority: Authority, component: str, address: str, folder: Path, kind: KeyType) -> Files:
        domain = f"{component}.{self.id}.test"
        subject = Subject(domain, self.id, self.name, (domain, address))
        return authority.issue(subject, key_type=kind).store(folder, component)

    def __enter__(self) -> Outsider:
        self.mailbox.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.mailbox.__exit__(kind, error, trace)

    @property
    def inbox(self) -> Inbox:
        """What others sent to its Manager."""
        return self.mailbox.inbox

    @property
    def shown(self) -> int:
        """How often others looked at its key set."""
        return sum(path.endswith("/jwks.json") for path, _ in self.inbox.reads)

    @property
    def outway_thumbprint(self) -> str:
        """Of the public key of its Outway, as grants name it."""
        return certificates.public_key_thumbprint(self.outway_keys.certificate)

    def at(self, url: str, files: Files | None = None) -> Client:
        """A client with the certificate of its Manager, or another one of its own."""
        return Client(url, self.anchor, files or self.files)

    def sign(self, content: dict[str, Any], kind: SignatureType = ACCEPT, **options: Any) -> str:
        """Its signature on a content."""
        content_hash = hashes.content_hash(parse_content(content))
        return signatures.sign(self.keys, content_hash, kind, int(time.time()), **options)

    def submit(self, manager: str, content: dict[str, Any], signature: str | None = None) -> Answer:
        """Hands a contract to a Manager, with an accept signature unless another one is given."""
        body = {"content": content, "signature": signature or self.sign(content)}
        return self.at(f"{manager}/v1").post("/contracts", body, Fsc_Manager_Address=self.manager_address)

    def place(
        self,
        manager: str,
        content: dict[str, Any],
        kind: SignatureType = ACCEPT,
        *,
        signature: str | None = None,
        content_hash: str | None = None,
    ) -> Answer:
        """Hands a signature of a kind to a Manager; a signature and the hash in the path can be others than fit."""
        in_path = content_hash or hashes.content_hash(parse_content(content))
        body = {"content": content, "signature": signature or self.sign(content, kind)}
        path = f"/contracts/{in_path}/{kind.value}"
        return self.at(f"{manager}/v1").put(path, body, Fsc_Manager_Address=self.manager_address)

    def contracts(self, manager: str, **filters: str) -> dict[str, dict[str, Any]]:
        """The contracts that a Manager shows it, by their `iv`."""
        answer = self.at(f"{manager}/v1").get("/contracts", limit="1000", **filters)
        assert answer.status == 200, answer.body
        return {contract["content"]["iv"]: contract for contract in answer.json["contracts"]}

    def token(self, manager: str, grant_hash: str, **changes: str | None) -> Answer:
        """Asks for an access token with the certificate of its Outway; `changes` of None leave a field out."""
        form = {"grant_type": "client_credentials", "scope": grant_hash, "client_id": self.id} | changes
        sent = {name: value for name, value in form.items() if value is not None}
        return self.at(f"{manager}/v1", self.outway_files).post_form("/token", sent)
