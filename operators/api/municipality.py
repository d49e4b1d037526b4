"""`Municipality`: a tenant of the platform, identified by its CBS code, speaking FSC under its OIN.

The CRD is generated from these models (see `crds`). What can be refused at admission is refused there, by schema and
CEL, each rule with a sentence for the person who made the request.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final

from kube_custom_resource import schema
from kube_custom_resource.custom_resource import CustomResource, Scope
from pydantic import ConfigDict, Field, WithJsonSchema
from pydantic_core import PydanticCustomError, core_schema

from wegennet.operators.api.conditions import Condition
from wegennet.operators.api.group import VERSION

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue

OIN_PREFIXES: Final = {
    "00000001": "RSIN",
    "00000003": "KVK",
    "00000004": "sub-OIN",
    "00000099": "test",
}
"""Prefixes of an OIN that a municipality can have (Logius, OIN-Stelsel: prefix, number, `000`)."""


def _rule(rule: str, message: str, **more: Any) -> dict[str, Any]:
    return {"rule": rule, "message": message, **more}


def _listed(rules: list[dict[str, Any]]) -> dict[str, Any]:
    return {"x-kubernetes-validations": rules}


@dataclass(frozen=True)
class _Shape:
    """Holds a string to a regular expression, by CEL at admission and by the model, both with the same sentence.

    A `pattern` in a schema would answer with the expression itself.
    """

    expression: str
    sentence: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_after_validator_function(self._checked, handler(source))

    def __get_pydantic_json_schema__(
        self, shaped: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return handler(shaped) | _listed([_rule(f"self.matches('^({self.expression})$')", self.sentence)])

    def _checked(self, value: str) -> str:
        if not re.fullmatch(self.expression, value):
            raise PydanticCustomError("shape", self.sentence)
        return value


# Amounts that the API server writes back in the same unit or a larger one that `desired.quantities` knows.
_BYTES: Final = r"[1-9][0-9]{0,5}(Mi|Gi)|[1-9][0-9]{0,2}Ti"
_NUMBER_OF_BYTES: Final = "a whole number from 1 to 999999 with Mi or Gi after it, or from 1 to 999 with Ti after it"

Cpu = Annotated[
    str,
    Field(max_length=20),
    _Shape(
        r"[1-9][0-9]{0,2}|[1-9][0-9]{0,5}m",
        "an amount of CPU is a whole number of cores from 1 to 999, or of thousandths of a core from 1m to 999999m, "
        "for instance 8 or 1500m",
    ),
]
Memory = Annotated[
    str, Field(max_length=20), _Shape(_BYTES, f"an amount of memory is {_NUMBER_OF_BYTES}, for instance 16Gi")
]
Storage = Annotated[
    str, Field(max_length=20), _Shape(_BYTES, f"an amount of storage is {_NUMBER_OF_BYTES}, for instance 100Gi")
]
Email = Annotated[
    str,
    Field(max_length=254),
    _Shape(
        r"[^@ \t]+@[^@ \t]+",
        "an e-mail address has one @ with something before and after it, and no spaces, "
        "for instance beheer@gemeente.example",
    ),
]
NodePool = Annotated[
    str,
    Field(max_length=63),
    _Shape(
        r"[a-z0-9]([-a-z0-9]*[a-z0-9])?",
        "the name of a node pool is lower-case letters, digits and dashes, with no dash at its begin or end, "
        "for instance general-2",
    ),
]


class Size(StrEnum):
    """How much of the cluster a municipality may use (see `desired.sizes`)."""

    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


class Lifecycle(StrEnum):
    """Where a municipality stands; it chooses its own moment."""

    PREPARING = "Preparing"
    ACTIVE = "Active"
    SUSPENDED = "Suspended"
    LEAVING = "Leaving"


class Administrator(schema.BaseModel):
    """A user or a group, by the names of the cluster's identity provider, that administers this municipality."""

    model_config = ConfigDict(
        json_schema_extra=_listed(
            [
                _rule(
                    "!self.name.startsWith('system:')",
                    "an administrator is a user or group of your identity provider; names that begin with 'system:' "
                    "are Kubernetes' own",
                )
            ]
        )
    )

    kind: Annotated[str, WithJsonSchema({"type": "string", "enum": ["User", "Group"]})] = Field(
        description="User or Group."
    )
    name: Annotated[str, Field(min_length=1, max_length=253)] = Field(description="Name in the identity provider.")


class Contact(schema.BaseModel):
    """Whom to reach about what."""

    role: Annotated[
        str, WithJsonSchema({"type": "string", "enum": ["technical", "functional", "security", "privacy"]})
    ] = Field(description="What this contact is for.")
    name: Annotated[str, Field(max_length=200)] = Field(default="", description="Name of the person or team.")
    email: Email = Field(description="E-mail address.")


class Limits(schema.BaseModel):
    """Overrides of what the size gives, as Kubernetes quantities; what is absent stays as the size has it."""

    cpu: schema.Optional[Cpu] = Field(
        default=None, description="CPU that all pods together may request and use, for instance 8 or 1500m."
    )
    memory: schema.Optional[Memory] = Field(
        default=None, description="Memory that all pods together may request and use, for instance 16Gi."
    )
    pods: schema.Optional[Annotated[int, Field(ge=0, le=999)]] = Field(default=None, description="Number of pods.")
    storage: schema.Optional[Storage] = Field(
        default=None, description="Storage that all volume claims together may request, for instance 100Gi."
    )


class Placement(schema.BaseModel):
    """Where a municipality's pods run."""

    node_pool: schema.Optional[NodePool] = Field(
        default=None, description="Nodes with the label wegennet.commonground.nl/node-pool of this value."
    )


class MunicipalitySpec(schema.BaseModel):
    """What the delivery organisation declares of a municipality."""

    code: Annotated[str, Field(max_length=32)] = Field(
        description="Code by CBS: GM and 4 digits, for instance GM0513.",
        json_schema_extra=_listed(
            [
                _rule("self.matches('^GM[0-9]{4}$')", "a CBS code is GM followed by 4 digits, for instance GM0513"),
                _rule(
                    "self == oldSelf",
                    "the CBS code of a municipality never changes; make a new Municipality for the new code and let "
                    "this one leave",
                ),
            ]
        ),
    )
    name: Annotated[str, Field(min_length=1, max_length=80)] = Field(description="Name of the municipality.")
    oin: Annotated[str, Field(max_length=32)] = Field(
        description="Organisation identification number (OIN) under which it speaks FSC: 20 digits.",
        json_schema_extra=_listed(
            [
                _rule(
                    "self.matches('^[0-9]{17}000$')",
                    "an OIN has exactly 20 digits: a prefix of 8, a number of 9 and 000",
                    reason="FieldValueInvalid",
                ),
                _rule(
                    "!self.matches('^[0-9]{20}$') || self.substring(0, 8) in ["
                    + ", ".join(f"'{prefix}'" for prefix in OIN_PREFIXES)
                    + "]",
                    "the first 8 digits of this OIN are no known prefix: "
                    + ", ".join(f"{prefix} ({name})" for prefix, name in OIN_PREFIXES.items()),
                ),
            ]
        ),
    )
    size: Annotated[Size, WithJsonSchema({"type": "string", "enum": [size.value for size in Size]})] = Field(
        description="How much of the cluster it may use: small, medium or large."
    )
    ring: Annotated[int, Field(ge=0, le=9)] = Field(
        description="Ring of upgrades that it belongs to: 0 goes first, 9 last."
    )
    lifecycle: Annotated[
        Lifecycle,
        WithJsonSchema(
            {"type": "string", "enum": [lifecycle.value for lifecycle in Lifecycle], "default": Lifecycle.ACTIVE.value}
        ),
    ] = Field(
        default=Lifecycle.ACTIVE,
        description="Preparing: namespace and access, nothing runs. Active. Suspended: no pod starts, no traffic. "
        "Leaving: the namespace is removed, once it is confirmed that its data may go.",
    )
    administrators: Annotated[list[Administrator], Field(min_length=1, max_length=20)] = Field(
        description="Who administers this municipality, in its own namespace.",
        json_schema_extra={"x-kubernetes-list-type": "atomic"},
    )
    contacts: Annotated[list[Contact], Field(max_length=20)] = Field(
        default_factory=list,
        description="Whom to reach about what.",
        json_schema_extra={"x-kubernetes-list-type": "atomic"},
    )
    limits: schema.Optional[Limits] = Field(default=None, description="Overrides of what the size gives.")
    placement: schema.Optional[Placement] = Field(default=None, description="Where its pods run.")


class MunicipalityStatus(schema.BaseModel):
    """What the operator observed; written by the operator alone."""

    namespace: schema.Optional[str] = Field(default=None, description="Namespace of the municipality.")
    provisioned_oin: schema.Optional[Annotated[str, Field(max_length=32)]] = Field(
        default=None, description="OIN that the municipality was provisioned with; from then on it is fixed."
    )
    observed_generation: schema.Optional[int] = Field(
        default=None, description="Generation of the spec that this status is about."
    )
    conditions: list[Condition] = Field(
        default_factory=list,
        description="Ready sums up; NamespaceReady, IsolationReady and AccessReady say which part; Conflict says that "
        "an object of somebody else stands in the way.",
        json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]},
    )


def _column(name: str, path: str, kind: str = "string", priority: int = 0) -> dict[str, Any]:
    return {"name": name, "type": kind, "jsonPath": path, "priority": priority}


class Municipality(  # type: ignore[call-arg, metaclass]  # the library's metaclass takes these keywords
    CustomResource,
    scope=Scope.CLUSTER,
    version=VERSION,
    plural_name="municipalities",
    short_names=["gem"],
    subresources={"status": {}},
    printer_columns=[
        _column("Gemeente", ".spec.name"),
        _column("Ready", ".status.conditions[?(@.type=='Ready')].status"),
        _column("Reason", ".status.conditions[?(@.type=='Ready')].reason"),
        _column("Lifecycle", ".spec.lifecycle"),
        _column("Size", ".spec.size"),
        _column("Ring", ".spec.ring", "integer"),
        _column("OIN", ".spec.oin", priority=1),
        _column("Message", ".status.conditions[?(@.type=='Ready')].message", priority=1),
    ],
):
    """A municipality (gemeente): a tenant with a namespace of its own that nobody else's pods or people can reach."""

    model_config = ConfigDict(
        json_schema_extra=_listed(
            [
                _rule(
                    "self.metadata.name == self.spec.code.lowerAscii()",
                    "the name of a Municipality is its CBS code in lower case, for instance gm0513 for GM0513",
                ),
                _rule(
                    "!has(self.status) || !has(self.status.provisionedOin) "
                    "|| self.spec.oin == self.status.provisionedOin",
                    "the OIN of a provisioned municipality is fixed: certificates and contracts are in its name",
                ),
            ]
        )
    )

    spec: MunicipalitySpec = Field(description="What is declared.")
    status: MunicipalityStatus = Field(default_factory=MunicipalityStatus, description="What was observed.")
