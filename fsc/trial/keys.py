"""Keys with their certificates, and the files that they are kept in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from wegennet.fsc.core.certificates import KeyPair

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from cryptography import x509

    from wegennet.fsc.core.certificates import PrivateKey


class KeyType(StrEnum):
    """Kinds of keys that NCSC calls good or sufficient."""

    EC = "ec"
    RSA = "rsa"


@dataclass(frozen=True, slots=True)
class Files:
    """Where a certificate and its key are."""

    certificate: Path
    key: Path


class Certified(KeyPair):
    """A key pair that can be written to files."""

    __slots__ = ()

    def store(self, folder: Path, name: str) -> Files:
        """Writes `<name>.crt` (the chain) and `<name>.key`, which only we can read."""
        folder.mkdir(parents=True, exist_ok=True)
        files = Files(folder / f"{name}.crt", folder / f"{name}.key")
        files.key.touch(mode=0o600)
        files.key.write_bytes(key_pem(self.key))
        files.certificate.write_bytes(chain_pem(self.chain))
        return files


def new_key(key_type: KeyType = KeyType.EC) -> PrivateKey:
    """A new key: P-256, or RSA of 3072 bits."""
    if key_type is KeyType.RSA:
        return rsa.generate_private_key(public_exponent=65537, key_size=3072)
    return ec.generate_private_key(ec.SECP256R1())


def key_pem(key: PrivateKey) -> bytes:
    """A key as PKCS #8, unencrypted."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def chain_pem(chain: Iterable[x509.Certificate]) -> bytes:
    """Certificates one after the other."""
    return b"".join(certificate.public_bytes(serialization.Encoding.PEM) for certificate in chain)
