"""Who may do what: each role by an identity of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.api import GROUP, Api, RefusedError

if TYPE_CHECKING:
    from support.operator import Platform

pytestmark = pytest.mark.integration

WEGENNET = "wegennet.commonground.nl"
OPERATOR = "system:serviceaccount:wegennet-system:wegennet-operator"


@pytest.fixture
def administrator(platform: Platform, api: Api) -> Api:
    """An administrator of gm0001; gm0002 is there too."""
    platform.provisioned(1)
    platform.provisioned(2)
    return api.acting_as("anna@gm0001", "gm0001")


class TestMunicipality:
    """An administrator of a municipality works in its own namespace, and nowhere else."""

    @pytest.mark.parametrize("path", ["pods", "secrets", "configmaps", "resourcequotas", "services"])
    def test_gets_403_on_everything_of_another(self, administrator: Api, path: str) -> None:
        with pytest.raises(RefusedError) as refused:
            administrator.get(f"/api/v1/namespaces/gm0002/{path}")
        assert refused.value.code == 403

    def test_cannot_even_see_that_another_is_there(self, administrator: Api) -> None:
        for path in ("/api/v1/namespaces", "/api/v1/namespaces/gm0002", f"{GROUP}/municipalities"):
            with pytest.raises(RefusedError) as refused:
                administrator.get(path)
            assert refused.value.code == 403

    def test_reads_its_own_pods_and_logs(self, administrator: Api) -> None:
        assert administrator.get("/api/v1/namespaces/gm0001/pods")["items"] == []
        assert administrator.may("get", "pods/log", namespace="gm0001")

    @pytest.mark.parametrize("kind", ["componentrequests", "servicepublications", "serviceconnections"])
    def test_works_with_its_own_requests(self, administrator: Api, kind: str) -> None:
        assert administrator.may("create", kind, group=WEGENNET, namespace="gm0001")
        assert not administrator.may("create", kind, group=WEGENNET, namespace="gm0002")

    @pytest.mark.parametrize(
        ("verb", "resource", "group"),
        [
            ("get", "secrets", ""),
            ("update", "resourcequotas", ""),
            ("create", "pods", ""),
            ("create", "pods/exec", ""),
            ("update", "networkpolicies", "networking.k8s.io"),
            ("create", "rolebindings", "rbac.authorization.k8s.io"),
            ("create", "serviceaccounts/token", ""),
        ],
    )
    def test_may_do_nothing_else_in_its_own_namespace(
        self, administrator: Api, verb: str, resource: str, group: str
    ) -> None:
        assert not administrator.may(verb, resource, group=group, namespace="gm0001")


class TestDelivery:
    """The delivery organisation manages municipalities and sees the platform, but no secret."""

    @pytest.fixture
    def delivery(self, api: Api) -> Api:
        return api.acting_as("dirk@delivery", "wegennet-delivery")

    def test_manages_municipalities(self, delivery: Api) -> None:
        for verb in ("create", "patch", "delete", "list"):
            assert delivery.may(verb, "municipalities", group=WEGENNET)

    @pytest.mark.parametrize("verb", ["get", "list", "watch"])
    def test_reads_no_secret(self, delivery: Api, verb: str) -> None:
        assert not delivery.may(verb, "secrets", namespace="gm0001")


class TestApprover:
    """An approver sees what is asked for, and changes nothing of it."""

    @pytest.fixture
    def approver(self, api: Api) -> Api:
        return api.acting_as("ada@approvers", "wegennet-approvers")

    def test_sees_municipalities_and_requests(self, approver: Api) -> None:
        assert approver.get(f"{GROUP}/municipalities")["kind"] == "MunicipalityList"
        assert approver.may("list", "componentrequests", group=WEGENNET)

    @pytest.mark.parametrize("kind", ["municipalities", "componentrequests"])
    def test_changes_neither(self, approver: Api, kind: str) -> None:
        assert not any(approver.may(verb, kind, group=WEGENNET) for verb in ("create", "patch", "delete"))


class TestAuditor:
    """An auditor reads all but secrets."""

    @pytest.fixture
    def auditor(self, api: Api) -> Api:
        return api.acting_as("bea@audit", "wegennet-auditors")

    @pytest.mark.parametrize(
        "path",
        [
            f"{GROUP}/municipalities",
            "/api/v1/namespaces",
            "/apis/networking.k8s.io/v1/networkpolicies",
            "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
            "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies",
        ],
    )
    def test_reads_what_is_enforced(self, auditor: Api, path: str) -> None:
        assert auditor.get(path)["items"] is not None

    def test_reads_no_secret_and_changes_nothing(self, auditor: Api) -> None:
        assert not auditor.may("list", "secrets")
        assert not auditor.may("patch", "municipalities", group=WEGENNET)


class TestOperator:
    """The operator is no cluster administrator."""

    @pytest.fixture
    def itself(self, api: Api) -> Api:
        return api.acting_as(OPERATOR, "system:serviceaccounts", "system:serviceaccounts:wegennet-system")

    @pytest.mark.parametrize(
        ("verb", "resource", "group"),
        [
            ("get", "secrets", ""),
            ("create", "pods", ""),
            ("escalate", "clusterroles", "rbac.authorization.k8s.io"),
            ("create", "clusterrolebindings", "rbac.authorization.k8s.io"),
            ("impersonate", "users", ""),
            ("create", "municipalities", WEGENNET),
            ("delete", "municipalities", WEGENNET),
        ],
    )
    def test_has_no_more_than_it_needs(self, itself: Api, verb: str, resource: str, group: str) -> None:
        assert not itself.may(verb, resource, group=group)

    def test_binds_the_municipalitys_role_and_no_other(self, itself: Api) -> None:
        rbac = "rbac.authorization.k8s.io"
        assert itself.may("bind", "clusterroles", group=rbac, name="wegennet-municipality")
        assert not itself.may("bind", "clusterroles", group=rbac, name="cluster-admin")
