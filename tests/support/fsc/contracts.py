"""Contents of contracts as JSON, made by hand: what the code under test should think of them is the tests' to say."""

from __future__ import annotations

import time
import uuid
from typing import Any

from wegennet.fsc.trial.layout import GROUP_ID

Json = dict[str, Any]

HTTP_1 = "PROTOCOL_TCP_HTTP_1.1"
HTTP_2 = "PROTOCOL_TCP_HTTP_2"


def new_name() -> str:
    """A name that no other Service has."""
    return f"service-{uuid.uuid4().hex[:12]}"


def content(*grants: Json, **changes: Any) -> Json:
    """A content that is valid now and for an hour, with these grants; `changes` replace its members."""
    now = int(time.time())
    return {
        "fsc_version": "2.0.0",
        "iv": str(uuid.uuid4()),
        "group_id": GROUP_ID,
        "validity": {"not_before": now - 60, "not_after": now + 3600},
        "grants": [{"data": grant} for grant in grants],
        "hash_algorithm": "HASH_ALGORITHM_SHA3_512",
        "created_at": now,
    } | changes


def connection(outway: str, thumbprint: str, service: str, name: str, *, offered_for: str | None = None) -> Json:
    """A connection grant: an Outway by its peer and key may connect to a Service, maybe one offered for another."""
    return {
        "type": "GRANT_TYPE_SERVICE_CONNECTION",
        "outway": {
            "peer_id": outway,
            "identification": {
                "type": "OUTWAY_IDENTIFICATION_TYPE_PUBLIC_KEY_THUMBPRINT",
                "public_key_thumbprint": thumbprint,
            },
        },
        "service": _service(service, name, offered_for),
    }


def publication(directory: str, service: str, name: str, *, protocol: str = HTTP_1) -> Json:
    """A publication grant."""
    return {
        "type": "GRANT_TYPE_SERVICE_PUBLICATION",
        "directory": {"peer_id": directory},
        "service": {"peer_id": service, "name": name, "protocol": protocol},
    }


def delegated(grant: Json, delegator: str) -> Json:
    """The same grant, made on behalf of another peer."""
    kind = grant["type"].replace("GRANT_TYPE_", "GRANT_TYPE_DELEGATED_")
    return grant | {"type": kind, "delegator": {"peer_id": delegator}}


def by_domain(grant: Json, domain: str) -> Json:
    """The same connection, with the Outway recognised by its domain."""
    identification = {"type": "OUTWAY_IDENTIFICATION_TYPE_DOMAIN_NAME", "domain_name": domain}
    return grant | {"outway": grant["outway"] | {"identification": identification}}


def with_properties(grant: Json, **properties: Any) -> Json:
    """The same grant, with properties."""
    return grant | {"properties": properties}


def flat(wanted: Json) -> Json:
    """The content as the internal API takes it: without version, and grants without `data`."""
    return {key: value for key, value in wanted.items() if key != "fsc_version"} | {
        "grants": [grant["data"] for grant in wanted["grants"]]
    }


def _service(peer: str, name: str, offered_for: str | None) -> Json:
    if offered_for is None:
        return {"type": "SERVICE_TYPE_SERVICE", "peer_id": peer, "name": name}
    delegator = {"delegator": {"peer_id": offered_for}}
    return {"type": "SERVICE_TYPE_DELEGATED_SERVICE", "peer_id": peer, "name": name, **delegator}
