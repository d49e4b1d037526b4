"""The inventory: what is kept of live objects, and what counts as news."""

from __future__ import annotations

from typing import Any

from wegennet.operators.api.group import LABEL_OWNER
from wegennet.operators.cache import Cache, ObjectKey

KEY = ObjectKey("ResourceQuota", "gm0513", "allowance")
OWNER = "Municipality.gm0513"


def obj(version: int, pods: str = "30", uid: str = "u1", owner: str = OWNER, **metadata: Any) -> dict[str, Any]:
    fields = {"manager": "wegennet-operator", "operation": "Apply", "fieldsV1": {"f:spec": {"f:pods": {}}}}
    return {
        "kind": KEY.kind,
        "metadata": {
            "namespace": KEY.namespace,
            "name": KEY.name,
            "uid": uid,
            "resourceVersion": str(version),
            "labels": {LABEL_OWNER: owner},
            "managedFields": [fields],
            **metadata,
        },
        "spec": {"pods": pods},
    }


def test_a_new_object_is_news_for_its_owner() -> None:
    assert Cache().observe(obj(1)) == {OWNER}


def test_a_change_of_nothing_that_we_own_is_no_news() -> None:
    cache = Cache()
    cache.observe(obj(1))
    assert cache.observe(obj(2, annotations={"somebody": "else"})) == set()


def test_a_change_of_what_we_own_is_news() -> None:
    cache = Cache()
    cache.observe(obj(1))
    assert cache.observe(obj(2, pods="99")) == {OWNER}


def test_an_older_event_never_overwrites_the_answer_to_our_own_write() -> None:
    cache = Cache()
    cache.observe(obj(7, pods="30"))
    assert cache.observe(obj(6, pods="99")) == set()
    assert cache.observe(obj(8, pods="30")) == set()


def test_a_deletion_of_an_earlier_object_leaves_its_successor_alone() -> None:
    cache = Cache()
    cache.observe(obj(1, uid="old"))
    cache.observe(obj(5, uid="new"))
    assert cache.forget(KEY, "old", 4) == set()
    assert cache.get(KEY) is not None


def test_a_deletion_is_news_and_empties_the_owner() -> None:
    cache = Cache()
    cache.observe(obj(1))
    assert cache.forget(KEY, "u1", 2) == {OWNER}
    assert list(cache.owned_by(OWNER)) == []


def test_a_change_of_owner_is_news_for_both() -> None:
    cache = Cache()
    cache.observe(obj(1))
    assert cache.observe(obj(2, owner="Municipality.gm0014")) == {OWNER, "Municipality.gm0014"}
    assert [key for key, _ in cache.owned_by("Municipality.gm0014")] == [KEY]


def test_termination_is_news() -> None:
    cache = Cache()
    cache.observe(obj(1))
    assert cache.observe(obj(2, deletionTimestamp="2026-01-01T00:00:00Z")) == {OWNER}


def test_the_answer_to_our_write_does_not_bring_back_what_was_deleted_after_it() -> None:
    cache = Cache()
    cache.observe(obj(1))
    cache.forget(KEY, "u1", 3)
    assert cache.observe(obj(2)) == set()
    assert cache.get(KEY) is None


def test_an_object_that_lost_its_label_and_got_it_back_is_known_again() -> None:
    cache = Cache()
    cache.observe(obj(1))
    cache.forget(KEY, "u1", 3)
    assert cache.observe(obj(4)) == {OWNER}


def test_an_object_with_our_label_and_none_of_our_fields_is_not_ours() -> None:
    cache = Cache()
    assert cache.observe(obj(1, managedFields=[])) == set()
    assert cache.get(KEY) is None


def test_an_object_that_lost_all_our_fields_is_ours_no_longer() -> None:
    cache = Cache()
    cache.observe(obj(1))
    assert cache.observe(obj(2, managedFields=[])) == {OWNER}
    assert cache.get(KEY) is None
