from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from wegennet.fsc.core.certificates import KeyPair, names, read_pem, verify_chain
from wegennet.fsc.trial import certificates
from wegennet.fsc.trial.layout import Component, Member, members

if TYPE_CHECKING:
    from pathlib import Path

    from wegennet.fsc.trial.certificates import GroupFiles

NOW = 1_900_000_000


@pytest.fixture(scope="module")
def everybody() -> list[Member]:
    return members(1, lambda peer, component: f"127.99.{peer}.{component}")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pki")


@pytest.fixture(scope="module")
def made(folder: Path, everybody: list[Member]) -> GroupFiles:
    return certificates.ensure(folder, everybody)


def test_components_in_the_group_have_a_certificate_of_it(made: GroupFiles, everybody: list[Member]) -> None:
    assert set(made.members[everybody[1].peer_id].group) == {"manager", "inway", "outway"}


def test_every_component_and_the_administrator_have_an_internal_certificate(
    made: GroupFiles, everybody: list[Member]
) -> None:
    labels = {component.label for component in Component} | {"administrator"}
    assert set(made.members[everybody[1].peer_id].internal) == labels


def test_every_pair_of_files_belongs_together(made: GroupFiles) -> None:
    pairs = [files for member in made.members.values() for files in (*member.group.values(), *member.internal.values())]
    assert [KeyPair.load(files.certificate, files.key) for files in pairs]


def test_group_certificate_leads_to_the_trust_anchor(made: GroupFiles, everybody: list[Member]) -> None:
    files = made.members[everybody[1].peer_id].group["inway"]
    leaf, *between = read_pem(files.certificate.read_bytes())
    anchors = read_pem(made.trust_anchor.read_bytes())
    assert len(verify_chain(leaf, between, anchors, int(leaf.not_valid_before_utc.timestamp()) + 600)) == 3


def test_certificate_says_the_components_address(made: GroupFiles, everybody: list[Member]) -> None:
    files = made.members[everybody[1].peer_id].group["inway"]
    assert "127.99.2.4" in names(read_pem(files.certificate.read_bytes())[0])


def test_peers_do_not_share_an_internal_authority(made: GroupFiles) -> None:
    anchors = [member.internal_anchor.read_bytes() for member in made.members.values()]
    assert len(set(anchors)) == len(anchors)


def test_second_run_keeps_the_keys(made: GroupFiles, folder: Path, everybody: list[Member]) -> None:
    key = made.members[everybody[1].peer_id].group["outway"].key
    before = key.read_bytes()
    certificates.ensure(folder, everybody)
    assert key.read_bytes() == before
