"""What is refused at admission, with the sentence that says why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.api import GROUP, Api, RefusedError, municipality

if TYPE_CHECKING:
    from support.operator import Platform

pytestmark = pytest.mark.integration

OPERATOR = "system:serviceaccount:wegennet-system:wegennet-operator"


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ({"oin": "0000009900000051300"}, "an OIN has exactly 20 digits"),
        ({"oin": "0000009900000051300x"}, "an OIN has exactly 20 digits"),
        ({"oin": "00000099000000513123"}, "a prefix of 8, a number of 9 and 000"),
        ({"oin": "12345678000000513000"}, "no known prefix"),
        ({"code": "GM513"}, "a CBS code is GM followed by 4 digits"),
        ({"code": "gm0513"}, "a CBS code is GM followed by 4 digits"),
        ({"code": "GM0514"}, "the name of a Municipality is its CBS code in lower case"),
        ({"size": "huge"}, "small"),
        ({"ring": 10}, "less than or equal to 9"),
        ({"lifecycle": "Gone"}, "Preparing"),
        ({"administrators": []}, "at least 1 items"),
        ({"administrators": [{"kind": "Group", "name": "system:masters"}]}, "names that begin with 'system:'"),
        ({"administrators": [{"kind": "ServiceAccount", "name": "x"}]}, "User"),
        ({"limits": {"cpu": "0"}}, "limits.cpu: .*an amount of CPU is a whole number of cores"),
        ({"limits": {"cpu": "0.5"}}, "limits.cpu: .*for instance 8 or 1500m"),
        ({"limits": {"memory": "lots"}}, "limits.memory: .*an amount of memory is a whole number"),
        ({"limits": {"memory": "16GB"}}, "limits.memory: .*for instance 16Gi"),
        ({"limits": {"storage": "1.5Gi"}}, "limits.storage: .*an amount of storage is a whole number"),
        ({"limits": {"storage": "1000Ti"}}, "limits.storage: .*for instance 100Gi"),
        ({"placement": {"nodePool": "General"}}, "placement.nodePool: .*lower-case letters, digits and dashes"),
        ({"placement": {"nodePool": "general-"}}, "placement.nodePool: .*no dash at its begin or end"),
        ({"contacts": [{"role": "technical", "email": "no address"}]}, "email: .*an e-mail address has one @"),
        ({"contacts": [{"role": "technical", "email": "a@b@c"}]}, "email: .*for instance beheer@gemeente.example"),
    ],
)
def test_wrong_input_is_refused_with_a_sentence(api: Api, spec: dict[str, Any], sentence: str) -> None:
    wanted = municipality(513, **spec)
    with pytest.raises(RefusedError, match=sentence) as refused:
        api.call(
            "PATCH",
            f"{GROUP}/municipalities/gm0513?fieldManager=tests&dryRun=All",
            wanted,
            kind="application/apply-patch+yaml",
        )
    assert "should match" not in refused.value.message, "it shows a regular expression"


def test_an_override_that_is_null_is_absent(api: Api) -> None:
    absent = {"limits": {"cpu": None, "memory": None, "storage": None}, "placement": {"nodePool": None}}
    made = api.create(f"{GROUP}/municipalities?dryRun=All", municipality(513, **absent))
    assert made["spec"]["limits"] == absent["limits"]


def test_a_field_that_the_api_does_not_know_is_refused_when_asked_strictly(api: Api) -> None:
    with pytest.raises(RefusedError, match="unknown field"):
        api.create(f"{GROUP}/municipalities?fieldValidation=Strict&dryRun=All", municipality(513, colour="blue"))


def test_the_cbs_code_never_changes(platform: Platform, api: Api) -> None:
    platform.provisioned(513)
    with pytest.raises(RefusedError, match="never changes"):
        api.merge(f"{GROUP}/municipalities/gm0513", {"spec": {"code": "GM0514"}})


def test_the_oin_of_a_provisioned_municipality_is_fixed(platform: Platform, api: Api) -> None:
    platform.provisioned(513)
    with pytest.raises(RefusedError, match="the OIN of a provisioned municipality is fixed"):
        api.merge(f"{GROUP}/municipalities/gm0513", {"spec": {"oin": "00000099000000514000"}})


class TestMachinery:
    """Metadata of the machinery belongs to the operator, whatever somebody's role."""

    def test_labels_in_a_tenants_namespace(self, platform: Platform, api: Api) -> None:
        platform.provisioned(513)
        quota = "/api/v1/namespaces/gm0513/resourcequotas/allowance"
        with pytest.raises(RefusedError, match="belong to the operator"):
            api.merge(quota, {"metadata": {"labels": {"wegennet.commonground.nl/owner": None}}})

    def test_an_annotation_on_a_new_object(self, platform: Platform, api: Api) -> None:
        platform.provisioned(513)
        annotated = {"metadata": {"name": "a", "annotations": {"wegennet.commonground.nl/paused": "true"}}}
        with pytest.raises(RefusedError, match="belong to the operator"):
            api.create("/api/v1/namespaces/gm0513/configmaps", annotated)

    def test_labels_of_others_are_free(self, platform: Platform, api: Api) -> None:
        platform.provisioned(513)
        api.create("/api/v1/namespaces/gm0513/configmaps", {"metadata": {"name": "a", "labels": {"team": "blue"}}})

    def test_pod_security_of_the_namespace(self, platform: Platform, api: Api) -> None:
        platform.provisioned(513)
        change = {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "privileged"}}}
        with pytest.raises(RefusedError, match="kept by the operator"):
            api.merge("/api/v1/namespaces/gm0513", change)

    @pytest.mark.parametrize(
        "path", ["/api/v1/namespaces/gm0513", "/api/v1/namespaces/gm0513/resourcequotas/allowance"]
    )
    def test_labels_by_way_of_the_status(self, platform: Platform, api: Api, path: str) -> None:
        platform.provisioned(513)
        change = {"metadata": {"labels": {"wegennet.commonground.nl/municipality": None}}}
        with pytest.raises(RefusedError, match="operator"):
            api.merge(f"{path}/status", change)

    def test_a_finalizer_that_would_hold_the_namespace(self, platform: Platform, api: Api) -> None:
        platform.provisioned(513)
        with pytest.raises(RefusedError, match="kept by the operator"):
            api.merge("/api/v1/namespaces/gm0513", {"metadata": {"finalizers": ["example.org/hold"]}})

    def test_the_namespace_itself_cannot_be_deleted(self, platform: Platform, api: Api) -> None:
        platform.provisioned(513)
        with pytest.raises(RefusedError, match="letting the municipality leave"):
            api.delete("/api/v1/namespaces/gm0513")

    def test_a_namespace_cannot_be_passed_off_as_a_tenants(self, api: Api) -> None:
        fake = {"metadata": {"name": "fake", "labels": {"wegennet.commonground.nl/municipality": "gm0001"}}}
        with pytest.raises(RefusedError, match="kept by the operator"):
            api.create("/api/v1/namespaces", fake)

    def test_the_finalizer_of_a_municipality(self, platform: Platform, api: Api) -> None:
        platform.provisioned(513)
        with pytest.raises(RefusedError, match="what holds its removal stands in its status"):
            api.merge(f"{GROUP}/municipalities/gm0513", {"metadata": {"finalizers": None}})


class TestReach:
    """The operator is held to the namespaces of municipalities, even by somebody who took it over."""

    def test_no_policy_in_another_namespace(self, api: Api) -> None:
        policy = {"metadata": {"name": "open"}, "spec": {"podSelector": {}, "ingress": [{}]}}
        with pytest.raises(RefusedError, match="namespaces of municipalities only"):
            api.acting_as(OPERATOR).create("/apis/networking.k8s.io/v1/namespaces/kube-system/networkpolicies", policy)

    def test_no_removal_of_another_namespace(self, api: Api) -> None:
        with pytest.raises(RefusedError, match="namespaces of municipalities only"):
            api.acting_as(OPERATOR).delete("/api/v1/namespaces/wegennet-system")

    def test_no_namespace_under_another_name(self, api: Api) -> None:
        named = {"metadata": {"name": "other", "labels": {"wegennet.commonground.nl/municipality": "gm0001"}}}
        with pytest.raises(RefusedError, match="namespaces of municipalities only"):
            api.acting_as(OPERATOR).create("/api/v1/namespaces", named)

    def test_no_namespace_for_unrestricted_pods(self, platform: Platform, api: Api) -> None:
        platform.provisioned(513)
        change = {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "privileged"}}}
        with pytest.raises(RefusedError, match="restricted pods only"):
            api.acting_as(OPERATOR).merge("/api/v1/namespaces/gm0513", change)

    @pytest.mark.parametrize("role", ["wegennet-operator", "wegennet-delivery"])
    def test_no_other_role(self, platform: Platform, api: Api, role: str) -> None:
        platform.provisioned(513)
        rbac = "rbac.authorization.k8s.io"
        binding = {
            "metadata": {"name": "more"},
            "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": role},
            "subjects": [{"apiGroup": rbac, "kind": "User", "name": "mallory"}],
        }
        # With all rights by RBAC, so that it is the policy that refuses.
        operator = api.acting_as(OPERATOR, "system:masters")
        with pytest.raises(RefusedError, match="binds the role wegennet-municipality only"):
            operator.create(f"/apis/{rbac}/v1/namespaces/gm0513/rolebindings", binding)

    def test_no_change_of_what_was_declared(self, platform: Platform, api: Api) -> None:
        platform.provisioned(513)
        change = {"spec": {"administrators": [{"kind": "User", "name": "mallory"}]}}
        with pytest.raises(RefusedError, match="does not change what is declared"):
            api.acting_as(OPERATOR).merge(f"{GROUP}/municipalities/gm0513", change)


class TestPlacement:
    """Pods of a municipality with a node pool run there."""

    def test_a_pod_gets_the_selector_and_the_toleration_of_its_pool(self, platform: Platform, api: Api) -> None:
        platform.provisioned(513, placement={"nodePool": "simulated"})
        spec = created_pod(api)["spec"]
        assert spec["nodeSelector"] == {"wegennet.commonground.nl/node-pool": "simulated"}
        key = "wegennet.commonground.nl/node-pool"
        assert [one["value"] for one in spec["tolerations"] if one.get("key") == key] == ["simulated"]

    def test_without_a_pool_a_pod_stays_as_it_is(self, platform: Platform, api: Api) -> None:
        platform.provisioned(513)
        assert "nodeSelector" not in created_pod(api)["spec"]


def created_pod(api: Api) -> dict[str, Any]:
    """A pod as the API server would make it; the service account is what a controller would have made."""
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default"}}
    api.apply("/api/v1/namespaces/gm0513/serviceaccounts/default", account)
    return dict(api.create("/api/v1/namespaces/gm0513/pods?dryRun=All", pod()))


def pod() -> dict[str, Any]:
    container = {
        "name": "main",
        "image": "x",
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    return {
        "metadata": {"name": "one"},
        "spec": {
            "serviceAccountName": "default",
            "automountServiceAccountToken": False,
            "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [container],
        },
    }
