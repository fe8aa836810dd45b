"""The door of the feedback: it listens to what people say and what was answered, and tells what is still open."""

from collections import defaultdict

from noline.kernel.clock import DAY, Micros
from noline.kernel.events import Digest, Fact, route_of
from noline.stores.transactional import Reader, Row, Transaction
from noline.truth.feedback import tables
from noline.truth.feedback.model import KINDS, Loop, LoopCount, State, Telling, decide, read_telling


class Feedback:
    """The loops of feedback of one hub."""

    name = "feedback"
    tables = tables.TABLES

    def __init__(self, digest: Digest) -> None:
        """digest: the hub's keyed hash."""
        self._digest = digest

    def take(self, tx: Transaction, facts: list[Fact]) -> None:
        """Fold what opens, answers and closes loops; raises FeedbackUnreadable."""
        told: dict[str, list[Telling]] = defaultdict(list)
        for fact in facts:
            if fact.kind in KINDS:
                telling = read_telling(fact)
                told[telling.loop_id].append(telling)
        for loop_id, tellings in told.items():
            self._settle(tx, loop_id, tellings)

    def forget(self) -> None:
        """Nothing is remembered outside the tables."""

    def loop(self, reader: Reader, loop_id: str) -> Loop | None:
        """The loop of that id, or None when nobody spoke of it."""
        row = reader.row(tables.LOOP, (self._route(loop_id), loop_id))
        return _loop(row) if row else None

    def open_loops(self, reader: Reader, limit: int = 50, offset: int = 0) -> list[Loop]:
        """Loops that nobody has answered, the oldest first."""
        return [_loop(row) for row in reader.rows(tables.OPEN_LOOPS, (limit, offset))]

    def counts(self, reader: Reader, now: Micros) -> list[LoopCount]:
        """Loops by channel and store, with the age of the open ones at `now`."""
        found = [_count(row, now) for row in reader.rows(tables.COUNTS, (now, now, DAY))]
        return sorted(found, key=lambda one: (one.channel, one.store_id or ""))

    def _route(self, loop_id: str) -> int:
        return route_of(self._digest(f"review:{loop_id}"))

    def _settle(self, tx: Transaction, loop_id: str, tellings: list[Telling]) -> None:
        """Keep what is new, then decide the loop from all that is known of it."""
        route = self._route(loop_id)
        known = {telling.key: telling for telling in map(_telling, tx.rows(tables.FACTS_OF, (route, loop_id)))}
        new = {telling.key: telling for telling in tellings if telling.key not in known}
        if new:
            tx.run_many(tables.KEEP_FACT, [(route, *_telling_row(telling)) for telling in new.values()])
            tx.run(tables.WRITE_LOOP, (route, *_loop_row(decide([*known.values(), *new.values()]))))


def _telling_row(said: Telling) -> Row:
    occurred_at, message_id, fact_route = said.key
    return (
        said.loop_id, fact_route, message_id, said.kind, occurred_at, said.subject, said.channel, said.site,
        said.store_id, said.sku, said.order_id, said.rating_hundredths,
    )  # fmt: skip


def _telling(row: Row) -> Telling:
    loop_id, fact_route, message_id, kind, occurred_at, *said = row
    return Telling(loop_id, (occurred_at, message_id, fact_route), kind, *said)


def _loop_row(loop: Loop) -> Row:
    return (
        loop.loop_id, str(loop.state), loop.subject, loop.channel, loop.site, loop.store_id, loop.sku, loop.order_id,
        loop.rating_hundredths, loop.opened_at, loop.answered_at, loop.closed_at, loop.fact_route, loop.message_id,
    )  # fmt: skip


def _loop(row: Row) -> Loop:
    loop_id, state, *said = row
    return Loop(loop_id, State(state), *said)


def _count(row: Row, now: Micros) -> LoopCount:
    channel, store_id, opened, answered, closed, oldest_at, days = row
    oldest_days = None if oldest_at is None else max(0, now - oldest_at) // DAY
    return LoopCount(channel, store_id, opened, answered, closed, oldest_days, days // opened if opened else None)
