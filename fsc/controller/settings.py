"""The configuration of a Controller, under OpenFSC's names."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field, StringConstraints

from wegennet.fsc.service.settings import Address, HttpsUrl, ListenAddress, Stored
from wegennet.fsc.service.tls_settings import InternalTls

GROUP_PATTERN: Final = r"^[a-zA-Z0-9./_-]{1,100}$"
GroupId = Annotated[str, StringConstraints(pattern=GROUP_PATTERN)]


class ControllerSettings(Stored, InternalTls):
    """What `fsc controller serve` reads.

    There is no user interface: LISTEN_ADDRESS_UI, AUTHN_TYPE and AUTHZ_TYPE are OpenFSC's for that, and accepted only.
    So is MANAGER_ADDRESS_INTERNAL: everything that OpenFSC's interface asks the Manager, a person can ask it too.
    """

    group_id: GroupId = Field(description="the group that the peer is in", examples=["fsc-test"])
    listen_address_registration_api: ListenAddress = Field(
        Address("0.0.0.0", 9443),  # noqa: S104
        description="for inways, outways and the Manager, by internal certificates",
        examples=["0.0.0.0:9443"],
    )
    listen_address_administration_api: ListenAddress = Field(
        Address("0.0.0.0", 9444),  # noqa: S104
        description="for people and their tools, by internal certificates",
        examples=["0.0.0.0:9444"],
    )
    manager_address_internal: HttpsUrl | None = Field(
        None, description="accepted and not used", examples=["https://manager.internal:9443"]
    )
    listen_address_ui: ListenAddress | None = Field(
        None, description="accepted; there is no user interface", examples=["0.0.0.0:8080"]
    )
    authn_type: str = Field("none", description="of OpenFSC's user interface: accepted and not used", examples=["none"])
    authz_type: str = Field("rbac", description="of OpenFSC's user interface: accepted and not used", examples=["rbac"])
