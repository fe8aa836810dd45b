"""What the pages about credit share: addresses, units by name, amounts with their sign, and how they are counted."""

from collections.abc import Mapping
from urllib.parse import quote, urlencode

from noline.doors.console import wording
from noline.doors.console.wording import Row

METHODS = {
    "equal": "in equal parts between those who took part",
    "first": "all to who came first",
    "last": "all to who came last",
    "linear": "by how often each took part",
    "position": "40 % to the first, 40 % to the last, the rest between",
    "decay": "more to who came later",
    "roles": "by the weight of each unit's role",
    "ordered": "by the order in which they took part",
    "markov": "by what would be lost without each (Markov)",
    "calibrated": "by what experiments showed",
}
"""How what is left of an order is shared, by name of the method."""

BOOKS = {
    "fair": "As earned",
    "today": "Today’s books",
    "last": "All to who came last",
    "markov over totals": "Markov over totals",
}
"""The ways of keeping the books that are held against the guarantee."""

ACTS = {
    "inspire": "inspired",
    "advise": "advised",
    "capture": "took the order",
    "pay": "took the payment",
    "pick": "picked the goods",
    "hand over": "handed it over",
    "deliver": "delivered it",
    "take back": "took it back",
    "serve": "helped afterwards",
}
"""What a unit did for an order, by the name of the act."""

_MINUS = "\u2212"


def unit_path(unit: str, **query: str) -> str:
    """The address of the statement of one unit."""
    return f"/credit/units/{quote(unit, safe='')}" + _query(query)


def order_path(order_id: str, **query: str) -> str:
    """The address of the page on which an order is opened to its acts and shares; a path holds no id with a slash."""
    if "/" in order_id:
        return "/credit/order" + _query({"id": order_id, **query})
    return f"/credit/orders/{quote(order_id, safe='')}" + _query(query)


def credit_path(**query: str) -> str:
    """The address of the page of all units."""
    return "/credit" + _query(query)


def guarantee_path(**query: str) -> str:
    """The address of the page about the guarantee."""
    return "/credit/guarantee" + _query(query)


def _query(told: Mapping[str, str]) -> str:
    kept = {name: value for name, value in told.items() if value}
    return f"?{urlencode(kept)}" if kept else ""


def unit_name(row: Row) -> str:
    """A unit as people call it, at the start of a line: the name of its place, else its channel."""
    unit = str(row["unit"])
    told = row.get("name")
    return str(told) if told and told != unit else wording.title(wording.channel(unit))


def signed(amount_minor: int, currency: str) -> str:
    """An amount with its sign, a change: `+1,204 EUR`, `-38 EUR`; nothing is `0 EUR`."""
    whole = wording.money(abs(amount_minor), currency)
    if whole == wording.money(0, currency):
        return whole
    return f"{'+' if amount_minor > 0 else _MINUS}{whole}"


def amount(amount_minor: int | None, currency: str) -> str:
    """An amount in whole major units with a true minus; a dash where none is told."""
    if amount_minor is None:
        return wording.UNKNOWN
    whole = wording.money(abs(amount_minor), currency)
    return f"{_MINUS}{whole}" if amount_minor < 0 and whole != wording.money(0, currency) else whole


def exact(amount_minor: int | None, currency: str) -> str:
    """An amount to the last minor unit with a true minus; a dash where none is told."""
    if amount_minor is None:
        return wording.UNKNOWN
    told = wording.exact_money(abs(amount_minor), currency)
    return f"{_MINUS}{told}" if amount_minor < 0 else told


def worked(minutes: int) -> str:
    """A length of work: `40 minutes`, `480 hours`."""
    if minutes < 120:
        return wording.plural(minutes, "minute", "minutes")
    return wording.plural(round(minutes / 60), "hour", "hours")


def method_words(method: str) -> str:
    """How a method shares what is left, in words; its own name where it is not known here."""
    return METHODS.get(method, method.replace("_", " "))
