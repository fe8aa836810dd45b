"""Which customers use one channel, several, or cross between them inside an order; and how many channels alike."""

from math import sqrt
from typing import TYPE_CHECKING

import numpy as np

from noline.insight.roles.model import CLASSES, CustomerClass, Customers, Mean, Part
from noline.insight.roles.resampling import Floats
from noline.insight.roles.sales import Sales
from noline.kernel.shares import Z_95, share
from noline.stores.walks.arrays import Longs

if TYPE_CHECKING:
    import pyarrow as pa

STORE = "store"
_SINGLE, _MULTI, _CROSS, _OMNI = range(len(CLASSES))


def customers(sales: Sales, crossings: "pa.Table", currency: str) -> Customers:
    """Every customer in the highest class they reach. crossings: the statement of that name."""
    of_person = classes(sales, crossings)
    orders = np.bincount(sales.told.person, minlength=sales.persons)
    worth = np.zeros(sales.persons, np.int64)
    np.add.at(worth, sales.told.person, sales.told.worth)
    used = degrees(sales)
    return Customers(
        tuple(_class(name, of_person == code, orders, worth, used) for code, name in enumerate(CLASSES)),
        sales.persons,
        int(sales.told.person.size),
        int(sales.of_nobody.sum()),
        currency,
        sales.unrated,
    )


def classes(sales: Sales, crossings: "pa.Table") -> Longs:
    """The class of each person, a place in CLASSES."""
    pairs = np.unique(sales.told.person * max(1, len(sales.channels)) + sales.told.channel)
    channels = np.bincount(pairs // max(1, len(sales.channels)), minlength=sales.persons)
    found = np.where(channels > 1, _MULTI, _SINGLE).astype(np.int64)
    known: dict[int, set[str]] = {}
    number = {person: place for place, person in enumerate(sales.ids.tolist())}
    for row in crossings.select(["person", "sender", "receiver", "known"]).to_pylist():
        person = number.get(row["person"])
        if person is None:
            continue
        found[person] = max(found[person], _CROSS)
        ways = known.setdefault(person, set())
        if row["known"] and STORE in (row["sender"], row["receiver"]):
            ways.add("out" if row["sender"] == STORE else "in")
        if len(ways) > 1:
            found[person] = _OMNI
    return found


def degrees(sales: Sales) -> Floats:
    """How many channels each person uses alike: exp of the entropy of the shares of their orders.

    Source: L. Jost, Entropy and diversity, 2006 (the number equivalent of Shannon's entropy).
    """
    channels = max(1, len(sales.channels))
    pairs, counts = np.unique(sales.told.person * channels + sales.told.channel, return_counts=True)
    person = pairs // channels
    part = counts / np.bincount(sales.told.person, minlength=sales.persons)[person]
    return np.exp(np.bincount(person, weights=-part * np.log(part), minlength=sales.persons))


def mean(values: Floats) -> Mean:
    """The mean of persons with its 95 % interval, by the spread between them."""
    if not values.size:
        return Mean(None, None, None)
    middle = float(values.mean())
    if values.size == 1:
        return Mean(middle, None, None)
    reach = Z_95 * float(values.std(ddof=1)) / sqrt(values.size)
    return Mean(middle, middle - reach, middle + reach)


def _class(name: str, mine: "np.ndarray[tuple[int], np.dtype[np.bool_]]", orders: Longs, worth: Longs,
           used: Floats) -> CustomerClass:  # fmt: skip
    persons = int(mine.sum())
    value = mean(worth[mine].astype(np.float64))
    return CustomerClass(
        name,
        Part.of_share(persons, mine.size, share(persons, mine.size)),
        int(orders[mine].sum()),
        mean(orders[mine].astype(np.float64)),
        int(worth[mine].sum()),
        *(None if one is None else round(one) for one in (value.value, value.low, value.high)),
        degree=mean(used[mine]),
    )
