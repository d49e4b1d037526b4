"""Which APIs there are, and their applications: those that are served, with nothing behind them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from wegennet.fsc.controller.process import applications
from wegennet.fsc.manager.process import external, internal, unauthenticated
from wegennet.fsc.openapi import examples
from wegennet.fsc.service.metrics import Metrics
from wegennet.fsc.txlog.process import application

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import FastAPI

    from wegennet.fsc.openapi.examples import Examples

_GROUP_CERTIFICATE: Final = "A certificate of the group, whose subject names the calling peer."
_INTERNAL_CERTIFICATE: Final = "An internal certificate of the peer itself."


class _Nothing:
    """Stands where an application has its parts: routes that are described, and never called, need none."""

    def __getattr__(self, _: str) -> Self:
        return self


_NOTHING: Final[Any] = _Nothing()


@dataclass(frozen=True)
class Published:
    """An API.

    Attributes:
        name: of its document.
        description: what it is for, in CommonMark.
        port: on which it is served.
        certificate: what a client must show, in a sentence; empty when it need not show any.
        application: makes it.
        examples: of the bodies in it, by the names of their schemas.
    """

    name: str
    description: str
    port: int
    certificate: str
    application: Callable[[], FastAPI]
    examples: Examples


PUBLISHED: Final = (
    Published(
        "manager-external",
        "What the peers of a group ask of each other's Managers (FSC Core 2.0.0, FSC Logging 1.1.0).",
        8443,
        _GROUP_CERTIFICATE,
        lambda: external(_NOTHING, Metrics(), None, logs_kept=True),
        examples.MANAGER,
    ),
    Published(
        "manager-internal",
        "Contracts, peers, services and log records, for the people and components of the Manager's own peer.",
        9443,
        _INTERNAL_CERTIFICATE,
        lambda: internal(_NOTHING, Metrics()),
        examples.MANAGER,
    ),
    Published(
        "manager-unauthenticated",
        "What the Inways of the Manager's own peer need to know, and nobody needs a certificate for.",
        9444,
        "",
        lambda: unauthenticated(_NOTHING, Metrics()),
        examples.MANAGER,
    ),
    Published(
        "controller-registration",
        "Where Inways and Outways say that they are there, and ask which Services they offer.",
        9443,
        _INTERNAL_CERTIFICATE,
        lambda: applications(_NOTHING, "", Metrics()).registration,
        examples.CONTROLLER,
    ),
    Published(
        "controller-administration",
        "Which Services a peer has, and which Inways and Outways there are.",
        9444,
        _INTERNAL_CERTIFICATE,
        lambda: applications(_NOTHING, "", Metrics()).administration,
        examples.CONTROLLER,
    ),
    Published(
        "txlog-api",
        "The transaction log of a peer: its Inways and Outways write, its Manager reads (FSC Logging 1.1.0).",
        9443,
        _INTERNAL_CERTIFICATE,
        lambda: application(_NOTHING, Metrics(), _NOTHING),
        examples.TRANSACTION_LOG,
    ),
)
