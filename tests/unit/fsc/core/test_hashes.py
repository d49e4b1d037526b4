"""The expected hashes are made here by hand: canonical JSON as literal bytes, and hashlib."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.fsc_core import DELEGATOR, PUBLISHER, connection, content, publication

from wegennet.fsc.core.contract import parse_content
from wegennet.fsc.core.errors import ErrorCode, FscError
from wegennet.fsc.core.hashes import HashType, content_hash, grant_hash, grant_hashes, parse_hash

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVICE_CONNECTION = (
    b'{"outway":{"identification":{'
    b'"public_key_thumbprint":"3a56f2e9269ac63f0d4394c46b96539da1625b6a985d38029ff89f34e490960c",'
    b'"type":"OUTWAY_IDENTIFICATION_TYPE_PUBLIC_KEY_THUMBPRINT"},"peer_id":"00000099000000001000"},'
    b'"service":{"name":"parkeren","peer_id":"00000099000000002000","type":"SERVICE_TYPE_SERVICE"},'
    b'"type":"GRANT_TYPE_SERVICE_CONNECTION"}'
)
CONTENT = (
    b'{"created_at":1767225600,"fsc_version":"2.0.0","grants":[{"data":' + SERVICE_CONNECTION + b"}],"
    b'"group_id":"fsc.group.test","hash_algorithm":"HASH_ALGORITHM_SHA3_512",'
    b'"iv":"06338364-8305-4b74-8000-de4963503139",'
    b'"validity":{"not_after":1768089600,"not_before":1767225600}}'
)
OTHER_GRANTS = {
    "2": (
        publication(),
        b'{"directory":{"peer_id":"00000099000000005000"},"service":{"name":"parkeren",'
        b'"peer_id":"00000099000000002000","protocol":"PROTOCOL_TCP_HTTP_1.1"},"type":"GRANT_TYPE_SERVICE_PUBLICATION"}',
    ),
    "4": (
        connection(delegator=DELEGATOR, publisher=PUBLISHER, properties={"b": 1.50, "a": ["é", None]}),
        b'{"delegator":{"peer_id":"00000099000000003000"},"outway":{"identification":{'
        b'"public_key_thumbprint":"3a56f2e9269ac63f0d4394c46b96539da1625b6a985d38029ff89f34e490960c",'
        b'"type":"OUTWAY_IDENTIFICATION_TYPE_PUBLIC_KEY_THUMBPRINT"},"peer_id":"00000099000000001000"},'
        b'"properties":{"a":["\xc3\xa9",null],"b":1.5},"service":{"delegator":{"peer_id":"00000099000000004000"},'
        b'"name":"parkeren","peer_id":"00000099000000002000","type":"SERVICE_TYPE_DELEGATED_SERVICE"},'
        b'"type":"GRANT_TYPE_DELEGATED_SERVICE_CONNECTION"}',
    ),
    "5": (
        publication(delegator=DELEGATOR),
        b'{"delegator":{"peer_id":"00000099000000003000"},"directory":{"peer_id":"00000099000000005000"},'
        b'"service":{"name":"parkeren","peer_id":"00000099000000002000","protocol":"PROTOCOL_TCP_HTTP_1.1"},'
        b'"type":"GRANT_TYPE_DELEGATED_SERVICE_PUBLICATION"}',
    ),
}


def _sha3(data: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha3_512(data).digest()).decode().rstrip("=")


def test_content_hash_is_that_of_the_canonical_content() -> None:
    assert content_hash(parse_content(content())) == "$1$1$" + _sha3(CONTENT)


def test_hashes_of_a_known_contract_are_those_that_openssl_gives() -> None:
    read = parse_content(content())
    assert [content_hash(read), *grant_hashes(read)] == [
        "$1$1$weJrJ0r_1HF2TRWhUy7-4bRQkrztuWBfgoQQTpBgv-L8CK4VQo-l5oZ8Ww1UXGtXrMUlrQ0GN3nwI1Drm72_nw",
        "$1$3$2xBxDICuq6p6qkFo6xy_433rnQJRC2L15B6XyVZogkyLxQoh7neuaTg7FNluYtp86sy8-duO96pkJq-WgS8Yww",
    ]


def test_grant_hash_is_that_of_content_hash_and_canonical_data() -> None:
    of_content = "$1$1$" + _sha3(CONTENT)
    expected = "$1$3$" + _sha3(of_content.encode() + SERVICE_CONNECTION)
    assert grant_hash(of_content, parse_content(content()).grants[0]) == expected


@pytest.mark.parametrize("number", OTHER_GRANTS)
def test_grant_hash_begins_with_the_number_of_its_type(number: str) -> None:
    data, canonical = OTHER_GRANTS[number]
    read = parse_content(content(data))
    of_content = content_hash(read)
    assert grant_hashes(read) == [f"$1${number}$" + _sha3(of_content.encode() + canonical)]


def test_grant_hashes_stand_in_the_order_of_the_grants() -> None:
    read = parse_content(content(connection(), connection(delegator=DELEGATOR), connection(publisher=PUBLISHER)))
    of_content = content_hash(read)
    assert grant_hashes(read) == [grant_hash(of_content, grant) for grant in read.grants]


def test_order_of_members_makes_no_difference() -> None:
    value = content()
    turned = json.loads(json.dumps(dict(reversed(value.items()))))
    assert content_hash(parse_content(turned)) == content_hash(parse_content(value))


def test_order_of_grants_makes_a_difference() -> None:
    grants = [connection(), connection(delegator=DELEGATOR)]
    one, other = parse_content(content(*grants)), parse_content(content(*reversed(grants)))
    assert content_hash(one) != content_hash(other)


def _leaves(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    yield from (deeper for name, inner in members for deeper in _leaves(inner, (*path, name)))
    if not isinstance(value, dict | list):
        yield path


def _changed(value: Any, path: tuple[str | int, ...], digit: str) -> Any:
    copy = json.loads(json.dumps(value))
    inner = copy
    for step in path[:-1]:
        inner = inner[step]
    old = inner[path[-1]]
    inner[path[-1]] = old + 1 if isinstance(old, int) else old[:-1] + (digit if old[-1] != digit else "9")
    return copy


FULL = content(
    connection(delegator=DELEGATOR, publisher=PUBLISHER, properties={"level": 1, "name": "a1"}), connection()
)
CHANGEABLE = [path for path in _leaves(FULL) if path[-1] not in ("type", "fsc_version", "hash_algorithm")]


@given(st.sampled_from(CHANGEABLE), st.sampled_from("012345678"))
def test_content_hash_changes_with_any_member(path: tuple[str | int, ...], digit: str) -> None:
    assert content_hash(parse_content(_changed(FULL, path, digit))) != content_hash(parse_content(FULL))


@given(st.sampled_from(CHANGEABLE), st.sampled_from("012345678"))
def test_every_grant_hash_changes_with_any_member_of_the_content(path: tuple[str | int, ...], digit: str) -> None:
    one, other = grant_hashes(parse_content(FULL)), grant_hashes(parse_content(_changed(FULL, path, digit)))
    assert not set(one) & set(other)


def test_number_written_with_a_fraction_hashes_the_same() -> None:
    one = parse_content(content(connection(properties={"a": 1})))
    other = parse_content(content(connection(properties={"a": 1.0})))
    assert content_hash(one) == content_hash(other)


def test_unknown_algorithm_cannot_be_hashed_with() -> None:
    with pytest.raises(FscError) as caught:
        content_hash(parse_content(content(hash_algorithm="HASH_ALGORITHM_MD5")))
    assert caught.value.code == ErrorCode.UNKNOWN_HASH_ALGORITHM_HASH


def test_hash_is_taken_apart() -> None:
    parsed = parse_hash("$1$1$" + _sha3(CONTENT))
    assert (parsed.type, parsed.digest) == (HashType.CONTRACT, hashlib.sha3_512(CONTENT).digest())


GOOD = "$1$3$" + _sha3(b"")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "$",
        "$1$3$",
        GOOD[:-1],
        GOOD + "A",
        GOOD + "=",
        GOOD + "\n",
        " " + GOOD,
        GOOD.replace("$1$3$", "$2$3$"),
        GOOD.replace("$1$3$", "$01$3$"),
        GOOD.replace("$1$3$", "$0$3$"),
        GOOD.replace("$1$3$", "$1$6$"),
        GOOD.replace("$1$3$", "$1$0$"),
        GOOD.replace("$1$3$", "$1$03$"),
        GOOD.replace("$1$3$", "$-1$3$"),
        GOOD.replace("$1$3$", "$\u0661$3$"),
        GOOD.replace("$1$3$", "1$3$"),
        GOOD.replace("$1$3$", "$99999999999999999999$3$"),
        GOOD[:5] + "+" + GOOD[6:],
        GOOD[:5] + "/" + GOOD[6:],
        GOOD[:-1] + "B",
        "$1$3$" + hashlib.sha3_512(b"").hexdigest(),
    ],
)
def test_what_is_no_hash_is_refused(text: str) -> None:
    with pytest.raises(FscError) as caught:
        parse_hash(text)
    assert (caught.value.code, caught.value.status) == (ErrorCode.UNKNOWN_HASH_ALGORITHM_HASH, 422)
