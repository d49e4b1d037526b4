"""Names of the API group that every part shares: group, version, labels, annotations, finalizer, field manager."""

from __future__ import annotations

from typing import Final

GROUP: Final = "wegennet.commonground.nl"
VERSION: Final = "v1alpha1"
API_VERSION: Final = f"{GROUP}/{VERSION}"

FIELD_MANAGER: Final = "wegennet-operator"
"""The one field manager under which the operator applies everything."""

SYSTEM_NAMESPACE: Final = "wegennet-system"
"""Namespace of the operator itself."""

LABEL_OWNER: Final = f"{GROUP}/owner"
"""`<Kind>.<name>` of the custom resource that an object was made for; what the operator watches by."""
LABEL_MUNICIPALITY: Final = f"{GROUP}/municipality"
"""CBS code in lower case; on a tenant's namespace and on all that the platform makes in it."""
LABEL_SIZE: Final = f"{GROUP}/size"
LABEL_RING: Final = f"{GROUP}/ring"
LABEL_NODE_POOL: Final = f"{GROUP}/node-pool"
LABEL_ZONE: Final = f"{GROUP}/zone"
"""Security level of the zone that a namespace is (BIO2 8.22.01)."""

ANNOTATION_FLOWS: Final = f"{GROUP}/flows"
"""The flows that a network policy allows, in words."""
ANNOTATION_CONFIRM_DELETION: Final = f"{GROUP}/confirm-deletion"
"""Set by the delivery organisation to the UID of a municipality's namespace: that one may go, with its data."""

FINALIZER: Final = f"{GROUP}/tenant"
"""Keeps a Municipality until its namespace is gone, or until it is known that the namespace is somebody else's."""

ROLE_MUNICIPALITY: Final = "wegennet-municipality"
"""ClusterRole of the operator's chart that a municipality's administrators are bound to in their own namespace."""
