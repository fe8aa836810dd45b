"""What happened to an order, and which locations were looked at for it, in the words of the shop."""

from dataclasses import dataclass
from typing import Self

from noline.doors.console import wording
from noline.doors.console.wording import Row

_MILLIONTHS = 1_000_000
_LEFT_OUT = {
    "channel": "may not serve this channel",
    "value": "the order is worth too little",
    "closed": "closed at this hour",
    "full": "can take no more parcels today",
    "empty": "has none of the goods",
    "dear": "dearer than refusing",
    "many": "others are cheaper",
}
_DONE = {
    "accepted": "accepted",
    "picking": "picked it",
    "packed": "packed it",
    "ready": "has it ready to be collected",
    "shipped": "sent it",
    "handed_over": "handed it over",
    "no_show": "waited, and nobody came",
    "restocked": "put it back on the shelf",
    "rejected": "gave it back",
    "cancelled": "does not serve it any more",
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A location that was looked at. outcome: what it sends, or why not; cost: what it would weigh alone."""

    place: str
    outcome: str
    sends: bool
    cost: str
    available: str
    distance: str
    finds: str

    @classmethod
    def of(cls, row: Row, currency: str) -> Self:
        """A candidate as the answers tell it."""
        alone, sends, left_out = row["alone"], row["sends"], row["left_out"]
        if sends:
            outcome = f"sends {wording.plural(sends, 'unit', 'units')}"
        else:
            outcome = _LEFT_OUT.get(left_out or "", left_out or "") or "weighs more"
        return cls(
            place=row["place"],
            outcome=outcome,
            sends=sends > 0,
            cost=wording.UNKNOWN if alone is None else wording.exact_money(round(alone / _MILLIONTHS), currency),
            available=wording.count(row["available"]),
            distance=f"{wording.count(round(row['distance_km']))}{wording.SPACE}km" if row["distance_km"] else "",
            finds=wording.percent(row["pick_success"]) if row["pick_success"] is not None else "",
        )


@dataclass(frozen=True, slots=True)
class Happened:
    """One thing that happened. seq: its position in the log, where it is a deed of ours."""

    time: str
    words: str
    note: str
    by: str
    seq: int | None


def happened(row: Row) -> Happened:
    """One line of the history, as the answers tell it."""
    return Happened(
        time=wording.minute(wording.instant(row["at"])),
        words=wording.title(_WORDS.get(row["what"], _told)(row)),
        note=row.get("reason") or "",
        by=row["by"] or "",
        seq=row["seq"],
    )


def _told(row: Row) -> str:
    where = row["place"] or (wording.channel(row["channel"]) if row["channel"] else "")
    return row["what"].casefold() + (f", {where}" if where else "")


def _sourced(row: Row) -> str:
    given = ", ".join(f"{one['place']} serves {wording.plural(one['units'], 'unit', 'units')}" for one in row["given"])
    if row["opened"]:
        return f"placed; {given or 'no location can serve it yet'}"
    return f"{row['why'] or 'decided again'}: {given}" if given else row["why"] or "decided again"


def _changed(row: Row) -> str:
    return f"{row['place'] or 'a location'} {_DONE.get(row['to'], row['to'])}"


def _edited(row: Row) -> str:
    units = wording.plural(row["units"], "unit", "units")
    return f"{units} cancelled" if row["why"] == "cancelled" else "the order was changed"


_WORDS = {"Order Sourced": _sourced, "Fulfilment Changed": _changed, "Order Edited": _edited}
