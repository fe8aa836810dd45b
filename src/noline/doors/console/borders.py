"""Borders between channels, and the page of one of them.

Positions in pictures are percent of the picture's width.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from noline.doors.console import wording
from noline.doors.console.frame import Counted, counted_of
from noline.doors.console.people import customer_path
from noline.doors.console.wording import Row


@dataclass(frozen=True, slots=True)
class Border:
    """Hand-offs from one channel to another, or one group of them."""

    from_channel: str
    to_channel: str
    path: str
    group: str
    persons: int | None
    arrived: int | None
    lost: int | None
    lost_before: int | None
    lost_after: int | None
    undecided: int | None
    succeeded: int | None
    attempts: int | None
    declared: int | None
    share: float | None
    low: float | None
    high: float | None
    money: Mapping[str, int]
    too_few: bool

    @property
    def decided(self) -> int | None:
        """People whose hand-off has ended, well or badly; the denominator of the share lost."""
        return None if self.persons is None else self.persons - (self.undecided or 0)


def border_path(from_channel: str, to_channel: str) -> str:
    """The address of the page of one border."""
    return f"/borders/{quote(from_channel, safe='')}/{quote(to_channel, safe='')}"


def border_of(row: Row) -> Border:
    """A row of hand-offs as a border."""
    return Border(
        from_channel=row["from"],
        to_channel=row["to"],
        path=border_path(row["from"], row["to"]),
        group=str(row.get("group") or ""),
        persons=row.get("persons"),
        arrived=row.get("arrived"),
        lost=row.get("lost"),
        lost_before=row.get("lost_before_arrival"),
        lost_after=row.get("lost_after_arrival"),
        undecided=row.get("undecided"),
        succeeded=row.get("succeeded"),
        attempts=row.get("attempts"),
        declared=row.get("declared"),
        share=row.get("share_lost"),
        low=row.get("share_lost_low"),
        high=row.get("share_lost_high"),
        money=wording.amounts(row),
        too_few=bool(row.get("too_few")),
    )


def worst_first(borders: Sequence[Border]) -> list[Border]:
    """Most people lost first; borders with too few people for a share come last."""
    return sorted(borders, key=lambda border: (border.too_few, -(border.lost or 0), -(border.persons or 0)))


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis of shares from nothing to `top`, a share of one."""

    top: float

    def x(self, share: float | None) -> float:
        """Where a share stands, in percent of the axis."""
        return 0.0 if share is None else round(min(share / self.top, 1) * 100, 2)


def main_currency(borders: Sequence[Border]) -> str:
    """The currency most borders lose money in; the one to sort by, because currencies do not compare."""
    seen = Counter(currency for border in borders for currency in sorted(border.money))
    return seen.most_common(1)[0][0] if seen else ""


def scale_of(borders: Sequence[Border]) -> Scale:
    """An axis that holds every interval told, in steps of ten percent."""
    highest = max((border.high or border.share or 0 for border in borders if not border.too_few), default=0)
    return Scale(min(1.0, max(1, math.ceil(round(highest * 10, 6))) / 10))


@dataclass(frozen=True, slots=True)
class LostPerson:
    """Somebody who did not make it over a border, with the event that set them out."""

    person: str
    name: str
    path: str
    time: str
    label: str
    group: str
    value: str
    seq: int | None
    source: str


@dataclass(frozen=True, slots=True)
class BorderPage:
    """One pair of channels."""

    border: Border
    groups: tuple[Border, ...]
    currency: str
    scale: Scale
    people: tuple[LostPerson, ...]
    people_shown: bool
    counted: Mapping[str, Counted]


def border(
    *,
    row: Row,
    groups: Sequence[Row] = (),
    lost_people: Sequence[Row] | None = None,
    counted: Mapping[str, Row],
) -> BorderPage:
    """The page of one border; `lost_people` is None for roles that may not see persons."""
    whole = border_of(row)
    parts = worst_first([border_of({"from": row["from"], "to": row["to"], **group}) for group in groups])
    return BorderPage(
        border=whole,
        groups=tuple(parts),
        currency=main_currency([whole, *parts]),
        scale=scale_of([whole, *parts]),
        people=tuple(_lost_person(person) for person in lost_people or ()),
        people_shown=lost_people is not None,
        counted=counted_of(counted),
    )


def _lost_person(row: Row) -> LostPerson:
    currency = row.get("currency")
    person = str(row["person"])
    return LostPerson(
        person=person,
        name=row.get("name") or f"Customer {person}",
        path=customer_path(person),
        time=wording.minute(wording.instant(row.get("at"))),
        label=row.get("label") or "",
        group=str(row.get("group") or ""),
        value=wording.exact_money(row["value_minor"], currency) if currency and row.get("value_minor") else "",
        seq=row.get("seq"),
        source=row.get("source") or "",
    )
