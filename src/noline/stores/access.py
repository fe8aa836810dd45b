"""Who may come in: sources with their write keys, people and programs with their keys, console sessions.

Only keyed digests of keys are stored. A key is shown once, when it is made; it is random enough that no slow hash is
due.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from noline.kernel.clock import DAY, MINUTE, Clock, Micros
from noline.kernel.errors import KeyUnknown, NameTaken, NotFound
from noline.kernel.events import Digest
from noline.stores.transactional import Reader, Transaction, TransactionalStore

SESSION_LENGTH: Micros = 14 * DAY
LINK_LENGTH: Micros = 15 * MINUTE


class Role(StrEnum):
    """What a key may do. From the admin to the partner, each role may do what the ones after it may.

    A partner is another company: it may ask for goods and for orders by their number, and sees no person.
    An analyst stands beside that line: it sees numbers about many people, where the company loses them and what that
    costs, and nobody of them; it decides nothing. Managers and admins may do what it may.
    """

    ADMIN = "admin"
    MANAGER = "manager"
    ASSOCIATE = "associate"
    PARTNER = "partner"
    ANALYST = "analyst"

    def includes(self, needed: "Role") -> bool:
        """Whether this role may do what `needed` may."""
        return needed in _INCLUDED[self]


_INCLUDED: Mapping[Role, frozenset[Role]] = {
    Role.ADMIN: frozenset(Role),
    Role.MANAGER: frozenset({Role.MANAGER, Role.ASSOCIATE, Role.PARTNER, Role.ANALYST}),
    Role.ASSOCIATE: frozenset({Role.ASSOCIATE, Role.PARTNER}),
    Role.PARTNER: frozenset({Role.PARTNER}),
    Role.ANALYST: frozenset({Role.ANALYST}),
}
"""What each role may do, as the roles whose rights it has."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where events come from: one write key, one channel.

    trust: `browser` for keys that anybody can read in a page, `server` for the company's own systems.
    """

    name: str
    channel: str
    trust: str
    key_hint: str
    created_at: Micros


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a person or program; `key_hint` is its beginning."""

    name: str
    role: str
    key_hint: str
    created_at: Micros


OURS = Source("noline", "noline", "server", "", 0)
"""The hub itself: what is decided through its doors comes from here. No key opens it."""


class Access:
    """The register of keys of one hub."""

    def __init__(self, store: TransactionalStore, digest: Digest, clock: Clock) -> None:
        """Keys are looked up by the hub's keyed digest."""
        self._store = store
        self._digest = digest
        self._clock = clock
        self._by_key: dict[str, Source] = {}
        self._by_name: dict[str, Source] = {OURS.name: OURS}

    def add_source(self, name: str, channel: str, *, trust: str = "server") -> str:
        """Make a source and answer its write key. Raises NameTaken."""
        key = "c" + self._clock.random_bytes(12).hex()
        if name == OURS.name:
            raise NameTaken(what="source", name=name)
        with self._store.transaction() as tx:
            self._refuse_taken(tx, "sources", "source", name)
            tx.run(
                "INSERT INTO sources (name, channel, trust, key_hash, key_hint, created_at) VALUES (?, ?, ?, ?, ?, ?)",
                (name, channel, trust, self._digest("key:" + key), key[:6], self._clock.now()),
            )
        return key

    def ensure_source(self, name: str, channel: str, *, trust: str = "server") -> None:
        """Make a source unless there is one of that name."""
        try:
            self.source(name)
        except NotFound:
            self.add_source(name, channel, trust=trust)

    def sources(self) -> list[Source]:
        """All sources by name."""
        with self._store.reading() as reader:
            return _sources(reader, "ORDER BY name", ())

    def source(self, name: str) -> Source:
        """A source by its name; raises NotFound."""
        if name not in self._by_name:
            with self._store.reading() as reader:
                found = _sources(reader, "WHERE name = ?", (name,))
            if not found:
                raise NotFound(what="source", name=name)
            self._by_name[name] = found[0]
        return self._by_name[name]

    def source_of_key(self, write_key: str) -> Source:
        """The source that a write key belongs to; raises KeyUnknown."""
        if write_key not in self._by_key:
            with self._store.reading() as reader:
                found = _sources(reader, "WHERE key_hash = ?", (self._digest("key:" + write_key),))
            if not found:
                raise KeyUnknown
            self._by_key[write_key] = found[0]
        return self._by_key[write_key]

    def add_key(self, role: Role, name: str | None = None) -> tuple[str, str]:
        """Make a key of a role; answers its name and the key. Raises NameTaken."""
        key = "nk_" + self._clock.random_bytes(20).hex()
        with self._store.transaction() as tx:
            name = name or f"{role}-{key[3:9]}"
            self._refuse_taken(tx, "keys", "key", name)
            tx.run(
                "INSERT INTO keys (name, role, key_hash, key_hint, created_at) VALUES (?, ?, ?, ?, ?)",
                (name, role, self._digest("key:" + key), key[:7], self._clock.now()),
            )
        return name, key

    def remove_key(self, name: str) -> None:
        """Make a key worthless from now on; raises NotFound."""
        with self._store.transaction() as tx:
            if not tx.run("DELETE FROM keys WHERE name = ?", (name,)):
                raise NotFound(what="key", name=name)

    def keys(self) -> list[Key]:
        """All keys by name."""
        with self._store.reading() as reader:
            return [Key(*row) for row in reader.rows("SELECT name, role, key_hint, created_at FROM keys ORDER BY name")]

    def key_of(self, key: str) -> Key:
        """The key as it is listed, by its secret; raises KeyUnknown."""
        with self._store.reading() as reader:
            row = reader.row(
                "SELECT name, role, key_hint, created_at FROM keys WHERE key_hash = ?", (self._digest("key:" + key),)
            )
        if row is None:
            raise KeyUnknown
        return Key(*row)

    def role_of_key(self, key: str) -> Role:
        """What a key may do; raises KeyUnknown."""
        with self._store.reading() as reader:
            row = reader.row("SELECT role FROM keys WHERE key_hash = ?", (self._digest("key:" + key),))
        if row is None:
            raise KeyUnknown
        return Role(row[0])

    def new_link(self, role: Role) -> str:
        """A token that opens one session of this role, once, within 15 minutes."""
        return self._new_token(role, LINK_LENGTH, single_use=True)

    def session_of_link(self, token: str) -> str:
        """Trade a one-time token for a session token; raises KeyUnknown when it was used or is too old."""
        with self._store.transaction() as tx:
            role = self._role_of_token(tx, token, single_use=True)
            tx.run("DELETE FROM sessions WHERE token_hash = ?", (self._digest("session:" + token),))
        return self.new_session(role)

    def new_session(self, role: Role) -> str:
        """A session token of this role, good for 14 days."""
        return self._new_token(role, SESSION_LENGTH, single_use=False)

    def role_of_session(self, token: str) -> Role:
        """What a session may do; raises KeyUnknown."""
        with self._store.reading() as reader:
            return self._role_of_token(reader, token, single_use=False)

    def end_session(self, token: str) -> None:
        """Log out."""
        with self._store.transaction() as tx:
            tx.run("DELETE FROM sessions WHERE token_hash = ?", (self._digest("session:" + token),))

    def _new_token(self, role: Role, length: Micros, *, single_use: bool) -> str:
        token = self._clock.random_bytes(24).hex()
        now = self._clock.now()
        with self._store.transaction() as tx:
            tx.run("DELETE FROM sessions WHERE expires_at < ?", (now,))
            tx.run(
                "INSERT INTO sessions (token_hash, role, created_at, expires_at, single_use) VALUES (?, ?, ?, ?, ?)",
                (self._digest("session:" + token), role, now, now + length, int(single_use)),
            )
        return token

    def _role_of_token(self, reader: Reader, token: str, *, single_use: bool) -> Role:
        row = reader.row(
            "SELECT role FROM sessions WHERE token_hash = ? AND expires_at >= ? AND single_use = ?",
            (self._digest("session:" + token), self._clock.now(), int(single_use)),
        )
        if row is None:
            raise KeyUnknown
        return Role(row[0])

    @staticmethod
    def _refuse_taken(tx: Transaction, table: str, what: str, name: str) -> None:
        if tx.row(f"SELECT 1 FROM {table} WHERE name = ?", (name,)):
            raise NameTaken(what=what, name=name)


def _sources(reader: Reader, condition: str, params: tuple[object, ...]) -> list[Source]:
    rows = reader.rows(f"SELECT name, channel, trust, key_hint, created_at FROM sources {condition}", params)
    return [Source(*row) for row in rows]
