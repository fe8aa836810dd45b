"""The stock: items a search finds, one item at every location, and what needs a look."""

from collections.abc import Sequence
from dataclasses import dataclass

from noline.doors.console import wording
from noline.doors.console.frame import Counted, counted_of
from noline.doors.console.stock_paths import item_path, moves_path
from noline.doors.console.wording import Row


@dataclass(frozen=True, slots=True)
class Found:
    """One item that a search found, with the company's totals."""

    sku: str
    name: str
    path: str
    available: int
    places: int
    promised: int
    incoming: int
    overpromised: int


@dataclass(frozen=True, slots=True)
class Look:
    """An item at a location of which more is promised than is there."""

    name: str
    sku: str
    place: str
    path: str
    on_hand: int
    held: int
    allocated: int
    too_many: int

    @property
    def promised(self) -> int:
        """Units in carts and orders."""
        return self.held + self.allocated


@dataclass(frozen=True, slots=True)
class Search:
    """The page on which an item is looked for. found: None before anything was."""

    query: str
    found: tuple[Found, ...] | None
    more: bool
    looks: tuple[Look, ...]
    counted: dict[str, Counted]


@dataclass(frozen=True, slots=True)
class Shelf:
    """One location of an item. due: when the next of what is coming is expected."""

    place: str
    location: str
    path: str
    available: int
    on_hand: int
    held: int
    allocated: int
    too_many: int
    incoming: int
    due: str
    unsellable: int
    safety: int
    counted: str

    @property
    def promised(self) -> int:
        """Units in carts and orders."""
        return self.held + self.allocated


@dataclass(frozen=True, slots=True)
class Coming:
    """Units on their way."""

    units: int
    place: str
    document: str
    due: str


@dataclass(frozen=True, slots=True)
class Rule:
    """What a channel may promise. available: units it may promise now; own: set for this very item."""

    channel: str
    words: str
    buffer: int
    safety: int
    available: int
    own: bool


@dataclass(frozen=True, slots=True)
class Item:
    """The page of one item."""

    sku: str
    name: str
    about: tuple[str, ...]
    available: int
    places: int
    on_hand: int
    held: int
    allocated: int
    incoming: int
    due: str
    unsellable: int
    waiting: int
    shelves: tuple[Shelf, ...]
    coming: tuple[Coming, ...]
    rules: tuple[Rule, ...]
    counted: dict[str, Counted]

    @property
    def promised(self) -> int:
        """Units in carts and orders that a location serves."""
        return self.held + self.allocated

    @property
    def overpromised(self) -> tuple[Shelf, ...]:
        """Where more is promised than is there."""
        return tuple(one for one in self.shelves if one.too_many)


def search(
    *, query: str = "", rows: Sequence[Row] | None = None, looks: Sequence[Row] = (), most: int = 20,
    counted: Row | None = None,
) -> Search:  # fmt: skip
    """The page on which an item is looked for. rows: what was found; looks: what needs a look."""
    return Search(
        query=query,
        found=None if rows is None else tuple(_found(one) for one in rows),
        more=rows is not None and len(rows) >= most,
        looks=tuple(_look(one) for one in looks),
        counted=counted_of(counted or {}),
    )


def item(*, row: Row, counted: Row) -> Item:
    """The page of one item, from `answers.shop.item`."""
    due = [one["due_at"] for one in row["supplies"] if one["due_at"]]
    about = (row["brand"], row["category"], f"GTIN {row['gtin']}" if row["gtin"] else None)
    return Item(
        sku=row["sku"],
        name=row["name"],
        about=tuple(one for one in about if one),
        available=row["available"],
        places=row["places_with_some"],
        on_hand=row["on_hand"],
        held=row["held"],
        allocated=row["allocated"],
        incoming=row["incoming"],
        due=_day(min(due, default=None)),
        unsellable=row["unsellable"],
        waiting=row["waiting"],
        shelves=tuple(_shelf(row["sku"], one) for one in row["locations"]),
        coming=tuple(
            Coming(one["units"], one["place"], one["document"], _day(one["due_at"])) for one in row["supplies"]
        ),
        rules=tuple(_rule(one) for one in row["policies"]),
        counted=counted_of(counted),
    )


def promised_words(held: int, allocated: int) -> str:
    """Who has the promise: `3 in carts, 5 for orders`."""
    parts = [f"{wording.count(held)} in carts"] if held else []
    parts += [f"{wording.count(allocated)} for orders"] if allocated else []
    return ", ".join(parts)


def _found(row: Row) -> Found:
    return Found(
        sku=row["sku"],
        name=row["name"],
        path=item_path(row["sku"]),
        available=row["available"],
        places=row["places_with_some"],
        promised=row["held"] + row["allocated"] + row["waiting"],
        incoming=row["incoming"],
        overpromised=row["places_overpromised"],
    )


def _look(row: Row) -> Look:
    return Look(
        row["name"], row["sku"], row["place"], moves_path(row["sku"], row["location"]), row["on_hand"], row["held"],
        row["allocated"], row["too_many"],
    )  # fmt: skip


def _shelf(sku: str, row: Row) -> Shelf:
    return Shelf(
        place=row["place"],
        location=row["location"],
        path=moves_path(sku, row["location"]),
        available=row["available"],
        on_hand=row["on_hand"],
        held=row["held"],
        allocated=row["allocated"],
        too_many=row["too_many"],
        incoming=row["incoming"],
        due=_day(row["next_due_at"]),
        unsellable=row["unsellable"],
        safety=row["safety"],
        counted=_day(row["counted_at"]),
    )


def _rule(row: Row) -> Rule:
    return Rule(
        channel=wording.title(wording.channel(row["channel"])) if row["channel"] else "Every channel",
        words=_oversell(row),
        buffer=row["buffer"] or 0,
        safety=row["safety"] or 0,
        available=row["available"],
        own=row["of_this_item"],
    )


def _oversell(row: Row) -> str:
    beyond = wording.plural(row["beyond"] or 0, "unit", "units")
    until = f", for {wording.day(wording.instant(row['until_at']))}" if row["until_at"] else ""
    return {
        "threshold": f"Up to {beyond} more than there are",
        "backorder": f"Up to {beyond} that are not there yet{until}",
        "unlimited": "Without limit",
    }.get(row["oversell"], "Never more than there are")


def _day(value: str | None) -> str:
    return wording.day(wording.instant(value)) if value else ""
