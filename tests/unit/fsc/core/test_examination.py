from __future__ import annotations

from typing import Any

import pytest
from support.fsc_core import CONSUMER, DAY, NOW, PROVIDER, Authority, content, root

from wegennet.fsc.core import signatures
from wegennet.fsc.core.contract import parse_content
from wegennet.fsc.core.errors import FscError
from wegennet.fsc.core.examination import Finding, Given, examine, read_signatures
from wegennet.fsc.core.hashes import content_hash
from wegennet.fsc.core.signatures import SignatureType

ANCHOR: Authority = root()
LOWER = ANCHOR.below("lower")
HASH = content_hash(parse_content(content()))


def _examined(
    *, says: str = "accept", stands_for: str = "accept", peer_id: str = PROVIDER, known: bool = True, **options: Any
) -> Finding:
    authority, now = options.pop("authority", LOWER), options.pop("now", NOW)
    pair = authority.pair(PROVIDER, **options)
    text = signatures.sign(pair, HASH, SignatureType(says), NOW)
    chains = {pair.thumbprint: (pair.certificate, LOWER.certificate)} if known else {}
    return examine(Given(SignatureType(stands_for), peer_id, text), HASH, chains, [ANCHOR.certificate], now)


def test_signature_of_a_trusted_peer_is_verified() -> None:
    finding = _examined()
    assert finding.verified
    assert (finding.verified.peer_id, finding.problem) == (PROVIDER, None)


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"known": False}, "is in no key set"),
        ({"stands_for": "reject"}, "must be reject"),
        ({"says": "revoke"}, "must be accept"),
        ({"peer_id": CONSUMER}, "submitted by peer"),
        ({"authority": root("other")}, "not trusted"),
        ({"ends": NOW - 1}, "expired at"),
        ({"starts": NOW + 1}, "not valid before"),
        ({"now": NOW - 100}, "in the future"),
    ],
)
def test_signature_that_does_not_hold_has_a_problem(options: dict[str, Any], problem: str) -> None:
    finding = _examined(**options)
    assert finding.verified is None
    assert problem in (finding.problem or "")


@pytest.mark.parametrize("name", ["reject", "revoke"])
def test_what_was_taken_back_stays_so_when_the_certificate_expires(name: str) -> None:
    assert _examined(says=name, stands_for=name, ends=NOW + DAY, now=NOW + 2 * DAY).verified


def test_signature_that_cannot_be_read_has_a_problem() -> None:
    assert examine(Given(SignatureType.ACCEPT, PROVIDER, "nonsense"), HASH, {}, [ANCHOR.certificate], NOW).problem


def test_signatures_are_read_by_type_and_peer() -> None:
    value = {"accept": {CONSUMER: "a", PROVIDER: "b"}, "reject": {}, "revoke": {PROVIDER: "c"}}
    given = [(each.type, each.peer_id, each.jws) for each in read_signatures(value)]
    assert given == [("accept", CONSUMER, "a"), ("accept", PROVIDER, "b"), ("revoke", PROVIDER, "c")]


@pytest.mark.parametrize("value", [None, [], "a", {"accept": []}, {"accept": None}, {"sign": {PROVIDER: "a"}}])
def test_signatures_of_another_shape_are_refused(value: Any) -> None:
    with pytest.raises(FscError, match="accept, reject and revoke"):
        read_signatures(value)
