"""The APIs of a Controller: registration by Inways and Outways (9443), administration (9444); base `/v1`."""

from __future__ import annotations

from pydantic import Field

from wegennet.fsc.api.common import EndpointUrl, HttpsAddress, Message, Name, Pagination, Request
from wegennet.fsc.core.contract import DomainName, PublicKeyThumbprint


class RegisterInway(Request):
    """Body of `PUT /groups/{group}/inways/{name}`."""

    address: HttpsAddress


class RegisterOutway(Request):
    """Body of `PUT /groups/{group}/outways/{name}`."""

    public_key_thumbprint: PublicKeyThumbprint
    domain_names: list[DomainName] = Field(default_factory=list)


class Inway(Message):
    """An Inway that registered itself; Unix seconds of the last time."""

    name: str
    address: str
    last_seen_at: int


class Inways(Message):
    """Answer of `GET /inways`."""

    inways: list[Inway]


class Outway(Message):
    """An Outway that registered itself; Unix seconds of the last time."""

    name: str
    public_key_thumbprint: str
    domain_names: list[str]
    last_seen_at: int


class Outways(Message):
    """Answer of `GET /outways`."""

    outways: list[Outway]


class ServiceSettings(Request):
    """Body of `PUT /services/{name}`: where a Service is, and by which Inway it is offered."""

    endpoint_url: EndpointUrl
    inway_address: HttpsAddress


class Service(ServiceSettings):
    """Body of `POST /services`, and a Service in answers."""

    name: Name


class Services(Message):
    """Answer of `GET /groups/{group}/inways/{name}/services`."""

    services: list[Service]
    pagination: Pagination = Pagination()


class ListedService(Message):
    """A Service in the administration; `inway_registered` says whether an Inway with its address is known."""

    name: str
    endpoint_url: str
    inway_address: str
    inway_registered: bool


class ListedServices(Message):
    """Answer of `GET /services`: all of them, by name."""

    services: list[ListedService]
    pagination: Pagination = Pagination()
