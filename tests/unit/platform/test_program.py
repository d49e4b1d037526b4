from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi.runtime
import pytest
from google.protobuf import json_format
from pulumi.runtime import settings
from pulumi.runtime.mocks import MockMonitor

from wegennet.platform.components import newer_kinds
from wegennet.platform.components.municipalities import TYPE, spec
from wegennet.platform.components.ownership import FIELD_MANAGER, own
from wegennet.platform.program import chart_values, declare

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wegennet.platform.target import Target

CRD = "kubernetes:apiextensions.k8s.io/v1:CustomResourceDefinition"


class Engine(pulumi.runtime.Mocks):
    """Takes the place of the engine: whatever is asked for is made as asked."""

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        return f"{args.name}-id", dict(args.inputs)

    def call(self, args: pulumi.runtime.MockCallArgs) -> dict[str, Any]:
        raise AssertionError(args.token)


class Monitor(MockMonitor):
    """Keeps the requests to register a resource, with their options."""

    def __init__(self) -> None:
        super().__init__(Engine())
        self.requests: list[Any] = []

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the name is gRPC's
        self.requests.append(request)
        return super().RegisterResource(request)

    def of(self, kind: str) -> list[Any]:
        """The requests for resources of this type."""
        return [request for request in self.requests if request.type == kind]


@pytest.fixture
def recorded(target: Target) -> Iterator[Monitor]:
    monitor = Monitor()
    # The SDK runs a program in the thread's event loop, which an `asyncio.run` of an earlier test took away.
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    pulumi.runtime.set_mocks(Engine(), project="wegennet", stack="embedded", preview=False, monitor=monitor)
    try:
        pulumi.runtime.test(lambda: declare(target))()
        yield monitor
    finally:
        settings.reset_options()
        loop.close()


def inputs(request: Any) -> dict[str, Any]:
    return dict(json_format.MessageToDict(request.object))


def test_every_municipality_is_declared_once(recorded: Monitor, target: Target) -> None:
    names = [resource.name for resource in recorded.of(TYPE)]
    assert sorted(names) == sorted(one.id for one in target.environment.municipalities)


def test_municipalities_are_protected(recorded: Monitor) -> None:
    assert all(resource.protect for resource in recorded.of(TYPE))


def test_crds_are_protected(recorded: Monitor) -> None:
    definitions = recorded.of(CRD)
    assert definitions
    assert all(resource.protect for resource in definitions)


def test_municipalities_come_after_the_crds_and_the_chart(recorded: Monitor) -> None:
    after = " ".join(recorded.of(TYPE)[0].dependencies)
    assert "municipalities.wegennet.commonground.nl" in after
    assert "helm.sh/v4:Chart" in after


def test_all_that_pulumi_applies_has_one_field_manager(recorded: Monitor) -> None:
    objects = [inputs(request) for request in recorded.requests if "metadata" in inputs(request)]
    assert {one["metadata"]["annotations"]["pulumi.com/patchFieldManager"] for one in objects} == {FIELD_MANAGER}


def test_what_a_chart_holds_gets_the_field_manager_as_well(recorded: Monitor) -> None:
    (chart,) = recorded.of("kubernetes:helm.sh/v4:Chart")
    assert len(chart.transforms) == 1
    given = pulumi.ResourceTransformArgs(
        custom=True, type_="kubernetes:core/v1:ServiceAccount", name="x", props={"metadata": {"name": "x"}}, opts=None
    )
    made = own(given)
    assert made is not None
    assert made.props["metadata"]["annotations"]["pulumi.com/patchFieldManager"] == FIELD_MANAGER


def test_a_schema_keeps_the_names_of_its_fields(recorded: Monitor) -> None:
    (definition,) = recorded.of(CRD)
    schema = inputs(definition)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    assert "x-kubernetes-validations" in schema["properties"]["spec"]["properties"]["code"]


def test_a_column_has_no_priority_of_0(recorded: Monitor) -> None:
    (definition,) = recorded.of(CRD)
    columns = inputs(definition)["spec"]["versions"][0]["additionalPrinterColumns"]
    assert {column.get("priority") for column in columns} == {None, 1}


def test_the_provider_knows_the_cluster_by_its_identity(recorded: Monitor) -> None:
    (provider,) = recorded.of("pulumi:providers:kubernetes")
    assert inputs(provider)["clusterIdentifier"] == "0d8e7c1e-uid"


def test_the_chart_gets_image_replicas_and_what_it_may_connect_to(target: Target) -> None:
    values = chart_values(target)
    assert values["image"] == target.operator_image
    assert values["apiServer"] == {"cidrs": ["10.250.0.1/32"], "port": 6443}


def test_a_spec_leaves_out_what_is_not_declared(target: Target) -> None:
    assert set(spec(target.environment.municipalities[0])) == {
        "code", "name", "oin", "size", "ring", "lifecycle", "administrators", "contacts"
    }  # fmt: skip


def test_a_reference_to_a_kind_that_the_package_does_not_know_is_no_error(recorded: Monitor) -> None:
    newer_kinds.register()
    module = pulumi.runtime.rpc.get_resource_module("kubernetes", "admissionregistration.k8s.io/v1", "4.25.0")
    assert isinstance(module, newer_kinds.NewerKinds)
