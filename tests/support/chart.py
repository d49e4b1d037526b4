"""The platform's API and the operator's chart on an API server, without the operator's pods."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import yaml

from support.api import GROUP, Api, RefusedError, municipality
from support.waiting import eventually
from wegennet.console.progress import Reporter
from wegennet.operators.api.crds import definitions
from wegennet.toolchain import ensure

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "charts" / "wegennet-operator"
SERVICE_ACCOUNT = "/api/v1/namespaces/wegennet-system/serviceaccounts/wegennet-operator"


def install(administrator: Api) -> None:
    """Applies the CRDs and the chart, and waits until the admission policies are in force."""
    for crd in definitions():
        administrator.apply(f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{crd['metadata']['name']}", crd)
    administrator.apply("/api/v1/namespaces/wegennet-system", _named("v1", "Namespace", "wegennet-system"))
    for obj in rendered_chart():
        administrator.apply(path_of(obj), obj)
    eventually(lambda: administrator.get(f"{GROUP}/municipalities"))
    _policies_in_force(administrator)


def operator_kubeconfig(administrator: Api, kubeconfig: Path, folder: Path) -> Path:
    """A kubeconfig of the operator's service account, in `folder`: it may do what the chart lets it do and no more."""
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 7200}}
    token = folder / "token"
    token.touch(mode=0o600)
    token.write_text(administrator.create(f"{SERVICE_ACCOUNT}/token", request)["status"]["token"])
    config = yaml.safe_load(kubeconfig.read_text())
    config["users"][0]["user"] = {"tokenFile": str(token)}
    file = folder / "operator.kubeconfig"
    file.write_text(json.dumps(config))
    return file


def rendered_chart() -> list[dict[str, Any]]:
    """The chart's objects, by the helm program."""
    helm = ensure(["helm"], Reporter(quiet=True)).path("helm")
    command = [helm, "template", "wegennet-operator", CHART, "--namespace", "wegennet-system"]
    options = ["--values", CHART / "ci" / "values.yaml", "--kube-version", "1.36.3"]
    text = subprocess.run([*command, *options], check=True, capture_output=True, text=True).stdout
    return [obj for obj in yaml.safe_load_all(text) if obj]


def path_of(obj: dict[str, Any]) -> str:
    """Where the API server serves one of the chart's objects."""
    plural = {"NetworkPolicy": "networkpolicies"}.get(obj["kind"], obj["kind"].lower() + "s")
    plural = plural.replace("policys", "policies")
    root = f"/api/{obj['apiVersion']}" if "/" not in obj["apiVersion"] else f"/apis/{obj['apiVersion']}"
    namespace = obj["metadata"].get("namespace")
    return f"{root}{f'/namespaces/{namespace}' if namespace else ''}/{plural}/{obj['metadata']['name']}"


def _named(version: str, kind: str, name: str) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}}


def _policies_in_force(administrator: Api) -> None:
    """The API server compiles admission policies a moment after they are written, each for itself."""
    operator = administrator.acting_as("system:serviceaccount:wegennet-system:wegennet-operator", "system:masters")
    fake = _named("v1", "Namespace", "fake")
    fake["metadata"]["labels"] = {"wegennet.commonground.nl/municipality": "gm9999"}
    guarded = municipality(9999)
    guarded["metadata"]["finalizers"] = ["wegennet.commonground.nl/tenant"]
    for api, path, obj in (
        (administrator, "/api/v1/namespaces", fake),
        (operator, "/api/v1/namespaces", fake),
        (administrator, f"{GROUP}/municipalities", guarded),
    ):
        eventually(lambda api=api, path=path, obj=obj: _refused(api, path, obj))


def _refused(api: Api, path: str, obj: dict[str, Any]) -> bool:
    try:
        api.create(f"{path}?dryRun=All", obj)
    except RefusedError as error:
        return "ValidatingAdmissionPolicy" in error.message
    return False
