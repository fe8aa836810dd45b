"""The page of one border: how far people came, what stood in their way, where and when, and who was lost.

Positions in pictures are percent of the picture's width.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from noline.doors.console import wording
from noline.doors.console.borders import Border, Scale, border_of, main_currency, scale_of
from noline.doors.console.crossing import Crossing, crossing
from noline.doors.console.frame import Counted, counted_of
from noline.doors.console.frictions import Fix, on_border
from noline.doors.console.people_paths import customer_path, nameless
from noline.doors.console.wording import Row

_NO_BREAKDOWNS: Mapping[str, Sequence[Row]] = MappingProxyType({})
_STRIKING_MOST = 6


@dataclass(frozen=True, slots=True)
class Part:
    """The hand-offs of one border that share a group, a place or a month.

    stands_out: before or after arriving, more are lost here than in all other parts together; empty where not.
    """

    name: str
    persons: int | None
    attempts: int | None
    arrived: int | None
    lost: int | None
    lost_before: int | None
    lost_after: int | None
    undecided: int | None
    share: float | None
    low: float | None
    high: float | None
    money: Mapping[str, int]
    stands_out: str
    too_few: bool


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
    """One pair of channels; `people` is a portion of those lost, `first` and `last` say which."""

    border: Border
    groups: tuple[Part, ...]
    places: tuple[Part, ...]
    months: tuple[Part, ...]
    striking: tuple[str, ...]
    scale: Scale
    currency: str
    people: tuple[LostPerson, ...]
    people_shown: bool
    first: int
    last: int
    earlier: str
    later: str
    crossing: Crossing
    fixes: tuple[Fix, ...]
    counted: Mapping[str, Counted]


def border(
    *,
    row: Row,
    groups: Sequence[Row] = (),
    lost_people: Sequence[Row] | None = None,
    counted: Mapping[str, Row],
    breakdowns: Mapping[str, Sequence[Row]] = _NO_BREAKDOWNS,
    offset: int = 0,
    time_to: Row | None = None,
    frictions: Sequence[Row] = (),
) -> BorderPage:
    """The page of one border; `lost_people` is None for roles that may not see persons, and begins behind `offset`.

    breakdowns: the same border by `store`, by `month` and by `store_and_month`. time_to: the time from one channel to
    the other. frictions: all of them; those of this border are shown.
    """
    whole = border_of(row)
    parts = _most_lost_first([_part(group, str(group.get("group") or "no group named")) for group in groups])
    places = _most_lost_first([_part(one, _place(one)) for one in breakdowns.get("store", ())])
    months = [_part(one, wording.month(one["value"])) for one in breakdowns.get("month", ())]
    people = tuple(_lost_person(person) for person in lost_people or ())
    last = offset + len(people)
    return BorderPage(
        border=whole,
        groups=tuple(parts),
        places=tuple(places),
        months=tuple(months),
        striking=tuple(_striking(breakdowns.get("store_and_month", ()))),
        scale=scale_of([*parts, *places, *months]),
        currency=main_currency([whole, *parts, *places, *months]),
        people=people,
        people_shown=lost_people is not None,
        first=offset + 1,
        last=last,
        earlier=_page_path(whole, last) if people and (whole.lost or 0) > last else "",
        later=_page_path(whole, max(0, offset - len(people))) if offset else "",
        crossing=crossing(whole, time_to),
        fixes=on_border(frictions, whole.from_channel, whole.to_channel),
        counted=counted_of(counted),
    )


def _page_path(border: Border, offset: int) -> str:
    return f"{border.path}?offset={offset}#people-heading" if offset else f"{border.path}#people-heading"


def _most_lost_first(parts: Sequence[Part]) -> list[Part]:
    return sorted(parts, key=lambda one: (-(one.lost or 0), one.name))


def _part(row: Row, name: str) -> Part:
    ends = [end for end in ("before", "after") if row.get(f"stands_out_{end}_arrival")]
    return Part(
        name=name,
        persons=row.get("persons"),
        attempts=row.get("attempts"),
        arrived=row.get("arrived"),
        lost=row.get("lost"),
        lost_before=row.get("lost_before_arrival"),
        lost_after=row.get("lost_after_arrival"),
        undecided=row.get("undecided"),
        share=row.get("share_lost"),
        low=row.get("share_lost_low"),
        high=row.get("share_lost_high"),
        money=wording.amounts(row),
        stands_out=" and ".join(ends),
        # Groups tell two shares; the one shown here is the share lost.
        too_few=bool(row.get("too_few_lost", row.get("too_few"))),
    )


def _place(row: Row) -> str:
    return str(row.get("place") or row.get("value") or "no place named")


def _striking(rows: Sequence[Row]) -> list[str]:
    """One sentence for each place and month in which more people are lost than elsewhere, the most people first."""
    found = [
        (row[f"lost_{end}_arrival"], row, end)
        for row in rows
        for end in ("before", "after")
        if row.get(f"stands_out_{end}_arrival")
    ]
    found.sort(key=lambda one: -one[0])
    return [
        f"{_place(row)}, {wording.month(row['month'])}: {wording.count(lost)} of "
        f"{wording.plural(row['persons'] - row['undecided'], 'person', 'people')} lost {end} arriving."
        for lost, row, end in found[:_STRIKING_MOST]
    ]


def _lost_person(row: Row) -> LostPerson:
    currency = row.get("currency")
    person = str(row["person"])
    return LostPerson(
        person=person,
        name=row.get("name") or nameless(person),
        path=customer_path(person),
        time=wording.minute(wording.instant(row.get("at"))),
        label=row.get("label") or "",
        group=str(row.get("place") or row.get("group") or ""),
        value=wording.exact_money(row["value_minor"], currency) if currency and row.get("value_minor") else "",
        seq=row.get("seq"),
        source=row.get("source") or "",
    )
