"""The pages about one customer and about finding one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from noline.doors.console import wording
from noline.doors.console.frame import Counted, counted_of
from noline.doors.console.timeline import Timeline, draw
from noline.doors.console.wording import Row


@dataclass(frozen=True, slots=True)
class Known:
    """A name by which a customer is known."""

    namespace: str
    value: str
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class Order:
    """One order in short."""

    order: str
    time: str
    channel: str
    state: str
    value: str


@dataclass(frozen=True, slots=True)
class CustomerPage:
    """Everything about one customer on one page. events: how many there are, of which the timeline shows the latest."""

    person: str
    name: str
    identifiers: tuple[Known, ...]
    orders: tuple[Order, ...]
    spent: str
    timeline: Timeline
    events: int
    older: str

    @property
    def last_seen_known(self) -> bool:
        """Whether any name tells when it was last seen."""
        return any(known.last != wording.UNKNOWN for known in self.identifiers)

    counted: Mapping[str, Counted]


@dataclass(frozen=True, slots=True)
class Found:
    """One answer to a search."""

    person: str
    name: str
    path: str
    matched: str
    identifiers: str


@dataclass(frozen=True, slots=True)
class Search:
    """The search page; `found` is None before anything was asked. more: only the first ones are here."""

    query: str
    found: tuple[Found, ...] | None
    more: bool

    @property
    def says_why(self) -> bool:
        """Whether any answer tells by which of its names it was found."""
        return any(one.matched for one in self.found or ())


_SHORT = 8
_NAMES_IN_A_LIST = 4
_STRONGEST_FIRST = ("email", "phone", "loyalty_id", "loyalty", "user_id", "user")
_NAMESPACES = {
    "email": "e-mail",
    "phone": "telephone",
    "loyalty_id": "loyalty card",
    "loyalty": "loyalty card",
    "user_id": "account",
    "user": "account",
    "anonymous_id": "browser or device",
    "anonymous": "browser or device",
}


def customer_path(person: str) -> str:
    """The address of the page of one customer."""
    return f"/customers/{quote(person, safe='')}"


def customer(*, row: Row, counted: Mapping[str, Row], older: str = "") -> CustomerPage:
    """The page of one customer. older: the address of the events before those given, if there are more."""
    person = str(row["person"])
    orders, timeline = row.get("orders") or [], row.get("timeline") or []
    return CustomerPage(
        person=person,
        name=row.get("name") or nameless(person),
        identifiers=tuple(known_of(known) for known in row.get("identifiers") or ()),
        orders=tuple(_order(order) for order in orders),
        spent=", ".join(wording.exact_money(amount, unit) for unit, amount in sorted(_spent(orders).items())),
        timeline=draw(timeline),
        events=row.get("events") or len(timeline),
        older=older,
        counted=counted_of(counted),
    )


def nameless(person: str) -> str:
    """What somebody is called whose name nobody has told: `Customer c98150`, short enough for a table."""
    return f"Customer {person.removeprefix('p_')[:_SHORT]}"


def search(*, query: str = "", results: Sequence[Row] | None = None, most: int | None = None) -> Search:
    """The search page with its answers. most: how many were asked for."""
    found = None if results is None else tuple(_found(row) for row in results)
    return Search(query=query, found=found, more=most is not None and len(found or ()) >= most)


def known_of(row: Row) -> Known:
    """A name of a customer, in the words of people."""
    return Known(
        namespace=_NAMESPACES.get(row["namespace"], row["namespace"].replace("_", " ")),
        value=str(row["value"]),
        first=wording.day(wording.instant(row.get("first_seen"))),
        last=wording.day(wording.instant(row.get("last_seen"))),
    )


def _order_money(row: Row) -> tuple[int, str] | None:
    for name in ("total_minor", "value_minor", "revenue_minor"):
        if row.get(name) is not None and row.get("currency"):
            return row[name], row["currency"]
    return None


def _order(row: Row) -> Order:
    amount = _order_money(row)
    return Order(
        order=str(row.get("order_id") or row.get("order") or ""),
        time=wording.minute(wording.instant(row.get("at") or row.get("placed_at"))),
        channel=row.get("channel") or "",
        state=row.get("state") or "",
        value=wording.exact_money(*amount) if amount else "",
    )


def _spent(orders: Sequence[Row]) -> dict[str, int]:
    total: dict[str, int] = {}
    for order in orders:
        if amount := _order_money(order):
            total[amount[1]] = total.get(amount[1], 0) + amount[0]
    return total


def _found(row: Row) -> Found:
    person = str(row["person"])
    return Found(
        person=person,
        name=row.get("name") or nameless(person),
        path=customer_path(person),
        matched=row.get("matched") or "",
        identifiers=_few_names(row.get("identifiers") or ()),
    )


def _few_names(identifiers: Sequence[Row]) -> str:
    """The names that tell people most, and how many more there are."""
    rank = {namespace: at for at, namespace in enumerate(_STRONGEST_FIRST)}
    ordered = sorted(identifiers, key=lambda one: rank.get(one["namespace"], len(rank)))
    shown = ", ".join(str(one["value"]) for one in ordered[:_NAMES_IN_A_LIST])
    more = len(ordered) - _NAMES_IN_A_LIST
    return f"{shown} and {more} more" if more > 0 else shown
