"""Access tokens: JSON Web Tokens bound to a client certificate (FSC Core 4.3, 4.4.1.6, 4.7.1.2; RFC 8705, 3).

In a delegated connection `sub` is the delegator and `act.sub` the connecting peer, as in the standard's example.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeVar

from wegennet.fsc.core import ijson, jws
from wegennet.fsc.core.certificates import certificate_thumbprint, has_name, public_key_thumbprint
from wegennet.fsc.core.contract import DelegatedService, DelegatedServiceConnection, OutwayByPublicKey
from wegennet.fsc.core.errors import ErrorCode, FscError
from wegennet.fsc.core.identity import identify

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography import x509

    from wegennet.fsc.core.certificates import KeyPair
    from wegennet.fsc.core.contract import ConnectionGrant, Content, Outway

CLOCK_LEEWAY: Final = 60
"""Seconds that the Inway's clock may be behind that of its Manager."""

_THUMBPRINT: Final = "x5t#S256"
_KINDS: Final[dict[type, str]] = {str: "a string", int: "an integer", dict: "an object"}
_Kind = TypeVar("_Kind")


@dataclass(frozen=True, slots=True)
class AccessToken:
    """The claims of an access token (FSC Core 4.3.1); the claim's name stands behind each.

    Attributes:
        grant_hash: `gth`: of the grant that allows the connection.
        group_id: `gid`.
        subject: `sub`: the peer for which the connection is made.
        issuer: `iss`: the peer that offers the Service.
        service: `svc`: name of the Service.
        audience: `aud`: URL of the Inway, with port.
        expires_at: `exp`, Unix seconds.
        not_before: `nbf`, Unix seconds.
        certificate_thumbprint: `cnf.x5t#S256`: of the certificate that may use the token.
        actor: `act.sub`: the connecting peer, when it connects on behalf of `subject`.
        publication_delegator: `pdi`: the peer on whose behalf the Service is offered, if any.
        properties: `prp`: properties of the grant, if it has any.
        additional: `add`.
    """

    grant_hash: str
    group_id: str
    subject: str
    issuer: str
    service: str
    audience: str
    expires_at: int
    not_before: int
    certificate_thumbprint: str
    actor: str | None = None
    publication_delegator: str | None = None
    properties: dict[str, Any] | None = None
    additional: dict[str, Any] = field(default_factory=dict)

    @property
    def outway_peer_id(self) -> str:
        """The peer whose Outway connects."""
        return self.subject if self.actor is None else self.actor

    @property
    def connection_delegator(self) -> str | None:
        """The peer on whose behalf the Outway connects, if any."""
        return None if self.actor is None else self.subject

    def as_json(self) -> dict[str, Any]:
        """The claims under their names."""
        optional = {
            "act": None if self.actor is None else {"sub": self.actor},
            "pdi": self.publication_delegator,
            "prp": self.properties,
        }
        return {
            "gth": self.grant_hash,
            "gid": self.group_id,
            "sub": self.subject,
            "iss": self.issuer,
            "svc": self.service,
            "aud": self.audience,
            "exp": self.expires_at,
            "nbf": self.not_before,
            "cnf": {_THUMBPRINT: self.certificate_thumbprint},
            **{name: value for name, value in optional.items() if value is not None},
            "add": self.additional,
        }


def claims_for(
    content: Content,
    grant: ConnectionGrant,
    *,
    grant_hash: str,
    inway_address: str,
    certificate: x509.Certificate,
    now: int,
    ttl: int,
) -> AccessToken:
    """What a token for a connection says.

    Args:
        content: the contract, which must be valid.
        grant: the data of one of its grants.
        grant_hash: of that grant.
        inway_address: URL of the Inway that offers the Service, with port.
        certificate: with which the client asked for the token, and will use it.
        now: Unix seconds.
        ttl: seconds that the token lasts.
    """
    delegator = grant.delegator.peer_id if isinstance(grant, DelegatedServiceConnection) else None
    service = grant.service
    return AccessToken(
        grant_hash=grant_hash,
        group_id=content.group_id,
        subject=delegator or grant.outway.peer_id,
        issuer=service.peer_id,
        service=service.name,
        audience=inway_address,
        expires_at=now + ttl,
        not_before=now,
        certificate_thumbprint=certificate_thumbprint(certificate),
        actor=grant.outway.peer_id if delegator else None,
        publication_delegator=service.delegator.peer_id if isinstance(service, DelegatedService) else None,
        properties=grant.properties,
    )


def is_outway(outway: Outway, certificate: x509.Certificate) -> bool:
    """Whether a certificate is of the Outway that a grant names, by its peer and its key or domain name."""
    if identify(certificate).id != outway.peer_id:
        return False
    if isinstance(outway.identification, OutwayByPublicKey):
        return outway.identification.public_key_thumbprint == public_key_thumbprint(certificate)
    return has_name(certificate, outway.identification.domain_name)


def issue(keypair: KeyPair, claims: AccessToken, *, algorithm: str | None = None) -> str:
    """Signs a token.

    Args:
        keypair: of the peer that offers the Service, for tokens.
        claims: what it says.
        algorithm: one of `jws.ALGORITHMS` that fits the key; the key's own by default.
    """
    return jws.sign(keypair, ijson.canonical(claims.as_json()), algorithm=algorithm, typ="JWT")


def read(token: str) -> AccessToken:
    """The claims of a token that is not verified: for the Outway, which was given it by the Manager itself.

    Raises:
        FscError: it is no access token.
    """
    try:
        return _claims(jws.read(token).payload)
    except jws.JwsError as error:
        raise _invalid(str(error)) from None


def verify(
    token: str, certificates: Mapping[str, x509.Certificate], *, group_id: str, issuer: str, now: int
) -> AccessToken:
    """Verifies a token as an Inway must, but for its binding to the client's certificate (`bound_to`).

    Args:
        token: the compact JWT.
        certificates: verified certificates of our own peer's tokens, by thumbprint (`x5t#S256`).
        group_id: of the Inway.
        issuer: id of our own peer.
        now: Unix seconds.

    Raises:
        FscError: it is no token of our peer, is expired or not valid yet, or is of another group.
    """
    try:
        said = jws.read(token)
        claims = _claims(jws.verify(said, _signer(said, certificates)))
    except jws.JwsError as error:
        raise _invalid(str(error)) from None
    _check(claims, group_id=group_id, issuer=issuer, now=now)
    return claims


def bound_to(token: AccessToken, certificate: x509.Certificate) -> bool:
    """Whether a token may be used with this client certificate (RFC 8705, 3.1)."""
    return token.certificate_thumbprint == certificate_thumbprint(certificate)


def _check(claims: AccessToken, *, group_id: str, issuer: str, now: int) -> None:
    if claims.issuer != issuer:
        raise _invalid(f"It was issued by peer {claims.issuer}; this is peer {issuer}.")
    if claims.not_before > now + CLOCK_LEEWAY:
        raise _invalid("It is not valid yet.")
    if claims.expires_at <= now:
        raise FscError(ErrorCode.ACCESS_TOKEN_EXPIRED, "The access token has expired; ask for a new one.")
    if claims.group_id != group_id:
        raise FscError(ErrorCode.WRONG_GROUP_ID_IN_TOKEN, f"This is group {group_id}; the access token is of another.")


def _signer(said: jws.Unverified, certificates: Mapping[str, x509.Certificate]) -> x509.Certificate:
    certificate = certificates.get(said.thumbprint)
    if certificate is None:
        raise jws.JwsError("It was signed with a certificate that is not ours.")
    return certificate


def _claims(payload: bytes) -> AccessToken:
    try:
        claims = ijson.parse(payload)
    except ijson.InvalidJsonError as error:
        raise jws.JwsError(f"The claims cannot be read: {error}") from None
    if not isinstance(claims, dict):
        raise jws.JwsError("The claims are no object.")
    return AccessToken(
        grant_hash=_claim(claims, "gth", str),
        group_id=_claim(claims, "gid", str),
        subject=_claim(claims, "sub", str),
        issuer=_claim(claims, "iss", str),
        service=_claim(claims, "svc", str),
        audience=_claim(claims, "aud", str),
        expires_at=_claim(claims, "exp", int),
        not_before=_claim(claims, "nbf", int),
        certificate_thumbprint=_claim(_claim(claims, "cnf", dict), _THUMBPRINT, str),
        actor=_claim(_claim(claims, "act", dict), "sub", str) if "act" in claims else None,
        publication_delegator=_claim(claims, "pdi", str) if "pdi" in claims else None,
        properties=_claim(claims, "prp", dict) if "prp" in claims else None,
        additional=_claim(claims, "add", dict) if "add" in claims else {},
    )


def _claim(claims: dict[str, Any], name: str, kind: type[_Kind]) -> _Kind:
    value = claims.get(name)
    # Not isinstance: true and false are integers to Python.
    if type(value) is not kind:
        raise jws.JwsError(f"The claim {name} must be {_KINDS[kind]}.")
    return value


def _invalid(reason: str) -> FscError:
    return FscError(ErrorCode.ACCESS_TOKEN_INVALID, f"The access token is invalid. {reason}")
