"""Follows the files of the group certificate: a new one in them is a new generation, without a restart."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import structlog

from wegennet.fsc.core.certificates import CertificateError
from wegennet.fsc.core.errors import FscError
from wegennet.fsc.outway.snapshot import Snapshot, read_files

if TYPE_CHECKING:
    from collections.abc import Callable

    from wegennet.fsc.outway.generation import Generation
    from wegennet.fsc.wire.tls import TlsFiles

log = structlog.get_logger(__name__)

_LOOK_EVERY: Final = 1.0
# How long a new generation may wait for its grants before it is used without them.
_PATIENCE: Final = 5.0


class Rotation:
    """The generation in use.

    Args:
        files: of the group certificate.
        make: makes a generation of a snapshot.

    Raises:
        CertificateError: the files cannot be used.
        FscError: the certificate is of no peer.
    """

    def __init__(self, files: TlsFiles, make: Callable[[Snapshot], Generation]) -> None:
        self._files = files
        self._make = make
        self._failure = ""
        self.current = make(Snapshot(read_files(files)))
        self.changed = asyncio.Event()

    async def follow(self) -> None:
        """Looks at the files every second."""
        while True:
            await asyncio.sleep(_LOOK_EVERY)
            try:
                await self.look()
            except (CertificateError, FscError) as error:
                # Most likely they are being written; it is said once.
                if str(error) != self._failure:
                    log.warning("a new group certificate cannot be used; the former stays in use", reason=str(error))
                self._failure = str(error)

    async def look(self) -> None:
        """Goes over to what is in the files, if that is new.

        Raises:
            CertificateError: the files do not belong together.
            FscError: the certificate is of no peer, or of another than before.
        """
        content = read_files(self._files)
        if content == self.current.snapshot.content:
            return
        snapshot = Snapshot(content)
        if snapshot.peer_id != self.current.snapshot.peer_id:
            raise CertificateError(f"It is of peer {snapshot.peer_id}; this is peer {self.current.snapshot.peer_id}.")
        generation = self._make(snapshot)
        await _first_grants(generation)
        # Requests under way end with the former one; its connections close when they have been idle.
        self.current = generation
        self._failure = ""
        self.changed.set()
        log.info(
            "uses a new group certificate",
            thumbprint=snapshot.keys.thumbprint,
            grants=len(generation.grants.value or {}),
        )

    async def aclose(self) -> None:
        """Closes the connections of the generation in use."""
        await self.current.aclose()

    async def refresh_grants(self) -> None:
        """Keeps the grants of the generation in use fresh."""
        while True:
            grants = self.current.grants
            await grants.renew()
            await asyncio.sleep(grants.interval)


async def _first_grants(generation: Generation) -> None:
    """Asks for grants before requests need them."""
    try:
        async with asyncio.timeout(_PATIENCE):
            await generation.grants.renew()
    except TimeoutError:
        log.warning("the grants of the new certificate are not known yet")
