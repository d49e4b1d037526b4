"""Hashes of contracts and grants: `$algorithm$type$digest` (FSC Core 4.2.4, 4.2.5, 4.2.6)."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Final

from wegennet.fsc.core import ijson
from wegennet.fsc.core.contract import GrantType, HashAlgorithm
from wegennet.fsc.core.errors import ErrorCode, FscError

if TYPE_CHECKING:
    from collections.abc import Callable

    from wegennet.fsc.core.contract import Content, Grant


class HashType(IntEnum):
    """What was hashed."""

    CONTRACT = 1
    SERVICE_PUBLICATION_GRANT = 2
    SERVICE_CONNECTION_GRANT = 3
    DELEGATED_SERVICE_CONNECTION_GRANT = 4
    DELEGATED_SERVICE_PUBLICATION_GRANT = 5


_TYPE_OF_GRANT: Final = {
    GrantType.SERVICE_PUBLICATION: HashType.SERVICE_PUBLICATION_GRANT,
    GrantType.SERVICE_CONNECTION: HashType.SERVICE_CONNECTION_GRANT,
    GrantType.DELEGATED_SERVICE_CONNECTION: HashType.DELEGATED_SERVICE_CONNECTION_GRANT,
    GrantType.DELEGATED_SERVICE_PUBLICATION: HashType.DELEGATED_SERVICE_PUBLICATION_GRANT,
}
_NUMBER_OF_ALGORITHM: Final[dict[str, int]] = {HashAlgorithm.SHA3_512: 1}
_ALGORITHM_OF_NUMBER: Final = {1: HashAlgorithm.SHA3_512}
_DIGEST: Final[dict[HashAlgorithm, Callable[[bytes], bytes]]] = {
    HashAlgorithm.SHA3_512: lambda data: hashlib.sha3_512(data).digest()
}
# 64 bytes in base64url are 86 characters, of which the last holds four bits.
_FORM: Final = re.compile(r"\$([1-9]\d{0,8})\$([1-5])\$([A-Za-z0-9_-]{85}[AQgw])", re.ASCII)


@dataclass(frozen=True, slots=True)
class Hash:
    """A hash taken apart.

    Attributes:
        algorithm: how it was made.
        type: what was hashed.
        digest: the 64 bytes.
    """

    algorithm: HashAlgorithm
    type: HashType
    digest: bytes


def content_hash(content: Content) -> str:
    """Hash of a contract's content, such as `$1$1$…`: what signatures are on.

    Raises:
        FscError: the content names a hash algorithm that is unknown.
    """
    number = algorithm_number(content.hash_algorithm)
    return _joined(number, HashType.CONTRACT, ijson.canonical(content.as_json()))


def grant_hash(content_hash: str, grant: Grant) -> str:
    """Hash of a grant in the contract with this content hash, such as `$1$3$…`: the scope of a token."""
    data = grant.data.model_dump(mode="json")
    hashed = content_hash.encode() + ijson.canonical(data)
    return _joined(_NUMBER_OF_ALGORITHM[parse_hash(content_hash).algorithm], _TYPE_OF_GRANT[grant.data.type], hashed)


def grant_hashes(content: Content) -> list[str]:
    """Hashes of all grants of a contract, in their order; two equal grants have an equal hash."""
    of_content = content_hash(content)
    return [grant_hash(of_content, grant) for grant in content.grants]


def parse_hash(text: str) -> Hash:
    """Takes a content or grant hash apart.

    Raises:
        FscError: it has not the form of a hash, or its algorithm is unknown.
    """
    form = _FORM.fullmatch(text)
    algorithm = _ALGORITHM_OF_NUMBER.get(int(form[1])) if form else None
    if form is None or algorithm is None:
        raise FscError(
            ErrorCode.UNKNOWN_HASH_ALGORITHM_HASH, "The hash is not of the form $1$type$digest, with digest a SHA3-512."
        )
    return Hash(algorithm, HashType(int(form[2])), base64.urlsafe_b64decode(f"{form[3]}=="))


def algorithm_number(algorithm: str) -> int:
    """Number of a hash algorithm in a hash (FSC Core 4.2.6.3).

    Raises:
        FscError: the algorithm is unknown.
    """
    if algorithm not in _NUMBER_OF_ALGORITHM:
        known = ", ".join(_NUMBER_OF_ALGORITHM)
        raise FscError(ErrorCode.UNKNOWN_HASH_ALGORITHM_HASH, f"The hash algorithm is unknown; use {known}.")
    return _NUMBER_OF_ALGORITHM[algorithm]


def _joined(number: int, hash_type: HashType, data: bytes) -> str:
    digest = base64.urlsafe_b64encode(_DIGEST[_ALGORITHM_OF_NUMBER[number]](data)).rstrip(b"=").decode()
    return f"${number}${hash_type.value}${digest}"
