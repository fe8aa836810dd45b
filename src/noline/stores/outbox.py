"""The outbox: one cursor on the log for each receiver.

What a receiver has not confirmed is still before its cursor, so nothing is lost in a crash and anything can be sent
again from any position. A receiver that fails is tried again for 72 hours and then paused; it never holds up another
one.
"""

import base64
from dataclasses import dataclass

from noline.kernel.clock import HOUR, MINUTE, SECOND, Clock, Micros
from noline.kernel.errors import NameTaken, NotFound
from noline.stores.transactional import Reader, Transaction, TransactionalStore

GIVES_UP_AFTER: Micros = 72 * HOUR
LONGEST_PAUSE: Micros = 10 * MINUTE

CLOUDEVENTS, SHOPIFY = "cloudevents", "shopify"
FORMATS = (CLOUDEVENTS, SHOPIFY)
"""The shapes in which a receiver may be told."""

_COLUMNS = (
    "name, url, secret, kinds, state, delivered_seq, failing_since, next_attempt_at, attempts, last_error, created_at, "
    "format"
)


@dataclass(frozen=True, slots=True)
class Subscription:
    """A receiver of events.

    secret: signs each delivery (`whsec_` and base64, as Standard Webhooks has it). kinds: event names it wants, empty
    for all. delivered_seq: the last position it confirmed or did not want. format: the shape in which it is told.
    """

    name: str
    url: str
    secret: str
    kinds: tuple[str, ...]
    state: str
    delivered_seq: int
    failing_since: Micros | None
    next_attempt_at: Micros
    attempts: int
    last_error: str
    created_at: Micros
    format: str = CLOUDEVENTS


class Outbox:
    """The receivers of one hub."""

    def __init__(self, store: TransactionalStore, clock: Clock) -> None:
        """Wire the outbox."""
        self._store = store
        self._clock = clock

    def subscribe(
        self, name: str, url: str, kinds: tuple[str, ...] = (), after: int = 0, wire_format: str = CLOUDEVENTS
    ) -> Subscription:
        """Send events after a position to a URL from now on. Raises NameTaken, and NotFound for an unknown format."""
        if wire_format not in FORMATS:
            raise NotFound(what="format of webhooks", name=wire_format)
        secret = "whsec_" + base64.b64encode(self._clock.random_bytes(24)).decode()
        with self._store.transaction() as tx:
            if tx.row("SELECT 1 FROM subscriptions WHERE name = ?", (name,)):
                raise NameTaken(what="webhook", name=name)
            tx.run(
                f"INSERT INTO subscriptions ({_COLUMNS}) VALUES (?, ?, ?, ?, 'active', ?, NULL, 0, 0, '', ?, ?)",
                (name, url, secret, "\n".join(kinds), after, self._clock.now(), wire_format),
            )
            return _one(tx, name)

    def subscriptions(self) -> list[Subscription]:
        """Every receiver by name."""
        with self._store.reading() as reader:
            rows = reader.rows(f"SELECT {_COLUMNS} FROM subscriptions ORDER BY name")
        return [_subscription(*row) for row in rows]

    def subscription(self, name: str) -> Subscription:
        """One receiver; raises NotFound."""
        with self._store.reading() as reader:
            return _one(reader, name)

    def due(self) -> list[Subscription]:
        """Receivers that may be tried now."""
        now = self._clock.now()
        return [one for one in self.subscriptions() if one.state == "active" and one.next_attempt_at <= now]

    def confirm(self, name: str, since: int, seq: int) -> None:
        """A receiver that stood at `since` has everything up to `seq`.

        A cursor that was set elsewhere meanwhile stays where it was set.
        """
        with self._store.transaction() as tx:
            tx.run(
                "UPDATE subscriptions SET delivered_seq = ?, failing_since = NULL, next_attempt_at = 0, attempts = 0, "
                "last_error = '' WHERE name = ? AND delivered_seq = ?",
                (seq, name, since),
            )

    def fail(self, name: str, why: str) -> Subscription:
        """A delivery failed: wait longer each time, pause after 72 hours of failing. Raises NotFound."""
        now = self._clock.now()
        with self._store.transaction() as tx:
            known = _one(tx, name)
            since = now if known.failing_since is None else known.failing_since
            state = "paused" if now - since >= GIVES_UP_AFTER else known.state
            pause = min(SECOND << min(known.attempts, 20), LONGEST_PAUSE)
            tx.run(
                "UPDATE subscriptions SET failing_since = ?, next_attempt_at = ?, attempts = attempts + 1, "
                "last_error = ?, state = ? WHERE name = ?",
                (since, now + pause, why[:500].replace("\0", ""), state, name),
            )
            return _one(tx, name)

    def resume(self, name: str, after: int | None = None) -> Subscription:
        """Try again now; `after` sets the cursor to any position of the log, to send what follows once more."""
        with self._store.transaction() as tx:
            known = _one(tx, name)
            tx.run(
                "UPDATE subscriptions SET state = 'active', failing_since = NULL, next_attempt_at = 0, attempts = 0, "
                "last_error = '', delivered_seq = ? WHERE name = ?",
                (known.delivered_seq if after is None else after, name),
            )
            return _one(tx, name)

    def pause(self, name: str) -> Subscription:
        """Send nothing until it is resumed."""
        with self._store.transaction() as tx:
            _one(tx, name)
            tx.run("UPDATE subscriptions SET state = 'paused' WHERE name = ?", (name,))
            return _one(tx, name)

    def remove(self, name: str) -> None:
        """Forget a receiver; raises NotFound."""
        with self._store.transaction() as tx:
            if not tx.run("DELETE FROM subscriptions WHERE name = ?", (name,)):
                raise NotFound(what="webhook", name=name)


def _one(reader: Reader | Transaction, name: str) -> Subscription:
    row = reader.row(f"SELECT {_COLUMNS} FROM subscriptions WHERE name = ?", (name,))
    if row is None:
        raise NotFound(what="webhook", name=name)
    return _subscription(*row)


def _subscription(name: str, url: str, secret: str, kinds: str, *rest: object) -> Subscription:
    return Subscription(name, url, secret, tuple(filter(None, kinds.split("\n"))), *rest)  # type: ignore[arg-type]
