"""Who holds which OIN."""

from __future__ import annotations

from typing import Any

from wegennet.operators.tenants import Tenants, tenant

OIN = "00000099000000513000"


def municipality(name: str, *, created: int = 1, oin: str = OIN, version: int = 1, **status: Any) -> dict[str, Any]:
    return {
        "metadata": {
            "name": name,
            "uid": f"uid-{name}",
            "resourceVersion": str(version),
            "generation": 1,
            "creationTimestamp": f"2026-01-0{created}T00:00:00Z",
        },
        "spec": {
            "code": name.upper(),
            "name": name,
            "oin": oin,
            "size": "small",
            "ring": 1,
            "administrators": [{"kind": "User", "name": "u"}],
        },
        "status": status,
    }


def seen(*municipalities: dict[str, Any]) -> Tenants:
    tenants = Tenants()
    for one in municipalities:
        tenants.observe(tenant(one))
    return tenants


def claimed(tenants: Tenants, name: str) -> str:
    """Who holds the OIN when this one claims it."""
    asked = tenants.get(name)
    assert asked is not None
    return tenants.claim(asked).name


def test_the_older_one_holds_an_oin() -> None:
    assert claimed(seen(municipality("gm0002", created=2), municipality("gm0001", created=1)), "gm0002") == "gm0001"


def test_the_provisioned_one_holds_it_whatever_its_age() -> None:
    younger = municipality("gm0002", created=2, provisionedOin=OIN)
    assert claimed(seen(municipality("gm0001", created=1), younger), "gm0001") == "gm0002"


def test_one_that_is_being_provisioned_holds_it_whatever_its_age() -> None:
    younger = municipality("gm0002", created=2)
    younger["metadata"]["finalizers"] = ["wegennet.commonground.nl/tenant"]
    assert claimed(seen(municipality("gm0001", created=1), younger), "gm0001") == "gm0002"


def test_of_the_same_age_the_uid_decides() -> None:
    assert claimed(seen(municipality("gm0002"), municipality("gm0001")), "gm0002") == "gm0001"


def test_a_claim_stands_against_one_that_comes_later_with_a_smaller_uid() -> None:
    tenants = seen(municipality("gm0002"))
    assert claimed(tenants, "gm0002") == "gm0002"
    tenants.observe(tenant(municipality("gm0001")))
    assert claimed(tenants, "gm0001") == "gm0002"
    assert claimed(tenants, "gm0002") == "gm0002"


def test_a_claim_outlives_news_of_its_holder() -> None:
    tenants = seen(municipality("gm0002"))
    assert claimed(tenants, "gm0002") == "gm0002"
    tenants.observe(tenant(municipality("gm0002", version=2)))
    tenants.observe(tenant(municipality("gm0001")))
    assert claimed(tenants, "gm0001") == "gm0002"


def test_who_waits_for_an_oin_is_looked_at_again_when_its_holder_goes() -> None:
    tenants = seen(municipality("gm0001"), municipality("gm0002", created=2))
    assert claimed(tenants, "gm0001") == "gm0001"
    assert tenants.forget("gm0001", "uid-gm0001", 2) == {"gm0002"}
    assert claimed(tenants, "gm0002") == "gm0002"


def test_the_oin_of_one_that_left_is_free() -> None:
    left = municipality("gm0001", version=2, provisionedOin=OIN, conditions=[{"type": "Ready", "reason": "Left"}])
    left["spec"]["lifecycle"] = "Leaving"
    tenants = seen(municipality("gm0001"), municipality("gm0002", created=2))
    assert claimed(tenants, "gm0002") == "gm0001"
    assert "gm0002" in tenants.observe(tenant(left))
    assert claimed(tenants, "gm0002") == "gm0002"


def test_who_waits_is_looked_at_again_when_the_holder_changes_its_oin() -> None:
    tenants = seen(municipality("gm0001"), municipality("gm0002", created=2))
    changed = municipality("gm0001", oin="00000099000000001000", version=2)
    assert tenants.observe(tenant(changed)) == {"gm0001", "gm0002"}


def test_the_answer_to_our_write_does_not_bring_back_what_was_deleted_after_it() -> None:
    tenants = seen(municipality("gm0001"))
    tenants.forget("gm0001", "uid-gm0001", 3)
    assert tenants.observe(tenant(municipality("gm0001", version=2))) == set()
    assert tenants.get("gm0001") is None


def test_old_news_is_no_news() -> None:
    tenants = seen(municipality("gm0001", version=5))
    assert tenants.observe(tenant(municipality("gm0001", version=4))) == set()


def test_a_spec_that_is_not_understood_says_what_of_it_and_loses_nothing_else() -> None:
    strange = municipality("gm0001")
    strange["spec"]["size"] = "gigantic"
    one = tenant(strange)
    assert "size" in one.fault
    assert (one.name, one.spec.oin) == ("gm0001", OIN)


def test_an_amount_that_is_not_understood_is_said_in_the_words_of_admission() -> None:
    strange = municipality("gm0001")
    strange["spec"]["limits"] = {"memory": "lots"}
    assert tenant(strange).fault.startswith("spec.limits.memory: an amount of memory is a whole number from 1 to ")
