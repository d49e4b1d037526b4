"""The certificates of a trial group: one authority of the group, and one of each peer for its own components."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wegennet.fsc.trial.keys import Files, KeyType, chain_pem
from wegennet.fsc.trial.layout import GROUP_ID
from wegennet.fsc.trial.pki import Authority, Subject

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from wegennet.fsc.trial.layout import Component, Member

ADMINISTRATOR = "administrator"
"""An internal certificate for a person, to call the internal APIs with."""


@dataclass(frozen=True, slots=True)
class MemberFiles:
    """Where a peer's certificates are, by the name of the component.

    Attributes:
        internal_anchor: what the internal certificates are trusted by.
    """

    group: Mapping[str, Files]
    internal_anchor: Path
    internal: Mapping[str, Files]


@dataclass(frozen=True, slots=True)
class GroupFiles:
    """Where the group's certificates are.

    Attributes:
        trust_anchor: the root.
        authority: below the root; whoever has it can make certificates for further peers.
        members: by peer ID.
    """

    trust_anchor: Path
    authority: Files
    members: Mapping[str, MemberFiles]


def ensure(folder: Path, members: Sequence[Member], key_type: KeyType = KeyType.EC) -> GroupFiles:
    """Makes every certificate, or finds those that an earlier run made for the same members."""
    files = {member.peer_id: _places(folder / member.slug, member) for member in members}
    group, complete = folder / "group", folder / "complete"
    found = GroupFiles(group / "root.crt", _files(group, "authority"), files)
    if complete.exists():
        return found
    root = Authority.root(f"{GROUP_ID} root", key_type)
    authority = root.authority(f"{GROUP_ID} intermediate", key_type)
    _write_anchor(found.trust_anchor, root)
    authority.store(group, "authority")
    for member in members:
        _make(folder / member.slug, member, authority, key_type)
    complete.touch()
    return found


def _places(folder: Path, member: Member) -> MemberFiles:
    group = {component.label: component for component in member.components if component.in_group}
    internal = [*(component.label for component in member.components), ADMINISTRATOR]
    return MemberFiles(
        {name: _files(folder / "group", name) for name in group},
        folder / "internal" / "root.crt",
        {name: _files(folder / "internal", name) for name in internal},
    )


def _files(folder: Path, name: str) -> Files:
    return Files(folder / f"{name}.crt", folder / f"{name}.key")


def _make(folder: Path, member: Member, authority: Authority, key_type: KeyType) -> None:
    internal = Authority.root(f"{member.name} internal", key_type)
    _write_anchor(folder / "internal" / "root.crt", internal)
    for component in member.components:
        hosts = (member.domain(component), member.host(component))
        own = internal.issue(Subject(component.label, hosts=hosts), key_type=key_type)
        own.store(folder / "internal", component.label)
        if component.in_group:
            in_group = authority.issue(group_subject(member, component), key_type=key_type)
            in_group.store(folder / "group", component.label)
    administrator = internal.issue(Subject(ADMINISTRATOR), key_type=key_type)
    administrator.store(folder / "internal", ADMINISTRATOR)


def group_subject(member: Member, component: Component) -> Subject:
    """How a certificate of the group calls a component."""
    domain = member.domain(component)
    return Subject(domain, member.peer_id, member.name, (domain, member.host(component)))


def _write_anchor(file: Path, root: Authority) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(chain_pem([root.anchor]))
