"""Why an item at a location is what it is: every line of its ledger in the words of the shop."""

from collections.abc import Callable
from dataclasses import dataclass

from noline.doors.console import wording
from noline.doors.console.frame import Counted, counted_of
from noline.doors.console.stock_paths import item_path, order_path
from noline.doors.console.wording import Row

_NOWHERE = frozenset({"supplier", "customer", "shrink", "demand", "count"})

_PLAIN_REASONS = frozenset(
    {
        "sold", "received", "moved", "returned", "adjusted", "counted", "held", "committed", "released", "expired",
        "expected", "arrived", "ordered", "allocated", "sent", "missing", "surplus", "restocked", "not delivered",
    }
)  # fmt: skip
"""Reasons that the words of a line say already."""


@dataclass(frozen=True, slots=True)
class Moved:
    """One line of the ledger. changes: with their sign, empty where nothing changed; reason: where it says more."""

    time: str
    words: str
    reason: str
    order: str
    order_path: str
    on_hand_change: str
    on_hand_after: str
    promised_change: str
    promised_after: str
    by: str
    seq: int
    is_count: bool


@dataclass(frozen=True, slots=True)
class Cell:
    """The page of an item at a location."""

    sku: str
    name: str
    place: str
    path: str
    sentence: str
    too_many: int
    moves: tuple[Moved, ...]
    in_all: int
    counted: dict[str, Counted]


def cell(*, row: Row, counted: Row) -> Cell:
    """The page of an item at a location, from `answers.shop.cell`."""
    return Cell(
        sku=row["sku"],
        name=row["name"],
        place=row["place"],
        path=item_path(row["sku"]),
        sentence=_sentence(row),
        too_many=row["too_many"],
        moves=tuple(_moved(one, row["location"]) for one in row["moves"]),
        in_all=row["moves_in_all"],
        counted=counted_of(counted),
    )


def _sentence(row: Row) -> str:
    promised = row["held"] + row["allocated"]
    counted_at = wording.instant(row["counted_at"])
    since = f"last counted on {wording.day(counted_at)}" if counted_at else "never counted"
    parts = [f"{wording.count(row['on_hand'])} on hand ({since})", f"{wording.count(promised)} promised"]
    if row["safety"]:
        parts.append(f"{wording.count(row['safety'])} kept back")
    return f"{', '.join(parts)}: {wording.count(row['available'])} can be promised."


def _moved(row: Row, here: str) -> Moved:
    reason = str(row["reason"])
    return Moved(
        time=wording.minute(wording.instant(row["at"])),
        words=wording.title(words_of(row, here)),
        reason="" if reason in _PLAIN_REASONS else reason.replace("_", " "),
        order=row["order"] or "",
        order_path=order_path(row["order"]) if row["order"] else "",
        on_hand_change=_signed(row["on_hand_change"]),
        on_hand_after=wording.count(row["on_hand_after"]),
        promised_change=_signed(row["promised_change"]),
        promised_after=wording.count(row["promised_after"]),
        by=row["by"],
        seq=row["seq"],
        is_count=reason == "counted" and "count" in (row["from_location"], row["to_location"]),
    )


def _signed(units: int) -> str:
    return "" if units == 0 else f"{'+' if units > 0 else '−'}{wording.count(abs(units))}"  # noqa: RUF001  a minus sign


def words_of(row: Row, here: str) -> str:
    """What happened, as a person at this location would say it."""
    source = _end(row["from_location"], row["from_bucket"], here)
    target = _end(row["to_location"], row["to_bucket"], here)
    for (from_end, to_end), say in _WORDS.items():
        if _fits(from_end, source) and _fits(to_end, target):
            return say(row)
    return f"{source} to {target}"


def _end(location: str, bucket: str, here: str) -> str:
    """One end of a move as seen from a location: a virtual place, a bucket here, or a bucket elsewhere."""
    if location in _NOWHERE:
        return location
    return bucket if location == here else f"other {bucket}"


def _fits(wanted: str, end: str) -> bool:
    return wanted in (end, end.partition(" ")[0])


def _for(row: Row) -> str:
    return f" for {row['about']}" if row["about"] else ""


def _counted(row: Row) -> str:
    units, change = wording.count(row["units"]), row["on_hand_change"]
    there = f"counted {wording.count(row['on_hand_after'])}"
    if change == 0:
        return f"{there}, as expected"
    return f"{there}, {units} {'more' if change > 0 else 'fewer'} than expected"


def _sold(row: Row) -> str:
    return "sold" if row["reason"] == "sold" else "left the house" + _for(row)


def _given_back(row: Row) -> str:
    return f"hold{_for(row)} {'ran out' if row['reason'] == 'expired' else 'was given back'}"


def _sourced(row: Row) -> str:
    return f"promised{_for(row)}, which waited" if row["from_location"] == "unsourced" else (
        f"promised{_for(row)}, which {row['from_place']} served before"
    )  # fmt: skip


_WORDS: dict[tuple[str, str], Callable[[Row], str]] = {
    ("count", "on_hand"): _counted,
    ("on_hand", "count"): _counted,
    ("supplier", "incoming"): lambda _: "announced, on its way here",
    ("supplier", "on_hand"): lambda _: "received",
    ("supplier", "unsellable"): lambda _: "received damaged",
    ("incoming", "on_hand"): lambda _: "arrived",
    ("incoming", "unsellable"): lambda _: "arrived damaged",
    ("incoming", "shrink"): lambda _: "did not arrive",
    ("incoming", "supplier"): lambda _: "will not come any more",
    ("shrink", "incoming"): lambda _: "more arrived than was sent",
    ("on_hand", "customer"): _sold,
    ("unsellable", "customer"): _sold,
    ("customer", "on_hand"): lambda _: "came back from a customer",
    ("customer", "unsellable"): lambda _: "came back from a customer, to be looked at",
    ("on_hand", "unsellable"): lambda _: "set aside, not to be sold",
    ("unsellable", "on_hand"): lambda _: "looked at and back for sale",
    ("on_hand", "shrink"): lambda _: "lost",
    ("unsellable", "shrink"): lambda _: "written off",
    ("shrink", "on_hand"): lambda _: "found",
    ("shrink", "unsellable"): lambda _: "found, not to be sold",
    ("demand", "held"): lambda row: "held" + _for(row),
    ("demand", "allocated"): lambda row: "promised" + _for(row),
    ("held", "allocated"): lambda row: f"held before, now promised{_for(row)}",
    ("held", "demand"): _given_back,
    ("allocated", "demand"): lambda row: f"no longer promised{_for(row)}",
    ("other", "allocated"): _sourced,
    ("allocated", "other"): lambda row: f"no longer promised{_for(row)}: {_elsewhere(row)}",
    ("other", "on_hand"): lambda row: f"came from {row['from_place']}",
    ("other", "unsellable"): lambda row: f"came from {row['from_place']}, not to be sold",
    ("other", "incoming"): lambda row: f"sent here by {row['from_place']}, on its way",
    ("on_hand", "other"): lambda row: f"sent to {row['to_place']}",
    ("unsellable", "other"): lambda row: f"sent to {row['to_place']}",
    ("incoming", "other"): lambda row: f"goes to {row['to_place']} instead",
}


def _elsewhere(row: Row) -> str:
    return "it waits for a location" if row["to_location"] == "unsourced" else f"{row['to_place']} serves it"
