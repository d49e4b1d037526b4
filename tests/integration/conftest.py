from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

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
