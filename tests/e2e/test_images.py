"""The operator's image: built once for the same sources, the same bytes wherever it is built."""

from __future__ import annotations

from pathlib import Path

import pytest

from wegennet.console.progress import Reporter
from wegennet.environments.cluster.images import operator
from wegennet.environments.cluster.images.oci import reference_of

pytestmark = pytest.mark.e2e


def built() -> Path:
    with Reporter() as reporter:
        return operator.archive(reporter)


def test_unchanged_sources_are_not_built_again() -> None:
    before = built().stat()
    assert built().stat() == before


def test_image_built_with_an_empty_cache_has_the_same_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = reference_of(built())
    monkeypatch.setenv("WEGENNET_CACHE", str(tmp_path))
    assert reference_of(built()) == known


def test_image_is_the_same_whatever_checkout_it_is_built_in() -> None:
    built()
    context = Path(__file__).resolve().parents[2] / "build" / "operator"
    # An installer's RECORD holds digests of scripts that name the checkout's interpreter.
    assert list((context / "dependencies").glob("*/RECORD")) == []
