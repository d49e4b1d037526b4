"""A plain client of the API server for tests, apart from the code under test; can act as any user or group."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import urllib3
import yaml

if TYPE_CHECKING:
    from pathlib import Path

GROUP = "/apis/wegennet.commonground.nl/v1alpha1"


class RefusedError(RuntimeError):
    """The API server answered with an error; `code` is the HTTP status."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Api:
    """One identity at one API server."""

    server: str
    pool: urllib3.PoolManager = field(repr=False)
    identity: dict[str, str] = field(default_factory=dict)
    groups: tuple[str, ...] = ()

    @classmethod
    def of(cls, kubeconfig: Path) -> Api:
        """The identity of a kubeconfig with client certificate, by file or embedded data."""
        config = yaml.safe_load(kubeconfig.read_text())
        cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
        folder = kubeconfig.parent / ".test-client"
        folder.mkdir(exist_ok=True, mode=0o700)
        pool = urllib3.PoolManager(
            ca_certs=_file(cluster, "certificate-authority", folder),
            cert_file=_file(user, "client-certificate", folder),
            key_file=_file(user, "client-key", folder),
            retries=False,
            timeout=urllib3.Timeout(10),
        )
        return cls(cluster["server"], pool)

    def acting_as(self, user: str, *groups: str) -> Api:
        """The same server as another user, by impersonation."""
        return replace(self, identity={"Impersonate-User": user}, groups=("system:authenticated", *groups))

    def call(self, method: str, path: str, body: Any = None, *, kind: str = "application/json", **params: str) -> Any:
        """One request; the answer decoded.

        Raises:
            RefusedError: the answer is an error.
        """
        headers = urllib3.HTTPHeaderDict({"Content-Type": kind, "Accept": "application/json", **self.identity})
        for group in self.groups:
            headers.add("Impersonate-Group", group)
        data = None if body is None else json.dumps(body).encode()
        try:
            answer = self.pool.request(method, self._url(path, params), body=data, headers=headers)
        except urllib3.exceptions.HTTPError as error:
            raise RefusedError(0, str(error)) from error
        content = answer.data.decode()
        if answer.status >= 400:
            raise RefusedError(answer.status, content)
        return json.loads(content) if content.startswith(("{", "[")) else content

    def _url(self, path: str, params: dict[str, str]) -> str:
        return self.server + path + (f"?{urlencode(params)}" if params else "")

    def get(self, path: str, **params: str) -> Any:
        """Reads an object or a list."""
        return self.call("GET", path, **params)

    def create(self, path: str, body: Any) -> Any:
        """Creates an object in a collection."""
        return self.call("POST", path, body)

    def merge(self, path: str, body: Any) -> Any:
        """Merge-patches an object."""
        return self.call("PATCH", path, body, kind="application/merge-patch+json")

    def apply(self, path: str, body: Any, manager: str = "tests") -> Any:
        """Server-side apply."""
        return self.call(
            "PATCH", f"{path}?fieldManager={manager}&force=true", body, kind="application/apply-patch+yaml"
        )

    def delete(self, path: str) -> Any:
        """Deletes an object."""
        return self.call("DELETE", path)

    def exists(self, path: str) -> bool:
        """Whether an object can be read."""
        try:
            self.get(path)
        except RefusedError as error:
            if error.code == 404:
                return False
            raise
        return True

    def may(self, verb: str, resource: str, *, group: str = "", namespace: str = "", name: str = "") -> bool:
        """Whether this identity may do something (SelfSubjectAccessReview)."""
        resource, _, subresource = resource.partition("/")
        attributes = {
            "verb": verb,
            "resource": resource,
            "subresource": subresource,
            "group": group,
            "namespace": namespace,
            "name": name,
        }
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": attributes},
        }
        return bool(self.create("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", review)["status"]["allowed"])


def _file(holder: dict[str, str], name: str, folder: Path) -> str:
    if name in holder:
        return holder[name]
    target = folder / name
    target.touch(mode=0o600)
    target.write_bytes(base64.b64decode(holder[f"{name}-data"]))
    return str(target)


def municipality(number: int = 513, **spec: Any) -> dict[str, Any]:
    """A Municipality to apply, with a test OIN; `spec` overrides."""
    code = f"GM{number:04d}"
    return {
        "apiVersion": "wegennet.commonground.nl/v1alpha1",
        "kind": "Municipality",
        "metadata": {"name": code.lower()},
        "spec": {
            "code": code,
            "name": f"Gemeente {number}",
            "oin": f"00000099{number:09d}000",
            "size": "small",
            "ring": 1,
            "administrators": [{"kind": "Group", "name": code.lower()}],
            **spec,
        },
    }


def condition(obj: dict[str, Any], kind: str = "Ready") -> dict[str, Any]:
    """One condition of an object's status; empty when it has none of that type."""
    found = [one for one in obj.get("status", {}).get("conditions", ()) if one["type"] == kind]
    return found[0] if found else {}
