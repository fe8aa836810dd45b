"""Store today: what somebody at a store has to do, by thumb, the most urgent first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from noline.doors.console import wording
from noline.doors.console.people_paths import customer_path
from noline.doors.console.stock_paths import moves_path, order_path
from noline.doors.console.wording import Row

METHODS = {
    "ship": "send by parcel",
    "pickup": "pick-up in the store",
    "curbside": "hand out at the kerb",
    "counter": "take along at the counter",
    "ship_to_store": "send to another store",
}
"""How goods come to who ordered them."""

_STATES = {
    "assigned": "new",
    "accepted": "accepted",
    "picking": "picked",
    "packed": "packed",
    "ready": "ready",
    "shipped": "on its way",
}


@dataclass(frozen=True, slots=True)
class Store:
    """A store to choose."""

    location: str
    name: str
    city: str


@dataclass(frozen=True, slots=True)
class Line:
    """Units of an item. field: the name of its field in a form; note: what helps to find or judge it."""

    field: str
    name: str
    sku: str
    units: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Deed:
    """A button: what it does and what it says. main: the usual next step."""

    do: str
    words: str
    main: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """One thing to do. key: sent with its buttons, so that a repeated tap does nothing twice.

    short: what is done when fewer are there, empty where that cannot be said. refuses, back, counts, closes: whether
    the store may refuse it, send it back to a depot, count it, or close it with a reason.
    """

    id: str
    key: str
    title: str
    path: str
    state: str
    about: str
    due: str
    lines: tuple[Line, ...]
    deeds: tuple[Deed, ...]
    customer: str = ""
    customer_path: str = ""
    short: str = ""
    refuses: bool = False
    back: bool = False
    counts: bool = False
    closes: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """One kind of work."""

    name: str
    heading: str
    nothing: str
    cards: tuple[Card, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """What came of the button that was pressed last."""

    good: bool
    words: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Today:
    """The page. place: empty while no store is chosen."""

    stores: tuple[Store, ...]
    location: str = ""
    place: str = ""
    sections: tuple[Section, ...] = ()
    looked_for: str = ""
    ready_in_all: int = 0
    depots: tuple[Store, ...] = ()
    said: Said | None = None

    @property
    def waiting(self) -> int:
        """How many things are to be done."""
        return sum(len(one.cards) for one in self.sections)


Key = Callable[[], str]
"""A key that nobody used before."""


def choose(*, stores: Sequence[Row]) -> Today:
    """The page on which a store is chosen."""
    return Today(tuple(Store(one["location"], one["name"] or one["location"], one["city"] or "") for one in stores))


def today(*, row: Row, key: Key, said: Said | None = None) -> Today:
    """The page of a store, from `answers.today.work`."""
    sections = (
        Section("pick", "To pick", "Nothing to pick.", tuple(_to_pick(one, key) for one in row["to_pick"])),
        Section("ready", "Ready to collect", "", tuple(_ready(one, key) for one in row["ready"])),
        Section("coming", "Coming for a customer", "", tuple(_coming(one, key) for one in row["coming"])),
        Section("returns", "Returns to look at", "No return waits.", tuple(_back(one, key) for one in row["returns"])),
        Section("transfers", "Transfers to receive", "No transfer is on its way here.",
                tuple(_transfer(one, key) for one in row["transfers"])),
        Section("counts", "To count", "No count is due.",
                tuple(_count(one, row["location"], key) for one in row["counts"])),
        Section("conflicts", "More promised than there", "Everything promised is there.",
                tuple(_conflict(one, row["location"], key) for one in row["conflicts"])),
    )  # fmt: skip
    return Today(
        stores=(),
        location=row["location"],
        place=row["place"],
        sections=sections,
        looked_for=row["looked_for"],
        ready_in_all=row["ready_in_all"],
        depots=tuple(Store(one["location"], one["place"], "") for one in row["depots"]),
        said=said,
    )


def _to_pick(row: Row, key: Key) -> Card:
    state = row["state"]
    short = "short" if state == "accepted" else ""
    return _order_card(row, key, _NEXT[state](row), short=short, refuses="rejected" in row["possible"] and not short)


def _ready(row: Row, key: Key) -> Card:
    return _order_card(row, key, (Deed("hand-over", "Handed over", main=True), Deed("no-show", "Nobody came")))


def _coming(row: Row, key: Key) -> Card:
    return _order_card(row, key, (Deed("ready", "It has come", main=True),))


def _new(row: Row) -> tuple[Deed, ...]:
    if row["method"] == "counter":
        return (Deed("hand-over", "Handed over", main=True),)
    return (Deed("accept", "Accept", main=True),)


def _found(row: Row) -> tuple[Deed, ...]:
    ready = "ready" in row["possible"]
    return (Deed("ready", "It is ready" if ready else "Packed", main=True),)


_NEXT: dict[str, Callable[[Row], tuple[Deed, ...]]] = {
    "assigned": _new,
    "accepted": lambda _: (Deed("pick", "Picked", main=True),),
    "picking": _found,
    "packed": lambda _: (Deed("ship", "Sent", main=True),),
}


def _order_card(row: Row, key: Key, deeds: tuple[Deed, ...], *, short: str = "", refuses: bool = False) -> Card:
    to = f" to {row['destination']}" if row["destination"] else ""
    method = METHODS.get(row["method"], row["method"])
    return Card(
        id=row["id"],
        key=key(),
        title=f"Order {row['order_id']}",
        path=order_path(row["order_id"]),
        state=_STATES.get(row["state"], row["state"]),
        about=wording.title("send to another store" + to if row["method"] == "ship_to_store" else method),
        due=_until(row["promised_at"]),
        lines=tuple(
            Line(f"found:{one['sku']}", one["name"], one["sku"], one["units"],
                 f"{wording.count(one['on_hand'])} on hand here")
            for one in row["lines"]
        ),
        deeds=deeds,
        customer=row["customer"] or "",
        customer_path=customer_path(row["person"]) if row["person"] else "",
        short=short,
        refuses=refuses,
    )  # fmt: skip


def _back(row: Row, key: Key) -> Card:
    about = f"of order {row['order_id']}" if row["order_id"] else "without an order"
    return Card(
        id=row["id"],
        key=key(),
        title="Return",
        path=order_path(row["order_id"]) if row["order_id"] else "",
        state="to look at",
        about=wording.title(about),
        due="",
        lines=tuple(Line("", one["name"], one["sku"], one["units"], one["condition"]) for one in row["lines"]),
        deeds=(Deed("restock", "Back on the shelf", main=True), Deed("unsellable", "Not sellable")),
        back=True,
    )


def _transfer(row: Row, key: Key) -> Card:
    return Card(
        id=row["id"],
        key=key(),
        title=f"From {row['from_place']}",
        path="",
        state="on its way",
        about="",
        due=_until(row["due_at"], "due"),
        lines=tuple(
            Line(f"found:{number}", one["name"], one["sku"], one["units"], one["lot"] and f"lot {one['lot']}")
            for number, one in enumerate(row["lines"])
        ),
        deeds=(Deed("receive", "All of it came", main=True),),
        short="receive-some",
    )


def _count(row: Row, location: str, key: Key) -> Card:
    return Card(
        id=row["sku"],
        key=key(),
        title=row["name"],
        path=moves_path(row["sku"], location),
        state="to count",
        about=f"{wording.plural(row['units'], 'unit was', 'units were')} not found; "
        f"the books say {wording.count(row['on_hand'])}",
        due="",
        lines=(),
        deeds=(),
        counts=True,
    )


def _conflict(row: Row, location: str, key: Key) -> Card:
    return Card(
        id=row["id"],
        key=key(),
        title=row["name"],
        path=moves_path(row["sku"], location),
        state=f"{wording.count(row['units'])} too many",
        about=f"{wording.count(row['promised'])} promised, {wording.count(row['on_hand'])} on hand",
        due="",
        lines=(),
        deeds=(),
        closes=True,
    )


def _until(value: str | None, word: str = "promised for") -> str:
    """When something is due; a time of midnight says no more than its day."""
    at = wording.instant(value)
    if at is None:
        return ""
    return f"{word} {wording.day(at)}" if (at.hour, at.minute) == (0, 0) else f"{word} {wording.minute(at)} UTC"
