"""The typed content of an environment: what the delivery organisation declares, after the rules were applied."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

if TYPE_CHECKING:
    from collections.abc import Callable

Size = Literal["small", "medium", "large"]
Lifecycle = Literal["Preparing", "Active", "Suspended", "Leaving"]
Ring = Annotated[int, Field(ge=0, le=9)]


def _matching(pattern: str, meaning: str) -> Callable[[str], str]:
    """A validator that says what was expected in words instead of showing a regular expression."""
    shape = re.compile(pattern)

    def check(value: str) -> str:
        if not shape.fullmatch(value):
            raise ValueError(f"expected {meaning}")
        return value

    return check


_LABEL: Final = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"

Name = Annotated[
    str,
    AfterValidator(
        _matching(_LABEL, "at most 63 lower-case letters, digits and dashes, with no dash at the begin or end")
    ),
]
Domain = Annotated[str, AfterValidator(_matching(rf"{_LABEL}(\.{_LABEL})*", "a domain name in lower case"))]
Title = Annotated[
    str,
    AfterValidator(_matching(r"[^\x00-\x1f\x7f-\x9f\u2028\u2029]{1,80}", "a name of 1 to 80 characters on one line")),
]
Code = Annotated[str, AfterValidator(_matching(r"GM[0-9]{4}", "a CBS code, GM and 4 digits, such as GM0513"))]
Oin = Annotated[
    str, AfterValidator(_matching(r"[0-9]{17}000", "an OIN of exactly 20 digits, of which the last are 000"))
]
Email = Annotated[
    str,
    AfterValidator(_matching(r"(?=.{1,254}\Z)[^@\s]+@[^@\s]+", "an e-mail address of at most 254 characters")),
]
Cpu = Annotated[
    str, AfterValidator(_matching(r"[1-9][0-9]{0,2}|[1-9][0-9]{0,5}m", "an amount of CPU, such as 8 or 1500m"))
]
Bytes = Annotated[
    str, AfterValidator(_matching(r"[1-9][0-9]{0,5}(Mi|Gi)|[1-9][0-9]{0,2}Ti", "an amount of bytes, such as 16Gi"))
]


class Strict(BaseModel):
    """Base of everything declared: an unknown key is an error, and nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Subject(Strict):
    """A user or a group, by the names of the cluster's identity provider."""

    kind: Literal["User", "Group"]
    name: Annotated[str, Field(min_length=1, max_length=253)]


class Contact(Strict):
    """Whom to reach about what."""

    role: Literal["technical", "functional", "security", "privacy"]
    email: Email


class Limits(Strict):
    """Overrides of what the size gives, as Kubernetes quantities."""

    cpu: Cpu | None = None
    memory: Bytes | None = None
    pods: Annotated[int, Field(ge=0, le=999)] | None = None
    storage: Bytes | None = None


class Municipality(Strict):
    """One declared tenant; the rules of the environment have been applied."""

    code: Code
    name: Title
    oin: Oin
    size: Size
    ring: Ring
    lifecycle: Lifecycle = "Active"
    administrators: Annotated[tuple[Subject, ...], Field(min_length=1, max_length=20)]
    contacts: tuple[Contact, ...] = ()
    limits: Limits = Limits()
    node_pool: Name | None = None

    @property
    def id(self) -> str:
        """Name of its custom resource and of its namespace: the CBS code in lower case."""
        return self.code.lower()


class Subjects(Strict):
    """Who works with the platform in which role, by the names of the cluster's identity provider."""

    delivery: tuple[Subject, ...] = ()
    approver: tuple[Subject, ...] = ()
    auditor: tuple[Subject, ...] = ()


class ContextCluster(Strict):
    """An existing cluster, by a context of a kubeconfig; without `kubeconfig` kubectl's own rules find the file."""

    context: Annotated[str, Field(min_length=1)]
    kubeconfig: Path | None = None


class Operator(Strict):
    """How the operator runs. `image` is needed outside the embedded cluster, which builds its own."""

    replicas: Annotated[int, Field(ge=1, le=5)] = 1
    image: str | None = None


class SizeRule(Strict):
    """The most places that a small and a medium municipality have; above that it is large."""

    small: Annotated[int, Field(ge=0)]
    medium: Annotated[int, Field(ge=0)]

    @model_validator(mode="after")
    def _in_order(self) -> SizeRule:
        if self.small > self.medium:
            raise ValueError("expected no more places for small than for medium")
        return self


class RingRule(Strict):
    """The ring of upgrades that a municipality of each size belongs to, unless its row names another."""

    small: Ring
    medium: Ring
    large: Ring


class MunicipalityRules(Strict):
    """Where the municipalities are listed and what follows from a row.

    `oin: test` generates `00000099` + the digits of the code padded to 9 + `000`; `administrators: group` names the
    group `<code>-administrators`. With `column` the list gives them.
    """

    file: Annotated[str, AfterValidator(_matching(r"[^\0]+", "the path of a file"))]
    oin: Literal["test", "column"]
    administrators: Literal["group", "column"]
    sizes: SizeRule
    rings: RingRule


class Declaration(Strict):
    """`environment.yaml` as it is written."""

    name: Name
    cluster: Literal["embedded"] | ContextCluster
    domain: Domain
    operator: Operator = Operator()
    subjects: Subjects = Subjects()
    municipalities: MunicipalityRules


class Environment(Strict):
    """One declared installation, whole: what `environment.yaml` and its list of municipalities say together."""

    name: Name
    folder: Path
    cluster: Literal["embedded"] | ContextCluster
    domain: Domain
    operator: Operator
    subjects: Subjects
    municipalities: tuple[Municipality, ...]
