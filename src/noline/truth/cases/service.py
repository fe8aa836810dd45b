"""The door of the cases: it listens to what customers ask for and what was resolved, and answers what is still open."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from noline.kernel.errors import NotFound
from noline.kernel.events import Digest, Fact, route_of
from noline.stores.portions import flat, portions
from noline.stores.transactional import Reader, Row, Transaction
from noline.truth.cases import tables
from noline.truth.cases.model import KINDS, Case, Key, Kind, State, Telling, decide, in_order, read_telling

Told = dict[str, dict[Key, Telling]]


class Cases:
    """The cases of one hub. A person is asked for by the subjects of the names the person has."""

    name = "cases"
    kinds = KINDS
    tables = tables.TABLES

    def __init__(self, digest: Digest, nobody: str = "erased") -> None:
        """digest: the hub's keyed hash. nobody: the kind of name under which those who were erased are counted."""
        self._digest = digest
        self._nobody = nobody

    def take(self, tx: Transaction, facts: list[Fact]) -> None:
        """Fold what is told of cases; raises CaseUnreadable."""
        told: Told = defaultdict(dict)
        for fact in facts:
            if fact.kind in KINDS and (telling := read_telling(fact, self._nobody)) is not None:
                told[telling.case_id][telling.key] = telling
        if told:
            self._learn(tx, told)

    def forget(self) -> None:
        """Nothing is remembered outside the tables."""

    def open_for(self, reader: Reader, subjects: Sequence[bytes]) -> list[Case]:
        """The open cases of a person, who waits longest first."""
        found: dict[str, Case] = {}
        for some in portions([*dict.fromkeys(subjects)]):
            found |= {row[0]: _case(row) for row in reader.rows(tables.cases_of(len(some)), some)}
        return in_order(self._together(reader, list(found.values()))) if found else []

    def _together(self, reader: Reader, cases: list[Case]) -> list[Case]:
        """What a person asked for without a number is one matter under all names: what ended it under one ended it."""
        running = [one for one in cases if not one.numbered]
        if len(running) < 2 or all(one.state is not State.OPEN for one in running):
            return cases
        heard = self._heard(reader, [one.case_id for one in running])
        together = decide(telling for tellings in heard.values() for telling in tellings.values())
        return [together, *(one for one in cases if one.numbered)]

    def open_at(self, reader: Reader, store: str, limit: int = 50) -> list[Case]:
        """Open cases that were told of at a store, who waits longest first.

        One that was told of without a number may have ended under another name of the person; `open_for` knows that.
        """
        return [_case(row) for row in reader.rows(tables.OPEN_AT, (store, limit))]

    def all_of(self, reader: Reader, subjects: Sequence[bytes]) -> list[Case]:
        """Every case of a person, the latest first."""
        found: dict[str, Case] = {}
        for some in portions([*dict.fromkeys(subjects)]):
            found |= {row[0]: _case(row) for row in reader.rows(tables.all_of(len(some)), some)}
        return sorted(found.values(), key=lambda one: (-(one.opened_at or one.ended_at or 0), one.case_id))

    def case(self, reader: Reader, case_id: str) -> Case:
        """One case; raises NotFound."""
        row = reader.row(tables.CASE, (self._route(case_id), case_id))
        if row is None:
            raise NotFound(what="case", name=case_id)
        return _case(row)

    def erase(self, tx: Transaction, subjects: Sequence[bytes]) -> int:
        """Forget what these told of cases; what others told of the same ones stays. Answers how many tellings went."""
        own = sorted(set(subjects))
        touched: dict[str, None] = {}
        for some in portions(own):
            touched |= dict.fromkeys(name for (name,) in tx.rows(tables.told_by(len(some)), some))
        if not touched:
            return 0
        gone = tx.run_many(tables.FORGET_TOLD_BY, [(one,) for one in own])
        tx.run_many(tables.DROP_CASE, self._named(touched))
        self._write(tx, self._heard(tx, touched))
        return gone

    def _learn(self, tx: Transaction, told: Told) -> None:
        """Keep what is new, then decide each case from all that is known of it."""
        heard = self._heard(tx, told)
        changed: Told = {}
        kept: list[Row] = []
        for name, tellings in told.items():
            new = {key: one for key, one in tellings.items() if key not in heard[name]}
            if new:
                changed[name] = heard[name] | new
                kept += [(self._route(name), *_telling_row(one)) for one in new.values()]
        tx.run_many(tables.KEEP_FACT, kept)
        self._write(tx, changed)

    def _write(self, tx: Transaction, told: Mapping[str, Mapping[Key, Telling]]) -> None:
        decided = [decide(tellings.values()) for tellings in told.values() if tellings]
        tx.run_many(tables.WRITE_CASE, [(self._route(one.case_id), *_case_row(one)) for one in decided])

    def _heard(self, reader: Reader, names: Iterable[str]) -> Told:
        """What was told of these cases, each telling under its key."""
        heard: Told = {name: {} for name in names}
        for some in portions(self._named(heard)):
            for row in reader.rows(tables.facts_of(len(some)), flat(some)):
                telling = _telling(row)
                heard[telling.case_id][telling.key] = telling
        return heard

    def _named(self, names: Iterable[str]) -> list[tuple[int, str]]:
        return [(self._route(name), name) for name in names]

    def _route(self, case_id: str) -> int:
        return route_of(self._digest(f"case:{case_id}"))


def _telling_row(one: Telling) -> Row:
    at, message_id, fact_route = one.key
    return (
        one.case_id, fact_route, message_id, one.kind, at, one.teller, int(one.trusted), int(one.numbered), one.channel,
        one.store_id, one.topic, one.order_id, one.text,
    )  # fmt: skip


def _telling(row: Row) -> Telling:
    case_id, fact_route, message_id, kind, at, teller, trusted, numbered, *said = row
    key = (at, message_id, fact_route)
    return Telling(case_id, key, kind, bytes(teller), bool(trusted), bool(numbered), *said)


def _case_row(one: Case) -> Row:
    return (
        one.case_id, str(one.kind), str(one.state), one.subject, int(one.numbered), one.channel, one.store_id,
        one.topic, one.order_id, one.text, one.opened_at, one.missed, one.ended_at,
    )  # fmt: skip


def _case(row: Row) -> Case:
    case_id, kind, state, subject, numbered, *said = row
    return Case(case_id, Kind(kind), State(state), bytes(subject), bool(numbered), *said)
