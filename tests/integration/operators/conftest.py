"""The operator against a real API server: the chart's roles and policies, and the operator by its service account."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.api import GROUP, Api
from support.chart import install, operator_kubeconfig
from support.operator import Platform, Process, finish_removal, kubeconfig_elsewhere, start_process
from support.waiting import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def api(control_plane: Any) -> Api:
    """The cluster's administrator, with the API and the chart in place."""
    administrator = Api.of(control_plane.kubeconfig)
    install(administrator)
    return administrator


@pytest.fixture(scope="session")
def kubeconfig(api: Api, control_plane: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kubeconfig of the operator's own service account."""
    return operator_kubeconfig(api, control_plane.kubeconfig, tmp_path_factory.mktemp("operator"))


@pytest.fixture
def start_operator(kubeconfig: Path, tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """Starts replicas, at the API server or an address of choice; those that still run after the test are stopped."""
    running: list[Process] = []

    def start(identity: str, at: tuple[str, int] | None = None) -> Process:
        config = kubeconfig_elsewhere(kubeconfig, at, tmp_path) if at else kubeconfig
        running.append(start_process(identity, config, tmp_path / f"operator-{identity}.log"))
        return running[-1]

    yield start
    for one in running:
        if one.process.poll() is None:
            one.kill()


@pytest.fixture
def operator(start_operator: Callable[[str], Process], empty: None) -> Process:
    """One replica that leads."""
    one = start_operator("one")
    eventually(one.leads, within=30)
    return one


@pytest.fixture
def empty(api: Api) -> Iterator[None]:
    """No municipality before the test and none after it; no lease of an earlier replica."""
    _clear(api)
    yield
    _clear(api)


def _clear(api: Api) -> None:
    machinery = api.acting_as("system:serviceaccount:wegennet-system:wegennet-operator", "system:masters")
    for one in api.get(f"{GROUP}/municipalities")["items"]:
        path = f"{GROUP}/municipalities/{one['metadata']['name']}"
        machinery.merge(path, {"metadata": {"finalizers": []}})
        if "deletionTimestamp" not in one["metadata"]:
            api.delete(path)
    for namespace in api.get("/api/v1/namespaces")["items"]:
        if namespace["metadata"]["name"].startswith("gm"):
            finish_removal(api, namespace["metadata"]["name"])
    lease = "/apis/coordination.k8s.io/v1/namespaces/wegennet-system/leases/wegennet-operator"
    if api.exists(lease):
        api.delete(lease)


@pytest.fixture
def platform(api: Api, operator: Process) -> Platform:
    """A platform with one leading operator and no municipality."""
    return Platform(api)
