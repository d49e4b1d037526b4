"""A peer of a running group as a test uses it: its own APIs by its own certificates."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from support.fsc import contracts
from support.fsc.client import Client
from support.waiting import eventually
from wegennet.fsc.core import certificates
from wegennet.fsc.core.certificates import KeyPair
from wegennet.fsc.trial.certificates import ADMINISTRATOR

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wegennet.fsc.trial.group import Peer
    from wegennet.fsc.trial.keys import Files
    from wegennet.fsc.trial.layout import Component
    from wegennet.fsc.trial.process import Process

VALID = "CONTRACT_STATE_VALID"


class Participant:
    """A peer; `internal`, `controller` and `txlog` are clients of its internal APIs, `outway` a client's of its own."""

    def __init__(self, peer: Peer, anchor: Path) -> None:
        self._peer = peer
        self.anchor = anchor
        self.id = peer.member.peer_id
        self.name = peer.member.name
        self.manager_address = peer.member.manager_address
        self.internal = self._api("manager_internal", "manager-internal")
        if not peer.member.is_directory:
            self.inway_address = peer.member.addresses["inway"]
            self.controller = self._api("controller_administration", "controller-administration")
            self.txlog = self._api("txlog_api", "txlog-api")
            self.outway = Client(peer.member.addresses["outway"])

    def client(self, address: str) -> Client:
        """A client of one of its addresses within the peer."""
        files = self._peer.files
        return Client(self._peer.member.addresses[address], files.internal_anchor, files.internal[ADMINISTRATOR])

    def _api(self, address: str, api: str) -> Client:
        client = self.client(address)
        return replace(client, url=f"{client.url}/v1", api=api)

    def files(self, component: Component) -> Files:
        """The group certificate of a component."""
        return self._peer.files.group[component.label]

    def keys(self, component: Component) -> KeyPair:
        """The same, loaded."""
        files = self.files(component)
        return KeyPair.load(files.certificate, files.key)

    def process(self, component: Component) -> Process:
        """The process of a component."""
        return self._peer.processes[component]

    @contextmanager
    def without(self, component: Component) -> Iterator[None]:
        """Kills a component; starts it again at the end."""
        process = self.process(component)
        process.child.kill()
        try:
            yield
        finally:
            process.start()
            eventually(process.ready)

    def at(self, url: str, component: Component) -> Client:
        """A client with the group certificate of a component."""
        return Client(url, self.anchor, self.files(component))

    def thumbprint(self, component: Component) -> str:
        """Of the public key of a component, as grants name it."""
        return certificates.public_key_thumbprint(self.keys(component).certificate)

    def offer(self, name: str, endpoint: str, *, inway_address: str | None = None) -> None:
        """Has its Inway offer a Service."""
        service = {"name": name, "endpoint_url": endpoint, "inway_address": inway_address or self.inway_address}
        answer = self.controller.post("/services", service)
        assert answer.status == 201, answer.body

    def propose(self, content: dict[str, Any]) -> dict[str, Any]:
        """Makes a contract, signs it, and has it sent to the others: `content_hash` and `grant_hashes`."""
        answer = self.internal.post("/contracts", {"contract_content": contracts.flat(content)})
        assert answer.status == 201, answer.body
        made: dict[str, Any] = answer.json
        return made

    def sign(self, content_hash: str, kind: str = "accept") -> None:
        """Accepts, rejects or revokes a contract that it knows."""
        answer = self.internal.put(f"/contracts/{content_hash}/{kind}")
        assert answer.status == 201, answer.body

    def state(self, content_hash: str) -> str | None:
        """What it thinks of a contract; None when it does not know it."""
        answer = self.internal.get(f"/contracts/{content_hash}")
        return answer.json["state"] if answer.status == 200 else None

    def comes_to(self, content_hash: str, state: str = VALID, *, within: float = 20) -> None:
        """Waits until it thinks so of a contract."""
        eventually(lambda: self.state(content_hash) == state, within=within)

    def states(self) -> dict[str, str]:
        """What it thinks of each contract, by content hash."""
        return {contract["content_hash"]: contract["state"] for contract in _listed(self.internal, "contracts")}

    def records(self, **filters: str) -> list[dict[str, Any]]:
        """The records of its transaction log."""
        return list(_listed(self.txlog, "logs", "records", **filters))


def _listed(api: Client, path: str, member: str | None = None, **filters: str) -> Iterator[dict[str, Any]]:
    """Every entry of a list, page by page."""
    cursor = ""
    while True:
        answer = api.get(f"/{path}", limit="1000", cursor=cursor, **filters)
        assert answer.status == 200, answer.body
        yield from answer.json[member or path]
        if not (cursor := answer.json["pagination"]["next_cursor"]):
            return
