"""The operator's chart, as rendered."""

from __future__ import annotations

import re
import subprocess
from typing import Any

import pytest
from support.chart import CHART, rendered_chart

from wegennet.console.progress import Reporter
from wegennet.toolchain import ensure

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def objects() -> list[dict[str, Any]]:
    return rendered_chart()


def rules(objects: list[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    roles = [one for one in objects if one["kind"] in ("Role", "ClusterRole")]
    return [(role["metadata"]["name"], rule) for role in roles for rule in role["rules"]]


def test_no_role_has_a_wildcard(objects: list[dict[str, Any]]) -> None:
    for name, rule in rules(objects):
        assert "*" not in [*rule["apiGroups"], *rule["resources"], *rule["verbs"]], name


def test_no_role_reads_secrets_or_acts_as_somebody_else(objects: list[dict[str, Any]]) -> None:
    for name, rule in rules(objects):
        assert not {"secrets", "pods/exec", "pods/attach", "serviceaccounts/token"} & set(rule["resources"]), name
        assert not {"escalate", "impersonate"} & set(rule["verbs"]), name


def test_binding_is_limited_to_the_municipalitys_role(objects: list[dict[str, Any]]) -> None:
    binding = [rule for _, rule in rules(objects) if "bind" in rule["verbs"]]
    assert [rule["resourceNames"] for rule in binding] == [["wegennet-municipality"]]


def test_an_auditor_changes_nothing(objects: list[dict[str, Any]]) -> None:
    for name, rule in rules(objects):
        if name == "wegennet-auditor":
            assert set(rule["verbs"]) <= {"get", "list", "watch"}


def test_every_admission_policy_is_bound_and_denies(objects: list[dict[str, Any]]) -> None:
    policies = {one["metadata"]["name"] for one in objects if one["kind"].endswith("AdmissionPolicy")}
    bound = {one["spec"]["policyName"] for one in objects if one["kind"].endswith("AdmissionPolicyBinding")}
    assert policies == bound
    for one in objects:
        if one["kind"] == "ValidatingAdmissionPolicyBinding":
            assert one["spec"]["validationActions"] == ["Deny"]
        if one["kind"].endswith("AdmissionPolicy"):
            assert one["spec"]["failurePolicy"] == "Fail"


def test_the_chart_uses_nothing_that_differs_from_one_rendering_to_the_next() -> None:
    text = "".join(file.read_text() for file in (CHART / "templates").iterdir())
    assert "helm.sh/hook" not in text
    calls = set(re.findall(r"[({|-]\s*(lookup|tpl|now|rand\w+|gen[A-Z]\w+)\b", text))
    assert calls == set()


@pytest.mark.parametrize("image", ["wegennet-operator:latest", "wegennet-operator", ""])
def test_an_image_that_is_not_pinned_by_digest_is_refused(image: str) -> None:
    helm = ensure(["helm"], Reporter(quiet=True)).path("helm")
    command = [helm, "template", "x", CHART, "--set", f"image={image}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "image" in done.stderr
