"""The vault: what is personal in the log lies sealed under a key of its subject.

A sealing key is derived from the hub's secret (a file beside the store) and a random salt of the subject (a row). Both are
needed to read, so a copy of the database alone shows nothing personal of the log, and destroying the salt erases every
body of that subject in every copy. Cipher: AES-256-GCM, nonce of 96 random bits, the message id authenticated with it.
Subjects are named by keyed BLAKE2b digests, so that an e-mail address never stands in the log in the clear.
"""

from collections.abc import Iterable, Mapping
from hashlib import blake2b

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from noline.kernel.clock import Clock
from noline.kernel.events import route_of
from noline.stores.transactional import Reader, Transaction

_NONCE_BYTES = 12
_CACHE_LIMIT = 200_000


class Vault:
    """Names subjects, seals and opens bodies."""

    def __init__(self, secret: bytes, clock: Clock) -> None:
        """secret: 32 bytes of the hub."""
        self._secret = secret
        self._clock = clock
        self._ciphers: dict[bytes, AESGCM] = {}
        self._digests: dict[str, bytes] = {}

    def digest(self, text: str) -> bytes:
        """The keyed name of a subject, 16 bytes."""
        known = self._digests.get(text)
        if known is None:
            if len(self._digests) >= _CACHE_LIMIT:
                self._digests.clear()
            known = blake2b(text.encode(), key=self._secret, digest_size=16).digest()
            self._digests[text] = known
        return known

    def body_hash(self, body: bytes) -> bytes:
        """The keyed hash by which the same body is recognised, 16 bytes."""
        return blake2b(body, key=self._secret, digest_size=16).digest()

    def forget_caches(self) -> None:
        """Another process wrote: keys may have been destroyed."""
        self._ciphers.clear()

    def keys_for(self, tx: Transaction, subjects: Iterable[bytes]) -> None:
        """Make sure that each of these subjects has a key."""
        missing = {subject for subject in subjects if subject not in self._ciphers}
        if not missing:
            return
        if len(self._ciphers) >= _CACHE_LIMIT:
            self._ciphers.clear()
        salts = self._salts(tx, missing)
        fresh = [(route_of(subject), subject, self._clock.random_bytes(16)) for subject in missing - salts.keys()]
        tx.run_many("INSERT INTO subject_keys (route_key, subject, salt) VALUES (?, ?, ?)", fresh)
        self._remember(salts | {subject: salt for _, subject, salt in fresh})

    def seal(self, bodies: list[tuple[bytes, str, bytes]]) -> list[bytes]:
        """Seal (subject, message id, body) triples; every subject must have its key."""
        nonces = self._clock.random_bytes(_NONCE_BYTES * len(bodies))
        sealed = []
        for position, (subject, message_id, body) in enumerate(bodies):
            nonce = nonces[position * _NONCE_BYTES : (position + 1) * _NONCE_BYTES]
            sealed.append(nonce + self._ciphers[subject].encrypt(nonce, body, message_id.encode()))
        return sealed

    def open(self, reader: Reader, bodies: list[tuple[bytes, str, bytes]]) -> list[bytes | None]:
        """Open (subject, message id, sealed) triples; None where the key was destroyed."""
        missing = {subject for subject, _, _ in bodies if subject not in self._ciphers}
        if missing:
            self._remember(self._salts(reader, missing))
        return [self._open_one(*sealed) for sealed in bodies]

    def _open_one(self, subject: bytes, message_id: str, sealed: bytes) -> bytes | None:
        cipher = self._ciphers.get(subject)
        if cipher is None:
            return None
        try:
            return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], message_id.encode())
        except InvalidTag:
            return None

    def _salts(self, reader: Reader, subjects: set[bytes]) -> dict[bytes, bytes]:
        found = {}
        for subject in subjects:
            row = reader.row(
                "SELECT salt FROM subject_keys WHERE route_key = ? AND subject = ?", (route_of(subject), subject)
            )
            if row:
                found[subject] = row[0]
        return found

    def _remember(self, salts: Mapping[bytes, bytes]) -> None:
        for subject, salt in salts.items():
            key = blake2b(salt + subject, key=self._secret, digest_size=32).digest()
            self._ciphers[subject] = AESGCM(key)
