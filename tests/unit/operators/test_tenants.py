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


def test_the_older_one_holds_an_oin() -> None:
    assert seen(municipality("gm0002", created=2), municipality("gm0001", created=1)).holder(OIN).name == "gm0001"


def test_the_provisioned_one_holds_it_whatever_its_age() -> None:
    younger = municipality("gm0002", created=2, provisionedOin=OIN)
    assert seen(municipality("gm0001", created=1), younger).holder(OIN).name == "gm0002"


def test_of_the_same_age_the_uid_decides() -> None:
    assert seen(municipality("gm0002"), municipality("gm0001")).holder(OIN).name == "gm0001"


def test_who_waits_for_an_oin_is_looked_at_again_when_its_holder_goes() -> None:
    tenants = seen(municipality("gm0001"), municipality("gm0002", created=2))
    assert tenants.forget("gm0001", "uid-gm0001") == {"gm0002"}
    assert tenants.holder(OIN).name == "gm0002"


def test_who_waits_is_looked_at_again_when_the_holder_changes_its_oin() -> None:
    tenants = seen(municipality("gm0001"), municipality("gm0002", created=2))
    changed = municipality("gm0001", oin="00000099000000001000", version=2)
    assert tenants.observe(tenant(changed)) == {"gm0001", "gm0002"}


def test_old_news_is_no_news() -> None:
    tenants = seen(municipality("gm0001", version=5))
    assert tenants.observe(tenant(municipality("gm0001", version=4))) == set()


def test_removal_is_confirmed_only_by_the_municipalitys_own_name() -> None:
    one = municipality("gm0001")
    for given, confirmed in (("gm0001", True), ("gm0002", False), ("true", False)):
        one["metadata"]["annotations"] = {"wegennet.commonground.nl/confirm-deletion": given}
        assert tenant(one).removal_confirmed is confirmed
