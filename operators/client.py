"""The operator's calls to the API server: server-side apply, reading, deleting. One request a call, no retries.

Retrying is the queue's: a failed reconcile comes back with a growing delay and looks at the world again.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import orjson

from wegennet.operators.api.group import FIELD_MANAGER

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    import aiohttp

    from wegennet.operators.resources import Resource

_METADATA_ONLY: Final = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
_METADATA_LIST: Final = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
_APPLY: Final = "application/apply-patch+yaml"
_PAGE: Final = 500


class ApiError(Exception):
    """The API server refused or failed.

    Attributes:
        code: HTTP status.
        reason: `reason` of the Status object, for instance `Conflict`, `NotFound`, `Forbidden`.
    """

    def __init__(self, code: int, reason: str, message: str) -> None:
        super().__init__(f"{message} ({code} {reason})")
        self.code = code
        self.reason = reason


class Applied(NamedTuple):
    """What the API server made of an apply: the live object, and whether it did not exist before."""

    live: dict[str, Any]
    created: bool


class Client:
    """A narrow asynchronous client on one capped session.

    Args:
        session: a session whose base address is the API server.
        observe: called with verb, kind and status of each answer, for the metrics.
    """

    def __init__(
        self, session: aiohttp.ClientSession, observe: Callable[[str, str, int], None] = lambda *_: None
    ) -> None:
        self._session = session
        self._observe = observe

    async def apply(
        self, resource: Resource, obj: Mapping[str, Any], *, force: bool, subresource: str | None = None
    ) -> Applied:
        """Applies `obj` under our field manager.

        A `metadata.uid` in `obj` is a precondition: when the live object is another one, or gone, this fails with 409.
        """
        metadata = obj["metadata"]
        path = resource.path(metadata.get("namespace"), metadata["name"], subresource)
        params = {"fieldManager": FIELD_MANAGER, "force": "true" if force else "false"}
        code, live = await self._exchange("PATCH", resource, path, params=params, body=obj, content_type=_APPLY)
        return Applied(live, created=code == HTTPStatus.CREATED)

    async def read_metadata(self, resource: Resource, namespace: str | None, name: str) -> dict[str, Any] | None:
        """Metadata of one object, uncached; None when it does not exist."""
        path = resource.path(namespace, name)
        try:
            return await self._request("GET", resource, path, accept=_METADATA_ONLY)
        except ApiError as error:
            if error.code == HTTPStatus.NOT_FOUND:
                return None
            raise

    async def names(self, resource: Resource, namespace: str) -> list[str]:
        """Names of all objects of a kind in a namespace."""
        answer = await self._request("GET", resource, resource.path(namespace), accept=_METADATA_LIST)
        # An empty list of partial metadata has null here.
        return [item["metadata"]["name"] for item in answer["items"] or []]

    async def pages(self, resource: Resource, selector: str = "") -> AsyncIterator[list[dict[str, Any]]]:
        """All objects of a kind in the whole cluster that a label selector selects, page by page."""
        params = {"limit": str(_PAGE), **({"labelSelector": selector} if selector else {})}
        while True:
            page = await self._request("GET", resource, resource.path(), params=params)
            yield page["items"]
            if not (token := page["metadata"].get("continue")):
                return
            params["continue"] = token

    async def delete(self, resource: Resource, namespace: str | None, name: str, uid: str) -> None:
        """Deletes one object, if it is still the one with this UID; that it is gone already is no error."""
        body = {"kind": "DeleteOptions", "apiVersion": "v1", "preconditions": {"uid": uid}}
        try:
            await self._request("DELETE", resource, resource.path(namespace, name), body=body)
        except ApiError as error:
            if error.code != HTTPStatus.NOT_FOUND:
                raise

    async def create(self, resource: Resource, obj: Mapping[str, Any]) -> dict[str, Any]:
        """Creates an object; 409 when it exists."""
        return await self._request("POST", resource, resource.path(obj["metadata"].get("namespace")), body=obj)

    async def read(self, resource: Resource, namespace: str | None, name: str) -> dict[str, Any]:
        """One whole object, uncached."""
        return await self._request("GET", resource, resource.path(namespace, name))

    async def replace(self, resource: Resource, obj: Mapping[str, Any]) -> dict[str, Any]:
        """Replaces an object if it is still at the `resourceVersion` given; 409 when it moved on."""
        metadata = obj["metadata"]
        path = resource.path(metadata.get("namespace"), metadata["name"])
        return await self._request("PUT", resource, path, body=obj)

    async def _request(self, method: str, resource: Resource, path: str, **request: Any) -> dict[str, Any]:
        return (await self._exchange(method, resource, path, **request))[1]

    async def _exchange(
        self,
        method: str,
        resource: Resource,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        content_type: str = "application/json",
        accept: str = "application/json",
    ) -> tuple[int, dict[str, Any]]:
        headers = {"Accept": accept, "Content-Type": content_type}
        data = None if body is None else orjson.dumps(body)
        async with self._session.request(method, path, params=params, data=data, headers=headers) as response:
            content = await response.read()
            self._observe(method, resource.kind, response.status)
            if response.status >= HTTPStatus.BAD_REQUEST:
                raise _error(response.status, content)
            return response.status, orjson.loads(content)


def _error(code: int, content: bytes) -> ApiError:
    try:
        status = orjson.loads(content)
    except orjson.JSONDecodeError:
        return ApiError(code, "Unknown", content.decode(errors="replace")[:500])
    return ApiError(code, status.get("reason", "Unknown"), status.get("message", ""))
