"""Kubeconfigs that hold their certificates themselves, so that one file is all that a client needs."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def render(server: str, pki: Path, user: str) -> str:
    """The kubeconfig of one user.

    Args:
        server: the API server's URL.
        pki: folder with `ca.crt` and the user's `<user>.crt` and `<user>.key`.
        user: file name of the user's certificate, without extension.

    Returns:
        JSON, which is YAML as well; every client of Kubernetes reads it.
    """
    cluster = {"server": server, "certificate-authority-data": _encoded(pki / "ca.crt")}
    identity = {
        "client-certificate-data": _encoded(pki / f"{user}.crt"),
        "client-key-data": _encoded(pki / f"{user}.key"),
    }
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "wegennet", "cluster": cluster}],
        "users": [{"name": user, "user": identity}],
        "contexts": [{"name": "wegennet", "context": {"cluster": "wegennet", "user": user}}],
        "current-context": "wegennet",
    }
    return json.dumps(config, indent=2) + "\n"


def _encoded(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()
