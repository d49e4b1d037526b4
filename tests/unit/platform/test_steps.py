from __future__ import annotations

from wegennet.platform.components.municipalities import TYPE
from wegennet.platform.steps import Step, counts, grouped, tally


def created(number: int) -> Step:
    return Step("create", TYPE, f"gm{number:04}")


def test_hundreds_of_tenants_are_one_group() -> None:
    ((operation, kind, members),) = grouped([created(number) for number in range(342)])
    assert (operation, kind, len(members)) == ("create", "Municipality", 342)


def test_what_stays_the_same_is_in_no_group() -> None:
    assert grouped([Step("same", TYPE, "gm0513")]) == []


def test_operations_on_one_kind_are_groups_of_their_own() -> None:
    steps = [created(1), Step("update", TYPE, "gm0002"), created(3)]
    assert [(operation, len(members)) for operation, _, members in grouped(steps)] == [("create", 2), ("update", 1)]


def test_what_is_not_in_the_cluster_is_called_a_component() -> None:
    assert Step("create", "wegennet:platform:Operator", "operator").kind == "component"


def test_a_replacement_counts_as_a_delete_and_a_create() -> None:
    changes = {"create-replacement": 1, "delete-replaced": 1, "replace": 1, "same": 5, "refresh": 2}
    assert counts(changes) == {"create": 1, "update": 0, "delete": 1, "same": 5}


def test_steps_are_counted_by_operation() -> None:
    assert tally([created(1), created(2), Step("delete", TYPE, "gm0003")])["create"] == 2


def test_the_members_of_a_group_stand_by_name() -> None:
    ((_, _, members),) = grouped([created(599), created(513)])
    assert [step.name for step in members] == ["gm0513", "gm0599"]
