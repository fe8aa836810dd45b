"""The pages about one customer and about finding one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from noline.doors.console import naming, wording
from noline.doors.console.deciding import Decided, Person, decided, person_of
from noline.doors.console.frame import Counted, counted_of
from noline.doors.console.golden import Fact, facts_of
from noline.doors.console.people_paths import customer_path, nameless
from noline.doors.console.permissions import Permissions, permissions_of
from noline.doors.console.stock_paths import order_path
from noline.doors.console.timeline import Timeline, draw
from noline.doors.console.wording import Row

_NAMES_ON_A_PAGE = 100
_NAMES_IN_A_LIST = 4
_LATEST_ORDERS = 10
_STRONGEST_FIRST = ("email", "phone", "loyalty_id", "loyalty", "user_id", "user")


@dataclass(frozen=True, slots=True)
class Known:
    """A name by which a customer is known. sure: how far it is believed; key: as a form sends it."""

    namespace: str
    value: str
    first: str
    last: str
    sure: str = ""
    shared: bool = False
    key: str = ""


@dataclass(frozen=True, slots=True)
class SharedName:
    """A name of others, too: it finds all of them and joins none."""

    name: str
    others: tuple[Person, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Order:
    """One order in short."""

    order: str
    path: str
    time: str
    channel: str
    state: str
    value: str


@dataclass(frozen=True, slots=True)
class Housemate:
    """Somebody of the household, and why it seems so."""

    who: Person
    themselves: bool
    why: str


@dataclass(frozen=True, slots=True)
class Home:
    """Who lives together. passed_over: what is shared and says no household."""

    members: tuple[Housemate, ...]
    passed_over: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Post:
    """For which business somebody acts, and as what."""

    business: str
    role: str
    since: str
    verified: bool


@dataclass(frozen=True, slots=True)
class Doubt:
    """Somebody who is probably the same person; `compare` leads to both side by side."""

    name: str
    chance: str
    compare: str


@dataclass(frozen=True, slots=True)
class CustomerPage:
    """Everything about one customer on one page. events: how many there are, of which the timeline shows the latest.

    facts: who it is. doubts: who is probably the same person. done: what was just decided.
    """

    person: str
    name: str
    path: str
    since: str
    doubts: tuple[Doubt, ...]
    facts: tuple[Fact, ...]
    permissions: Permissions
    home: Home
    posts: tuple[Post, ...]
    identifiers: tuple[Known, ...]
    names: int
    shared: tuple[SharedName, ...]
    orders: tuple[Order, ...]
    spent: str
    timeline: Timeline
    events: int
    older: str
    done: Decided | None = None
    counted: Mapping[str, Counted] = field(default_factory=dict)

    @property
    def latest_orders(self) -> tuple[Order, ...]:
        """The orders that stand open in the list."""
        return self.orders[:_LATEST_ORDERS]

    @property
    def earlier_orders(self) -> tuple[Order, ...]:
        """Those before them."""
        return self.orders[_LATEST_ORDERS:]

    @property
    def last_seen_known(self) -> bool:
        """Whether any name tells when it was last seen."""
        return any(known.last != wording.UNKNOWN for known in self.identifiers)

    @property
    def sure_known(self) -> bool:
        """Whether any name tells how far it is believed."""
        return any(known.sure for known in self.identifiers)


@dataclass(frozen=True, slots=True)
class Found:
    """One answer to a search. household: how many live together, where that is more than one."""

    person: str
    name: str
    path: str
    city: str
    matched: tuple[str, ...]
    identifiers: str
    household: int
    doubts: tuple[Doubt, ...]


@dataclass(frozen=True, slots=True)
class Search:
    """The search page; `found` is None before anything was asked. more: only the first ones are here.

    other: whom the customer that is looked for may be; empty when nobody is compared.
    """

    query: str
    found: tuple[Found, ...] | None
    more: bool
    other: Person | None = None


def customer(*, row: Row, counted: Mapping[str, Row], older: str = "", done: Row | None = None) -> CustomerPage:
    """The page of one customer. older: the address of the events before those given, if there are more.

    done: the decision that led here.
    """
    person = str(row["person"])
    orders, timeline = row.get("orders") or [], row.get("timeline") or []
    names, attributes = row.get("identifiers") or [], row.get("attributes") or []
    return CustomerPage(
        person=person,
        name=row.get("name") or nameless(person),
        path=customer_path(person),
        since=wording.day(wording.instant(row.get("since"))) if row.get("since") else "",
        doubts=tuple(_doubt(person, one) for one in row.get("perhaps") or ()),
        facts=facts_of(attributes),
        permissions=permissions_of(row.get("consent") or {}),
        home=_home(person, row.get("household") or {}),
        posts=tuple(_post(one) for one in row.get("accounts") or ()),
        identifiers=tuple(known_of(known) for known in _strongest_first(names)[:_NAMES_ON_A_PAGE]),
        names=len(names),
        shared=tuple(_shared(one) for one in row.get("shared") or ()),
        orders=tuple(_order(order) for order in orders),
        spent=", ".join(wording.exact_money(amount, unit) for unit, amount in sorted(_spent(orders).items())),
        timeline=draw(timeline),
        events=row.get("events") or len(timeline),
        older=older,
        done=decided(done) if done else None,
        counted=counted_of(counted),
    )


def _home(person: str, row: Row) -> Home:
    members = tuple(
        Housemate(person_of(one), one["person"] == person, ", ".join(one.get("evidence") or ()))
        for one in row.get("members") or ()
    )
    return Home(members if len(members) > 1 else (), tuple(row.get("passed_over") or ()))


def _post(row: Row) -> Post:
    since = wording.day(wording.instant(row.get("first_at")))
    return Post(row.get("name") or row["account"], (row.get("role") or "").replace("_", " "), since,
                bool(row.get("verified")))  # fmt: skip


def _shared(row: Row) -> SharedName:
    name = f"{naming.kind(row['namespace'])} {row['value']}"
    others = tuple(person_of(one) for one in row.get("people") or ())
    return SharedName(name, others, max(0, (row.get("others") or 0) - len(others)))


def search(
    *, query: str = "", results: Sequence[Row] | None = None, most: int | None = None, other: Row | None = None
) -> Search:
    """The search page with its answers. most: how many were asked for. other: whom the found are compared with."""
    one = person_of(other) if other else None
    rows = [row for row in results or () if one is None or row["person"] != one.person]
    found = None if results is None else tuple(map(_found, rows))
    return Search(query=query, found=found, more=most is not None and len(found or ()) >= most, other=one)


def known_of(row: Row) -> Known:
    """A name of a customer, in the words of people."""
    return Known(
        namespace=naming.kind(row["namespace"]),
        value=str(row["value"]),
        first=wording.day(wording.instant(row.get("first_seen"))),
        last=wording.day(wording.instant(row.get("last_seen"))),
        sure=naming.sure(row.get("trust")),
        shared=bool(row.get("shared")),
        key=f"{row['namespace']}:{row['value']}",
    )


def _order_money(row: Row) -> tuple[int, str] | None:
    for name in ("total_minor", "value_minor", "revenue_minor"):
        if row.get(name) is not None and row.get("currency"):
            return row[name], row["currency"]
    return None


def _order(row: Row) -> Order:
    amount = _order_money(row)
    order = str(row.get("order_id") or row.get("order") or "")
    return Order(
        order=order,
        path=order_path(order),
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
    household = row.get("household") or 0
    return Found(
        person=person,
        name=row.get("name") or nameless(person),
        path=customer_path(person),
        city=row.get("city") or "",
        matched=_reasons(row),
        identifiers=_few_names(row.get("identifiers") or ()),
        household=household if household > 1 else 0,
        doubts=tuple(_doubt(person, one) for one in row.get("perhaps") or ()),
    )


def _doubt(person: str, row: Row) -> Doubt:
    chance = "" if row.get("probability") is None else naming.chance(row["probability"])
    return Doubt(row.get("name") or nameless(row["person"]), chance, compare_path(person, row["person"]))


def _reasons(row: Row) -> tuple[str, ...]:
    """Why somebody was found, but for the city that stands beside the name anyway."""
    told = row.get("matched") or ()
    city = (row.get("city") or "").casefold()
    words = (naming.matched(one) for one in ((told,) if isinstance(told, str) else told))
    return tuple(one for one in words if one.casefold() != f"lives in {city}")


def compare_path(person: str, other: str) -> str:
    """The address of two customers side by side."""
    return f"{customer_path(person)}/compare/{other}"


def _strongest_first(identifiers: Sequence[Row]) -> list[Row]:
    rank = {namespace: at for at, namespace in enumerate(_STRONGEST_FIRST)}
    return sorted(identifiers, key=lambda one: rank.get(one["namespace"], len(rank)))


def _few_names(identifiers: Sequence[Row]) -> str:
    """The names that tell people most, and how many more there are."""
    ordered = _strongest_first(identifiers)
    shown = ", ".join(str(one["value"]) for one in ordered[:_NAMES_IN_A_LIST])
    more = len(ordered) - _NAMES_IN_A_LIST
    return f"{shown} and {more} more" if more > 0 else shown
