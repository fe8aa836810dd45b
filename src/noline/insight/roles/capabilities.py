"""What an omnichannel company can do, measured from events: whether it is there at all, and how well it works."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from noline.insight.roles.model import Capability, CompanyIndex, Helping, Part, indexed
from noline.kernel.shares import share

Row = Mapping[str, Any]


class Outside(NamedTuple):
    """What this room cannot see and is told. lookup_p95_ms: of finding a customer, in milliseconds.

    helping: what helping others does for the units that do; None: nobody told.
    """

    lookup_p95_ms: float | None = None
    helping: Helping | None = None


def index(rows: Mapping[str, Row], outside: Outside) -> CompanyIndex:
    """The company's capabilities. rows: the one row of each statement, by its name."""
    pickups, returns, loops = rows["pickups"], rows["returns"], rows["loops"]
    return indexed(
        (
            _recognised(rows["recognised"]),
            _part(
                "pickup_in_time", "Orders to be collected are ready when promised",
                pickups["asked"], pickups["in_time"], pickups["due"], "no order was promised for a time that is over",
            ),
            _part(
                "pickup_collected", "Orders to be collected are collected",
                pickups["asked"], pickups["collected"], pickups["collected"] + pickups["expired"],
                "no order was collected or expired yet",
            ),
            _part(
                "returns_elsewhere", "Goods can be given back elsewhere than bought",
                returns["accepted"], returns["accepted"], returns["accepted"] + returns["refused"],
                "nobody brought anything back elsewhere", brought_back=returns["brought"],
                elsewhere=returns["elsewhere"],
            ),
            _accuracy(rows["shown"]),
            _part(
                "price_parity", "The same price on the web and in stores",
                rows["prices"]["same"], rows["prices"]["same"], rows["prices"]["compared"],
                "no article was sold on the web and in a store in one week and country",
            ),
            _part(
                "loops_closed", "Reviews and feedback are answered and closed",
                loops["answered_ever"], loops["closed"], loops["decided"], "no feedback is old enough to tell",
                opened=loops["opened"], answered_in_time=loops["answered"],
            ),
            _lookup(outside.lookup_p95_ms),
            _helping(outside.helping),
        )
    )  # fmt: skip


def _part(name: str, words: str, evidence: int, cases: int, of: int, why: str, **facts: float) -> Capability:
    works = Part.of_share(cases, of, share(cases, of)) if of else None
    return Capability(name, words, evidence > 0, evidence, works, None if works else why, tuple(facts.items()))


def _recognised(row: Row) -> Capability:
    return _part(
        "recognised_in_store", "Customers are recognised in stores", row["orders_known"] + row["visits_known"],
        row["orders_known"], row["orders"], "no order was placed in a store",
        visits=row["visits"], visits_known=row["visits_known"],
    )  # fmt: skip


def _accuracy(row: Row) -> Capability:
    """Of the looks at which an article was shown as being there, or was: at how many both."""
    found, missing, unexpected = row["found"], row["missing"], row["unexpected"]
    return _part(
        "stock_accuracy", "What is shown as being in a store is there",
        row["shown"], found, found + missing + unexpected,
        "nobody came to a store for an article that was shown there", found=found, missing=missing,
        unexpected=unexpected,
    )  # fmt: skip


def _lookup(p95_ms: float | None) -> Capability:
    """A time is no share: it stands beside the index and not in its mean."""
    words = "A customer is found at once"
    if p95_ms is None:
        return Capability("lookup", words, None, 0, None, "nobody told how long it takes")
    why = "95 of 100 take at most this long; a time is no share"
    return Capability("lookup", words, exists=True, evidence=1, works=None, why=why, facts=(("p95_ms", p95_ms),))


def _helping(helping: Helping | None) -> Capability:
    words = "Helping other channels pays for the units that help, by the fair books"
    if helping is None:
        return Capability("helping_pays", words, None, 0, None, "nobody told what helping earns")
    if helping.helped:
        words = f"{words}; in today's books {helping.lose_today} of {helping.helped} lose by it"
    return _part(
        "helping_pays", words, helping.helped, helping.earn, helping.helped, "no unit helped another",
        lose_today=helping.lose_today,
    )  # fmt: skip
