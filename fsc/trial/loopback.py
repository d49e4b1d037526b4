"""Addresses on the loopback interface: every component gets its own, so that all have the ports of the standard.

On Linux all of 127.0.0.0/8 is this machine, without any configuration. A group takes one 127.x.0.0/16 for itself.
"""

from __future__ import annotations

import errno
import random
import socket
from typing import TYPE_CHECKING

from wegennet.fsc.trial.errors import Mistake

if TYPE_CHECKING:
    from types import TracebackType

PORTS = (8443, 9443, 9444, 8080, 8081)
"""What the components of a peer listen on."""

_RESERVATION = 9442
"""A port that nothing of a group listens on: who holds it on 127.x.0.1 has the network."""

_NETWORKS = range(16, 255)
"""Second numbers of the address; Debian and systemd have addresses in the lower ones."""

_TRIES = 20


class Network:
    """A 127.x.0.0/16 that no other group of this machine has, from entering the context to leaving it.

    Args:
        number: x, when an earlier run had it; any that is free without it.
    """

    def __init__(self, number: int | None = None) -> None:
        self._wanted = number
        self.number = 0
        self._reservation: socket.socket | None = None

    def __enter__(self) -> Network:
        for number in [self._wanted] if self._wanted else random.sample(_NETWORKS, _TRIES):
            if held := _reserve(f"127.{number}.0.1"):
                self.number, self._reservation = number, held
                return self
        ports = ", ".join(map(str, PORTS))
        if self._wanted:
            raise Mistake(f"The addresses 127.{self._wanted}.*.* of this group are taken; does it run already?")
        raise Mistake(
            f"No addresses in 127.0.0.0/8 are free: another program has one of the ports {ports} on every address. "
            "Find it with `ss -ltnp` and stop it."
        )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._reservation:
            self._reservation.close()

    def address(self, peer: int, component: int) -> str:
        """The address of a component of a peer, both counted from 1; peer 0 is what the group shares."""
        return f"127.{self.number}.{peer}.{component}"


def _reserve(address: str) -> socket.socket | None:
    """Holds a network by its first address when all ports can be had there; None when not."""
    for port in PORTS:
        if (trial := _bound(address, port)) is None:
            return None
        trial.close()
    return _bound(address, _RESERVATION)


def _bound(address: str, port: int) -> socket.socket | None:
    """A socket that has the port; None when another one has it."""
    held = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        held.bind((address, port))
    except OSError as error:
        held.close()
        if error.errno == errno.EADDRINUSE:
            return None
        raise Mistake(f"This machine has no address {address} on its loopback interface: {error.strerror}.") from error
    return held
