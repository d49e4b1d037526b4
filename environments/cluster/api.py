"""The few calls that the cluster itself makes to its API server: read a path, apply an object."""

from __future__ import annotations

import http.client
import json
import ssl
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from wegennet.console.errors import PlatformFailure

if TYPE_CHECKING:
    from pathlib import Path

FIELD_MANAGER = "wegennet-cluster"
_PATIENCE = 10.0
_COLLECTIONS = {
    "Namespace": "namespaces",
    "ServiceAccount": "serviceaccounts",
    "ConfigMap": "configmaps",
    "Service": "services",
    "Node": "nodes",
    "Deployment": "deployments",
    "ClusterRole": "clusterroles",
    "ClusterRoleBinding": "clusterrolebindings",
    "FlowSchema": "flowschemas",
}


class Api:
    """The API server, as one user.

    Args:
        server: its URL.
        pki: folder with `ca.crt` and the user's certificate and key.
        user: file name of the certificate, without extension.
    """

    def __init__(self, server: str, pki: Path, user: str = "admin") -> None:
        self._address = urlsplit(server)
        self._tls = ssl.create_default_context(cafile=str(pki / "ca.crt"))
        self._tls.load_cert_chain(pki / f"{user}.crt", pki / f"{user}.key")

    def get(self, path: str) -> dict[str, Any] | None:
        """The object at a path; None when there is none or the server does not answer."""
        try:
            status, body = self._send("GET", path)
        except (OSError, http.client.HTTPException):
            return None
        return body if status == http.HTTPStatus.OK else None

    def apply(self, item: dict[str, Any]) -> bool:
        """Applies an object server-side; nothing is written when nothing differs.

        Returns:
            Whether the server took it; False when it cannot for now: it or its store is just starting.

        Raises:
            PlatformFailure: the server refused it.
        """
        path = f"{object_path(item)}?fieldManager={FIELD_MANAGER}&force=true"
        what = f"{item['kind']} {item['metadata']['name']}"
        try:
            status, body = self._send("PATCH", path, item)
        except (OSError, http.client.HTTPException):
            return False
        if status == http.HTTPStatus.TOO_MANY_REQUESTS or status >= http.HTTPStatus.INTERNAL_SERVER_ERROR:
            return False
        if status not in (http.HTTPStatus.OK, http.HTTPStatus.CREATED):
            raise PlatformFailure(f"The API server refuses {what}: {body.get('message', status)}")
        return True

    def _send(self, method: str, path: str, item: object = None) -> tuple[int, dict[str, Any]]:
        host, port = self._address.hostname or "", self._address.port
        connection = http.client.HTTPSConnection(host, port, timeout=_PATIENCE, context=self._tls)
        try:
            headers = {"Content-Type": "application/apply-patch+yaml"}
            connection.request(method, path, None if item is None else json.dumps(item), headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"{}")
        finally:
            connection.close()


def object_path(item: dict[str, Any]) -> str:
    """The path of an object of one of the kinds that the cluster itself applies."""
    version = item["apiVersion"]
    root = f"/apis/{version}" if "/" in version else f"/api/{version}"
    metadata = item["metadata"]
    scope = f"/namespaces/{metadata['namespace']}" if "namespace" in metadata else ""
    return f"{root}{scope}/{_COLLECTIONS[item['kind']]}/{metadata['name']}"
