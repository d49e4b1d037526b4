"""The OpenAPI documents of the standard, which are not in the repository, and where we deviate from them.

They are read from `../shared/specs` beside the repository. Deviations are applied to a copy in memory: each says where
the text of the standard, or the Group's rules that the standard asks for, go before the file.
"""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from support.openapi.document import Document
from wegennet.fsc.core.contract import LAST_SECOND
from wegennet.fsc.core.errors import ErrorCode, ErrorDomain

if TYPE_CHECKING:
    from collections.abc import Iterator

OURS = "manager-external"
"""Our document for what both of the standard's are about."""

FOLDERS = [parent / "shared" / "specs" for parent in Path(__file__).resolve().parents[4:6]]
FILES = {"FSC Core": "fsc-manager-2.0.0.yaml", "FSC Logging": "fsc-logging-1.1.0.yaml"}

_OIN = {"type": "string", "pattern": "^[0-9]{20}$"}
_UUID = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
_LABEL = "[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"


@dataclass(frozen=True)
class Deviation:
    """A schema of the file that is replaced.

    Attributes:
        standard: which of `FILES`.
        at: where, as the keys on the way there.
        schema: what stands there instead; nothing when it is None.
        why: the reason.
    """

    standard: str
    at: str
    schema: Any
    why: str


def _core(at: str, schema: Any, why: str) -> Deviation:
    return Deviation("FSC Core", f"components schemas {at.replace('/', ' ')}", schema, why)


def _logging(at: str, schema: Any, why: str) -> Deviation:
    return Deviation("FSC Logging", f"components schemas {at.replace('/', ' ')}", schema, why)


_TOKEN_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {"error": {"$ref": "#/components/schemas/tokenErrorCode"}, "error_description": {"type": "string"}},
}
_SECOND = {"type": "integer", "minimum": 0, "maximum": LAST_SECOND}
_IN_TIME = "a time that certificates and databases can say: until the end of the year 9999"
_GROUP_RULE = "Core 3.1 leaves the form of peer ids to the Group; ours are OINs"

DEVIATIONS = [
    _core("fscVersion/enum", ["2.0.0"], "the file has 1.0.0; Core 2.0.0 has this version in its contracts"),
    _core("loggingVersion/enum", ["1.1.0"], "the file has 1.0.0; we have Logging 1.1.0"),
    _core(
        "contractContent/properties/fsc_version", {"type": "string", "enum": ["2.0.0"]}, "other versions hash otherwise"
    ),
    _core("contractContent/properties/iv/pattern", _UUID, "by its description it must be a UUID"),
    _core("contractContent/properties/created_at", _SECOND, _IN_TIME),
    _core("validity/properties/not_before", _SECOND, _IN_TIME),
    _core("validity/properties/not_after", _SECOND, _IN_TIME),
    _core("peerID", _OIN, _GROUP_RULE),
    _core("peerName", {"type": "string"}, "it is what the peer's certificate says, however short"),
    _core(
        "serviceName",
        {"type": "string", "minLength": 1, "maxLength": 255},
        "the text has 1 to 100 characters; longer ones are refused by rule and not by shape",
    ),
    _core("publicKeyThumbprint/pattern", "^[0-9a-f]{64}$", "by its description it is hexadecimal"),
    _core("domainName/pattern", rf"^{_LABEL}(\.{_LABEL})*$", "by its description it is a name of RFC 1035"),
    _core("domainName/maxLength", 253, "so it is by RFC 1035, without the last dot"),
    _core(
        "errorCode",
        {"type": "string", "enum": list(ErrorCode)},
        "the text has UNKNOWN_FSC_VERSION and two codes for PEER_NOT_PART_OF_CONTRACT; and the standard has no code for"
        " what is wrong with HTTP, JSON or ourselves",
    ),
    _core("errorDomain", {"type": "string", "enum": list(ErrorDomain)}, "one schema serves all our components"),
    Deviation(
        "FSC Core",
        "paths /token post responses 400 content application/json schema",
        {"anyOf": [_TOKEN_ERROR, {"$ref": "#/components/schemas/error"}]},
        "the text (4.4.5) wants PEER_CERTIFICATE_VERIFICATION_FAILED of every endpoint",
    ),
    _core("jwk/oneOf", None, "no key is of one kind only: nothing is required of either, so every key matches both"),
    _core(
        "ecPublicKey/properties/y",
        {"type": "string"},
        "66 characters fit no curve: P-256, P-384 and P-521 have 43, 64 and 88",
    ),
    _logging("peerID", _OIN, _GROUP_RULE),
    _logging("serviceName/minLength", 1, "the text has 1 to 100 characters"),
    _logging("timestamp/maximum", LAST_SECOND, _IN_TIME),
]

CLOSED = [
    *("contractContent", "validity", "grant", "outway", "directory", "service", "delegatedService"),
    *("servicePublication", "delegator", "outwayIdentificationPublicKeyThumbprint", "outwayIdentificationDomainName"),
    *("grantServiceConnection", "grantServicePublication"),
    *("grantDelegatedServiceConnection", "grantDelegatedServicePublication"),
]
"""Parts of a contract. The file lets them have further members; a peer that does not know one could not agree to it."""


def found() -> bool:
    """Whether the documents are at hand."""
    return _folder() is not None


@cache
def documents() -> list[Document]:
    """The documents of the standard with our deviations; none when they are not at hand."""
    return [Document(standard, amended(standard), "/v1") for standard in FILES] if found() else []


def amended(standard: str) -> dict[str, Any]:
    """A document of the standard with our deviations."""
    content = original(standard)
    schemas = content["components"]["schemas"]
    for each in _distinguished(schemas):
        schemas.update(each)
    for name in CLOSED:
        if name in schemas:
            schemas[name]["additionalProperties"] = False
    for deviation in DEVIATIONS:
        if deviation.standard == standard:
            _replace(content, deviation.at.split(" "), deviation.schema)
    return content


@cache
def _read(standard: str) -> dict[str, Any]:
    folder = _folder()
    assert folder is not None
    # Statuses are numbers in the YAML.
    read: dict[str, Any] = json.loads(json.dumps(yaml.safe_load((folder / FILES[standard]).read_text())))
    return read


def original(standard: str) -> dict[str, Any]:
    """A document of the standard, as it is."""
    return copy.deepcopy(_read(standard))


def _folder() -> Path | None:
    return next((folder for folder in FOLDERS if all((folder / name).is_file() for name in FILES.values())), None)


def _replace(content: dict[str, Any], at: list[str], schema: Any) -> None:
    *parents, last = at
    node = content
    for part in parents:
        node = node[part]
    if schema is None:
        del node[last]
    else:
        node[last] = schema


def _distinguished(schemas: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The choices of every `oneOf` with a discriminator, each with the one value that the discriminator has for it.

    JSON Schema does not know discriminators: a delegated grant would also match the schema of one that is not.
    """
    for choice in _choices(schemas):
        key = choice["discriminator"]["propertyName"]
        for value, reference in choice["discriminator"]["mapping"].items():
            name = reference.rpartition("/")[2]
            properties = {**schemas[name]["properties"], key: {"type": "string", "enum": [value]}}
            yield {name: {**schemas[name], "properties": properties}}


def _choices(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if "discriminator" in node:
            yield node
        for value in list(node.values()):
            yield from _choices(value)
