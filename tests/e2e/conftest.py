from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from wegennet.console.progress import Reporter
from wegennet.environments.cluster import Cluster

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """An embedded cluster of this run's own, up before the first test that asks for it."""
    if os.geteuid() != 0:
        pytest.fail("End-to-end tests run real containers: run them as root, or leave them out with -m 'not e2e'.")
    cluster = Cluster(tmp_path_factory.mktemp("cluster"), fsync=False)
    with Reporter() as reporter:
        try:
            cluster.up(reporter)
            yield cluster
        finally:
            cluster.reset(reporter)
