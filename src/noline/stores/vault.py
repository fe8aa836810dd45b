"""The vault: what is personal in the log lies sealed under a key of its subject.

A sealing key is derived from the hub's secret (a file beside the store) and a random salt of the subject (a row). Both
are needed to read, so a copy of the database alone shows nothing personal of the log, and destroying the salt erases
every body of that subject in every copy. Cipher: AES-256-GCM with a nonce of 96 random bits; the message id is
authenticated with the body.
Subjects are named by keyed BLAKE2b digests, so that an e-mail address never stands in the log in the clear.
"""

from collections.abc import Iterable, Iterator, Mapping
from hashlib import blake2b

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from noline.kernel.clock import Clock
from noline.kernel.events import route_of
from noline.stores.portions import marks, portions
from noline.stores.transactional import Reader, Transaction

_NONCE_BYTES = 12
_SALT_BYTES = 16
_CACHE_LIMIT = 200_000
_LONGEST_CACHED = 600

Keys = dict[bytes, AESGCM]
"""The keys of subjects; a subject without one is not in it."""


class Vault:
    """Names subjects, seals and opens bodies."""

    def __init__(self, secret: bytes, clock: Clock) -> None:
        """secret: 32 bytes of the hub."""
        self._secret = secret
        self._clock = clock
        self._keyed = blake2b(key=secret, digest_size=16)
        self._ciphers: Keys = {}
        self._digests: dict[str, bytes] = {}

    def digest(self, text: str) -> bytes:
        """The keyed name of a subject, 16 bytes."""
        known = self._digests.get(text)
        if known is None:
            known = self.body_hash(text.encode())
            if len(text) > _LONGEST_CACHED:
                return known
            if len(self._digests) >= _CACHE_LIMIT:
                self._digests.clear()
            self._digests[text] = known
        return known

    def body_hash(self, body: bytes) -> bytes:
        """The keyed hash by which the same body is recognised, 16 bytes."""
        # A copy of the state after the key costs less than hashing the key again.
        keyed = self._keyed.copy()
        keyed.update(body)
        return keyed.digest()

    def forget_caches(self) -> None:
        """Another process wrote: keys may have been destroyed."""
        self._ciphers = {}

    def keys_for(self, tx: Transaction, subjects: Iterable[bytes]) -> Keys:
        """The key of each of these subjects; who has none yet gets one."""
        wanted = set(subjects)
        keys = self._known_keys(tx, wanted)
        if len(keys) < len(wanted):
            missing = sorted(subject for subject in wanted if subject not in keys)
            chance = self._clock.random_bytes(_SALT_BYTES * len(missing))
            salts = {
                subject: chance[position * _SALT_BYTES : (position + 1) * _SALT_BYTES]
                for position, subject in enumerate(missing)
            }
            rows = [(route_of(subject), subject, salt) for subject, salt in salts.items()]
            tx.run_many("INSERT INTO subject_keys (route_key, subject, salt) VALUES (?, ?, ?)", rows)
            keys |= self._remembered(salts)
        return keys

    def destroy(self, tx: Transaction, subjects: Iterable[bytes]) -> int:
        """Destroy the keys of these subjects: what lies sealed under them can never be read again. Answers how many."""
        gone = tx.run_many(
            "DELETE FROM subject_keys WHERE route_key = ? AND subject = ?",
            [(route_of(subject), subject) for subject in sorted(set(subjects))],
        )
        self.forget_caches()
        return gone

    def forget_names(self) -> None:
        """Let go of every name that was digested, so that an erased one does not stay in memory."""
        self._digests = {}

    def seal(self, keys: Keys, bodies: Iterable[tuple[bytes, str, bytes]], count: int) -> Iterator[bytes]:
        """Seal so many (subject, message id, body) triples under these keys, one by one as they are taken."""
        nonces = self._clock.random_bytes(_NONCE_BYTES * count)
        start = 0
        for subject, message_id, body in bodies:
            nonce = nonces[start : start + _NONCE_BYTES]
            start += _NONCE_BYTES
            yield nonce + keys[subject].encrypt(nonce, body, message_id.encode())

    def open(self, reader: Reader, bodies: list[tuple[bytes, str, bytes]]) -> list[bytes | None]:
        """Open (subject, message id, sealed) triples; None where the key was destroyed."""
        keys = self._known_keys(reader, {subject for subject, _, _ in bodies})
        return [_opened(keys.get(subject), message_id, sealed) for subject, message_id, sealed in bodies]

    def _known_keys(self, reader: Reader, subjects: set[bytes]) -> Keys:
        """The keys of those of these subjects that have one.

        The answer is a dictionary of its own: whoever reads goes on with it while a writer lets the caches go.
        """
        known = self._ciphers
        keys = {subject: known[subject] for subject in subjects if subject in known}
        if len(keys) < len(subjects):
            keys |= self._remembered(_salts(reader, {subject for subject in subjects if subject not in keys}))
        return keys

    def _remembered(self, salts: Mapping[bytes, bytes]) -> Keys:
        """The keys that belong to these salts, kept for the next time."""
        keys = {subject: self._key(subject, salt) for subject, salt in salts.items()}
        if len(self._ciphers) + len(keys) > _CACHE_LIMIT:
            self._ciphers = {}
        self._ciphers.update(keys)
        return keys

    def _key(self, subject: bytes, salt: bytes) -> AESGCM:
        return AESGCM(blake2b(salt + subject, key=self._secret, digest_size=32).digest())


def _opened(key: AESGCM | None, message_id: str, sealed: bytes) -> bytes | None:
    if key is None:
        return None
    try:
        return key.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], message_id.encode())
    except (InvalidTag, ValueError):  # a body cut shorter than a nonce is as wrong as one with a changed bit
        return None


def _salts(reader: Reader, subjects: Iterable[bytes]) -> dict[bytes, bytes]:
    wanted = sorted(subjects)
    found: dict[bytes, bytes] = {}
    for some in portions([route_of(subject) for subject in wanted]):
        question = f"SELECT subject, salt FROM subject_keys WHERE route_key IN ({marks(len(some))})"
        found.update((subject, salt) for subject, salt in reader.rows(question, some))
    return {subject: found[subject] for subject in wanted if subject in found}
