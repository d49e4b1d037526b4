"""What a person or a program has to know of a running group. Pure."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from wegennet.fsc.trial.certificates import ADMINISTRATOR

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wegennet.fsc.trial.group import Group, Peer
    from wegennet.fsc.trial.keys import Files


def description(group: Group) -> dict[str, Any]:
    """The group as JSON: its id, trust anchor and directory, and each peer with addresses and certificates."""
    return {
        "group_id": group.id,
        "trust_anchor": str(group.files.trust_anchor),
        "authority": _paths(group.files.authority),
        "directory": _peer(group.directory),
        "peers": [_peer(peer) for peer in group.peers],
        "logs": str(group.folder / "logs"),
        **({"demo": asdict(group.demo)} if group.demo else {}),
    }


def text(group: Group) -> str:
    """The group for a person: who is there, where, and how to look around."""
    directory = group.directory
    lines = [f"Group {group.id}, trust anchor {group.files.trust_anchor}"]
    for peer in (directory, *group.peers):
        lines += ["", f"{peer.member.name} ({peer.member.peer_id})"]
        lines += [f"  {purpose.replace('_', ' '):32} {url}" for purpose, url in peer.member.addresses.items()]
    administrator = directory.files.internal[ADMINISTRATOR]
    lines += [
        "",
        f"Certificates are below {group.folder / 'pki'}, logs below {group.folder / 'logs'}.",
        "Who is in the group? Ask the directory's Manager by its internal API:",
        f"  curl --cacert {directory.files.internal_anchor} --cert {administrator.certificate} "
        f"--key {administrator.key} {directory.member.addresses['manager_internal']}/v1/peers",
    ]
    if demo := group.demo:
        lines += [
            f"Use the Service `{demo.service}` of {group.peers[0].member.name} as a client of "
            f"{group.peers[-1].member.name} does, by its Outway:",
            f"  curl --header 'Fsc-Grant-Hash: {demo.grant_hash}' {demo.outway}/hello",
        ]
    return "\n".join([*lines, "", "Ctrl-C stops the group."])


def _peer(peer: Peer) -> dict[str, Any]:
    return {
        "id": peer.member.peer_id,
        "name": peer.member.name,
        "addresses": peer.member.addresses,
        "certificates": {
            "group": _all_paths(peer.files.group),
            "internal_trust_anchor": str(peer.files.internal_anchor),
            "internal": _all_paths(peer.files.internal),
        },
    }


def _all_paths(files: Mapping[str, Files]) -> dict[str, dict[str, str]]:
    return {name: _paths(one) for name, one in files.items()}


def _paths(files: Files) -> dict[str, str]:
    return {"certificate": str(files.certificate), "key": str(files.key)}
