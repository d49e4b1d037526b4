"""JSON that is no I-JSON, too much of it, and contents that are no contract: refused by the Manager, nothing stored."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest
from support.fsc import contracts
from support.fsc.agreed import agreed

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.fsc.client import Answer
    from support.fsc.outsider import Outsider
    from support.fsc.participant import Participant

Json = dict[str, Any]

MISMATCH = "ERROR_CODE_SIGNATURE_CONTRACT_CONTENT_HASH_MISMATCH"


@pytest.fixture
def content(outsider: Outsider, provider: Participant) -> Json:
    """A contract that the Manager would take."""
    grant = contracts.connection(outsider.id, outsider.outway_thumbprint, provider.id, contracts.new_name())
    return contracts.content(contracts.with_properties(grant, note="x"))


def _send(outsider: Outsider, provider: Participant, body: bytes, kind: str = "application/json") -> Answer:
    headers = {"Content-Type": kind, "Fsc-Manager-Address": outsider.manager_address}
    return outsider.at(f"{provider.manager_address}/v1").call("POST", "/contracts", body, headers)


def _count(provider: Participant, content: Json) -> int:
    known = provider.internal.get("/contracts", limit="1000").json["contracts"]
    return sum(contract["content"]["iv"] == content["iv"] for contract in known)


def _in_properties(text: str) -> Callable[[str], str]:
    """Puts text in place of the value of a property."""
    return lambda body: body.replace('"x"', text)


SPOILED: dict[str, Callable[[str], str | bytes]] = {
    "a key twice": _in_properties('"x", "note": "y"'),
    "a key twice in the content": lambda body: body.replace('"group_id"', '"group_id": "a", "group_id"', 1),
    "NaN": _in_properties("NaN"),
    "Infinity": _in_properties("-Infinity"),
    "number beyond a double": _in_properties("1e999"),
    "integer beyond 2**53": _in_properties("9007199254740993"),
    "lone surrogate": _in_properties('"\\ud800"'),
    "lone surrogate as a key": _in_properties('"x", "\\udfff": 1'),
    "octets that are no UTF-8": lambda body: body.encode().replace(b'"x"', b'"\xff"'),
    "overlong UTF-8": lambda body: body.encode().replace(b'"x"', b'"\xc0\xaf"'),
    "byte order mark": lambda body: b"\xef\xbb\xbf" + body.encode(),
    "UTF-16": lambda body: body.encode("utf-16"),
    "control character": _in_properties('"a\x01b"'),
    "comment": lambda body: body + "// comment",
    "trailing comma": _in_properties('"x",'),
    "two values": lambda body: body + body,
    "truncated": lambda body: body[:-5],
    "empty": lambda _: "",
    "depth 10,000": _in_properties("[" * 10_000 + "]" * 10_000),
    "depth 1,000,000": _in_properties("[" * 500_000),
    "depth 10,000 of objects": _in_properties('{"a":' * 10_000 + "1" + "}" * 10_000),
    "a list": lambda body: f"[{body}]",
    "a string": lambda _: '"contract"',
    "null": lambda _: "null",
}


@pytest.mark.parametrize("spoil", SPOILED.values(), ids=SPOILED.keys())
def test_body_that_is_no_contract_is_refused(
    outsider: Outsider, provider: Participant, content: Json, spoil: Callable[[str], str | bytes]
) -> None:
    body = spoil(json.dumps({"content": content, "signature": outsider.sign(content)}))
    answer = _send(outsider, provider, body if isinstance(body, bytes) else body.encode())
    assert answer.status in {400, 422}
    assert answer.code is not None
    assert _count(provider, content) == 0


def test_ten_megabytes_are_refused(outsider: Outsider, provider: Participant, content: Json) -> None:
    content["grants"][0]["data"]["properties"]["note"] = "x" * 10_000_000
    body = json.dumps({"content": content, "signature": outsider.sign(content)}).encode()
    assert _refusal(outsider, provider, body) == 413
    assert _count(provider, content) == 0


def _refusal(outsider: Outsider, provider: Participant, body: bytes) -> int:
    """The status; a server that hangs up in the middle of a body that is too long has refused as well."""
    try:
        return _send(outsider, provider, body).status
    except OSError:
        return 413


def test_properties_of_nearly_a_megabyte_are_taken(outsider: Outsider, provider: Participant, content: Json) -> None:
    content["grants"][0]["data"]["properties"]["note"] = "x" * 999_000
    answer = outsider.submit(provider.manager_address, content)
    assert answer.status == 201, answer.body[:300]


def test_properties_of_more_than_a_megabyte_are_refused(
    outsider: Outsider, provider: Participant, content: Json
) -> None:
    content["grants"][0]["data"]["properties"]["note"] = "x" * 1_000_001
    answer = outsider.submit(provider.manager_address, content)
    assert (answer.status, answer.code) == (422, MISMATCH)
    assert _count(provider, content) == 0


def test_odd_numbers_and_letters_in_properties_keep_the_hash(
    outsider: Outsider, provider: Participant, content: Json
) -> None:
    odd = {"e": 1e-7, "big": 9007199254740991, "neg0": -0.0, "float": 1.0, "€": "\u2028😀", "\r": "\b", "": None}
    content["grants"][0]["data"]["properties"] = odd
    assert outsider.submit(provider.manager_address, content).status == 201
    assert agreed(outsider.contracts(provider.manager_address)[content["iv"]]["content"]) == agreed(content)


def _changed(content: Json, **changes: Any) -> Json:
    return content | changes


def _validity(before: int, after: int) -> Callable[[Json], Json]:
    now = int(time.time())
    return lambda content: _changed(content, validity={"not_before": now + before, "not_after": now + after})


BROKEN: dict[str, Callable[[Json], Json]] = {
    "iv that is no UUID": lambda content: _changed(content, iv="x" * 36),
    "ends before it begins": _validity(100, 50),
    "ends as it begins": _validity(100, 100),
    "ended": _validity(-100, -50),
    "made in the future": lambda content: _changed(content, created_at=int(time.time()) + 86_400),
    "no grants": lambda content: _changed(content, grants=[]),
    "a member that nobody knows": lambda content: _changed(content, extra=1),
    "time as text": lambda content: _changed(content, created_at="1700000000"),
    "time with a fraction": lambda content: _changed(content, created_at=1700000000.5),
    "truth as a time": lambda content: _changed(content, created_at=True),
    "time of the year 10000": _validity(0, 300_000_000_000),
}


@pytest.mark.parametrize("spoil", BROKEN.values(), ids=BROKEN.keys())
def test_content_that_breaks_a_rule_is_refused(
    outsider: Outsider, provider: Participant, content: Json, spoil: Callable[[Json], Json]
) -> None:
    broken = spoil(content)
    body = json.dumps({"content": broken, "signature": outsider.sign(content)}).encode()
    answer = _send(outsider, provider, body)
    assert answer.status in {400, 422}
    assert answer.code == MISMATCH
    assert _count(provider, broken) == 0


def test_content_of_another_version_is_refused(outsider: Outsider, provider: Participant, content: Json) -> None:
    body = json.dumps({"content": content | {"fsc_version": "1.0.0"}, "signature": outsider.sign(content)}).encode()
    answer = _send(outsider, provider, body)
    assert (answer.status, answer.code) == (422, "ERROR_CODE_UNKNOWN_FSC_VERSION")
    assert _count(provider, content) == 0


@pytest.mark.parametrize("spelled", [str.lower, str.upper])
def test_second_contract_with_the_same_iv_is_refused(
    outsider: Outsider, provider: Participant, content: Json, spelled: Callable[[str], str]
) -> None:
    assert outsider.submit(provider.manager_address, content).status == 201
    other = content | {"iv": spelled(content["iv"]), "created_at": content["created_at"] - 1}
    answer = outsider.submit(provider.manager_address, other)
    assert (answer.status, answer.code) == (422, MISMATCH)
    assert provider.state(agreed(other).content_hash) is None
    assert provider.state(agreed(content).content_hash) is not None


def test_contract_of_others_does_not_keep_its_iv_from_us(
    outsider: Outsider, second: Outsider, provider: Participant, content: Json
) -> None:
    """A refused contract takes no `iv`."""
    refused = second.submit(provider.manager_address, content)
    assert refused.status == 422
    assert outsider.submit(provider.manager_address, content).status == 201
