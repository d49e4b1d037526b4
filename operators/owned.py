"""What of a live object is ours: the fields that our field manager owns, and a digest of them.

An object is unchanged when the digest of the fields that we own in it equals the digest of what we would apply. That
needs no copy of the object, and it sees a field that somebody changed (the API server then takes it off our set),
removed or that we no longer want. Format: FieldsV1 of `metadata.managedFields` (k8s.io/apimachinery,
sigs.k8s.io/structured-merge-diff).
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import orjson

from wegennet.operators.api.group import FIELD_MANAGER

if TYPE_CHECKING:
    from collections.abc import Mapping

DIGEST_BYTES = 16


def digest(obj: Any) -> bytes:
    """A digest of plain data that is the same whatever the order of its keys."""
    return hashlib.blake2b(orjson.dumps(obj, option=orjson.OPT_SORT_KEYS), digest_size=DIGEST_BYTES).digest()


def desired_digest(desired: Mapping[str, Any]) -> bytes:
    """The digest that a live object has in its owned fields once `desired` was applied."""
    metadata = {key: value for key, value in desired["metadata"].items() if key not in ("name", "namespace", "uid")}
    content = {key: value for key, value in desired.items() if key not in ("apiVersion", "kind", "metadata")}
    return digest({**content, "metadata": metadata} if metadata else content)


def owned_digest(live: Mapping[str, Any]) -> bytes | None:
    """The digest of the fields of a live object that we applied; None when we applied none of them."""
    fields = applied_fields(live)
    return None if fields is None else digest(_project(live, fields))


def applied_fields(live: Mapping[str, Any], subresource: str = "") -> Mapping[str, Any] | None:
    """The FieldsV1 set of our own server-side apply, or None when this object was not applied by us."""
    for entry in live["metadata"].get("managedFields", ()):
        if (entry["manager"], entry["operation"], entry.get("subresource", "")) == (
            FIELD_MANAGER,
            "Apply",
            subresource,
        ):
            return entry.get("fieldsV1", {})  # type: ignore[no-any-return]  # plain JSON
    return None


def managers(live: Mapping[str, Any]) -> list[str]:
    """Who else wrote this object, by field manager, the oldest first."""
    names = [entry["manager"] for entry in live["metadata"].get("managedFields", ())]
    return list(dict.fromkeys(name for name in names if name != FIELD_MANAGER))


def _project(value: Any, fields: Mapping[str, Any]) -> Any:
    """The part of `value` that the field set names; a leaf is whole."""
    paths = {path: inner for path, inner in fields.items() if path != "."}
    if not paths:
        return value
    if isinstance(value, list):
        return _project_list(value, paths)
    return {
        path[2:]: _project(value[path[2:]], inner)
        for path, inner in paths.items()
        if path.startswith("f:") and path[2:] in value
    }


def _project_list(items: list[Any], paths: Mapping[str, Any]) -> list[Any]:
    """The items that the field set names, by key (`k:{…}`) or by value (`v:…`), in the list's own order."""
    by_value = [json.loads(path[2:]) for path in paths if path.startswith("v:")]
    by_key = [(json.loads(path[2:]), inner) for path, inner in paths.items() if path.startswith("k:")]
    projected = [item for item in items if item in by_value]
    for item in items:
        for keys, inner in by_key:
            if all(item.get(key) == wanted for key, wanted in keys.items()):
                projected.append(_project(item, inner))
    return projected
