from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.openapi import noted

from wegennet import toolchain
from wegennet.console.progress import Reporter
from wegennet.environments.cluster import ControlPlane

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """One real etcd and API server for the whole run: `.kubeconfig`, `.url`, `.pki`, `.restart_apiserver()`."""
    with Reporter() as reporter:
        tools = toolchain.ensure(["etcd", "kube-apiserver"], reporter)
    folder = tmp_path_factory.mktemp("control-plane")
    with ControlPlane(folder, tools.path("etcd"), tools.path("kube-apiserver")) as plane:
        yield plane


@pytest.fixture(autouse=True)
def exchanges_are_as_documented() -> Iterator[None]:
    """What FSC components ask of the servers that a test plays has to be as the OpenAPI documents say."""
    noted.collected()
    yield
    assert noted.collected() == []
