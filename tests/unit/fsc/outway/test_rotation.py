"""Following the files of the group certificate."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from support.gateways.peers import CONSUMER, GROUP, OTHER, authority

from wegennet.fsc.core.certificates import CertificateError, KeyPair
from wegennet.fsc.gateway.chains import Chains
from wegennet.fsc.gateway.metrics import GatewayMetrics
from wegennet.fsc.outway.generation import Generation
from wegennet.fsc.outway.rotation import Rotation
from wegennet.fsc.outway.snapshot import PeerTls, Snapshot, read_files
from wegennet.fsc.service.metrics import Metrics
from wegennet.fsc.trial.keys import chain_pem
from wegennet.fsc.trial.pki import Subject
from wegennet.fsc.wire.tls import TlsFiles

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path

    from wegennet.fsc.trial.keys import Certified


def certified(peer_id: str = CONSUMER, key: Any = None) -> Certified:
    return authority().issue(Subject("outway", peer_id=peer_id, peer_name="Consumer", hosts=("127.0.0.1",)), key=key)


@pytest.fixture
def files(tmp_path: Path) -> TlsFiles:
    (tmp_path / "root.crt").write_bytes(chain_pem([authority().anchor]))
    stored = certified().store(tmp_path, "outway")
    return TlsFiles(stored.certificate, stored.key, tmp_path / "root.crt")


def run(files: TlsFiles, test: Callable[[Rotation], Coroutine[Any, Any, None]]) -> None:
    async def scenario() -> None:
        metrics = GatewayMetrics(Metrics())

        async def no_grants(*_: Any) -> dict[str, Any]:
            return {}

        def make(snapshot: Snapshot) -> Generation:
            return Generation(
                snapshot, grants_of=no_grants, group_id=GROUP, every=60, chains=Chains(None), metrics=metrics
            )

        await test(Rotation(files, make))

    asyncio.run(asyncio.wait_for(scenario(), 10))


def replace(files: TlsFiles, new: Certified) -> None:
    assert files.certificate
    new.store(files.certificate.parent, "outway")


def test_files_that_have_not_changed_change_nothing(files: TlsFiles) -> None:
    async def scenario(rotation: Rotation) -> None:
        before = rotation.current
        await rotation.look()
        assert rotation.current is before

    run(files, scenario)


def test_another_certificate_is_another_generation_with_its_own_grants_and_tokens(files: TlsFiles) -> None:
    async def scenario(rotation: Rotation) -> None:
        before = rotation.current
        replace(files, certified())
        await rotation.look()
        assert rotation.current.tokens is not before.tokens
        assert (rotation.current.grants.known, rotation.changed.is_set()) == (True, True)

    run(files, scenario)


def test_a_renewed_certificate_of_the_same_key_is_another_generation_too(files: TlsFiles) -> None:
    async def scenario(rotation: Rotation) -> None:
        before = rotation.current
        replace(files, certified(key=before.snapshot.keys.key))
        await rotation.look()
        assert rotation.current is not before
        assert rotation.current.key_thumbprint == before.key_thumbprint

    run(files, scenario)


def test_a_certificate_whose_key_is_still_to_come_changes_nothing(files: TlsFiles) -> None:
    async def scenario(rotation: Rotation) -> None:
        before = rotation.current
        assert files.certificate
        files.certificate.write_bytes(chain_pem(certified().chain))
        with pytest.raises(CertificateError):
            await rotation.look()
        assert rotation.current is before

    run(files, scenario)


def test_a_certificate_of_another_peer_is_not_used(files: TlsFiles) -> None:
    async def scenario(rotation: Rotation) -> None:
        before = rotation.current
        replace(files, certified(OTHER))
        with pytest.raises(CertificateError, match=OTHER):
            await rotation.look()
        assert rotation.current is before

    run(files, scenario)


def test_files_that_are_gone_change_nothing(files: TlsFiles) -> None:
    async def scenario(rotation: Rotation) -> None:
        assert files.certificate
        files.certificate.unlink()
        with pytest.raises(CertificateError):
            await rotation.look()

    run(files, scenario)


def test_a_snapshot_stays_what_it_was_when_its_files_change(files: TlsFiles) -> None:
    snapshot = Snapshot(read_files(files))
    replace(files, certified())
    kept = snapshot.files
    assert kept.certificate
    assert kept.key
    assert KeyPair.load(kept.certificate, kept.key).thumbprint == snapshot.keys.thumbprint


def test_the_copies_of_a_snapshot_go_with_it(files: TlsFiles) -> None:
    snapshot = Snapshot(read_files(files))
    copy = snapshot.files.key
    assert copy
    assert copy.exists()
    del snapshot
    assert not copy.exists()


def test_tls_of_a_snapshot_keeps_its_files(files: TlsFiles) -> None:
    tls = PeerTls(Snapshot(read_files(files)), OTHER, Chains(None))
    assert tls.context("1.1").sslobject_class.__name__ == "Connection"
