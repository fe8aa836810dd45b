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
from noline.doors.console.frictions import FixList, fix_list
from noline.doors.console.sankey import chart_words, sankey
from noline.doors.console.saved import Saved, saved_of
from noline.doors.console.wording import Row
from noline.kernel.shares import Share

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
    """What one channel sold, each currency by itself. `x`: the share of the sum, in percent of the largest."""

    channel: str
    orders: int
    amounts: tuple[tuple[str, str], ...]
    share: float | None
    x: float


@dataclass(frozen=True, slots=True)
class Home:
    """Where do we lose people?

    lost, decided, dropped, false_dropped: each person once, over all borders and all channels. lost_money: what left
    with the people lost, each currency by itself.
    changed: saved questions whose alert stands.
    """

    empty: bool
    has_sources: bool
    worst: Border | None
    nobody_lost: bool
    lost: int
    decided: int
    lost_share: Share
    lost_money: tuple[str, ...]
    fixes: FixList
    changed: tuple[Saved, ...]
    borders: tuple[Border, ...]
    quiet: tuple[Border, ...]
    currency: str
    scale: Scale
    chart: Mapping[str, Any]
    chart_words: str
    chart_left_out: int
    dropoffs: tuple[DropOff, ...]
    dropped: int
    false_dropped: int
    false_share: Share
    feedback: Feedback
    sales: tuple[Sales, ...]
    sales_words: str
    sales_in_short: str
    books: Books
    counted: Mapping[str, Counted]


def home(
    *,
    handoffs: Sequence[Row],
    dropoffs: Sequence[Row],
    together: Row,
    sales: Sequence[Row],
    feedback: Row,
    books: Row,
    counted: Mapping[str, Row],
    has_sources: bool = True,
    sales_together: Row | None = None,
    frictions: Sequence[Row] = (),
    questions: Sequence[Row] = (),
) -> Home:
    """The home page; a hub without any event gets its two next steps instead of numbers."""
    borders = worst_first([border_of(row) for row in handoffs])
    told = [border for border in borders if not border.too_few]
    shown = sorted(borders, key=lambda border: -(border.persons or 0))[:CHART_LINKS_MOST]
    worst = told[0] if told and told[0].lost else None
    sold = _sales(sales, sales_together)
    return Home(
        empty=not books.get("received"),
        has_sources=has_sources,
        worst=worst,
        nobody_lost=bool(told) and worst is None,
        lost=together["lost"],
        decided=together["decided"],
        lost_share=_share(together, "share_lost", "too_few"),
        lost_money=_lost_money(together),
        fixes=fix_list(frictions),
        changed=tuple(saved_of(row) for row in questions if row["raised"]),
        borders=tuple(border for border in borders if not border.is_quiet),
        quiet=tuple(border for border in borders if border.is_quiet),
        currency=main_currency(borders),
        scale=scale_of(borders),
        chart=sankey(shown),
        chart_words=chart_words(borders),
        chart_left_out=len(borders) - len(shown),
        dropoffs=_dropoffs(dropoffs),
        dropped=together["dropped"],
        false_dropped=together["false_dropped"],
        false_share=_share(together, "share_false", "too_few_false"),
        feedback=_feedback(feedback),
        sales=sold,
        sales_words=_sales_words(sales_together or {}),
        sales_in_short=_sales_in_short(sold),
        books=books_of(books),
        counted=counted_of(counted),
    )


def _share(row: Row, name: str, too_few: str) -> Share:
    return Share(row[name], row[f"{name}_low"], row[f"{name}_high"], too_few=row[too_few])


def _lost_money(together: Row) -> tuple[str, ...]:
    by_currency = wording.amounts(together)
    return tuple(wording.money(amount, currency) for currency, amount in sorted(by_currency.items()))


def _sales_in_short(sold: Sequence[Sales]) -> str:
    """The three channels that sell most, in one line."""
    told = [one for one in sold if one.share][:3]
    return ", ".join(f"{wording.channel(one.channel)} {wording.percent(one.share)}" for one in told) or "none yet"


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
                place=place.get("name") or place.get("place") or "no place named",
                channel=place.get("channel") or "",
                open=place.get("open") or 0,
                oldest_days=place.get("oldest_days") or 0,
                x=wording.part(place.get("oldest_days"), oldest),
            )
            for place in places
        ),
    )


def _sales(rows: Sequence[Row], together: Row | None) -> tuple[Sales, ...]:
    """Channels by their share of the sum; without a sum of all currencies the rows' own shares count."""
    shares = {row["channel"]: row.get("share") for row in (together["channels"] if together else rows)}
    largest = max((share or 0 for share in shares.values()), default=0)
    by_channel: dict[str, list[Row]] = {}
    for row in rows:
        by_channel.setdefault(row["channel"], []).append(row)
    made = [_channel_sales(name, parts, shares.get(name), largest) for name, parts in by_channel.items()]
    return tuple(sorted(made, key=lambda one: (-(one.share or 0), one.channel)))


def _channel_sales(channel: str, parts: Sequence[Row], share: float | None, largest: float) -> Sales:
    ordered = sorted(parts, key=lambda part: -(part.get("orders") or 0))
    return Sales(
        channel=channel,
        orders=sum(part["orders"] for part in parts),
        amounts=tuple(
            (
                wording.money(part["revenue_minor"], part["currency"]),
                wording.exact_money(part["average_minor"], part["currency"]),
            )
            for part in ordered
        ),
        share=share,
        x=wording.part(share, largest),
    )


def _sales_words(together: Row) -> str:
    """How amounts of several currencies became one share; empty where there is one currency."""
    rates = together.get("rates") or {}
    told = ", ".join(
        f"1{wording.SPACE}{name} = {rate}{wording.SPACE}{together['currency']}" for name, rate in rates.items()
    )
    words = f"Shares are of the sum in {together['currency']} at the hub's rates: {told}." if told else ""
    left_out = together.get("left_out") or ()
    if left_out:
        words += f" Without a rate, and so in no share: {', '.join(left_out)}."
    return words.strip()
