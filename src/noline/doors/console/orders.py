"""Orders: which wait for what, and what became of each unit of one, from where, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from noline.doors.console import wording
from noline.doors.console.frame import Counted, counted_of
from noline.doors.console.order_story import Candidate, Happened, happened
from noline.doors.console.people_paths import customer_path
from noline.doors.console.stock_paths import item_path, order_path
from noline.doors.console.today import METHODS
from noline.doors.console.wording import Row

_FILTERS = {
    "waiting": "Waiting for stock",
    "pick": "To pick",
    "ready": "Ready to collect",
    "way": "On its way",
    "done": "Done",
}
_NOTHING = {
    "waiting": "No order waits for stock: every unit that was ordered has a location.",
    "pick": "Nothing is to be picked.",
    "ready": "Nothing waits to be collected.",
    "way": "Nothing is on its way.",
    "done": "No order was finished here yet.",
}
_BECAME = {
    "waiting": "waits for a location",
    "allocated": "to be picked",
    "picked": "picked",
    "gone": "handed over or sent",
    "cancelled": "cancelled",
}
_TRACKS = {
    "ship": ("assigned", "accepted", "picking", "packed", "shipped", "delivered"),
    "pickup": ("assigned", "accepted", "picking", "ready", "handed_over"),
    "curbside": ("assigned", "accepted", "picking", "ready", "handed_over"),
    "counter": ("assigned", "handed_over"),
    "ship_to_store": ("assigned", "accepted", "picking", "packed", "shipped", "ready", "handed_over"),
}
STEPS = {
    "assigned": "asked",
    "accepted": "accepted",
    "picking": "picked",
    "packed": "packed",
    "shipped": "sent",
    "delivered": "delivered",
    "ready": "ready",
    "handed_over": "handed over",
    "no_show": "nobody came",
    "restocked": "back on the shelf",
    "rejected": "given back",
    "cancelled": "cancelled",
}
"""How far a location has come, as the shop calls it."""


@dataclass(frozen=True, slots=True)
class Filter:
    """One of the lists. count: how many orders are in it, in words; empty where nobody counts."""

    name: str
    heading: str
    path: str
    count: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class InList:
    """One order of a list."""

    order_id: str
    path: str
    placed: str
    channel: str
    customer: str
    customer_path: str
    goods: tuple[str, ...]
    method: str
    places: tuple[str, ...]
    promised: str
    also: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Orders:
    """The page of all orders. unknown: a number that was looked for and that nobody has."""

    filters: tuple[Filter, ...]
    heading: str
    nothing: str
    rows: tuple[InList, ...]
    more: bool
    counted: dict[str, Counted]
    query: str = ""
    unknown: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One item of an order. became: what became of its units, in words, the furthest last."""

    name: str
    path: str
    sku: str
    units: int
    price: str
    became: tuple[str, ...]
    promised: str
    returned: int


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a fulfilment. state: `done`, `now` or `next`."""

    words: str
    state: str


@dataclass(frozen=True, slots=True)
class Parcel:
    """What one location does. ended: how it ended, where it left the usual way."""

    id: str
    place: str
    method: str
    steps: tuple[Step, ...]
    ended: str
    goods: tuple[str, ...]
    promised: str
    changed: str


@dataclass(frozen=True, slots=True)
class Reason:
    """One decision about where units come from."""

    time: str
    why: str
    sentences: tuple[str, ...]
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Order:
    """The page of one order."""

    order_id: str
    path: str
    sentence: str
    state: str
    is_open: bool
    facts: tuple[tuple[str, str], ...]
    customer: str
    customer_path: str
    exchange_of: str
    exchange_path: str
    lines: tuple[Line, ...]
    parcels: tuple[Parcel, ...]
    reasons: tuple[Reason, ...]
    history: tuple[Happened, ...]
    runs_here: bool
    can_be_cancelled: bool
    some_left: bool
    counted: dict[str, Counted]
    done: str = ""
    refused: str = ""
    hint: str = ""


def orders(
    *, chosen: str, rows: Sequence[Row], counts: Mapping[str, int], most: int, counted: Row, query: str = "",
    unknown: bool = False,
) -> Orders:  # fmt: skip
    """The page of all orders. chosen: one of the filters; most: how many are asked for at once."""
    return Orders(
        filters=tuple(
            Filter(name, heading, f"/orders?state={name}", _at_most(counts.get(name), most), name == chosen)
            for name, heading in _FILTERS.items()
        ),
        heading=_FILTERS[chosen],
        nothing=_NOTHING[chosen],
        rows=tuple(_in_list(one, chosen) for one in rows),
        more=len(rows) >= most,
        counted=counted_of(counted),
        query=query,
        unknown=unknown,
    )


def order(*, row: Row, counted: Row, done: str = "", refused: str = "", hint: str = "") -> Order:
    """The page of one order, from `answers.shop_orders.whole`."""
    lines = tuple(_line(one) for one in row["lines"])
    gone = sum((one["became"] or {}).get("gone", 0) for one in row["lines"])
    return Order(
        order_id=row["order_id"],
        path=order_path(row["order_id"]),
        sentence=_sentence(row),
        state=_state(row),
        is_open=row["runs_here"] and row["how_far"] != ["done"],
        facts=tuple((name, value) for name, value in _facts(row) if value),
        customer=row["customer"] or ("this customer" if row["person"] else ""),
        customer_path=customer_path(row["person"]) if row["person"] else "",
        exchange_of=row.get("exchange_of") or "",
        exchange_path=order_path(row["exchange_of"]) if row.get("exchange_of") else "",
        lines=lines,
        parcels=tuple(_parcel(one) for one in row["fulfilments"]),
        reasons=tuple(_reason(one, row["currency"] or "EUR") for one in row["why"]),
        history=tuple(happened(one) for one in row["history"]),
        runs_here=row["runs_here"],
        can_be_cancelled=row.get("can_be_cancelled", False),
        some_left=gone > 0,
        counted=counted_of(counted),
        done=done,
        refused=refused,
        hint=hint,
    )


def _at_most(number: int | None, most: int) -> str:
    if number is None:
        return ""
    return f"{wording.count(number)} or more" if number >= most else wording.count(number)


def _in_list(row: Row, chosen: str) -> InList:
    return InList(
        order_id=row["order_id"],
        path=order_path(row["order_id"]),
        placed=wording.minute(wording.instant(row["placed_at"])),
        channel=wording.channel(row["channel"]),
        customer=row["customer"] or ("a customer" if row["person"] else ""),
        customer_path=customer_path(row["person"]) if row["person"] else "",
        goods=tuple(f"{wording.count(one['units'])} × {one['name']}" for one in row["goods"]),
        method=METHODS.get(row["method"], row["method"]),
        places=tuple(row["places"]),
        promised=_minute(row["promised_at"]),
        also=tuple(_FILTERS[name].casefold() for name in row["how_far"] if name not in (chosen, "done")),
    )


def _line(row: Row) -> Line:
    price = "" if row["price_minor"] is None else wording.exact_money(row["price_minor"], row["currency"])
    became = row["became"] or {}
    return Line(
        name=row["name"],
        path=item_path(row["sku"]),
        sku=row["sku"],
        units=row["units"],
        price=price,
        became=tuple(f"{wording.count(became[name])} {words}" for name, words in _BECAME.items() if became.get(name)),
        promised=_minute(row["promised_at"]),
        returned=row["returned"],
    )


def _sentence(row: Row) -> str:
    """What became of all units, in one sentence."""
    if not row["runs_here"]:
        channel = wording.channel(row["channel"])
        return f"Told by the {channel}: {row['state'].replace('_', ' ')}."
    sums = {name: sum(one["became"][name] for one in row["lines"] if one["became"]) for name in _BECAME}
    parts = [f"{wording.count(units)} {_of_many(name, units)}" for name, units in sums.items() if units]
    whole = sum(sums.values())
    if len(parts) == 1:
        return f"{'The one unit' if whole == 1 else f'All {wording.count(whole)} units'} {parts[0].partition(' ')[2]}."
    return f"Of {wording.plural(whole, 'unit', 'units')} {', '.join(parts[:-1])} and {parts[-1]}."


def _of_many(name: str, units: int) -> str:
    is_are = "is" if units == 1 else "are"
    return {
        "waiting": "waits for a location" if units == 1 else "wait for a location",
        "allocated": f"{is_are} to be picked",
        "picked": f"{is_are} picked",
        "gone": f"{is_are} handed over or sent",
        "cancelled": f"{is_are} cancelled",
    }[name]


def _state(row: Row) -> str:
    if not row["runs_here"]:
        return row["state"].replace("_", " ")
    if row["how_far"] == ["done"]:
        return "cancelled" if row["state"] == "cancelled" else "done"
    return ", ".join(_FILTERS[name].casefold() for name in row["how_far"])


def _facts(row: Row) -> list[tuple[str, str]]:
    method = METHODS.get(row["method"] or "", "")
    at = row.get("collected_at") or ""
    return [
        ("Placed, UTC", wording.minute(wording.instant(row["placed_at"]))),
        ("Channel", wording.title(wording.channel(row["channel"])) + (f", {row['place']}" if row["place"] else "")),
        ("How", wording.title(method) + (f": {at}" if method and at else "")),
        ("Wanted by, UTC", _minute(row.get("wanted_by"))),
        ("Worth", "" if row["total_minor"] is None else wording.exact_money(row["total_minor"], row["currency"])),
    ]


def _parcel(row: Row) -> Parcel:
    track = _TRACKS[row["method"]]
    to = f" to {row['destination']}" if row["destination"] else ""
    state = row["state"]
    at = track.index(state) if state in track else -1
    last = len(track) - 1
    return Parcel(
        id=row["id"],
        place=row["place"],
        method=f"send{to} for collection" if to else METHODS[row["method"]],
        steps=tuple(
            Step(STEPS[name], "done" if number < at or at == last else "now" if number == at else "next")
            for number, name in enumerate(track)
        ) if at >= 0 else (),
        ended="" if at >= 0 else STEPS.get(state, state),
        goods=tuple(_goods(one) for one in row["lines"]),
        promised=_minute(row["promised_at"]),
        changed=_minute(row["changed_at"]),
    )  # fmt: skip


def _goods(row: Row) -> str:
    words = f"{wording.count(row['asked'])} × {row['name']}"
    notes = [f"{wording.count(row[name])} {said}" for name, said in _NOTES.items() if row[name]]
    return f"{words} ({', '.join(notes)})" if notes else words


_NOTES = {"not_found": "not found or given back", "cancelled": "cancelled"}


def _reason(row: Row, currency: str) -> Reason:
    return Reason(
        time=_minute(row["at"]),
        why=wording.title(row["why"]),
        sentences=tuple(row["sentences"]),
        candidates=tuple(Candidate.of(one, currency) for one in row["candidates"]),
    )


def _minute(value: str | None) -> str:
    return wording.minute(wording.instant(value)) if value else ""
