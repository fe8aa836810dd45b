"""The counter: a customer who stands there is found by scan or search, and greeted from one card.

The card and the day are drawn in the browser from their JSON, so that they can be drawn without a network too; these
views are the frame around them and what must work before a script has run: the choice of the store and the search.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from noline.doors.console.people_paths import nameless
from noline.doors.console.today import Store
from noline.doors.console.wording import Row

_EMPTY: dict[str, Any] = {"view": "none"}


@dataclass(frozen=True, slots=True)
class Found:
    """One who was found. why: by which of what is known of them; by: the first of these."""

    person: str
    name: str
    city: str
    why: str

    by: str = ""

    @property
    def path(self) -> str:
        """Where the card is."""
        return counter_path(self.person, self.by)


@dataclass(frozen=True, slots=True)
class Counter:
    """A page of the counter.

    data: what its script draws: view (today, customer, shell: what the device has kept, none), store, sees_all, and
    today or card with the stores in which an appointment may be. stores: to choose from, while none is chosen. found:
    None when nobody was looked for.
    """

    title: str
    data: dict[str, Any]
    stores: tuple[Store, ...] = ()
    place: str = ""
    looked_for: str = ""
    found: tuple[Found, ...] | None = None
    more: bool = False

    @property
    def chooses(self) -> bool:
        """Whether the page asks for the store first."""
        return not self.place and self.data["view"] == "none" and self.found is None


def counter_path(person: str, found_by: str = "") -> str:
    """The address of the card of one customer. found_by: how they came to be known, in words."""
    query = f"?found_by={quote(found_by, safe='')}" if found_by else ""
    return f"/counter/customers/{quote(person, safe='')}{query}"


def choose(*, stores: Sequence[Row]) -> Counter:
    """The page on which a store is chosen."""
    rows = tuple(Store(one["location"], one["name"] or one["location"], one["city"] or "") for one in stores)
    return Counter("Counter", _EMPTY, stores=rows)


def found(*, rows: Sequence[Row], looked_for: str, place: str, most: int) -> Counter:
    """Those whom a search found; who is the only one never needs this page. most: how many were asked for."""
    people = tuple(
        Found(
            one["person"],
            one["name"] or nameless(one["person"]),
            one["city"] or "",
            ", ".join(one["matched"]),
            one["matched"][0] if one["matched"] else "",
        )
        for one in rows
    )
    return Counter(
        "Counter", _EMPTY, place=place, looked_for=looked_for, found=people, more=len(people) >= most
    )  # fmt: skip


def day(*, row: Row, sees_all: bool) -> Counter:
    """The counter before anybody came, from the answer about today."""
    data = {"view": "today", "store": row["store"], "sees_all": sees_all, "today": row}
    return Counter(f"Counter, {row['place']}", data, place=row["place"])


def card(*, row: Row, store: str, place: str, sees_all: bool, stores: Sequence[Row] = ()) -> Counter:
    """The card of one customer. row: the card as every door tells it. store: empty while none is chosen.

    stores: in which an appointment may be.
    """
    places = [{"location": one["location"], "name": one["name"] or one["location"]} for one in stores]
    data = {"view": "customer", "store": store, "sees_all": sees_all, "card": row, "stores": places}
    return Counter("Counter", data, place=place or "a store")


def shell(*, sees_all: bool) -> Counter:
    """The page that a device keeps: it knows nobody, and draws what is kept beside it."""
    return Counter("Counter", {"view": "shell", "store": "", "sees_all": sees_all}, place="a store")
