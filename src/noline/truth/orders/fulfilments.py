"""Orders that the hub runs itself: which units wait, which location serves them, and how far each parcel has come.

Everything here follows from deeds of the hub in the order of the log: `Order Sourced` opens an order and gives units
that wait to locations, `Fulfilment Changed` takes what a location was given a step further, `Order Edited` takes units
out or adds some. An item stands once in an order. Of where the goods go only the country and the tenth of a degree is
kept (about eleven kilometres), and no name of anybody.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, NamedTuple

import msgspec

from noline.kernel.clock import Micros
from noline.kernel.errors import Refused
from noline.kernel.events import Json
from noline.kernel.quantities import Units

SOURCED, CHANGED, EDITED = "Order Sourced", "Fulfilment Changed", "Order Edited"
DECIDED_KINDS = frozenset({SOURCED, CHANGED, EDITED})
"""The deeds that this room folds."""


class Method(StrEnum):
    """How goods come to who ordered them."""

    SHIP = "ship"
    PICKUP = "pickup"
    CURBSIDE = "curbside"
    COUNTER = "counter"
    SHIP_TO_STORE = "ship_to_store"


class Step(StrEnum):
    """How far a location has come with what it was given."""

    ASSIGNED = "assigned"
    ACCEPTED = "accepted"
    PICKING = "picking"
    PACKED = "packed"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    READY = "ready"
    HANDED_OVER = "handed_over"
    NO_SHOW = "no_show"
    RESTOCKED = "restocked"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


COLLECTED = frozenset({Method.PICKUP, Method.CURBSIDE})
"""What is handed over where it was picked, to somebody who comes for it."""

UNPICKED = frozenset({Step.ASSIGNED, Step.ACCEPTED})
IN_THE_HOUSE = UNPICKED | {Step.PICKING, Step.PACKED, Step.READY}
"""Goods are claimed and lie on a shelf of ours."""

GONE = frozenset({Step.SHIPPED, Step.DELIVERED, Step.HANDED_OVER})
"""Goods have left the location."""

_OFF = (Step.CANCELLED,)
_BEFORE: dict[Step, tuple[Step, ...]] = {
    Step.ASSIGNED: (Step.ACCEPTED, Step.REJECTED, *_OFF),
    Step.ACCEPTED: (Step.PICKING, Step.REJECTED, *_OFF),
}
_SENT: dict[Step, tuple[Step, ...]] = {
    **_BEFORE,
    Step.PICKING: (Step.PACKED, *_OFF),
    Step.PACKED: (Step.SHIPPED, *_OFF),
}
_FETCHED: dict[Step, tuple[Step, ...]] = {
    Step.READY: (Step.HANDED_OVER, Step.NO_SHOW, *_OFF),
    Step.NO_SHOW: (Step.RESTOCKED,),
}
_NEXT: dict[Method, dict[Step, tuple[Step, ...]]] = {
    Method.SHIP: {**_SENT, Step.SHIPPED: (Step.DELIVERED,)},
    Method.PICKUP: {**_BEFORE, Step.PICKING: (Step.READY, *_OFF), **_FETCHED},
    Method.CURBSIDE: {**_BEFORE, Step.PICKING: (Step.READY, *_OFF), **_FETCHED},
    Method.COUNTER: {Step.ASSIGNED: (Step.HANDED_OVER,)},
    Method.SHIP_TO_STORE: {**_SENT, Step.SHIPPED: (Step.READY,), **_FETCHED},
}


class NotNow(Refused):
    """A step that is not possible in this state."""

    code = "orders.not_now"
    sentence = "{what} is {state}; that cannot become {wanted} now."
    hint = "Take one of the steps in `possible`; nothing was changed."


def possible(method: Method, state: Step) -> tuple[Step, ...]:
    """The steps that may follow."""
    return _NEXT[method].get(state, ())


class Opening(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an order asks for, as it was placed.

    asked: keyed hash of the request, in hex. units: by item. location: where it is collected, or the only one that may
    send. point: where it goes, latitude and longitude in tenths of a degree. value_minor: of the goods, in `currency`.
    exchange_of: the order whose goods come back for these.
    """

    asked: str
    channel: str
    method: Method
    units: dict[str, Units]
    location: str | None = None
    country: str | None = None
    point: tuple[int, int] | None = None
    value_minor: int = 0
    currency: str = ""
    wanted_by: Micros | None = None
    hold: str | None = None
    cart: str | None = None
    exchange_of: str | None = None


class Assigned(msgspec.Struct, frozen=True, omit_defaults=True):
    """Units that a location is given. destination: the store to which it sends them for collection."""

    fulfilment: str
    location: str
    method: Method
    units: dict[str, Units]
    destination: str | None = None
    promised_at: Micros | None = None


class Said(NamedTuple):
    """One deed about an order. seq: its position in the log."""

    seq: int
    message_id: str
    kind: str
    at: Micros
    said: Json


@dataclass(frozen=True, slots=True)
class FulfilmentLine:
    """Units of one item that a location was given: asked once, then found, sent back, or taken out again.

    picked: less what was taken out after it was found. rejected: what waits again. missed_at: when somebody looked and
    did not find all. found, missed: what speaks for and against looking there again.
    """

    sku: str
    asked: Units
    picked: Units = 0
    rejected: Units = 0
    cancelled: Units = 0
    missed_at: Micros | None = None
    found: Units = 0
    missed: Units = 0

    def open_units(self, state: Step) -> Units:
        """Units that are claimed in this state."""
        if state in UNPICKED:
            return self.asked - self.rejected - self.cancelled
        return self.picked if state in IN_THE_HOUSE else 0


@dataclass(frozen=True, slots=True)
class Fulfilment:
    """What one location does for one order. promised_at: when it was promised, if anybody said."""

    id: str
    order_id: str
    location: str
    method: Method
    destination: str | None
    state: Step
    promised_at: Micros | None
    made_at: Micros
    changed_at: Micros
    lines: tuple[FulfilmentLine, ...]

    @property
    def stands_at(self) -> str:
        """Where somebody has to do the next step: at the destination once goods are on their way there."""
        on_the_way = self.state in (Step.SHIPPED, Step.READY, Step.HANDED_OVER, Step.NO_SHOW, Step.RESTOCKED)
        return self.destination if self.destination and on_the_way else self.location

    @property
    def open_units(self) -> dict[str, Units]:
        """Units that are claimed where it stands, by item."""
        return {line.sku: units for line in self.lines if (units := line.open_units(self.state))}


@dataclass(frozen=True, slots=True)
class OrderUnits:
    """Units of one item of an order. promised_at: when those that wait are promised for."""

    sku: str
    ordered: Units
    waiting: Units
    cancelled: Units
    promised_at: Micros | None = None


@dataclass(frozen=True, slots=True)
class Missed:
    """A location that sent units back or did not find them, so that the same order does not come to it again."""

    sku: str
    location: str
    at: Micros


@dataclass(frozen=True, slots=True)
class Book:
    """One order as the hub runs it."""

    order_id: str
    opening: Opening
    placed_at: Micros
    placed_seq: int
    units: Mapping[str, OrderUnits]
    fulfilments: Mapping[str, Fulfilment]
    missed: tuple[Missed, ...] = ()

    @property
    def waiting(self) -> dict[str, Units]:
        """Units that no location has taken, by item."""
        return {one.sku: one.waiting for one in self.units.values() if one.waiting}

    @property
    def is_cancelled(self) -> bool:
        """Whether nothing is left of it."""
        return all(line.cancelled == line.ordered for line in balance(self).values())


class Balance(NamedTuple):
    """Where the units of one item of an order are; all but the first add up to the first."""

    ordered: Units
    waiting: Units
    allocated: Units
    picked: Units
    gone: Units
    cancelled: Units

    @property
    def settled(self) -> bool:
        """Whether nothing is lost and nothing is there twice."""
        return self.ordered == sum(self[1:])


def balance(book: Book) -> dict[str, Balance]:
    """Where the units of each item are; every one is settled, always."""
    found: dict[str, Counter[str]] = {sku: Counter() for sku in book.units}
    for one in book.fulfilments.values():
        for line in one.lines:
            here = found[line.sku]
            if one.state in UNPICKED:
                here["allocated"] += line.open_units(one.state)
            elif one.state in IN_THE_HOUSE:
                here["picked"] += line.picked
            elif one.state in GONE:
                here["gone"] += line.picked
            elif one.state in (Step.NO_SHOW, Step.RESTOCKED):
                here["cancelled"] += line.picked
    return {
        sku: Balance(
            one.ordered, one.waiting, found[sku]["allocated"], found[sku]["picked"], found[sku]["gone"],
            one.cancelled + found[sku]["cancelled"],
        )
        for sku, one in book.units.items()
    }  # fmt: skip


# -- deeds


def sourced(
    order_id: str,
    assigned: Sequence[Assigned],
    *,
    opening: Opening | None = None,
    promised: Mapping[str, Micros] | None = None,
    decision: Json | None = None,
    why: str = "",
) -> Json:
    """The properties of `Order Sourced`. promised: when units that go on waiting are promised for, by item."""
    said: Json = {"order": order_id, "assigned": msgspec.to_builtins(list(assigned)), "why": why}
    if opening is not None:
        said["opened"] = msgspec.to_builtins(opening)
    if promised:
        said["promised"] = dict(promised)
    if decision is not None:
        said["decision"] = decision
    return said


def changed(one: Fulfilment, to: Step, *, picked: Mapping[str, Units] | None = None, reason: str = "") -> Json:
    """The properties of `Fulfilment Changed`.

    picked: what was found, by item; the rest waits again. Rejected or cancelled without it: all of it waits again.
    """
    said: Json = {"order": one.order_id, "fulfilment": one.id, "to": str(to), "reason": reason}
    return said if picked is None else {**said, "picked": dict(picked)}


def edited(
    order_id: str,
    why: Literal["cancelled", "edited"],
    *,
    waiting: Mapping[str, Units],
    taken: Mapping[str, Mapping[str, Units]],
    added: Mapping[str, Units] | None = None,
) -> Json:
    """The properties of `Order Edited`.

    waiting, taken: units that go out of what waits, and out of fulfilments, by item; they count as cancelled, or are no
    longer ordered. added: units that are ordered now, and wait.
    """
    return {
        "order": order_id, "why": why, "waiting": dict(waiting), "added": dict(added or {}),
        "taken": {name: dict(units) for name, units in taken.items()},
    }  # fmt: skip


# -- what follows from them


@dataclass(slots=True)
class _Line:
    asked: Units
    picked: Units = 0
    rejected: Units = 0
    cancelled: Units = 0
    missed_at: Micros | None = None
    found: Units = 0
    missed: Units = 0


@dataclass(slots=True)
class _Parcel:
    given: Assigned
    made_at: Micros
    changed_at: Micros
    lines: dict[str, _Line]
    state: Step = Step.ASSIGNED


@dataclass(slots=True)
class _Units:
    ordered: Units = 0
    waiting: Units = 0
    cancelled: Units = 0
    promised_at: Micros | None = None


@dataclass(slots=True)
class _Running:
    units: dict[str, _Units]
    parcels: dict[str, _Parcel] = field(default_factory=dict)
    missed: list[Missed] = field(default_factory=list)

    def hear(self, deed: Said) -> None:
        if deed.kind == SOURCED:
            self._sourced(deed)
        elif deed.kind == CHANGED:
            self._changed(deed)
        else:
            self._edited(deed)

    def _sourced(self, deed: Said) -> None:
        for told in deed.said["assigned"]:
            given = msgspec.convert(told, Assigned)
            lines = {sku: _Line(units) for sku, units in given.units.items()}
            self.parcels[given.fulfilment] = _Parcel(given, deed.at, deed.at, lines)
            for sku, units in given.units.items():
                self.units[sku].waiting -= units
        promised = deed.said.get("promised", {})
        for sku, one in self.units.items():
            one.promised_at = promised.get(sku, one.promised_at) if one.waiting else None

    def _changed(self, deed: Said) -> None:
        parcel = self.parcels[deed.said["fulfilment"]]
        state, found = Step(deed.said["to"]), deed.said.get("picked")
        if found is not None:
            self._found(parcel, found, deed.at)
        elif state in (Step.REJECTED, Step.CANCELLED):
            self._back(parcel, deed.at, refused=state is Step.REJECTED)
        elif parcel.given.method is Method.COUNTER:
            for line in parcel.lines.values():
                line.picked = line.asked
        parcel.state, parcel.changed_at = state, deed.at

    def _found(self, parcel: _Parcel, found: Json, at: Micros) -> None:
        """Somebody looked; what was not there waits again."""
        for sku, line in parcel.lines.items():
            line.picked = line.found = found.get(sku, 0)
            line.rejected = line.missed = line.asked - line.cancelled - line.picked
            self.units[sku].waiting += line.rejected
            if line.rejected:
                line.missed_at = at
                self.missed.append(Missed(sku, parcel.given.location, at))

    def _back(self, parcel: _Parcel, at: Micros, *, refused: bool) -> None:
        """All of it waits again: the location refused, or it was called back."""
        for sku, line in parcel.lines.items():
            line.rejected = line.asked - line.cancelled
            self.units[sku].waiting += line.rejected
            if refused and line.rejected:
                line.missed = line.rejected
                self.missed.append(Missed(sku, parcel.given.location, at))

    def _edited(self, deed: Said) -> None:
        said = deed.said
        cancelling = said["why"] == "cancelled"
        for sku, units in said["added"].items():
            one = self.units.setdefault(sku, _Units())
            one.ordered += units
            one.waiting += units
        for sku, units in said["waiting"].items():
            self.units[sku].waiting -= units
            self._out(sku, units, cancelling=cancelling)
        for name, taken in said["taken"].items():
            parcel = self.parcels[name]
            for sku, units in taken.items():
                line = parcel.lines[sku]
                line.cancelled += units
                if parcel.state not in UNPICKED:
                    line.picked -= units
                self._out(sku, units, cancelling=cancelling)
            parcel.changed_at = deed.at
            if not any(_open(line, parcel.state) for line in parcel.lines.values()):
                parcel.state = Step.CANCELLED

    def _out(self, sku: str, units: Units, *, cancelling: bool) -> None:
        if cancelling:
            self.units[sku].cancelled += units
        else:
            self.units[sku].ordered -= units


def _open(line: _Line, state: Step) -> Units:
    return line.asked - line.rejected - line.cancelled if state in UNPICKED else line.picked


def follow(order_id: str, deeds: Iterable[Said]) -> Book | None:
    """The order as it follows from its deeds; None before it was opened."""
    told = sorted(deeds)
    first = next((one for one in told if "opened" in one.said), None)
    if first is None:
        return None
    opening = msgspec.convert(first.said["opened"], Opening)
    running = _Running({sku: _Units(units, units) for sku, units in opening.units.items()})
    for deed in told:
        running.hear(deed)
    return Book(
        order_id, opening, first.at, first.seq,
        {
            sku: OrderUnits(sku, one.ordered, one.waiting, one.cancelled, one.promised_at if one.waiting else None)
            for sku, one in running.units.items()
        },
        {name: _fulfilment(order_id, name, one) for name, one in running.parcels.items()},
        tuple(running.missed),
    )  # fmt: skip


def _fulfilment(order_id: str, name: str, one: _Parcel) -> Fulfilment:
    given = one.given
    lines = tuple(
        FulfilmentLine(
            sku,
            line.asked,
            line.picked,
            line.rejected,
            line.cancelled,
            line.missed_at,
            line.found,
            line.missed,
        )
        for sku, line in one.lines.items()
    )
    return Fulfilment(
        name, order_id, given.location, given.method, given.destination, one.state, given.promised_at, one.made_at,
        one.changed_at, lines,
    )  # fmt: skip


def picks(book: Book | None) -> Counter[tuple[str, bool]]:
    """Units by location and whether they were found there when somebody looked, or refused to."""
    found: Counter[tuple[str, bool]] = Counter()
    for one in book.fulfilments.values() if book else ():
        for line in one.lines:
            found[one.location, True] += line.found
            found[one.location, False] += line.missed
    return found


def order_of(fulfilment: str) -> str:
    """The order that a fulfilment is of: its id is that of the order, a dash and a number."""
    return fulfilment.rpartition("-")[0]


def said_of(kind: str, properties: Json) -> tuple[Json, Any]:
    """The properties of a deed as they are kept: what moves units, and the decision apart from it."""
    kept = {name: value for name, value in properties.items() if name != "decision"}
    return kept, properties.get("decision") if kind == SOURCED else None
