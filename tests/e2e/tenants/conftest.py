"""The embedded environment with as many municipalities as the run has, on the run's cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.deployed import Deployed, copy_of_embedded

from wegennet.console.progress import Reporter

if TYPE_CHECKING:
    from wegennet.environments.cluster import Cluster


@pytest.fixture(scope="session")
def deployment(cluster: Cluster, count: int, tmp_path_factory: pytest.TempPathFactory) -> tuple[Deployed, Any]:
    """The environment after its first `wegennet up`, and what that said."""
    with Reporter() as reporter:
        image = cluster.ensure_images(reporter)["operator"]
    folder = copy_of_embedded(tmp_path_factory.mktemp("environments") / "embedded", count)
    deployed = Deployed.on(cluster, folder, image)
    return deployed, deployed.up()


@pytest.fixture
def deployed(deployment: tuple[Deployed, Any]) -> Deployed:
    """The environment, with every municipality Ready."""
    return deployment[0]
