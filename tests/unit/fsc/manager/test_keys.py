from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

from unit.fsc.manager import made

from wegennet.fsc.core.certificates import KeyPair
from wegennet.fsc.core.identity import Peer
from wegennet.fsc.manager.anchors import TrustAnchors
from wegennet.fsc.manager.keys import OwnKeys
from wegennet.fsc.trial.keys import chain_pem
from wegennet.fsc.trial.pki import Authority, Subject

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wegennet.fsc.storage.database import Database
    from wegennet.fsc.trial.keys import Files

OWN = Peer(made.PROVIDER, "A peer")


def issued(folder: Path, name: str, authority: Authority) -> Files:
    return authority.issue(Subject(name, OWN.id, OWN.name, ("manager.test",))).store(folder, name)


def test_a_key_pair_that_the_group_would_not_trust_is_not_taken(
    tmp_path: Path, with_database: Callable[..., Any]
) -> None:
    anchor, files = tmp_path / "root.pem", issued(tmp_path, "own", made.authority())
    anchor.write_bytes(chain_pem([made.authority().anchor]))
    pair = (files.certificate, files.key)

    async def test(database: Database) -> None:
        keys = OwnKeys(database, OWN, TrustAnchors(anchor), pair, pair)
        await keys.refresh()
        first = keys.contract.thumbprint
        for authority, taken in ((Authority.root("Somebody else"), False), (made.authority(), True)):
            new = issued(tmp_path, "new", authority)
            shutil.copy(new.certificate, files.certificate)
            shutil.copy(new.key, files.key)
            await keys.refresh()
            expected = KeyPair.load(*pair).thumbprint if taken else first
            assert (keys.contract.thumbprint, keys.token.thumbprint) == (expected, expected)

    with_database(test)
