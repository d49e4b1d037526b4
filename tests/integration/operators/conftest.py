"""The operator against a real API server: the chart's roles and policies, and the operator by its service account."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from support.api import GROUP, Api, RefusedError
from support.operator import Platform, Process, finish_removal, path_of, rendered_chart, start_process
from support.waiting import eventually

from wegennet.operators.api.crds import definitions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SERVICE_ACCOUNT = "/api/v1/namespaces/wegennet-system/serviceaccounts/wegennet-operator"


@pytest.fixture(scope="session")
def api(control_plane: Any) -> Api:
    """The cluster's administrator, with the API and the chart in place."""
    administrator = Api.of(control_plane.kubeconfig)
    for crd in definitions():
        administrator.apply(f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{crd['metadata']['name']}", crd)
    administrator.apply("/api/v1/namespaces/wegennet-system", _named("v1", "Namespace", "wegennet-system"))
    for obj in rendered_chart():
        administrator.apply(path_of(obj), obj)
    eventually(lambda: administrator.get(f"{GROUP}/municipalities"))
    _policies_in_force(administrator)
    return administrator


def _named(version: str, kind: str, name: str) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}}


def _policies_in_force(administrator: Api) -> None:
    """The API server compiles admission policies a moment after they are written."""

    def refused() -> bool:
        fake = _named("v1", "Namespace", "fake")
        fake["metadata"]["labels"] = {"wegennet.commonground.nl/municipality": "gm9999"}
        try:
            administrator.create("/api/v1/namespaces?dryRun=All", fake)
        except RefusedError:
            return True
        return False

    eventually(refused)


@pytest.fixture(scope="session")
def operator_kubeconfig(api: Api, tmp_path_factory: pytest.TempPathFactory, control_plane: Any) -> Path:
    """A kubeconfig of the operator's own service account: it may do what the chart lets it do and nothing else."""
    folder = tmp_path_factory.mktemp("operator")
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 7200}}
    token = folder / "token"
    token.touch(mode=0o600)
    token.write_text(api.create(f"{SERVICE_ACCOUNT}/token", request)["status"]["token"])
    config = yaml.safe_load(control_plane.kubeconfig.read_text())
    config["users"][0]["user"] = {"tokenFile": str(token)}
    file = folder / "kubeconfig"
    file.write_text(json.dumps(config))
    return file


@pytest.fixture
def start_operator(operator_kubeconfig: Path, tmp_path: Path) -> Iterator[Callable[[str], Process]]:
    """Starts replicas; those that still run at the end of the test are stopped."""
    running: list[Process] = []

    def start(identity: str) -> Process:
        running.append(start_process(identity, operator_kubeconfig, tmp_path / f"operator-{identity}.log"))
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
