"""The home page: where do we lose people?

Positions in pictures are percent of the picture's width.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from noline.doors.console import wording
from noline.doors.console.books import Books, books_of
from noline.doors.console.borders import Border, Scale, border_of, main_currency, scale_of, worst_first
from noline.doors.console.frame import Counted, counted_of
from noline.doors.console.sankey import chart_words, sankey
from noline.doors.console.wording import Row

CHART_LINKS_MOST = 30
"""More borders than this make a sankey unreadable; the table still has all of them."""


@dataclass(frozen=True, slots=True)
class Places:
    """Open feedback of one place. `x` is its age beside the oldest."""

    place: str
    channel: str
    open: int
    oldest_days: int
    x: float


@dataclass(frozen=True, slots=True)
class Feedback:
    """Feedback that nobody has closed yet."""

    open: int
    oldest_days: int
    places: tuple[Places, ...]


@dataclass(frozen=True, slots=True)
class DropOff:
    """People of one channel who meant to buy and, seen from there, did not. Widths in percent of the longest bar."""

    channel: str
    persons: int | None
    dropped: int | None
    false_dropped: int | None
    lost: int | None
    money: Mapping[str, int]
    false_width: float
    lost_width: float
    rest_width: float


@dataclass(frozen=True, slots=True)
class Sales:
    """What one channel sold in one currency. `x` is its share beside the largest."""

    channel: str
    orders: int
    persons: int
    revenue: str
    average: str
    share: float | None
    x: float


@dataclass(frozen=True, slots=True)
class Home:
    """Where do we lose people?"""

    empty: bool
    has_sources: bool
    worst: Border | None
    nobody_lost: bool
    borders: tuple[Border, ...]
    currency: str
    scale: Scale
    chart: Mapping[str, Any]
    chart_words: str
    chart_left_out: int
    dropoffs: tuple[DropOff, ...]
    dropped: int
    false_dropped: int
    feedback: Feedback
    sales: tuple[Sales, ...]
    books: Books
    counted: Mapping[str, Counted]


def home(
    *,
    handoffs: Sequence[Row],
    dropoffs: Sequence[Row],
    sales: Sequence[Row],
    feedback: Row,
    books: Row,
    counted: Mapping[str, Row],
    has_sources: bool = True,
) -> Home:
    """The home page; a hub without any event gets its two next steps instead of numbers."""
    borders = worst_first([border_of(row) for row in handoffs])
    told = [border for border in borders if not border.too_few]
    shown = sorted(borders, key=lambda border: -(border.persons or 0))[:CHART_LINKS_MOST]
    worst = told[0] if told and told[0].lost else None
    return Home(
        empty=not books.get("received"),
        has_sources=has_sources,
        worst=worst,
        nobody_lost=bool(told) and worst is None,
        borders=tuple(borders),
        currency=main_currency(borders),
        scale=scale_of(borders),
        chart=sankey(shown),
        chart_words=chart_words(borders),
        chart_left_out=len(borders) - len(shown),
        dropoffs=_dropoffs(dropoffs),
        dropped=sum(row.get("dropped") or 0 for row in dropoffs),
        false_dropped=sum(row.get("false_dropped") or 0 for row in dropoffs),
        feedback=_feedback(feedback),
        sales=_sales(sales),
        books=books_of(books),
        counted=counted_of(counted),
    )


def _dropoffs(rows: Sequence[Row]) -> tuple[DropOff, ...]:
    longest = max((row.get("dropped") or 0 for row in rows), default=0)
    ordered = sorted(rows, key=lambda row: -(row.get("dropped") or 0))
    return tuple(_dropoff(row, longest) for row in ordered)


def _dropoff(row: Row, longest: int) -> DropOff:
    dropped, false_dropped, lost = row.get("dropped"), row.get("false_dropped"), row.get("lost")
    rest = max(0, (dropped or 0) - (false_dropped or 0) - (lost or 0))
    return DropOff(
        channel=row["channel"],
        persons=row.get("persons"),
        dropped=dropped,
        false_dropped=false_dropped,
        lost=lost,
        money=wording.amounts(row),
        false_width=wording.part(false_dropped, longest),
        lost_width=wording.part(lost, longest),
        rest_width=wording.part(rest, longest),
    )


def _feedback(row: Row) -> Feedback:
    oldest = row.get("oldest_days") or 0
    places = sorted(row.get("by_place") or [], key=lambda place: -(place.get("oldest_days") or 0))
    return Feedback(
        open=row.get("open") or 0,
        oldest_days=oldest,
        places=tuple(
            Places(
                place=place.get("place") or "no place named",
                channel=place.get("channel") or "",
                open=place.get("open") or 0,
                oldest_days=place.get("oldest_days") or 0,
                x=wording.part(place.get("oldest_days"), oldest),
            )
            for place in places
        ),
    )


def _sales(rows: Sequence[Row]) -> tuple[Sales, ...]:
    largest = max((row.get("share") or 0 for row in rows), default=0)
    ordered = sorted(rows, key=lambda row: (-(row.get("share") or 0), -row["revenue_minor"]))
    return tuple(
        Sales(
            channel=row["channel"],
            orders=row["orders"],
            persons=row["persons"],
            revenue=wording.money(row["revenue_minor"], row["currency"]),
            average=wording.exact_money(row["average_minor"], row["currency"]),
            share=row.get("share"),
            x=wording.part(row.get("share"), largest),
        )
        for row in ordered
    )
