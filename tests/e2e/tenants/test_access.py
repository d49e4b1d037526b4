"""People of a municipality: everything of their own that they need, 403 on everything of another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.api import GROUP, Api, RefusedError
from support.embedded import pod
from support.waiting import eventually

if TYPE_CHECKING:
    from support.deployed import Deployed

pytestmark = pytest.mark.e2e

CORE = ("pods", "services", "secrets", "configmaps", "serviceaccounts", "resourcequotas", "persistentvolumeclaims")
TALK = "print('dit is van ons', flush=True); import time; time.sleep(3600)"
OTHERS = (
    "/apis/apps/v1/namespaces/{}/deployments",
    "/apis/networking.k8s.io/v1/namespaces/{}/networkpolicies",
    "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/rolebindings",
)


def administrator(deployed: Deployed, name: str) -> Api:
    """An administrator of a municipality, by the group that its Municipality names."""
    group = deployed.municipality(name)["spec"]["administrators"][0]["name"]
    return deployed.api.acting_as(f"someone@{name}", group)


def test_an_administrator_reads_the_logs_of_their_own_pod(deployed: Deployed) -> None:
    name = deployed.names[3]
    deployed.kubectl.apply(pod(name, "talks", deployed.image, TALK))
    someone = administrator(deployed, name)
    path = f"/api/v1/namespaces/{name}/pods/talks/log"
    try:
        eventually(lambda: "dit is van ons" in someone.get(path), within=60)
    finally:
        deployed.kubectl("delete", "-n", name, "pod/talks")


def test_an_administrator_gets_403_on_everything_of_another(deployed: Deployed) -> None:
    a, b = deployed.names[:2]
    someone = administrator(deployed, a)
    paths = [f"/api/v1/namespaces/{b}/{kind}" for kind in CORE] + [path.format(b) for path in OTHERS]
    for path in [*paths, f"/api/v1/namespaces/{b}", f"{GROUP}/municipalities/{b}", "/api/v1/nodes"]:
        for method in ("GET", "DELETE"):
            with pytest.raises(RefusedError) as refused:
                someone.call(method, path)
            assert refused.value.code == 403, (method, path)
    for path in paths:
        with pytest.raises(RefusedError) as refused:
            someone.create(path, {"metadata": {"name": "intruder"}})
        assert refused.value.code == 403, path


def test_no_administrator_may_do_anything_in_a_namespace_that_is_not_theirs(deployed: Deployed) -> None:
    for name, other in zip(deployed.names, deployed.names[1:] + deployed.names[:1], strict=True):
        someone = administrator(deployed, name)
        assert someone.may("list", "pods", namespace=name)
        assert not someone.may("list", "pods", namespace=other)
