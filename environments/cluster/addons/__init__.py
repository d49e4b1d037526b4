"""Objects that belong to the cluster itself: rights of the node's programs, DNS, and the simulated nodes."""

from __future__ import annotations

import hashlib
import json
from importlib.resources import files
from typing import Any

import yaml

SIMULATED_NODES = tuple(f"simulated-{number}" for number in range(3))
_SIMULATED_PODS = "4000"
_SIMULATED = "wegennet.commonground.nl/simulated"
_DIGEST = "wegennet.commonground.nl/configuration-digest"
"""On a pod template: another configuration makes new pods."""
_POOL = "wegennet.commonground.nl/node-pool"


def rights() -> list[dict[str, Any]]:
    """Roles, bindings and the flow schema of the node's programs; needed before those can start."""
    return _objects("rights.yaml")


def dns(image: str) -> list[dict[str, Any]]:
    """CoreDNS and its Service.

    Args:
        image: full reference of CoreDNS's image, pinned by digest.
    """
    objects = _objects("dns.yaml")
    deployment = next(item for item in objects if item["kind"] == "Deployment")
    template = deployment["spec"]["template"]
    template["spec"]["containers"][0]["image"] = image
    template["metadata"]["annotations"] = {_DIGEST: _digest_of(objects, "ConfigMap")}
    return objects


def kwok_stages() -> str:
    """The configuration of kwok, as YAML."""
    return _read("kwok.yaml")


def simulated_nodes() -> list[dict[str, Any]]:
    """The nodes whose pods only seem to run; nothing gets there that does not tolerate their taint."""
    return [_simulated_node(name) for name in SIMULATED_NODES]


def _simulated_node(name: str) -> dict[str, Any]:
    capacity = {"cpu": "1000", "memory": "4Ti", "ephemeral-storage": "4Ti", "pods": _SIMULATED_PODS}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "annotations": {"kwok.x-k8s.io/node": "fake"},
            "labels": {
                "kubernetes.io/hostname": name,
                "kubernetes.io/os": "linux",
                "kubernetes.io/arch": "amd64",
                _SIMULATED: "true",
                _POOL: "simulated",
            },
        },
        "spec": {"taints": [{"key": _POOL, "value": "simulated", "effect": "NoSchedule"}]},
        "status": {"capacity": capacity, "allocatable": capacity},
    }


def _digest_of(objects: list[dict[str, Any]], kind: str) -> str:
    found = [item for item in objects if item["kind"] == kind]
    return hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()[:16]


def _objects(name: str) -> list[dict[str, Any]]:
    return [item for item in yaml.safe_load_all(_read(name)) if item]


def _read(name: str) -> str:
    return (files(__name__) / name).read_text(encoding="utf-8")
