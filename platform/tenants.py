"""The municipalities as they are in the cluster, for people and for waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import orjson
from kubernetes import client

from wegennet.operators.api.group import GROUP, VERSION
from wegennet.platform.api import TIMEOUT, answering

if TYPE_CHECKING:
    from collections.abc import Mapping

PLURAL: Final = "municipalities"
HELD: Final = "HeldForData"
"""The operator's reason of `Ready` for a municipality that waits for a confirmation."""

_NOT_FOUND: Final = 404


@dataclass(frozen=True)
class Tenant:
    """One municipality in the cluster.

    Attributes:
        id: name of the custom resource, the CBS code in lower case.
        namespace: the namespace it was given, or None as long as it has none.
        ready: whether the operator says so of the spec that is there now.
        deleting: whether it was deleted and something still holds it.
        conditions: as they are in the status.
    """

    id: str
    code: str
    name: str
    oin: str
    size: str
    ring: int
    lifecycle: str
    namespace: str | None
    ready: bool
    deleting: bool
    created: datetime
    conditions: tuple[Mapping[str, Any], ...]

    def condition(self, kind: str) -> Mapping[str, Any] | None:
        """The condition of this type, when the operator has reported it."""
        return next((found for found in self.conditions if found["type"] == kind), None)

    @property
    def held(self) -> bool:
        """Whether the operator keeps it because of its data, until somebody confirms that this may go."""
        found = self.condition("Ready")
        return found is not None and found.get("reason") == HELD

    @property
    def reason(self) -> str:
        """Why it is, or is not, ready; for a person."""
        found = self.condition("Ready")
        if not found:
            return "the operator has not looked at it yet"
        return str(found.get("message") or found.get("reason", ""))


def tenants(api: client.ApiClient) -> list[Tenant]:
    """Every municipality, by code; none when the cluster does not know the kind."""
    with answering(api):
        try:
            answer: Any = client.CustomObjectsApi(api).list_cluster_custom_object(
                GROUP, VERSION, PLURAL, _preload_content=False, _request_timeout=TIMEOUT
            )
        except client.ApiException as error:
            if error.status == _NOT_FOUND:
                return []
            raise
        return sorted((tenant(item) for item in orjson.loads(answer.data)["items"]), key=lambda one: one.id)


def delete(api: client.ApiClient, name: str) -> None:
    """Asks for the deletion of a municipality; the operator finishes it. One that is gone already is fine."""
    with answering(api):
        try:
            client.CustomObjectsApi(api).delete_cluster_custom_object(
                GROUP, VERSION, PLURAL, name, _request_timeout=TIMEOUT
            )
        except client.ApiException as error:
            if error.status != _NOT_FOUND:
                raise


def tenant(item: Mapping[str, Any]) -> Tenant:
    """A Tenant from a live Municipality."""
    metadata, spec, status = item["metadata"], item["spec"], item.get("status", {})
    conditions = tuple(status.get("conditions", ()))
    return Tenant(
        id=metadata["name"],
        code=spec["code"],
        name=spec["name"],
        oin=spec["oin"],
        size=spec["size"],
        ring=spec["ring"],
        lifecycle=spec.get("lifecycle", "Active"),
        namespace=status.get("namespace"),
        ready=any(_is_ready(condition, metadata["generation"]) for condition in conditions),
        deleting="deletionTimestamp" in metadata,
        created=time_of(metadata["creationTimestamp"]),
        conditions=conditions,
    )


def _is_ready(condition: Mapping[str, Any], generation: int) -> bool:
    of_now = condition.get("observedGeneration", generation) == generation
    return of_now and (condition["type"], condition["status"]) == ("Ready", "True")


def time_of(text: str) -> datetime:
    """A Kubernetes time (RFC 3339, UTC)."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
