from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from wegennet.console.errors import UserMistake
from wegennet.console.progress import Reporter
from wegennet.platform.access import ClusterAccess, access, records
from wegennet.platform.delivery import machinery
from wegennet.platform.stack import StackResource

if TYPE_CHECKING:
    from pathlib import Path

    from wegennet.platform.target import Target


class Stack:
    """Stands in for a stack whose provider was made for a cluster."""

    def __init__(self, *identities: str) -> None:
        self.forgotten = False
        self._identities = identities

    def resources(self) -> list[StackResource]:
        kind = "pulumi:providers:kubernetes"
        return [StackResource(f"urn::{one}", kind, {"clusterIdentifier": one}) for one in self._identities]

    def forget(self) -> None:
        self.forgotten = True


def compare(target: Target, stack: Any) -> None:
    machinery._same_cluster(stack, target, Reporter(quiet=True))


def test_a_new_state_goes_with_any_cluster(target: Target) -> None:
    compare(target, Stack())


def test_the_same_cluster_goes_on(target: Target) -> None:
    stack = Stack(target.identity)
    compare(target, stack)
    assert not stack.forgotten


def test_the_state_of_an_embedded_cluster_that_is_gone_is_dropped(target: Target) -> None:
    stack = Stack("another")
    compare(target, stack)
    assert stack.forgotten


def test_another_existing_cluster_is_refused(target: Target) -> None:
    stack = Stack("another")
    with pytest.raises(UserMistake, match="another cluster"):
        compare(replace(target, access=ClusterAccess(None, "acceptance", embedded=False)), stack)
    assert not stack.forgotten


def test_a_context_takes_the_place_of_the_declared_cluster(target: Target, tmp_path: Path) -> None:
    assert access(target.environment, tmp_path, "acceptance") == ClusterAccess(None, "acceptance", embedded=False)


def test_the_embedded_cluster_has_its_kubeconfig_in_the_state(target: Target, tmp_path: Path) -> None:
    found = access(target.environment, tmp_path)
    assert found.embedded
    assert found.kubeconfig is not None
    assert found.kubeconfig.is_relative_to(tmp_path)


def test_each_context_has_a_state_of_its_own(tmp_path: Path) -> None:
    places = {records(tmp_path, context) for context in (None, "acceptance", "arn:aws:eks/acceptance", "..")}
    assert len(places) == 4
    assert all(place.is_relative_to(tmp_path) and ".." not in place.parts for place in places)
