"""What a trial group consists of: its members, their components, and the address of each. Pure.

A peer's number is the third number of its addresses, the component's number the fourth; the directory is peer 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

GROUP_ID: Final = "fsc.trial"
MOST_PEERS: Final = 250

_DIRECTORY_NUMBER: Final = 1


class Component(Enum):
    """The processes of a peer, in the order in which they start: (name, number, port of its monitoring)."""

    TXLOG = ("txlog-api", 3, 8081)
    CONTROLLER = ("controller", 2, 8081)
    MANAGER = ("manager", 1, 8080)
    INWAY = ("inway", 4, 8081)
    OUTWAY = ("outway", 5, 8081)

    def __init__(self, label: str, number: int, monitoring_port: int) -> None:
        self.label = label
        self.number = number
        self.monitoring_port = monitoring_port

    @property
    def in_group(self) -> bool:
        """Whether it speaks with other peers, and so has a certificate of the group."""
        return self in {Component.MANAGER, Component.INWAY, Component.OUTWAY}

    @property
    def keeps_data(self) -> bool:
        """Whether it has a database."""
        return self in {Component.MANAGER, Component.CONTROLLER, Component.TXLOG}


@dataclass(frozen=True, slots=True)
class Member:
    """A peer of the group.

    Attributes:
        number: 1 for the directory, then from 2.
        address: gives the address of a component by the numbers of peer and component.
    """

    number: int
    address: Callable[[int, int], str]

    @property
    def is_directory(self) -> bool:
        """Whether it is the directory, which is only a Manager."""
        return self.number == _DIRECTORY_NUMBER

    @property
    def peer_id(self) -> str:
        """An OIN of those that are free for tests."""
        return f"00000099{self.number:09d}000"

    @property
    def slug(self) -> str:
        """Its name in files, databases and host names."""
        return "directory" if self.is_directory else f"peer-{self.number - 1}"

    @property
    def name(self) -> str:
        """Its name for people."""
        return "Directory" if self.is_directory else f"Peer {self.number - 1}"

    @property
    def components(self) -> tuple[Component, ...]:
        """Its processes."""
        return (Component.MANAGER,) if self.is_directory else tuple(Component)

    def host(self, component: Component) -> str:
        """The IP address of a component."""
        return self.address(self.number, component.number)

    def domain(self, component: Component) -> str:
        """The DNS name that a component's certificate says beside its address; it resolves nowhere."""
        return f"{component.label}.{self.slug}.fsc.test"

    def url(self, component: Component, port: int, scheme: str = "https") -> str:
        """The URL of a port of a component."""
        return f"{scheme}://{self.host(component)}:{port}"

    @property
    def manager_address(self) -> str:
        """Where other peers reach its Manager."""
        return self.url(Component.MANAGER, 8443)

    @property
    def addresses(self) -> dict[str, str]:
        """Every address that somebody may want to call, by what it is for."""
        internal = {
            "manager": self.manager_address,
            "manager_internal": self.url(Component.MANAGER, 9443),
            "manager_internal_unauthenticated": self.url(Component.MANAGER, 9444),
        }
        if self.is_directory:
            return internal
        return internal | {
            "controller_registration": self.url(Component.CONTROLLER, 9443),
            "controller_administration": self.url(Component.CONTROLLER, 9444),
            "txlog_api": self.url(Component.TXLOG, 9443),
            "inway": self.url(Component.INWAY, 8443),
            "outway": self.url(Component.OUTWAY, 8080, "http"),
        }


def members(peers: int, address: Callable[[int, int], str]) -> list[Member]:
    """The directory and so many peers."""
    return [Member(number, address) for number in range(_DIRECTORY_NUMBER, _DIRECTORY_NUMBER + 1 + peers)]
