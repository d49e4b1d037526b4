"""A group of Managers for tests: real TLS sockets on loopback addresses of their own, real databases, one event loop.

Peers that a test plays itself are `Played`: they give their key set, and keep what is submitted to them.
"""

from __future__ import annotations

import asyncio
import shutil
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlencode

from integration.fsc.manager.servers import Answer, Asked, Caller, Server
from support.waiting import eventually
from unit.fsc.manager import made

from wegennet.fsc.core.certificates import KeyPair
from wegennet.fsc.core.hashes import content_hash
from wegennet.fsc.core.identity import Peer
from wegennet.fsc.core.jwks import jwk_set
from wegennet.fsc.core.signatures import SignatureType, sign
from wegennet.fsc.manager.process import start
from wegennet.fsc.manager.settings import ManagerSettings
from wegennet.fsc.service.lifecycle import Process
from wegennet.fsc.service.settings import load
from wegennet.fsc.service.supervision import Backoff
from wegennet.fsc.trial.keys import chain_pem
from wegennet.fsc.trial.loopback import Network
from wegennet.fsc.trial.pki import Authority, Subject

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path
    from types import TracebackType

    from support.postgres import Postgres

    from wegennet.fsc.core.contract import Content
    from wegennet.fsc.trial.keys import Files


COMPONENTS = {2: "controller-registration", 3: "txlog-api"}
"""The documents of the components beside a Manager, by their numbers."""


class Loop:
    """An event loop in a thread."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def __call__(self, step: Coroutine[Any, Any, Any], within: float = 30.0) -> Any:
        """Runs a coroutine there and gives its result."""
        return asyncio.run_coroutine_threadsafe(step, self._loop).result(within)

    def close(self) -> None:
        """Ends the loop."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


@dataclass(frozen=True)
class Member:
    """A peer of the group and its files; whether its Manager runs, or is played, is another matter."""

    number: int
    peer: Peer
    host: str
    group: Files
    keypair: KeyPair
    internal: Files
    internal_anchor: Path
    call: Caller

    @property
    def id(self) -> str:
        """Its peer id."""
        return self.peer.id

    @property
    def address(self) -> str:
        """Where its Manager is."""
        return f"https://{self.host}:8443"

    def sign(self, content: Content, kind: str = "accept", **changed: Any) -> str:
        """Its signature on a contract."""
        of_hash, now = changed.get("of_hash", content_hash(content)), changed.get("now", int(time.time()))
        return sign(self.keypair, of_hash, SignatureType(kind), now)

    def submit(self, to: Member, content: Content, jws: str | None = None, **options: Any) -> Answer:
        """Submits a contract to a Manager."""
        body = {"content": content.as_json(), "signature": jws or self.sign(content)}
        return self.write("POST", f"{to.address}/v1/contracts", body, **options)

    def put(self, to: Member, kind: str, content: Content, jws: str | None = None, **options: Any) -> Answer:
        """Submits a signature to a Manager."""
        of_hash = options.pop("path_hash", content_hash(content))
        body = {"content": content.as_json(), "signature": jws or self.sign(content, kind)}
        return self.write("PUT", f"{to.address}/v1/contracts/{of_hash}/{kind}", body, **options)

    def write(self, method: str, url: str, body: Any = None, *, address: str | None = None, **options: Any) -> Answer:
        """A call that says where the member's Manager is."""
        return self.call(method, url, body, headers={"Fsc-Manager-Address": address or self.address}, **options)

    def get(self, of: Member, path: str) -> Answer:
        """Reads from a Manager."""
        return self.call("GET", f"{of.address}/v1{path}")

    def token(self, of: Member, grant_hash: str, call: Caller | None = None, **changed: str | None) -> Answer:
        """Asks a Manager for a token."""
        form = {"grant_type": "client_credentials", "scope": grant_hash, "client_id": self.id, **changed}
        raw = urlencode({name: value for name, value in form.items() if value is not None}).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return (call or self.call)("POST", f"{of.address}/v1/token", raw=raw, headers=headers)


class Manager:
    """A Manager that runs in the test's process."""

    def __init__(self, member: Member, settings: ManagerSettings, loop: Loop) -> None:
        self.member = member
        self.settings = settings
        self._loop = loop
        self._process: Process | None = None
        self._administrator = Caller(member.internal, member.internal_anchor)

    def start(self) -> Self:
        """Starts it; it serves when this returns."""
        self._loop(self._start())
        return self

    def stop(self) -> None:
        """Stops it, in good order but at once."""
        if self._process is not None:
            self._loop(self._stop(self._process))
            self._process = None

    def administer(self, method: str, path: str, body: Any = None) -> Answer:
        """A call of its internal API."""
        return self._administrator(method, f"https://{self.settings.listen_address_internal}/v1{path}", body)

    def make(self, *grants: dict[str, Any], **changed: Any) -> str:
        """Makes a contract and gives its content hash."""
        answer = self.administer("POST", "/contracts", {"contract_content": new_content(*grants, **changed)})
        assert answer.status == 201, answer.body
        return str(answer.json["content_hash"])

    def sign(self, content_hash: str, kind: str = "accept") -> None:
        """Signs a contract."""
        answer = self.administer("PUT", f"/contracts/{content_hash}/{kind}")
        assert answer.status == 201, answer.body

    def contract(self, content_hash: str) -> Any:
        """A contract as it shows it; None when it doesn't know it."""
        answer = self.administer("GET", f"/contracts/{content_hash}")
        return answer.json if answer.status == 200 else None

    def knows(self, content: Content) -> bool:
        """Whether it knows a contract."""
        return self.contract(content_hash(content)) is not None

    def signers(self, content_hash: str, kind: str = "accept") -> set[str]:
        """Who has signed a contract, as it knows."""
        return set(self.contract(content_hash)["signatures"][kind])

    def state(self, content_hash: str) -> str | None:
        """The state of a contract, such as VALID; None when it doesn't know it."""
        contract = self.contract(content_hash)
        return contract and contract["state"].removeprefix("CONTRACT_STATE_")

    def sees(self, content_hash: str, state: str, within: float = 20.0) -> None:
        """Waits until a contract is in a state."""
        eventually(lambda: self.state(content_hash) == state, within=within)

    def distributions(self, content_hash: str) -> list[Any]:
        """What the others were told of a contract."""
        return list(self.administer("GET", f"/contracts/{content_hash}/distributions").json["distributions"])

    async def _start(self) -> None:
        self._process = Process(Backoff(0.1, 1.0))
        await start(self._process, self.settings)

    async def _stop(self, process: Process) -> None:
        await process.drain(0)
        await process.close()


@dataclass
class Played:
    """The Manager of a member, as the test wants it to be."""

    member: Member
    server: Server
    refuse: int | None = None
    contracts: list[Any] = field(default_factory=list)
    key_set: Any = None
    listed: list[Any] = field(default_factory=list)
    hook: Callable[[Asked], None] = lambda _: None

    def answer(self, asked: Asked) -> tuple[int, Any]:
        """What it says."""
        self.hook(asked)
        if asked.method != "GET":
            refused = {"message": "Not now.", "domain": "ERROR_DOMAIN_MANAGER", "code": "ERROR_CODE_UNAVAILABLE"}
            return self.refuse or 201, refused if self.refuse else None
        end = {"pagination": {"next_cursor": ""}}
        match asked.path:
            case "/v1/.well-known/jwks.json":
                return 200, self.key_set or jwk_set([self.member.keypair.chain])
            case "/v1/contracts":
                return 200, {"contracts": self.contracts, **end}
            case "/v1/peers":
                return 200, {"peers": self.listed, **end}
            case "/v1/services":
                return 200, {"services": [], **end}
        peer = self.member.peer
        return 200, {"peer_id": peer.id, "peer_name": peer.name, "fsc_version": "2.0.0", "enabled_extensions": {}}

    def received(self, end: str = "") -> list[Asked]:
        """What was handed over to it, at a path that ends so."""
        return [each for each in self.server.asked if each.method != "GET" and each.path.endswith(end)]


class Group:
    """Members of a group, each with certificates and an address; Managers are started for some of them.

    With a `crl_url` all certificates name it as the place of their revocation list, and the root issues them itself.
    """

    def __init__(self, folder: Path, postgres: Postgres, crl_url: str | None = None) -> None:
        self.folder = folder
        self.postgres = postgres
        self.loop = Loop()
        self.network = Network()
        self.crl_url = crl_url
        root = Authority.root("Root")
        self.authority = root if crl_url else root.authority("Intermediate")
        self.anchor = folder / "group.pem"
        self.anchor.write_bytes(chain_pem([self.authority.anchor]))
        self._count = 0
        self._cleanup: list[Callable[[], None]] = []
        self.directory: Member

    def __enter__(self) -> Self:
        self.network.__enter__()
        self.directory = self.member("Directory")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        for end in reversed(self._cleanup):
            end()
        self.loop.close()
        self.network.__exit__(None, None, None)
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def processes(self) -> tuple[()]:
        """None: a Manager in the test's process has no log that is shown with a failure."""
        return ()

    def member(self, name: str) -> Member:
        """A new member with certificates."""
        self._count += 1
        peer = Peer(f"00000099{self._count:09d}000", name)
        host = self.network.address(self._count, 1)
        place = self.folder / str(self._count)
        files = self.certificate(place, "group", peer, host)
        internal, anchor = Authority.root(f"{name} internal"), place / "internal.pem"
        anchor.write_bytes(chain_pem([internal.anchor]))
        hosts = tuple(self.network.address(self._count, component) for component in range(1, 10))
        own = internal.issue(Subject("administrator", hosts=hosts)).store(place, "internal")
        keypair = KeyPair.load(files.certificate, files.key)
        return Member(self._count, peer, host, files, keypair, own, anchor, Caller(files, self.anchor))

    def certificate(self, place: Path, name: str, peer: Peer, *hosts: str, **options: Any) -> Files:
        """A group certificate for a peer, in files."""
        subject = Subject(peer.name, peer.id, peer.name, hosts)
        return self.authority.issue(subject, crl_url=self.crl_url, **options).store(place, name)

    def settings(self, member: Member, **changed: Any) -> ManagerSettings:
        """The configuration of a member's Manager."""
        return load(ManagerSettings, **self.variables(member, **changed))

    def variables(self, member: Member, **changed: Any) -> dict[str, Any]:
        """The variables of a member's Manager, in lower case."""
        given = {
            "group_id": made.GROUP,
            "self_address": member.address,
            "directory_peer_id": self.directory.id,
            "directory_manager_address": self.directory.address,
            "controller_registration_api_address": f"https://{self.network.address(member.number, 2)}:9443",
            "disable_crl_checks": True,
            "listen_address_external": f"{member.host}:8443",
            "listen_address_internal": f"{member.host}:9443",
            "listen_address_internal_unauthenticated": f"{member.host}:9444",
            "monitoring_address": f"{member.host}:8080",
            "tls_group_root_cert": self.anchor,
            "tls_group_cert": member.group.certificate,
            "tls_group_key": member.group.key,
            "tls_root_cert": member.internal_anchor,
            "tls_cert": member.internal.certificate,
            "tls_key": member.internal.key,
            **changed,
        }
        given.setdefault("storage_postgres_dsn", self.postgres.fresh_database("wegennet.fsc.manager"))
        return given

    def manager(self, member: Member, **changed: Any) -> Manager:
        """A running Manager of a member."""
        manager = Manager(member, self.settings(member, **changed), self.loop)
        self._cleanup.append(manager.stop)
        return manager.start()

    def played(self, member: Member) -> Played:
        """A member whose Manager is played by the test."""
        answer = lambda asked: played.answer(asked)  # noqa: E731, PLW0108 (made below)
        server = Server(member.host, 8443, member.group, self.anchor, answer, "manager-external")
        played = Played(member, server)
        self._cleanup.append(server.stop)
        server.start()
        return played

    def component(
        self, member: Member, number: int, answer: Callable[[Asked], tuple[int, Any]], port: int = 9443
    ) -> Server:
        """Another component of a member (2: controller, 3: txlog-api, 4: decision point), played by the test."""
        host = self.network.address(member.number, number)
        server = Server(host, port, member.internal, member.internal_anchor, answer, COMPONENTS.get(number))
        self._cleanup.append(server.stop)
        return server.start()


def new_content(*grants: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """A contract as the internal API takes it."""
    content = made.contract(*grants, **changed).as_json()
    del content["fsc_version"]
    return {**content, "grants": [grant["data"] for grant in content["grants"]]}
