from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.fsc_core import (
    CONSUMER,
    DELEGATOR,
    DIRECTORY,
    NOW,
    PROVIDER,
    PUBLISHER,
    THUMBPRINT,
    connection,
    content,
    publication,
)

from wegennet.fsc.core.contract import LAST_SECOND, GrantType, parse_content
from wegennet.fsc.core.errors import ErrorCode, FscError

PEERS = st.integers(0, 10**20 - 1).map(lambda number: f"{number:020}")
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cn"]), min_size=1, max_size=20)
PROPERTIES = st.dictionaries(
    TEXTS, st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-9, 9) | TEXTS | st.lists(TEXTS), max_size=3
)
OPTIONAL = st.fixed_dictionaries({}, optional={"properties": PROPERTIES})
SERVICES = st.builds(
    lambda peer, name, delegator: (
        {"type": "SERVICE_TYPE_SERVICE", "peer_id": peer, "name": name}
        | ({"type": "SERVICE_TYPE_DELEGATED_SERVICE", "delegator": {"peer_id": delegator}} if delegator else {})
    ),
    PEERS,
    TEXTS,
    st.none() | PEERS,
)
IDENTIFICATIONS = st.sampled_from(
    [
        {"type": "OUTWAY_IDENTIFICATION_TYPE_PUBLIC_KEY_THUMBPRINT", "public_key_thumbprint": THUMBPRINT},
        {"type": "OUTWAY_IDENTIFICATION_TYPE_DOMAIN_NAME", "domain_name": "outway.example.nl"},
    ]
)
CONNECTIONS = st.builds(
    lambda peer, identification, service, delegator, optional: (
        connection(delegator=delegator, outway={"peer_id": peer, "identification": identification}, service=service)
        | optional
    ),
    PEERS,
    IDENTIFICATIONS,
    SERVICES,
    st.none() | PEERS,
    OPTIONAL,
)
PUBLICATIONS = st.builds(
    lambda directory, peer, name, protocol, delegator, optional: (
        publication(
            delegator=delegator,
            directory={"peer_id": directory},
            service={"peer_id": peer, "name": name, "protocol": protocol},
        )
        | optional
    ),
    PEERS,
    PEERS,
    TEXTS,
    st.sampled_from(["PROTOCOL_TCP_HTTP_1.1", "PROTOCOL_TCP_HTTP_2"]),
    st.none() | PEERS,
    OPTIONAL,
)
CONTENTS = st.builds(
    lambda grants, iv, group, begin, end, created: content(
        *grants, iv=iv, group_id=group, validity={"not_before": begin, "not_after": end}, created_at=created
    ),
    st.lists(CONNECTIONS | PUBLICATIONS, min_size=1, max_size=3),
    st.uuids().map(str) | st.uuids().map(lambda value: str(value).upper()),
    TEXTS,
    *[st.integers(0, LAST_SECOND)] * 3,
)


@given(CONTENTS)
def test_content_is_given_back_exactly(value: dict[str, Any]) -> None:
    assert json.dumps(parse_content(value).as_json(), sort_keys=True) == json.dumps(value, sort_keys=True)


@given(CONTENTS)
def test_each_peer_on_the_contract_must_sign(value: dict[str, Any]) -> None:
    read = parse_content(value)
    assert set(read.peers()) == {peer for grant in read.grants for peer in grant.data.signers()}


@given(CONTENTS)
def test_no_peer_is_named_twice(value: dict[str, Any]) -> None:
    peers = parse_content(value).peers()
    assert len(peers) == len(set(peers))


@pytest.mark.parametrize(
    ("grant", "signers"),
    [
        (connection(), (CONSUMER, PROVIDER)),
        (connection(publisher=PUBLISHER), (CONSUMER, PROVIDER, PUBLISHER)),
        (connection(delegator=DELEGATOR), (CONSUMER, PROVIDER, DELEGATOR)),
        (connection(delegator=DELEGATOR, publisher=PUBLISHER), (CONSUMER, PROVIDER, DELEGATOR, PUBLISHER)),
        (publication(), (DIRECTORY, PROVIDER)),
        (publication(delegator=DELEGATOR), (DIRECTORY, PROVIDER, DELEGATOR)),
        (publication(directory={"peer_id": PROVIDER}), (PROVIDER,)),
    ],
)
def test_signers_are_those_of_the_standard(grant: dict[str, Any], signers: tuple[str, ...]) -> None:
    assert parse_content(content(grant)).grants[0].data.signers() == signers


def test_grant_knows_its_type() -> None:
    assert parse_content(content(publication())).grants[0].data.type is GrantType.SERVICE_PUBLICATION


def test_absent_properties_stay_absent() -> None:
    assert "properties" not in parse_content(content()).as_json()["grants"][0]["data"]


def test_empty_properties_stay_empty() -> None:
    assert parse_content(content(connection(properties={}))).as_json()["grants"][0]["data"]["properties"] == {}


def test_grants_keep_their_order() -> None:
    names = [f"dienst-{number}" for number in range(9, 0, -1)]
    grants = [publication(service=publication()["service"] | {"name": name}) for name in names]
    assert [grant.data.service.name for grant in parse_content(content(*grants)).grants] == names


def test_content_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        parse_content(content()).validity.not_after = 0


@pytest.mark.parametrize("version", ["1.0.0", "2.0.1", "3.0.0", "", "2"])
def test_another_version_is_answered_with_its_own_code(version: str) -> None:
    with pytest.raises(FscError) as caught:
        parse_content({"fsc_version": version, "shape": "of the future"})
    assert (caught.value.code, caught.value.status) == (ErrorCode.UNKNOWN_FSC_VERSION, 422)


def test_unknown_hash_algorithm_is_left_to_the_rules() -> None:
    assert parse_content(content(hash_algorithm="HASH_ALGORITHM_MD5")).hash_algorithm == "HASH_ALGORITHM_MD5"


def _without(value: dict[str, Any], *path: str | int) -> dict[str, Any]:
    copy = json.loads(json.dumps(value))
    inner = copy
    for step in path[:-1]:
        inner = inner[step]
    del inner[path[-1]]
    return copy


def _with(new: Any, *path: str | int, of: dict[str, Any] | None = None) -> dict[str, Any]:
    copy = json.loads(json.dumps(of or content()))
    inner = copy
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = new
    return copy


DATA = ("grants", 0, "data")
FULL = content(connection(delegator=DELEGATOR, publisher=PUBLISHER))
OFFERED = content(publication(delegator=DELEGATOR))


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        "content",
        7,
        {},
        *[_without(FULL, name) for name in FULL],
        *[_without(FULL, "validity", name) for name in FULL["validity"]],
        *[_without(FULL, *DATA, name) for name in ("type", "outway", "service", "delegator")],
        *[_without(FULL, *DATA, "outway", name) for name in ("peer_id", "identification")],
        *[_without(FULL, *DATA, "outway", "identification", name) for name in ("type", "public_key_thumbprint")],
        *[_without(FULL, *DATA, "service", name) for name in ("type", "peer_id", "name", "delegator")],
        _without(FULL, *DATA, "delegator", "peer_id"),
        *[_without(OFFERED, *DATA, name) for name in ("directory", "service", "delegator")],
        *[_without(OFFERED, *DATA, "service", name) for name in ("peer_id", "name", "protocol")],
    ],
)
def test_content_without_a_member_is_refused_as_no_contract(value: Any) -> None:
    with pytest.raises(FscError) as caught:
        parse_content(value)
    assert (caught.value.code, caught.value.status) == (ErrorCode.SIGNATURE_CONTRACT_CONTENT_HASH_MISMATCH, 400)


@pytest.mark.parametrize(
    "value",
    [
        _with(1, "extra"),
        _with(1, "validity", "extra"),
        _with(1, "grants", 0, "extra"),
        _with(1, *DATA, "extra"),
        _with(1, *DATA, "outway", "extra"),
        _with(1, *DATA, "outway", "identification", "extra"),
        _with(1, *DATA, "service", "extra"),
        _with({"peer_id": DELEGATOR}, *DATA, "delegator"),
        _with({"peer_id": DELEGATOR}, *DATA, "service", "delegator"),
        _with({"peer_id": DELEGATOR, "name": "x"}, *DATA, "delegator", of=FULL),
        _with("PROTOCOL_TCP_HTTP_2", *DATA, "service", "protocol"),
    ],
)
def test_member_that_is_not_of_a_contract_is_refused(value: Any) -> None:
    with pytest.raises(FscError, match="Extra inputs"):
        parse_content(value)


@pytest.mark.parametrize(
    "value",
    [
        _with(2, "fsc_version"),
        _with(None, "fsc_version"),
        *[_with(bad, "iv") for bad in ("", "not-a-uuid", "0" * 36, "{06338364-8305-4b74-8000-de4963503139}", 7, None)],
        _with("06338364-8305-4b74-8000-de4963503139\n", "iv"),
        *[_with(bad, "group_id") for bad in (7, None, ["a"])],
        *[_with(bad, "created_at") for bad in ("1", 1.0, True, None, -1, LAST_SECOND + 1, [1])],
        *[_with(bad, "validity", "not_after") for bad in ("1", 1.5, False, None, -1, 2**53 - 1)],
        *[_with(bad, "grants") for bad in (None, {}, "a", [None], [[]], [{}], {"0": {"data": connection()}})],
        *[_with(bad, *DATA, "properties") for bad in (None, [], "a", 1, True)],
        *[_with(bad, *DATA, "type") for bad in ("GRANT_TYPE_OTHER", None, 2, ["GRANT_TYPE_SERVICE_CONNECTION"], {})],
        *[
            _with(bad, *DATA, "outway", "peer_id")
            for bad in ("", "1", CONSUMER[:19], CONSUMER + "0", "a" * 20, "\u0660" * 20, CONSUMER + "\n", 99, None)
        ],
        *[
            _with(bad, *DATA, "outway", "identification", "public_key_thumbprint")
            for bad in ("", THUMBPRINT[:63], THUMBPRINT.upper(), THUMBPRINT + "\n", "g" * 64, None)
        ],
        *[
            _with(
                {"type": "OUTWAY_IDENTIFICATION_TYPE_DOMAIN_NAME", "domain_name": bad},
                *DATA,
                "outway",
                "identification",
            )
            for bad in ("", "a..b", "-a.nl", "*.a.nl", "a b", "é.nl", "a" * 64, "a.nl\n", "a." * 127 + "a", None)
        ],
        *[_with(bad, *DATA, "service", "type") for bad in ("SERVICE_TYPE_OTHER", None, 1)],
        *[_with(bad, *DATA, "service", "name") for bad in ("", "a" * 256, None, 7)],
        *[_with(bad, *DATA, "service", "protocol", of=OFFERED) for bad in ("HTTP", "", None, 2)],
    ],
)
def test_member_of_another_form_is_refused(value: Any) -> None:
    with pytest.raises(FscError) as caught:
        parse_content(value)
    assert (caught.value.code, caught.value.status) == (ErrorCode.SIGNATURE_CONTRACT_CONTENT_HASH_MISMATCH, 400)


def test_refusal_names_the_place() -> None:
    with pytest.raises(FscError, match=r"validity\.not_after"):
        parse_content(_with("soon", "validity", "not_after"))


def test_refusal_does_not_repeat_what_came_in() -> None:
    with pytest.raises(FscError) as caught:
        parse_content(_with("x" * 5000, "iv"))
    assert len(caught.value.message) < 300


def test_outway_by_domain_name_is_read() -> None:
    identification = {"type": "OUTWAY_IDENTIFICATION_TYPE_DOMAIN_NAME", "domain_name": "outway-1.example.nl"}
    value = _with(identification, *DATA, "outway", "identification")
    assert parse_content(value).as_json() == value


def test_moment_of_creation_may_be_any_second() -> None:
    assert parse_content(content(created_at=NOW - 1)).created_at == NOW - 1
