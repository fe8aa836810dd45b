"""Before somebody is erased for good: what will go, what stays, and the receipt afterwards."""

from dataclasses import dataclass

from noline.doors.console import naming, wording
from noline.doors.console.people_paths import customer_path, nameless
from noline.doors.console.wording import Row

_SHOWN = 12
_COUNTED = {
    "identifiers": "Names",
    "profiles": "Values that were told, with what finds them",
    "consents": "Statements about consent",
    "accounts": "Memberships of businesses",
    "addresses": "Homes",
    "records": "Events emptied",
    "keys": "Keys destroyed",
}


@dataclass(frozen=True, slots=True)
class Leaving:
    """Who would be erased, and what that means. receipt: number and time, once it is done; refused: why it was not."""

    name: str
    path: str
    names: tuple[str, ...]
    more_names: int
    goes: tuple[str, ...]
    stays: tuple[str, ...]
    receipt: str = ""
    counts: tuple[tuple[str, int], ...] = ()
    refused: str = ""


def leaving(*, row: Row, refused: str = "") -> Leaving:
    """The page that asks twice. row: the customer as on the own page."""
    names = [f"{naming.kind(one['namespace'])} {one['value']}" for one in row.get("identifiers") or ()]
    values, events, orders = len(row.get("attributes") or ()), row.get("events") or 0, len(row.get("orders") or ())
    said = len((row.get("consent") or {}).get("history") or ())
    goes = (
        f"{wording.plural(len(names), 'name', 'names')} by which they are found",
        f"{wording.plural(values, 'value', 'values')} that were told of them" if values else "",
        f"what {wording.plural(said, 'statement', 'statements')} about consent said" if said else "",
        f"everything personal in {wording.plural(events, 'event', 'events')}: the keys to them are destroyed",
    )
    stays = (
        f"what was sold in {wording.plural(orders, 'order', 'orders')}, under a made-up name, so that the books add up"
        if orders else "",
        "that somebody was erased, when, and by whom",
    )  # fmt: skip
    return Leaving(
        name=row.get("name") or nameless(row["person"]),
        path=customer_path(row["person"]),
        names=tuple(names[:_SHOWN]),
        more_names=max(0, len(names) - _SHOWN),
        goes=tuple(one for one in goes if one),
        stays=tuple(one for one in stays if one),
        refused=refused,
    )


def left(*, number: str, at: int, counts: Row) -> Leaving:
    """The page afterwards. counts: how many of what went; what only the machinery counts is left to the receipt."""
    shown = ((words, counts[name]) for name, words in _COUNTED.items() if counts.get(name))
    receipt = f"{number}, {wording.minute(wording.instant(at))}"
    return Leaving("", "", (), 0, (), (), receipt=receipt, counts=tuple(shown))
