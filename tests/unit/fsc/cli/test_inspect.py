from __future__ import annotations

import io
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from support.fsc_core import CONSUMER, DAY, GROUP, NOW, PROVIDER, Authority, connection, content, publication, root

from wegennet.fsc.cli import main as command
from wegennet.fsc.core import jws, signatures, tokens
from wegennet.fsc.core.contract import parse_content
from wegennet.fsc.core.hashes import content_hash, grant_hashes
from wegennet.fsc.core.jwks import jwk_set
from wegennet.fsc.core.signatures import SignatureType
from wegennet.fsc.core.tokens import AccessToken

if TYPE_CHECKING:
    from pathlib import Path

ANCHOR: Authority = root()
PAIRS = {peer: ANCHOR.pair(peer) for peer in (CONSUMER, PROVIDER)}
HASH = content_hash(parse_content(content()))
TOKEN = tokens.issue(
    PAIRS[PROVIDER],
    AccessToken("$1$3$a", GROUP, CONSUMER, PROVIDER, "parkeren", "https://inway:443", NOW + 300, NOW, "thumbprint"),
)


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.time", lambda: NOW + 0.5)


@pytest.fixture
def anchor(tmp_path: Path) -> str:
    file = tmp_path / "anchor.pem"
    file.write_bytes(ANCHOR.certificate.public_bytes(Encoding.PEM))
    return str(file)


@pytest.fixture
def key_sets(tmp_path: Path) -> list[str]:
    """Options with a key set of each peer."""
    options = []
    for peer, pair in PAIRS.items():
        (tmp_path / f"{peer}.json").write_text(json.dumps(jwk_set([pair.chain])))
        options += ["--jwks", str(tmp_path / f"{peer}.json")]
    return options


def _file(folder: Path, value: Any) -> str:
    file = folder / "input"
    file.write_text(value if isinstance(value, str) else json.dumps(value))
    return str(file)


def _sign(peer: str, name: str = "accept") -> str:
    return signatures.sign(PAIRS[peer], HASH, SignatureType(name), NOW - 60)


def _contract(**by_type: dict[str, str]) -> dict[str, Any]:
    return {"content": content(), "signatures": {"accept": {}, "reject": {}, "revoke": {}} | by_type}


ACCEPTED = _contract(accept={peer: _sign(peer) for peer in PAIRS})


@pytest.mark.parametrize("wrapped", [True, False])
def test_hash_prints_the_content_hash_and_each_grant_hash(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], *, wrapped: bool
) -> None:
    value = content(connection(), connection(delegator=PROVIDER))
    assert command.run(["hash", _file(tmp_path, {"content": value, "signatures": {}} if wrapped else value)]) == 0
    read = parse_content(value)
    assert capsys.readouterr().out.splitlines() == [content_hash(read), *grant_hashes(read)]


def test_hash_reads_standard_input(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(content()).encode())))
    assert command.run(["hash", "-"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == HASH


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "This is not JSON"),
        ('{"a": 1, "a": 2}', "the key 'a' more than once"),
        ("{}", "The content is no contract"),
        ('{"content": 7}', "The content is no contract"),
        ('{"fsc_version": "1.0.0"}', "FSC version 2.0.0 is the only one"),
        (json.dumps(content(hash_algorithm="HASH_ALGORITHM_MD5")), "The hash algorithm is unknown"),
    ],
)
def test_hash_says_in_one_line_what_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, sentence: str
) -> None:
    file = _file(tmp_path, text)
    assert command.run(["hash", file]) == 1
    shown = capsys.readouterr()
    assert (shown.out, len(shown.err.splitlines())) == ("", 1)
    assert f"{file}: " in shown.err
    assert sentence in shown.err


def test_missing_file_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.run(["hash", str(tmp_path / "nothing")]) == 1
    assert "nothing: No such file or directory." in capsys.readouterr().err


def _verify(folder: Path, value: Any, *options: str) -> int:
    return command.run(["verify", _file(folder, value), *options])


def test_verify_shows_each_signature_and_the_state(
    tmp_path: Path, anchor: str, key_sets: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert _verify(tmp_path, ACCEPTED, "--trust-anchor", anchor, *key_sets) == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        f"Contract {HASH}",
        "Peer Type When Result",
        f"{CONSUMER} accept 2025-12-31T23:59:00Z ok",
        f"{PROVIDER} accept 2025-12-31T23:59:00Z ok",
        "State: valid",
    ]


def test_verify_names_who_has_not_accepted(
    tmp_path: Path, anchor: str, key_sets: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    value = _contract(accept={CONSUMER: _sign(CONSUMER)})
    assert _verify(tmp_path, value, "--trust-anchor", anchor, *key_sets) == 0
    assert capsys.readouterr().out.splitlines()[-2:] == ["State: proposed", f"Not accepted by: {PROVIDER}"]


def test_verify_prints_one_line_of_json(
    tmp_path: Path, anchor: str, key_sets: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    value = _contract(accept={CONSUMER: _sign(CONSUMER)}, revoke={PROVIDER: _sign(PROVIDER, "revoke")})
    assert _verify(tmp_path, value, "--trust-anchor", anchor, "--json", *key_sets) == 0
    shown = {"signed_at": NOW - 60, "ok": True, "problem": None}
    assert json.loads(capsys.readouterr().out) == {
        "content_hash": HASH,
        "grant_hashes": grant_hashes(parse_content(content())),
        "state": "CONTRACT_STATE_REVOKED",
        "signatures": [
            {"peer_id": CONSUMER, "type": "accept"} | shown,
            {"peer_id": PROVIDER, "type": "revoke"} | shown,
        ],
        "not_accepted_by": [PROVIDER],
    }


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_verify_fails_when_a_signature_does_not_hold(
    tmp_path: Path, anchor: str, key_sets: list[str], capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    value = _contract(accept={CONSUMER: _sign(CONSUMER), PROVIDER: _sign(CONSUMER)})
    assert _verify(tmp_path, value, "--trust-anchor", anchor, *key_sets, *options) == 1
    shown = capsys.readouterr()
    assert "1 of 2 signatures do not hold." in shown.err
    assert f"of peer {CONSUMER} and was submitted by peer {PROVIDER}" in shown.out


def test_verify_without_key_sets_holds_no_signature(
    tmp_path: Path, anchor: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _verify(tmp_path, ACCEPTED, "--trust-anchor", anchor) == 1
    assert capsys.readouterr().out.count("is in no key set") == 2


def test_verify_of_another_anchor_holds_no_signature(
    tmp_path: Path, anchor: str, key_sets: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "anchor.pem").write_bytes(root("other").certificate.public_bytes(Encoding.PEM))
    assert _verify(tmp_path, ACCEPTED, "--trust-anchor", anchor, *key_sets) == 1
    assert capsys.readouterr().out.count("not trusted") == 2


def test_verify_of_expired_contract_is_no_mistake(
    tmp_path: Path, anchor: str, capsys: pytest.CaptureFixture[str]
) -> None:
    period = {"not_before": NOW - 9 * DAY, "not_after": NOW - DAY}
    value = content(validity=period, created_at=NOW - 9 * DAY)
    assert _verify(tmp_path, value, "--trust-anchor", anchor) == 0
    assert "State: expired" in capsys.readouterr().out


def test_verify_refuses_what_no_contract_may_say(
    tmp_path: Path, anchor: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _verify(tmp_path, content(publication(), connection()), "--trust-anchor", anchor) == 1
    assert "cannot be combined" in capsys.readouterr().err


@pytest.mark.parametrize(
    "signed", [None, [], {"accept": []}, {"other": {}, "accept": {PROVIDER: "a"}, "x": {"a": "b"}}]
)
def test_verify_refuses_signatures_of_another_shape(
    tmp_path: Path, anchor: str, capsys: pytest.CaptureFixture[str], signed: Any
) -> None:
    assert _verify(tmp_path, {"content": content(), "signatures": signed}, "--trust-anchor", anchor) == 1
    assert "accept, reject and revoke" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "{}", '{"keys": []}', "[1]"])
def test_key_set_without_certificates_is_named(
    tmp_path: Path, anchor: str, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    (tmp_path / "empty.json").write_text(text)
    options = ["--trust-anchor", anchor, "--jwks", str(tmp_path / "empty.json")]
    assert _verify(tmp_path, ACCEPTED, *options) == 1
    assert "empty.json: " in capsys.readouterr().err


def test_file_without_anchor_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _verify(tmp_path, ACCEPTED, "--trust-anchor", _file(tmp_path, ACCEPTED)) == 1
    assert "no certificate in PEM" in capsys.readouterr().err


def test_peer_id_of_another_steers_no_terminal(tmp_path: Path, anchor: str, capsys: pytest.CaptureFixture[str]) -> None:
    _verify(tmp_path, _contract(accept={"\x1b[31m[bold]red": "a.b.c"}), "--trust-anchor", anchor)
    assert "\\x1b[31m[bold]red" in capsys.readouterr().out


def _decode(folder: Path, text: str, *options: str) -> int:
    return command.run(["token", "decode", _file(folder, text), *options])


def test_token_is_shown_and_said_not_to_be_verified(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _decode(tmp_path, f"{TOKEN}\n") == 0
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert {"alg ES256", f"sub {CONSUMER}", f"exp {NOW + 300} (2026-01-01T00:05:00Z)", "add {}"} <= set(lines)
    assert lines[-1] == "Token: not verified"


def test_token_is_read_from_standard_input(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(TOKEN.encode())))
    assert command.run(["token", "decode", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "header": {"alg": "ES256", "typ": "JWT", "x5t#S256": PAIRS[PROVIDER].thumbprint},
        "claims": tokens.read(TOKEN).as_json(),
        "times": {"exp": "2026-01-01T00:05:00Z", "nbf": "2026-01-01T00:00:00Z"},
        "outcome": "not verified",
        "problem": None,
    }


def test_token_is_verified_with_the_key_set_of_its_issuer(
    tmp_path: Path, key_sets: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert _decode(tmp_path, TOKEN, *key_sets) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "Token: verified"


@pytest.mark.parametrize(
    ("token", "sentence"),
    [
        (TOKEN[: TOKEN.rindex(".") + 1] + "A" * 86, "does not hold"),
        (tokens.issue(ANCHOR.pair(PROVIDER), tokens.read(TOKEN)), "is in no key set"),
        (tokens.issue(PAIRS[CONSUMER], tokens.read(TOKEN)), "It was issued by peer"),
        (jws.sign(PAIRS[PROVIDER], json.dumps(tokens.read(TOKEN).as_json() | {"exp": NOW}).encode()), "has expired"),
        (jws.sign(PAIRS[PROVIDER], b'{"sub": "other"}'), "The claim gth must be a string"),
    ],
)
def test_token_that_does_not_hold_is_shown_and_refused(
    tmp_path: Path, key_sets: list[str], capsys: pytest.CaptureFixture[str], token: str, sentence: str
) -> None:
    assert _decode(tmp_path, token, "--json", *key_sets) == 1
    shown = capsys.readouterr()
    assert json.loads(shown.out)["outcome"] == "failed"
    assert sentence in shown.err


@pytest.mark.parametrize(
    "text", ["", "nonsense", "a.b.c", TOKEN[:50], jws.sign(PAIRS[PROVIDER], b"[]"), jws.sign(PAIRS[PROVIDER], b"\xff")]
)
def test_what_is_no_token_is_a_mistake_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    assert _decode(tmp_path, text) == 1
    shown = capsys.readouterr()
    assert (shown.out, len(shown.err.splitlines())) == ("", 1)
