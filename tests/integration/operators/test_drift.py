"""Whatever somebody changes of what the operator made is put right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.waiting import eventually

if TYPE_CHECKING:
    from support.api import Api
    from support.operator import Platform

pytestmark = pytest.mark.integration

NAMESPACE = "/api/v1/namespaces/gm0513"
QUOTA = f"{NAMESPACE}/resourcequotas/allowance"
DENY = "/apis/networking.k8s.io/v1/namespaces/gm0513/networkpolicies/default-deny"
BINDING = "/apis/rbac.authorization.k8s.io/v1/namespaces/gm0513/rolebindings/administrators"


@pytest.mark.parametrize(
    ("path", "change", "field"),
    [
        (QUOTA, {"spec": {"hard": {"pods": "9999"}}}, ("spec", "hard", "pods")),
        (DENY, {"spec": {"policyTypes": ["Ingress"]}}, ("spec", "policyTypes")),
        (DENY, {"spec": {"podSelector": {"matchLabels": {"a": "b"}}}}, ("spec", "podSelector")),
        (BINDING, {"subjects": [{"kind": "User", "name": "mallory"}]}, ("subjects",)),
        (f"{NAMESPACE}/limitranges/defaults", {"spec": {"limits": []}}, ("spec", "limits")),
    ],
)
def test_a_changed_field_is_put_back(
    platform: Platform, api: Api, path: str, change: dict[str, Any], field: tuple[str, ...]
) -> None:
    platform.provisioned(513)
    before = at(api.get(path), field)
    api.merge(path, change)
    eventually(lambda: at(api.get(path), field) == before)


@pytest.mark.parametrize("path", [QUOTA, DENY, BINDING])
def test_a_deleted_object_comes_back(platform: Platform, api: Api, path: str) -> None:
    platform.provisioned(513)
    gone = api.get(path)["metadata"]["uid"]
    api.delete(path)
    eventually(lambda: api.get(path)["metadata"]["uid"] != gone)


def test_what_others_add_beside_ours_is_left_alone(platform: Platform, api: Api) -> None:
    platform.provisioned(513)
    api.merge(NAMESPACE, {"metadata": {"labels": {"team": "blue"}}})
    api.merge(QUOTA, {"spec": {"hard": {"pods": "1"}}})
    eventually(lambda: api.get(QUOTA)["spec"]["hard"]["pods"] == "30")
    assert api.get(NAMESPACE)["metadata"]["labels"]["team"] == "blue"


def at(obj: dict[str, Any], field: tuple[str, ...]) -> Any:
    for name in field:
        obj = obj[name]
    return obj
