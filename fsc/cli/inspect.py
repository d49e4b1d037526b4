"""Looking into contracts and tokens: `fsc hash`, `fsc verify`, `fsc token decode`.

Nothing here asks another machine: certificates come from key sets (`/.well-known/jwks.json`) that were saved before.
"""

from __future__ import annotations

import json
import sys
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from wegennet.fsc.core import hashes, ijson, jwks, jws, rules, tokens
from wegennet.fsc.core.certificates import CertificateError, read_pem
from wegennet.fsc.core.contract import LAST_SECOND, Content, parse_content
from wegennet.fsc.core.errors import FscError
from wegennet.fsc.core.examination import examine, read_signatures
from wegennet.fsc.core.identity import identify
from wegennet.fsc.core.signatures import SignatureType
from wegennet.fsc.core.state import ContractState, state

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cryptography import x509

    from wegennet.fsc.core.examination import Chains, Finding, Given

_WIDE: Final = 160
_TIMES: Final = ("exp", "nbf", "iat")

_ContractFile = Annotated[
    str, typer.Argument(metavar="FILE", help="A contract, or its content; `-` for standard input.")
]
_TokenFile = Annotated[str, typer.Argument(metavar="FILE", help="An access token; standard input without it.")]
_KeySets = Annotated[list[Path] | None, typer.Option("--jwks", help="A saved key set of a peer; may be repeated.")]
_Json = Annotated[bool, typer.Option("--json", help="Print one line of JSON.")]


class InspectionError(Exception):
    """What was given is not right; a sentence that says why."""

    exit_code = 1


def register(app: typer.Typer) -> None:
    """Adds the commands to an application."""
    app.command("hash")(hash_contract)
    app.command("verify")(verify_contract)
    token = typer.Typer(add_completion=False, rich_markup_mode=None)
    token.callback()(_token)
    token.command("decode")(decode_token)
    app.add_typer(token, name="token")


def hash_contract(file: _ContractFile) -> None:
    """Print the content hash of a contract, then the hash of each of its grants, one a line."""
    with _sentences(file):
        content = _content(_json(file))
        typer.echo("\n".join([hashes.content_hash(content), *hashes.grant_hashes(content)]))


def verify_contract(
    file: _ContractFile,
    *,
    trust_anchor: Annotated[Path, typer.Option(help="PEM file with the trust anchors of the group.")],
    key_sets: _KeySets = None,
    as_json: _Json = False,
) -> None:
    """Check a contract with its signatures, and tell its state."""
    now = int(time.time())
    with _sentences(file):
        value = _json(file)
        content = _content(value)
        # As of its making: that its time is over by now is a state, and nothing wrong.
        rules.check(content, group_id=content.group_id, now=content.created_at)
        given = _signatures(value)
    with _sentences(trust_anchor):
        anchors = read_pem(Path(trust_anchor).read_bytes())
    chains = _chains(key_sets)
    findings = [examine(each, hashes.content_hash(content), chains, anchors, now) for each in given]
    held = [finding.verified for finding in findings if finding.verified]
    _show_contract(content, findings, state(content, held, now), as_json=as_json)
    if wrong := len(findings) - len(held):
        raise InspectionError(f"{file}: {wrong} of {len(findings)} signatures do not hold.")


def decode_token(file: _TokenFile = "-", *, key_sets: _KeySets = None, as_json: _Json = False) -> None:
    """Show the header and the claims of an access token; it is verified only with --jwks."""
    with _sentences(file):
        token = _read(file).decode("ascii", "replace").strip()
        said = jws.read(token)
        claims = _claims(said)
    problem = _token_problem(token, said, _chains(key_sets)) if key_sets else None
    outcome = ("failed" if problem else "verified") if key_sets else "not verified"
    if as_json:
        times = {name: _iso(claims[name]) for name in _TIMES if _is_time(claims.get(name))}
        _line({"header": said.header, "claims": claims, "times": times, "outcome": outcome, "problem": problem})
    else:
        _show_token(said, claims, outcome)
    if problem:
        raise InspectionError(f"{file}: {problem}")


def _token() -> None:
    """Look into an access token."""


def _claims(said: jws.Unverified) -> dict[str, Any]:
    claims = ijson.parse(said.payload)
    if not isinstance(claims, dict):
        raise InspectionError("The claims of the token are no object.")
    return claims


def _token_problem(token: str, said: jws.Unverified, chains: Chains) -> str | None:
    chain = chains.get(said.thumbprint)
    if chain is None:
        return "The certificate that the token names is in no key set (--jwks)."
    try:
        group_id, issuer = tokens.read(token).group_id, identify(chain[0]).id
        tokens.verify(token, {said.thumbprint: chain[0]}, group_id=group_id, issuer=issuer, now=int(time.time()))
    except FscError as error:
        return str(error)
    return None


def _content(value: Any) -> Content:
    return parse_content(value["content"] if isinstance(value, dict) and "content" in value else value)


def _signatures(value: dict[str, Any]) -> list[Given]:
    """All signatures of a contract, as `GET /contracts` gives them; bare content has none."""
    return read_signatures(value.get("signatures", {})) if "content" in value else []


def _chains(key_sets: list[Path] | None) -> Chains:
    chains: dict[str, tuple[x509.Certificate, ...]] = {}
    for file in key_sets or []:
        with _sentences(file):
            found = jwks.certificates(ijson.parse(file.read_bytes()))
            if not found:
                raise InspectionError("There is no certificate in it; a key set has keys with x5c.")
            chains |= found
    return chains


def _json(file: str) -> Any:
    return ijson.parse(_read(file))


def _read(file: str) -> bytes:
    return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()


@contextmanager
def _sentences(file: str | Path) -> Iterator[None]:
    """Every mistake in a file as one sentence that names it."""
    place = "standard input" if str(file) == "-" else str(file)
    try:
        yield
    except OSError as error:
        raise InspectionError(f"{place}: {error.strerror}.") from None
    except (FscError, ijson.InvalidJsonError, jws.JwsError, CertificateError, InspectionError) as error:
        raise InspectionError(f"{place}: {error}") from None


def _show_contract(content: Content, findings: list[Finding], now_is: ContractState, *, as_json: bool) -> None:
    accepted = {each.given.peer_id for each in findings if each.verified and each.given.type == SignatureType.ACCEPT}
    missing = [peer for peer in content.peers() if peer not in accepted]
    if as_json:
        _line(
            {
                "content_hash": hashes.content_hash(content),
                "grant_hashes": hashes.grant_hashes(content),
                "state": now_is.value,
                "signatures": [_as_json(finding) for finding in findings],
                "not_accepted_by": missing,
            }
        )
        return
    typer.echo(f"Contract {hashes.content_hash(content)}")
    rows = [_row(finding) for finding in findings]
    _table(("Peer", "Type", "When", "Result"), rows)
    typer.echo(f"State: {now_is.name.lower()}")
    if missing:
        typer.echo(f"Not accepted by: {', '.join(missing)}")


def _as_json(finding: Finding) -> dict[str, Any]:
    return {
        "peer_id": finding.given.peer_id,
        "type": finding.given.type.value,
        "signed_at": finding.verified.signed_at if finding.verified else None,
        "ok": finding.problem is None,
        "problem": finding.problem,
    }


def _row(finding: Finding) -> tuple[str, ...]:
    when = _iso(finding.verified.signed_at) if finding.verified else ""
    return finding.given.peer_id, finding.given.type.value, when, finding.problem or "ok"


def _show_token(said: jws.Unverified, claims: dict[str, Any], outcome: str) -> None:
    _table(("Header", "Value"), [(name, _shown(name, value)) for name, value in said.header.items()])
    _table(("Claim", "Value"), [(name, _shown(name, value)) for name, value in claims.items()])
    typer.echo(f"Token: {outcome}")


def _shown(name: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    time_of = f" ({_iso(value)})" if name in _TIMES and _is_time(value) else ""
    return json.dumps(value, ensure_ascii=False) + time_of


def _is_time(value: Any) -> bool:
    return type(value) is int and 0 <= value <= LAST_SECOND


def _iso(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _line(value: dict[str, Any]) -> None:
    typer.echo(json.dumps(value))


def _table(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    from rich.console import Console  # noqa: PLC0415 - only what is shown as a table waits for it
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(*columns, box=None, padding=(0, 2, 0, 0))
    for row in rows:
        table.add_row(*(Text(_printable(cell), overflow="fold") for cell in row))
    console = Console()
    (console if console.is_terminal else Console(width=_WIDE)).print(table)


def _printable(text: str) -> str:
    """Text of somebody else, which must not steer the terminal."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)
