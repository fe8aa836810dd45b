"""Fingerprints as files: one way to write them, and who says so.

The key that signs (Ed25519, RFC 8032) is derived from the hub's secret (HKDF, RFC 5869); its public half stands in the
file. A signature says that the file is as the holder of that key wrote it, not who the holder is: compare the key's
name with the one that the company tells by another way.
"""

import base64
import binascii
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from noline.insight.fingerprints.model import Print, PrintForged, PrintUnreadable, trouble

_PURPOSE = b"noline fingerprint signing key, first kind"
_SIGNED_BY = "Ed25519"


class Signature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who signed. key, value: base64."""

    algorithm: str
    key: str
    value: str


class Sealed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A fingerprint as it is sent."""

    fingerprint: Print
    signature: Signature


class Genuine(NamedTuple):
    """A fingerprint that is as it was signed. key: the name of the key, 16 hexadecimal digits."""

    told: Print
    key: str


class Signer:
    """Signs with the key of a hub."""

    def __init__(self, secret: bytes) -> None:
        """Derive the key. secret: of the hub; it cannot be computed from what is signed."""
        seed = HKDF(algorithm=SHA256(), length=32, salt=None, info=_PURPOSE).derive(secret)
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self._public = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    @property
    def key(self) -> str:
        """The name of the key."""
        return key_name(self._public)

    def sealed(self, told: Print) -> bytes:
        """The fingerprint as a file."""
        value = self._key.sign(as_bytes(told))
        signature = Signature(_SIGNED_BY, _text(self._public), _text(value))
        # As written twice it is the same bytes; indented, so that people can read what they give away.
        return msgspec.json.format(msgspec.json.encode(Sealed(told, signature), order="sorted"), indent=1) + b"\n"


def as_bytes(told: Print) -> bytes:
    """What is signed: keys in their order, no spaces, whole numbers and texts alone."""
    return msgspec.json.encode(told, order="sorted")


def key_name(public: bytes) -> str:
    """A name for a public key that people can compare."""
    return sha256(public).hexdigest()[:16]


def verified(data: bytes, path: object = "it") -> Genuine:
    """The fingerprint in a file, and who signed it. Raises PrintUnreadable, PrintForged."""
    try:
        sealed = msgspec.json.decode(data, type=Sealed)
        public, value = _bytes(sealed.signature.key), _bytes(sealed.signature.value)
    except (msgspec.DecodeError, binascii.Error, UnicodeError) as cause:
        raise PrintUnreadable(path=path, why=str(cause)) from cause
    if sealed.signature.algorithm != _SIGNED_BY or len(public) != 32:
        raise PrintUnreadable(path=path, why=f"it is not signed with {_SIGNED_BY}")
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(value, as_bytes(sealed.fingerprint))
    except (InvalidSignature, ValueError) as cause:
        raise PrintForged(path=path, why="it was changed after it was signed") from cause
    if why := trouble(sealed.fingerprint):
        raise PrintForged(path=path, why=why)
    return Genuine(sealed.fingerprint, key_name(public))


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def as_data(told: Print) -> dict[str, Any]:
    """A fingerprint as plain data."""
    return msgspec.to_builtins(told)
