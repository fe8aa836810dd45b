"""The questions about roles: their SQL, and how each is counted in plain sentences."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from noline.insight.roles.model import (
    ASSOCIATION,
    CORRELATION,
    EXPERIENCE_WITHIN,
    LOOP_WITHIN,
    RETAIN_WITHIN,
    SHOWN_WITHIN,
)
from noline.kernel.clock import DAY
from noline.stores.analytical import Question, statement

_SQL = Path(__file__).parent / "sql"

_OF_PEOPLE = (
    "Orders that were cancelled before anything left the house, or never collected, are left out. A person's orders "
    "are counted from the first that stands; orders of nobody known are counted beside them. "
)
_PERIODS = {
    "retain_days": RETAIN_WITHIN // DAY,
    "experience_days": EXPERIENCE_WITHIN // DAY,
    "shown_days": SHOWN_WITHIN // DAY,
    "loop_days": LOOP_WITHIN // DAY,
}

_WORDS = {
    "roles": _OF_PEOPLE
    + "acquire: the channel's share of first orders by its share of all orders. retain: the share of its orders "
    "that another order anywhere followed within {retain_days} days, by that of all orders; only orders whose "
    "{retain_days} days the log tells. sticky: P(next order here | last here) by P(next order here). back: of "
    "the later orders of customers whose first order was here, the share here, by the channel's share of all "
    "later orders. frequency: later orders a year of customers whose first order was here, by that of all. Each "
    "is 1 if the channel made no difference. Intervals are 95 %, from {rounds} draws of whole persons (Poisson "
    "weights, seeded): of the logarithm, by the spread of the draws. A store is near its customers, which "
    "sticky and back show too; and where one channel holds its people, the others look a little sticky, for "
    "fewer come to them from there. experience: in weeks without an order, people who came here in the week and "
    "of whom an order anywhere followed within {experience_days} days, by people not seen in this channel for "
    "five weeks, of the same country, month, ordered before or not, and seen in the same other channels in "
    "those weeks, weighted as those who came; its interval allows for several weeks of one person. A role is "
    "claimed where the whole interval lies above 1, never of fewer than 30 persons or 5 cases; of forty ratios "
    "without any meaning about one would be claimed by chance. baskets: by currency, nothing is converted. "
    "convenience: of the orders promised for a time, once it is over, those that were there by then: "
    "ready where they were to be collected, delivered else. The first promise counts; what was late and then "
    "cancelled is a broken one, what was cancelled before its time is none. It stands with who serves the order and "
    "not with who took it: store for what is collected, by unit the store or depot where the goods lie. assist: what "
    "was earned on orders that another channel (by unit: another unit) captured, by the fair books. " + ASSOCIATION,
    "migration": _OF_PEOPLE
    + "Each row is the customers whose first order was in that channel: so many had their {kth} order in each "
    "channel, so many have none (lost), and of so many the log cannot tell yet (undecided): their first order is "
    "younger than the median time from first to {kth} order of those who have both, whatever followed, so that quick "
    "customers do not crowd out slow ones. The row adds up to its customers. Who is slower than the median may still "
    "come: lost is an upper bound. Shares are of the decided, with Wilson 95 % intervals.",
    "customers": _OF_PEOPLE
    + "single: ordered in one channel only. multi: in two or more, but no order crossed. cross: an order crossed: "
    "placed in one channel; collected, given back, or advised under its id in another. omni: crossed from a store to "
    "a channel that is none and the other way round, each told of the person themself. Each customer stands in the "
    "highest class. degree: exp of the entropy of the shares of the person's orders by channel: 1 is one channel, 2 "
    "two alike. Value is converted to {currency} at the rates of the settings, for this report alone. Means are by "
    "person with 95 % intervals. " + CORRELATION,
    "index": "A capability exists when the log tells at least one case of it, and works as well as its share with a "
    "Wilson 95 % interval says; the index is the number of those that exist and the mean of those shares. "
    "Recognised: orders in stores of a known person. Ready in time: of orders to be collected, promised for a time "
    "that is over, those that were ready by then; what was cancelled before its time is no promise. "
    "Collected: of those collected or expired. Returns elsewhere: accepted of accepted or refused, counted where that "
    "was said: in another store than sold them, or of an order of another channel; sent back by post, only of what a "
    "store sold. Stock accuracy: of the times that a person looked for an article in a store, within {shown_days} days "
    "after somewhere else showed them how much of it is there, and it was shown as being there or was there: those at "
    "which both hold. Price parity: articles sold on the web and in stores in the same week, "
    "country and currency, at the same middle price. Loops closed: reviews and feedback that were closed within "
    "{loop_days} days and before the person's next one. Helping pays: units that earned on orders of others, by the "
    "fair books; those that lose by it in today's books are left there with less than they could claim alone.",
    "partners": _OF_PEOPLE
    + "A channel of partners is one of wholesale, b2b and marketplace, and each in which an order named the account "
    "of a business. Channels have the measures of `roles`. Of a business all orders count, whether or not a person is "
    "known: by currency, those that another of the same business followed within {retain_days} days (of those whose "
    "{retain_days} days the log tells), those of which something came back, and promises kept. Ratios with intervals "
    "by person are not told of one business: it has too few buyers.",
}
_FILES = {
    "orders": "orders.sql",
    "promises": "promises.sql",
    "crossings": "crossings.sql",
    "recognised": "recognised.sql",
    "pickups": "pickups.sql",
    "returns": "returns.sql",
    "businesses": "businesses.sql",
    "account_baskets": "account_baskets.sql",
    "latest": "latest.sql",
    "shown": "shown.sql",
    "prices": "prices.sql",
    "loops": "loops.sql",
}
_READS = {
    "roles": ("orders", "promises"),
    "migration": ("orders",),
    "customers": ("orders", "crossings"),
    "index": ("recognised", "pickups", "returns", "shown", "prices", "loops"),
    "partners": ("orders", "promises", "businesses", "account_baskets"),
}

_ONCE = """WITH orders AS MATERIALIZED (SELECT * FROM main.orders),
order_promises AS MATERIALIZED (SELECT * FROM main.order_promises)
"""
"""Views that several statements read are worked out once for all of them."""

QUESTIONS = {name: Question(name, "", statement(_SQL / file)) for name, file in _FILES.items()}
"""Every statement of this room, by its name."""


def values_of(observed: int) -> dict[str, Any]:
    """What statements may name. observed: up to when the log tells everything."""
    return {
        "observed": observed,
        "retain_within": RETAIN_WITHIN,
        "shown_within": SHOWN_WITHIN,
        "loop_within": LOOP_WITHIN,
    }


def together(names: Sequence[str]) -> str:
    """One SELECT of several statements, so that all are answered from one state; `answer` says of which each row is.

    Rows of `orders` lie by person, time and id, those of nobody last.
    """
    parts = [f"SELECT '{name}' AS answer, * FROM (\n{QUESTIONS[name].sql})" for name in names]  # noqa: S608  statements of this room
    order = "\nORDER BY answer, person NULLS LAST, placed_at, order_id" if "orders" in names else ""
    return _ONCE + "\nUNION ALL BY NAME\n".join(parts) + order


def is_known(name: str) -> bool:
    """Whether something of this name can be told how it was counted."""
    return name in _READS


def counted(name: str, observed: int, told: dict[str, Any]) -> dict[str, Any]:
    """How an answer is counted: `words`, `sql` (the statements, one after the other) and `parameters`."""
    read = [QUESTIONS[one] for one in _READS[name]]
    values: dict[str, Any] = {}
    for one in read:
        values |= one.parameters(values_of(observed))
    return {
        "words": _WORDS[name].format_map(_PERIODS | told),
        "sql": "\n".join(f"-- {one.name}\n{one.sql}" for one in read),
        "parameters": values,
    }
