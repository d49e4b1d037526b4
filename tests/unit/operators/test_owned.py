"""What of a live object is ours, by its managed fields."""

from __future__ import annotations

from typing import Any

from wegennet.operators.owned import desired_digest, managers, owned_digest

DESIRED: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "ResourceQuota",
    "metadata": {"name": "allowance", "namespace": "gm0513", "labels": {"owner": "x"}},
    "spec": {"hard": {"pods": "30", "cpu": "4"}},
}
FIELDS = {
    "f:metadata": {"f:labels": {"f:owner": {}}},
    "f:spec": {"f:hard": {"f:pods": {}, "f:cpu": {}}},
}


def live(fields: dict[str, Any] | None = None, manager: str = "wegennet-operator", **changes: Any) -> dict[str, Any]:
    entry = {"manager": manager, "operation": "Apply", "fieldsV1": FIELDS if fields is None else fields}
    metadata = {**DESIRED["metadata"], "uid": "1", "resourceVersion": "5", "managedFields": [entry]}
    return {**DESIRED, "metadata": metadata, "status": {"used": {}}, **changes}


def test_what_was_applied_compares_equal_whatever_others_added() -> None:
    added = live(spec={"hard": {"pods": "30", "cpu": "4", "secrets": "9"}})
    assert owned_digest(added) == desired_digest(DESIRED)


def test_a_changed_value_differs() -> None:
    assert owned_digest(live(spec={"hard": {"pods": "99", "cpu": "4"}})) != desired_digest(DESIRED)


def test_a_field_that_somebody_took_over_differs() -> None:
    taken = {**FIELDS, "f:spec": {"f:hard": {"f:cpu": {}}}}
    assert owned_digest(live(taken)) != desired_digest(DESIRED)


def test_a_field_that_we_no_longer_want_differs() -> None:
    smaller = {**DESIRED, "spec": {"hard": {"pods": "30"}}}
    assert owned_digest(live()) != desired_digest(smaller)


def test_an_object_of_somebody_else_has_no_digest_and_a_manager() -> None:
    foreign = live(manager="kubectl-create")
    assert owned_digest(foreign) is None
    assert managers(foreign) == ["kubectl-create"]


def test_items_of_keyed_lists_and_sets_are_ours_one_by_one() -> None:
    fields = {
        "f:metadata": {"f:finalizers": {'v:"a"': {}}},
        "f:spec": {"f:containers": {'k:{"name":"main"}': {".": {}, "f:name": {}, "f:image": {}}}},
    }
    obj = live(
        fields,
        spec={"containers": [{"name": "sidecar"}, {"name": "main", "image": "i", "terminationMessagePath": "/d"}]},
    )
    obj["metadata"]["finalizers"] = ["b", "a"]
    wanted = {
        "metadata": {"name": "allowance", "finalizers": ["a"]},
        "spec": {"containers": [{"name": "main", "image": "i"}]},
    }
    assert owned_digest(obj) == desired_digest(wanted)


def test_an_empty_map_that_we_applied_is_kept_as_such() -> None:
    obj = live({"f:spec": {"f:podSelector": {}}}, spec={"podSelector": {}, "policyTypes": []})
    assert owned_digest(obj) == desired_digest({"metadata": {"name": "x"}, "spec": {"podSelector": {}}})
