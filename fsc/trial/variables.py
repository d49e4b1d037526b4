"""The environment variables of each component, by the names that OpenFSC gives them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wegennet.fsc.trial.layout import GROUP_ID, Component

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from wegennet.fsc.trial.certificates import MemberFiles
    from wegennet.fsc.trial.layout import Member


@dataclass(frozen=True, slots=True)
class Setting:
    """What the variables of a member's components follow from.

    Attributes:
        directory: the member that is the directory.
        files: where the member's certificates are.
        dsns: of each component that keeps data.
    """

    member: Member
    directory: Member
    trust_anchor: Path
    files: MemberFiles
    dsns: Mapping[Component, str]


def variables(setting: Setting, component: Component) -> dict[str, str]:
    """The variables of one component."""
    specific = {
        Component.MANAGER: _manager,
        Component.CONTROLLER: _controller,
        Component.TXLOG: _txlog,
        Component.INWAY: _inway,
        Component.OUTWAY: _outway,
    }[component]
    return _common(setting, component) | specific(setting)


def _common(setting: Setting, component: Component) -> dict[str, str]:
    internal = setting.files.internal[component.label]
    common = {
        "LOG_TYPE": "live",
        "MONITORING_ADDRESS": f"{setting.member.host(component)}:{component.monitoring_port}",
        "TLS_ROOT_CERT": str(setting.files.internal_anchor),
        "TLS_CERT": str(internal.certificate),
        "TLS_KEY": str(internal.key),
    }
    if component.in_group:
        common |= _group(setting, component)
    if component.keeps_data:
        common["STORAGE_POSTGRES_DSN"] = setting.dsns[component]
    return common


def _group(setting: Setting, component: Component) -> dict[str, str]:
    group = setting.files.group[component.label]
    return {
        "GROUP_ID": GROUP_ID,
        "TLS_GROUP_ROOT_CERT": str(setting.trust_anchor),
        "TLS_GROUP_CERT": str(group.certificate),
        "TLS_GROUP_KEY": str(group.key),
        "DISABLE_CRL_CHECKS": "true",
    }


def _manager(setting: Setting) -> dict[str, str]:
    member = setting.member
    group, internal = setting.files.group["manager"], setting.files.internal["manager"]
    host = member.host(Component.MANAGER)
    return {
        "SELF_ADDRESS": member.manager_address,
        "DIRECTORY_PEER_ID": setting.directory.peer_id,
        "DIRECTORY_MANAGER_ADDRESS": setting.directory.manager_address,
        "LISTEN_ADDRESS_EXTERNAL": f"{host}:8443",
        "LISTEN_ADDRESS_INTERNAL": f"{host}:9443",
        "LISTEN_ADDRESS_INTERNAL_UNAUTHENTICATED": f"{host}:9444",
        "AUDITLOG_TYPE": "stdout",
        "TLS_GROUP_TOKEN_CERT": str(group.certificate),
        "TLS_GROUP_TOKEN_KEY": str(group.key),
        "TLS_GROUP_CONTRACT_CERT": str(group.certificate),
        "TLS_GROUP_CONTRACT_KEY": str(group.key),
        "TLS_INTERNAL_UNAUTHENTICATED_ROOT_CERT": str(setting.files.internal_anchor),
        "TLS_INTERNAL_UNAUTHENTICATED_CERT": str(internal.certificate),
        "TLS_INTERNAL_UNAUTHENTICATED_KEY": str(internal.key),
        # The directory publishes nothing and logs nothing; OpenFSC wants an address of a controller even so.
        "CONTROLLER_REGISTRATION_API_ADDRESS": _controller_address(member),
        "TX_LOG_API_ADDRESS": "" if member.is_directory else member.url(Component.TXLOG, 9443),
        "AUTO_SIGN_GRANTS": "servicePublication,delegatedServicePublication" if member.is_directory else "",
    }


def _controller_address(member: Member) -> str:
    if member.is_directory:
        return f"https://{member.domain(Component.CONTROLLER)}:9443"
    return member.url(Component.CONTROLLER, 9443)


def _controller(setting: Setting) -> dict[str, str]:
    host = setting.member.host(Component.CONTROLLER)
    return {
        "GROUP_ID": GROUP_ID,
        "DIRECTORY_PEER_ID": setting.directory.peer_id,
        "MANAGER_ADDRESS_INTERNAL": setting.member.url(Component.MANAGER, 9443),
        "LISTEN_ADDRESS_UI": f"{host}:8080",
        "LISTEN_ADDRESS_REGISTRATION_API": f"{host}:9443",
        "LISTEN_ADDRESS_ADMINISTRATION_API": f"{host}:9444",
        "AUTHN_TYPE": "none",
        "AUTHZ_TYPE": "rbac",
        "AUDITLOG_TYPE": "stdout",
    }


def _txlog(setting: Setting) -> dict[str, str]:
    return {"LISTEN_ADDRESS": f"{setting.member.host(Component.TXLOG)}:9443"}


def _inway(setting: Setting) -> dict[str, str]:
    member = setting.member
    return {
        "NAME": f"{member.slug}-inway",
        "SELF_ADDRESS": member.url(Component.INWAY, 8443),
        "LISTEN_ADDRESS": f"{member.host(Component.INWAY)}:8443",
        "MANAGER_INTERNAL_UNAUTHENTICATED_ADDRESS": member.url(Component.MANAGER, 9444),
        **_of_gateway(member),
    }


def _outway(setting: Setting) -> dict[str, str]:
    member = setting.member
    return {
        "NAME": f"{member.slug}-outway",
        "LISTEN_ADDRESS": f"{member.host(Component.OUTWAY)}:8080",
        "LISTEN_HTTPS": "false",
        "MANAGER_INTERNAL_ADDRESS": member.url(Component.MANAGER, 9443),
        "GRANT_LINKS_CACHE_TTL": "1s",
        **_of_gateway(member),
    }


def _of_gateway(member: Member) -> dict[str, str]:
    return {
        "CONTROLLER_REGISTRATION_API_ADDRESS": member.url(Component.CONTROLLER, 9443),
        "TX_LOG_API_ADDRESS": member.url(Component.TXLOG, 9443),
    }
