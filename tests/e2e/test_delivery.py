"""What the delivery organisation does with the command, on a small environment: remove, hold, look, destroy."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from support.api import GROUP
from support.deployed import Deployed, copy_of_embedded

from wegennet.console.progress import Reporter
from wegennet.environments.cluster import Cluster

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.e2e

FEW = 5
CLAIM: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "PersistentVolumeClaim",
    "metadata": {"name": "zaken"},
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """An environment of a few municipalities on a cluster of its own."""
    if os.geteuid() != 0:
        pytest.fail("The embedded cluster needs root: run these tests as root.")
    cluster = Cluster(tmp_path_factory.mktemp("delivery"), fsync=False)
    with Reporter() as reporter:
        cluster.up(reporter)
        image = cluster.ensure_images(reporter)["operator"]
        folder = copy_of_embedded(tmp_path_factory.mktemp("environment") / "small", FEW)
        deployed = Deployed.on(cluster, folder, image)
        deployed.up()
        yield deployed
        cluster.reset(reporter)


@pytest.fixture
def listed(small: Deployed) -> Iterator[list[str]]:
    """The lines of the list, which a test may change; as they were afterwards."""
    file = small.folder / "municipalities.csv"
    before = file.read_text()
    yield before.splitlines(keepends=True)
    file.write_text(before)


def write(small: Deployed, lines: list[str]) -> None:
    (small.folder / "municipalities.csv").write_text("".join(lines))


def exists(small: Deployed, name: str) -> bool:
    return small.api.exists(f"{GROUP}/municipalities/{name}")


class TestRemoval:
    """A list that lost rows removes nobody by accident."""

    def test_a_truncated_list_is_refused_and_says_how_many_would_go(self, small: Deployed, listed: list[str]) -> None:
        write(small, listed[:2])
        answer = small.wegennet("up", "--yes")
        assert answer.code == 1
        assert f"would remove {FEW - 1} municipalities of {FEW}" in answer.err
        assert len(small.api.get(f"{GROUP}/municipalities")["items"]) == FEW

    def test_one_that_is_not_leaving_is_refused(self, small: Deployed, listed: list[str]) -> None:
        write(small, listed[:-1])
        answer = small.wegennet("up", "--yes")
        assert (answer.code, "--remove" in answer.err) == (1, True)

    def test_one_with_data_that_is_named_is_held_and_goes_once_confirmed(
        self, small: Deployed, listed: list[str]
    ) -> None:
        name = small.names[-1]
        small.api.create(f"/api/v1/namespaces/{name}/persistentvolumeclaims", CLAIM)
        write(small, listed[:-1])
        held = small.wegennet("up", "--yes", "--remove", name)
        assert held.code == 3
        assert "zaken" in held.err
        assert exists(small, name)
        namespace = small.api.get(f"/api/v1/namespaces/{name}")["metadata"]["uid"]
        annotation = {"wegennet.commonground.nl/confirm-deletion": namespace}
        small.api.merge(f"{GROUP}/municipalities/{name}", {"metadata": {"annotations": annotation}})
        assert small.wegennet("up", "--yes", "--remove", name).code == 0
        assert not exists(small, name)
        write(small, listed)
        assert small.up()["changes"]["create"] == 1

    def test_one_that_left_goes_by_leaving_it_out(self, small: Deployed, listed: list[str]) -> None:
        name = small.names[-1]
        small.api.merge(f"{GROUP}/municipalities/{name}", {"spec": {"lifecycle": "Leaving"}})
        write(small, listed[:-1])
        assert small.wegennet("up", "--yes").code == 0
        assert not exists(small, name)
        write(small, listed)
        small.up()


class TestMistakes:
    """A mistake is answered with a sentence, exit code 1 and no traceback."""

    @pytest.mark.parametrize(
        ("row", "said"),
        [
            ("GM9X,Nergens,Nergens,1,\n", "code"),
            ("GM0014,Dubbel,Nergens,1,\n", "GM0014"),
            ("GM9001,,Nergens,1,\n", "name"),
            ("GM9001,Nergens,Nergens,veel,\n", "places"),
        ],
    )
    def test_a_wrong_row_is_named_with_its_field(self, small: Deployed, listed: list[str], row: str, said: str) -> None:
        write(small, [*listed, row])
        answer = small.wegennet("preview")
        assert answer.code == 1
        assert f"row {FEW + 2}" in answer.err
        assert said in answer.err
        assert "Traceback" not in answer.err

    @pytest.mark.parametrize("arguments", [["nonsense"], ["up", "--nonsense"], ["status", "--condition", "="]])
    def test_a_wrong_call_is_the_users(self, small: Deployed, arguments: list[str]) -> None:
        answer = small.wegennet(*arguments)
        assert answer.code == 1
        assert "Traceback" not in answer.err


class TestLooking:
    """status, preview and doctor say what stands."""

    def test_status_lists_every_municipality_as_json(self, small: Deployed) -> None:
        listed = small.wegennet("status", "--json").json
        assert [one["namespace"] for one in listed] == small.names
        assert all(one["ready"] for one in listed)
        assert {"code", "name", "conditions"} <= set(listed[0])

    def test_status_can_be_narrowed(self, small: Deployed) -> None:
        assert [one["code"] for one in small.wegennet("status", "--json", "--code", "GM0034").json] == ["GM0034"]
        assert small.wegennet("status", "--json", "--not-ready").json == []

    def test_preview_of_nothing_changed_says_so(self, small: Deployed) -> None:
        changes = small.wegennet("preview", "--json").json["changes"]
        assert (changes["create"], changes["update"], changes["delete"]) == (0, 0, 0)

    def test_doctor_finds_all_well(self, small: Deployed) -> None:
        answer = small.wegennet("doctor", "--json")
        assert answer.code == 0, answer.out


class TestDestroy:
    """destroy asks for the environment's name, and keeps the CRDs; the last tests of this file."""

    def test_without_the_name_nothing_is_removed(self, small: Deployed) -> None:
        answer = small.wegennet("destroy", given="")
        assert answer.code == 1
        assert f"{FEW} municipalities" in answer.err
        assert len(small.api.get(f"{GROUP}/municipalities")["items"]) == FEW

    def test_with_it_everything_goes_but_the_crds(self, small: Deployed) -> None:
        answer = small.wegennet("destroy", "--confirm", "embedded", "--json")
        assert answer.code == 0, answer.err
        assert answer.json["changes"]["delete"] > FEW
        assert small.api.get(f"{GROUP}/municipalities")["items"] == []
        assert not small.api.exists("/api/v1/namespaces/wegennet-system")
