"""Who may pass an Inway: the checks of an access token, in the order of FSC Core 4.7."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from wegennet.fsc.core import jws, tokens
from wegennet.fsc.core.certificates import CertificateError, read_der
from wegennet.fsc.core.errors import ErrorCode, FscError
from wegennet.fsc.core.identity import identify
from wegennet.fsc.gateway import headers as fields

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography import x509

    from wegennet.fsc.core.tokens import AccessToken
    from wegennet.fsc.gateway.refresh import Refreshed
    from wegennet.fsc.inway.keys import SigningCertificates
    from wegennet.fsc.wire.message import Headers

_MOST_KEPT: Final = 10_000
# A token with the properties of a large grant in it is verified each time rather than kept.
_LONGEST_KEPT: Final = 4 * 1024


@dataclass(frozen=True, slots=True)
class _Verified:
    token: AccessToken
    signer: str


class Gate:
    """Verifies access tokens and remembers those that passed, each with the certificate that it was shown with.

    Args:
        keys: the certificates with which our peer signs tokens.
        group_id: of the Group.
        peer_id: our own.
        address: of this Inway, as it stands in `aud`.
        clock: Unix seconds.
    """

    def __init__(
        self,
        keys: Refreshed[SigningCertificates],
        *,
        group_id: str,
        peer_id: str,
        address: str,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._keys = keys
        self._group_id = group_id
        self._peer_id = peer_id
        self._address = address
        self._clock = clock
        self._passed: dict[tuple[str, bytes], _Verified] = {}

    async def admit(self, headers: Headers, certificate_der: bytes) -> AccessToken:
        """The claims of the request's access token.

        Args:
            headers: of the request.
            certificate_der: of the client of the TLS connection.

        Raises:
            FscError: the request may not pass.
        """
        text = bearer(headers)
        known = self._passed.get((text, certificate_der))
        if known and known.signer in (self._keys.value or {}):
            _check_time(known.token, self._clock())
            return known.token
        verified = await self._verify(text, certificate_der)
        self._keep((text, certificate_der), verified)
        return verified.token

    async def _verify(self, text: str, certificate_der: bytes) -> _Verified:
        signer = _signer(text)
        token = tokens.verify(
            text,
            await self._certificates(signer),
            group_id=self._group_id,
            issuer=self._peer_id,
            now=int(self._clock()),
        )
        client = _certificate(certificate_der)
        if not tokens.bound_to(token, client):
            raise _invalid("It is bound to another certificate than the one of this connection.")
        if identify(client).id != token.outway_peer_id:
            raise _invalid("It was issued to another peer than the one of this connection.")
        if token.audience.rstrip("/") != self._address:
            raise _invalid(f"It is for the Inway at {token.audience}; this is {self._address}.")
        return _Verified(token, signer)

    async def _certificates(self, signer: str) -> SigningCertificates:
        """Our certificates; asked for again when the token names one that is not known."""
        if signer not in (self._keys.value or {}):
            await self._keys.renew()
        if self._keys.value is None:
            raise FscError(
                ErrorCode.UNAVAILABLE, "Access tokens cannot be verified now: this peer's own Manager does not answer."
            )
        return self._keys.value

    def _keep(self, key: tuple[str, bytes], verified: _Verified) -> None:
        if len(key[0]) > _LONGEST_KEPT:
            return
        if len(self._passed) >= _MOST_KEPT:
            del self._passed[next(iter(self._passed))]
        self._passed[key] = verified


def bearer(headers: Headers) -> str:
    """The access token in `Fsc-Authorization`, with or without `Bearer` before it: the standard says neither.

    Raises:
        FscError: there is none, or more than one.
    """
    values = fields.values(headers, fields.AUTHORIZATION)
    if len(values) > 1:
        raise _invalid("There is more than one header Fsc-Authorization.")
    scheme, _, token = values[0].decode("latin-1").strip().rpartition(" ") if values else ("", "", "")
    if not token or token.lower() == "bearer":
        raise FscError(ErrorCode.ACCESS_TOKEN_MISSING, "The header Fsc-Authorization must hold an access token.")
    if scheme and scheme.strip().lower() != "bearer":
        raise _invalid("The header Fsc-Authorization must hold a bearer token.")
    return token


def _signer(text: str) -> str:
    try:
        return jws.read(text).thumbprint
    except jws.JwsError as error:
        raise _invalid(str(error)) from None


def _check_time(token: AccessToken, now: float) -> None:
    if token.expires_at <= now:
        raise FscError(ErrorCode.ACCESS_TOKEN_EXPIRED, "The access token has expired; ask for a new one.")


@lru_cache(maxsize=1024)
def _certificate(der: bytes) -> x509.Certificate:
    try:
        return read_der(der)
    except CertificateError as error:
        raise _invalid(str(error)) from None


def _invalid(reason: str) -> FscError:
    return FscError(ErrorCode.ACCESS_TOKEN_INVALID, f"The access token is invalid. {reason}")
