"""The generated CRDs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wegennet.operators.api import crds

if TYPE_CHECKING:
    from pathlib import Path


def test_the_written_crds_are_those_of_the_models(tmp_path: Path) -> None:
    for fresh in crds.write(tmp_path):
        assert (crds.FOLDER / fresh.name).read_text() == fresh.read_text(), "run `make generate`"


def test_every_field_says_what_it_is() -> None:
    for crd in crds.definitions():
        for version in crd["spec"]["versions"]:
            assert list(undescribed(version["schema"]["openAPIV3Schema"])) == []


def test_no_field_answers_with_a_regular_expression() -> None:
    assert [crd["metadata"]["name"] for crd in crds.definitions() if "'pattern'" in str(crd)] == []


def undescribed(schema: dict[str, Any], path: str = "") -> Any:
    for name, child in schema.get("properties", {}).items():
        if not child.get("description"):
            yield f"{path}.{name}"
        yield from undescribed(child, f"{path}.{name}")
    if "items" in schema:
        yield from undescribed(schema["items"], f"{path}[]")
