from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest

from wegennet.console.errors import PlatformFailure
from wegennet.environments.cluster import assembly
from wegennet.environments.cluster.api import Api, object_path

if TYPE_CHECKING:
    from pathlib import Path

ITEM = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "one"}}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Api:
    """An API server's client, with nothing that listens at its address."""
    pki: Path = tmp_path_factory.mktemp("pki")
    assembly.write_identities(pki, "127.0.0.1")
    return Api("https://127.0.0.1:1", pki)


def answers(monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    monkeypatch.setattr(Api, "_send", lambda *_: (status, {"message": "the reason"}))


def test_server_that_does_not_answer_took_nothing(api: Api) -> None:
    assert not api.apply(ITEM)


@pytest.mark.parametrize("status", [HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS])
def test_server_that_cannot_for_now_took_nothing(api: Api, monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    answers(monkeypatch, status)
    assert not api.apply(ITEM)


def test_refusal_is_a_failure_with_the_servers_reason(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, HTTPStatus.FORBIDDEN)
    with pytest.raises(PlatformFailure, match="Namespace one: the reason"):
        api.apply(ITEM)


@pytest.mark.parametrize("status", [HTTPStatus.OK, HTTPStatus.CREATED])
def test_applied_object_was_taken(api: Api, monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    answers(monkeypatch, status)
    assert api.apply(ITEM)


def test_path_names_group_namespace_and_kind() -> None:
    item = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a", "namespace": "b"}}
    assert object_path(item) == "/apis/apps/v1/namespaces/b/deployments/a"
    assert object_path(ITEM) == "/api/v1/namespaces/one"
