"""The door of the feedback: it listens to what people say and what was answered, and tells what is still open."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from noline.kernel.clock import DAY, Micros
from noline.kernel.events import Digest, Fact, route_of
from noline.stores.portions import flat, portions
from noline.stores.transactional import Reader, Row, Transaction
from noline.truth.feedback import tables
from noline.truth.feedback.model import KINDS, Key, Loop, LoopCount, State, Telling, decide, read_telling


class Feedback:
    """The loops of feedback of one hub."""

    name = "feedback"
    kinds = KINDS
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
        if told:
            self._settle(tx, told)

    def forget(self) -> None:
        """Nothing is remembered outside the tables."""

    def loop(self, reader: Reader, loop_id: str) -> Loop | None:
        """The loop of that id, or None when nobody spoke of it."""
        row = reader.row(tables.LOOP, (self._route(loop_id), loop_id))
        return _loop(row) if row else None

    def open_loops(self, reader: Reader, limit: int = 50, offset: int = 0) -> list[Loop]:
        """Loops that nobody has answered, the oldest first."""
        return [_loop(row) for row in reader.rows(tables.OPEN_LOOPS, (limit, offset))]

    def open_of(self, reader: Reader, subjects: Sequence[bytes]) -> list[Loop]:
        """Loops of any of these (as the log names them) that nobody has answered, the oldest first."""
        found = {
            row[0]: _loop(row)
            for some in portions([*dict.fromkeys(subjects)])
            for row in reader.rows(tables.loops_of(len(some)), some)
        }
        # Chosen here: asked for by its state too, a store would rather walk through everybody's open loops.
        waiting = [one for one in found.values() if one.state is State.OPEN]
        return sorted(waiting, key=lambda one: (one.opened_at or 0, one.loop_id))

    def orders_told_of(self, reader: Reader, subjects: Sequence[bytes]) -> frozenset[str]:
        """The orders of which any of these told how they were, answered or not."""
        return frozenset(
            order_id
            for some in portions([*dict.fromkeys(subjects)])
            for (order_id,) in reader.rows(tables.orders_of(len(some)), some)
        )

    def open_at(self, reader: Reader, store: str, limit: int = 50) -> list[Loop]:
        """Loops about a store that nobody has answered, the oldest first."""
        return [_loop(row) for row in reader.rows(tables.OPEN_AT, (store, limit))]

    def counts(self, reader: Reader, now: Micros) -> list[LoopCount]:
        """Loops by channel and store, with the age of the open ones at `now`."""
        found = [_count(row, now) for row in reader.rows(tables.COUNTS, (now, now, DAY))]
        return sorted(found, key=lambda one: (one.channel, one.store_id or ""))

    def _route(self, loop_id: str) -> int:
        return route_of(self._digest(f"review:{loop_id}"))

    def _settle(self, tx: Transaction, told: dict[str, list[Telling]]) -> None:
        """Keep what is new, then decide each loop from all that is known of it."""
        routes = {loop_id: self._route(loop_id) for loop_id in told}
        heard = self._heard(tx, routes)
        kept: list[Row] = []
        loops: list[Row] = []
        for loop_id, tellings in told.items():
            route, known = routes[loop_id], heard[loop_id]
            new = {telling.key: telling for telling in tellings if telling.key not in known}
            if new:
                kept.extend((route, *_telling_row(telling)) for telling in new.values())
                loops.append((route, *_loop_row(decide([*known.values(), *new.values()]))))
        tx.run_many(tables.KEEP_FACT, kept)
        tx.run_many(tables.WRITE_LOOP, loops)

    @staticmethod
    def _heard(reader: Reader, routes: Mapping[str, int]) -> dict[str, dict[Key, Telling]]:
        """What was said of these loops before, each telling under its key."""
        heard: dict[str, dict[Key, Telling]] = {loop_id: {} for loop_id in routes}
        for some in portions([(route, loop_id) for loop_id, route in routes.items()]):
            for row in reader.rows(tables.facts_of(len(some)), flat(some)):
                telling = _telling(row)
                heard[telling.loop_id][telling.key] = telling
        return heard


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
