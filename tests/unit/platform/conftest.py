from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from wegennet.environments.load import load
from wegennet.platform.access import ClusterAccess
from wegennet.platform.target import ApiServers, Target

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def target() -> Target:
    """The first municipalities of the embedded environment, on some cluster."""
    environment = load("embedded")
    return Target(
        environment=environment.model_copy(update={"municipalities": environment.municipalities[:5]}),
        access=ClusterAccess(Path("/kube/config"), None, embedded=True),
        identity="0d8e7c1e-uid",
        api_servers=ApiServers(("10.250.0.1/32",), 6443),
        operator_image="wegennet-operator@sha256:" + "0" * 64,
    )


@pytest.fixture
def live() -> Callable[..., dict[str, Any]]:
    """A Municipality as the API server gives it."""

    def _live(
        number: int = 513,
        *,
        ready: str = "True",
        reason: str = "Provisioned",
        observed: int = 1,
        deleting: bool = False,
        **spec: Any,
    ) -> dict[str, Any]:
        condition = {
            "type": "Ready",
            "status": ready,
            "reason": reason,
            "message": f"it is {reason}",
            "observedGeneration": observed,
            "lastTransitionTime": "2026-11-24T23:00:00Z",
        }
        return {
            "metadata": {
                "name": f"gm{number:04}",
                "generation": 1,
                "creationTimestamp": "2026-11-24T22:00:00Z",
                **({"deletionTimestamp": "2026-11-24T23:00:00Z"} if deleting else {}),
            },
            "spec": {
                "code": f"GM{number:04}",
                "name": "Gouda",
                "oin": "00000099000000513000",
                "size": "small",
                "ring": 1,
                "lifecycle": "Active",
                **spec,
            },
            "status": {"namespace": f"gm{number:04}", "conditions": [condition]},
        }

    return _live
