"""What each page says, from the answers of the hub: pure functions from JSON to frozen values.

Pages show these values as they are; every choice of words, order, rounding and geometry is made here, where it is
tested. Positions in pictures are percent of the picture's width.
"""

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from noline.doors.console import wording
from noline.doors.console.timeline import Timeline, draw
from noline.doors.console.wording import Row

CHART_LINKS_MOST = 30
"""More borders than this make a sankey unreadable; the table still has all of them."""


@dataclass(frozen=True, slots=True)
class Shell:
    """What every page has around it.

    path: of the page, without query; its data are at the same path with `.json` and `.csv`.
    form_token: sent with every form, where the server asks for one.
    """

    hub_name: str = "NoLine"
    path: str = "/"
    query: str = ""
    role: str = ""
    signed_in: bool = True
    may_see_persons: bool = True
    open_dead_letters: int = 0
    form_token: str = ""
    static: str = "/static"
    base_url: str = "http://127.0.0.1:8080"

    def data(self, ending: str) -> str:
        """The address of this page as data."""
        path = "/home" if self.path == "/" else self.path.rstrip("/")
        return f"{path}.{ending}" + (f"?{self.query}" if self.query else "")


@dataclass(frozen=True, slots=True)
class Counted:
    """How a number came to be: words, the question as SQL, and what was filled in."""

    name: str
    heading: str
    words: str
    sql: str
    parameters: tuple[tuple[str, str], ...]


def counted_of(counted: Mapping[str, Row]) -> dict[str, Counted]:
    """The explanations of a page, by name."""
    return {name: _counted(name, row) for name, row in counted.items()}


def _counted(name: str, row: Row) -> Counted:
    parameters = row.get("parameters") or {}
    named = parameters.items() if isinstance(parameters, Mapping) else enumerate(parameters, 1)
    return Counted(
        name=name,
        heading=wording.title(name.replace("_", " ").replace(".", ": ")),
        words=row.get("words", ""),
        sql=(row.get("sql") or "").strip(),
        parameters=tuple((str(key), str(value)) for key, value in named),
    )


# --- Borders between channels ---------------------------------------------------------------------------------------


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


def _border(row: Row) -> Border:
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


# --- Home -----------------------------------------------------------------------------------------------------------


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
class Books:
    """Everything that came in, and what became of it."""

    received: int
    accepted: int
    duplicate: int
    conflict: int
    parked: int
    balanced: bool

    @property
    def answered(self) -> int:
        """What the four answers sum to."""
        return self.accepted + self.duplicate + self.conflict + self.parked


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
    counted: Mapping[str, Counted] = field(default_factory=dict)


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
    borders = worst_first([_border(row) for row in handoffs])
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
        chart_words=_chart_words(borders),
        chart_left_out=len(borders) - len(shown),
        dropoffs=_dropoffs(dropoffs),
        dropped=sum(row.get("dropped") or 0 for row in dropoffs),
        false_dropped=sum(row.get("false_dropped") or 0 for row in dropoffs),
        feedback=_feedback(feedback),
        sales=_sales(sales),
        books=books_of(books),
        counted=counted_of(counted),
    )


def sankey(borders: Sequence[Border]) -> dict[str, Any]:
    """Nodes and links: channels people left, on the left; where they ended, on the right.

    Those who made it end in a channel, those whose time is not over in `open`, the lost in `lost`. Ids carry their
    side, because one channel stands on both.
    """
    links = [link for border in borders for link in _links(border)]
    used = {end for link in links for end in (link["source"], link["target"])}
    sums = {node: sum(link["value"] for link in links if node in (link["source"], link["target"])) for node in used}
    return {"nodes": sorted((_node(node, sums[node]) for node in used), key=_node_order), "links": links}


def _links(border: Border) -> list[dict[str, Any]]:
    lost, undecided = border.lost or 0, border.undecided or 0
    ends = {
        f"to:{border.to_channel}": (border.persons or 0) - lost - undecided,
        "end:open": undecided,
        "end:lost": lost,
    }
    way = f"{wording.channel(border.from_channel)} → {wording.channel(border.to_channel)}"
    source = f"from:{border.from_channel}"
    return [
        {"source": source, "target": target, "value": value, "way": way, "path": border.path}
        for target, value in ends.items()
        if value > 0
    ]


def _node(name: str, people: int) -> dict[str, Any]:
    side, _, channel = name.partition(":")
    label = {"end:lost": "lost", "end:open": "still on the way"}.get(name, wording.channel(channel))
    kind = channel if side == "end" else side
    return {"name": name, "label": label, "people": people, "kind": kind}


def _node_order(node: Mapping[str, Any]) -> tuple[int, int]:
    """The lost on top, because they are the question; then channels by size; then those still on the way."""
    place = {"from": 0, "lost": 1, "to": 2, "open": 3}[node["kind"]]
    return (place, -node["people"])


def _chart_words(borders: Sequence[Border]) -> str:
    """What somebody who cannot see the picture should know of it."""
    persons = sum(border.persons or 0 for border in borders)
    lost = sum(border.lost or 0 for border in borders)
    named = "; ".join(
        f"{wording.channel(border.from_channel)} to {wording.channel(border.to_channel)} {wording.count(border.lost)}"
        for border in borders[:3]
        if border.lost
    )
    words = f"{wording.plural(persons, 'hand-off', 'hand-offs')} of people between channels, {wording.count(lost)} lost"
    return f"{words}. Most were lost from {named}." if named else f"{words}."


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
        false_width=_part(false_dropped, longest),
        lost_width=_part(lost, longest),
        rest_width=_part(rest, longest),
    )


def _part(value: float | None, whole: float) -> float:
    return round(100 * (value or 0) / whole, 2) if whole else 0.0


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
                x=_part(place.get("oldest_days"), oldest),
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
            x=_part(row.get("share"), largest),
        )
        for row in ordered
    )


def books_of(row: Row) -> Books:
    """The books of the hub, a source or an hour. They balance when the sums do, whatever the row claims."""
    numbers = {name: row.get(name) or 0 for name in ("received", "accepted", "duplicate", "conflict", "parked")}
    sums = numbers["received"] == sum(numbers.values()) - numbers["received"]
    return Books(**numbers, balanced=sums and bool(row.get("balanced", True)))


# --- One border -----------------------------------------------------------------------------------------------------


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
    whole = _border(row)
    parts = worst_first([_border({"from": row["from"], "to": row["to"], **group}) for group in groups])
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


# --- Customers ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Known:
    """A name by which a customer is known."""

    namespace: str
    value: str
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class Order:
    """One order in short."""

    order: str
    time: str
    channel: str
    state: str
    value: str


@dataclass(frozen=True, slots=True)
class CustomerPage:
    """Everything about one customer on one page."""

    person: str
    name: str
    identifiers: tuple[Known, ...]
    orders: tuple[Order, ...]
    spent: str
    timeline: Timeline
    older: str
    counted: Mapping[str, Counted]


@dataclass(frozen=True, slots=True)
class Found:
    """One answer to a search."""

    person: str
    name: str
    path: str
    matched: str
    identifiers: str


@dataclass(frozen=True, slots=True)
class Search:
    """The search page; `found` is None before anything was asked."""

    query: str
    found: tuple[Found, ...] | None


_NAMESPACES = {
    "email": "e-mail",
    "phone": "telephone",
    "loyalty_id": "loyalty card",
    "loyalty": "loyalty card",
    "user_id": "account",
    "user": "account",
    "anonymous_id": "browser or device",
    "anonymous": "browser or device",
}


def customer_path(person: str) -> str:
    """The address of the page of one customer."""
    return f"/customers/{quote(person, safe='')}"


def customer(*, row: Row, counted: Mapping[str, Row], older: str = "") -> CustomerPage:
    """The page of one customer. older: the address of the events before those given, if there are more."""
    person = str(row["person"])
    orders = row.get("orders") or []
    return CustomerPage(
        person=person,
        name=row.get("name") or f"Customer {person}",
        identifiers=tuple(_known(known) for known in row.get("identifiers") or ()),
        orders=tuple(_order(order) for order in orders),
        spent=", ".join(wording.exact_money(amount, unit) for unit, amount in sorted(_spent(orders).items())),
        timeline=draw(row.get("timeline") or ()),
        older=older,
        counted=counted_of(counted),
    )


def search(*, query: str = "", results: Sequence[Row] | None = None) -> Search:
    """The search page with its answers."""
    found = None if results is None else tuple(_found(row) for row in results)
    return Search(query=query, found=found)


def _known(row: Row) -> Known:
    return Known(
        namespace=_NAMESPACES.get(row["namespace"], row["namespace"].replace("_", " ")),
        value=str(row["value"]),
        first=wording.day(wording.instant(row.get("first_seen"))),
        last=wording.day(wording.instant(row.get("last_seen"))),
    )


def _order_money(row: Row) -> tuple[int, str] | None:
    for name in ("total_minor", "value_minor", "revenue_minor"):
        if row.get(name) is not None and row.get("currency"):
            return row[name], row["currency"]
    return None


def _order(row: Row) -> Order:
    amount = _order_money(row)
    return Order(
        order=str(row.get("order_id") or row.get("order") or ""),
        time=wording.minute(wording.instant(row.get("at") or row.get("placed_at"))),
        channel=row.get("channel") or "",
        state=row.get("state") or "",
        value=wording.exact_money(*amount) if amount else "",
    )


def _spent(orders: Sequence[Row]) -> dict[str, int]:
    total: dict[str, int] = {}
    for order in orders:
        if amount := _order_money(order):
            total[amount[1]] = total.get(amount[1], 0) + amount[0]
    return total


def _found(row: Row) -> Found:
    person = str(row["person"])
    return Found(
        person=person,
        name=row.get("name") or f"Customer {person}",
        path=customer_path(person),
        matched=row.get("matched") or "",
        identifiers=", ".join(str(known["value"]) for known in row.get("identifiers") or ()),
    )


# --- Sources --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Source:
    """One sender of events and its channel. `bars`: received in each of the hours told, in percent of the highest."""

    name: str
    channel: str
    created: str
    received: int
    accepted: int
    parked: int
    last_seen: str
    bars: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Hour:
    """The books of one source in one hour."""

    source: str
    hour: str
    books: Books


@dataclass(frozen=True, slots=True)
class SourcesPage:
    """Who sends, how to send, and the books per source and hour."""

    sources: tuple[Source, ...]
    hours: tuple[Hour, ...]
    unbalanced: int
    snippets: tuple["Snippet", ...]
    counted: Mapping[str, Counted]


@dataclass(frozen=True, slots=True)
class Snippet:
    """A few lines that point an existing SDK at this hub."""

    name: str
    install: str
    code: str


def sources(
    *,
    rows: Sequence[Row],
    hours: Sequence[Row] = (),
    base_url: str,
    counted: Mapping[str, Row],
) -> SourcesPage:
    """The page of sources. base_url: where this hub is reached, without a slash at the end."""
    read = tuple(_hour(row) for row in sorted(hours, key=lambda row: (str(row["hour"]), row["source"]), reverse=True))
    return SourcesPage(
        sources=tuple(_source(row, hours) for row in sorted(rows, key=lambda row: -(row.get("received") or 0))),
        hours=read,
        unbalanced=sum(not hour.books.balanced for hour in read),
        snippets=snippets(base_url.rstrip("/")),
        counted=counted_of(counted),
    )


def _source(row: Row, hours: Sequence[Row]) -> Source:
    by_hour = {str(hour["hour"]): hour.get("received") or 0 for hour in hours if hour["source"] == row["name"]}
    every_hour = sorted({str(hour["hour"]) for hour in hours})
    highest = max(by_hour.values(), default=0)
    return Source(
        name=row["name"],
        channel=row["channel"],
        created=wording.day(wording.instant(row.get("created_at"))),
        received=row.get("received") or 0,
        accepted=row.get("accepted") or 0,
        parked=row.get("parked") or 0,
        last_seen=wording.minute(wording.instant(row.get("last_received_at"))),
        bars=tuple(_part(by_hour.get(hour), highest) for hour in every_hour),
    )


def _hour(row: Row) -> Hour:
    return Hour(source=row["source"], hour=wording.minute(wording.instant(row["hour"])), books=books_of(row))


def snippets(base_url: str) -> tuple[Snippet, ...]:
    """How to point each kind of SDK at this hub; none of them needs a change."""
    host = base_url.partition("://")[2]
    scheme = base_url.partition("://")[0]
    return (
        Snippet(
            "Python",
            "pip install segment-analytics-python",
            "import segment.analytics as analytics\n\n"
            f'analytics.write_key = "WRITE_KEY"\nanalytics.host = "{base_url}"\n\n'
            'analytics.track("customer-1", "Product Viewed", {"sku": "ristretto-50"})\nanalytics.flush()\n',
        ),
        Snippet(
            "Node",
            "npm install @segment/analytics-node",
            'import { Analytics } from "@segment/analytics-node";\n\n'
            f'const analytics = new Analytics({{ writeKey: "WRITE_KEY", host: "{base_url}" }});\n'
            'analytics.track({ userId: "customer-1", event: "Product Viewed", '
            'properties: { sku: "ristretto-50" } });\n'
            "await analytics.closeAndFlush();\n",
        ),
        Snippet(
            "Browser",
            "npm install @segment/analytics-next",
            'import { AnalyticsBrowser } from "@segment/analytics-next";\n\n'
            "const analytics = AnalyticsBrowser.load(\n"
            f'  {{ writeKey: "WRITE_KEY", cdnURL: "{base_url}" }},\n'
            f'  {{ integrations: {{ "Segment.io": {{ apiHost: "{host}/v1", protocol: "{scheme}" }} }} }},\n'
            ");\n"
            'analytics.track("Product Viewed", { sku: "ristretto-50" });\n',
        ),
        Snippet(
            "curl",
            "",
            f'curl -u WRITE_KEY: -H "Content-Type: application/json" {base_url}/v1/track -d \'{{\n'
            '  "userId": "customer-1",\n  "event": "Product Viewed",\n'
            '  "properties": { "sku": "ristretto-50" }\n}\'\n',
        ),
    )


# --- Dead letters ---------------------------------------------------------------------------------------------------

_CODES = {
    "malformed_json": "The bytes are not JSON.",
    "too_deep": "Values are nested too deeply.",
    "too_large": "The event is larger than one event may be.",
    "bad_encoding": "The text is not UTF-8.",
    "nul_char": "A text holds the character NUL, which databases cannot keep.",
    "number_range": "A number is out of range or not finite.",
    "schema_violation": "The event does not have the shape that the contract asks for.",
    "unknown_schema": "Nobody knows this kind of message.",
    "clock_absurd": "The time of the event cannot be right.",
    "consent_denied": "The customer has not agreed to this.",
    "suppressed_subject": "The customer asked to be forgotten.",
    "conflict": "The same id came before with another content.",
    "projection_error": "The event is in the log, but a room could not take it.",
}


@dataclass(frozen=True, slots=True)
class Letter:
    """One event that was set aside.

    raw: exactly as it came. read_as: the same laid out, empty when it is no JSON. stands: what the pointer points at.
    """

    id: str
    path: str
    code: str
    meaning: str
    pointer: str
    message: str
    source: str
    time: str
    state: str
    times: int
    raw: str
    read_as: str
    stands: str

    @property
    def is_open(self) -> bool:
        """Whether something can still be done with it."""
        return self.state == "open"


@dataclass(frozen=True, slots=True)
class Pile:
    """All letters of one code on this page."""

    code: str
    meaning: str
    letters: tuple[Letter, ...]

    @property
    def open(self) -> int:
        """How many of them wait for somebody."""
        return sum(letter.is_open for letter in self.letters)


@dataclass(frozen=True, slots=True)
class DeadLettersPage:
    """Events set aside, by code. `total`: how many there are, when only some are shown."""

    piles: tuple[Pile, ...]
    open: int
    total: int
    counted: Mapping[str, Counted]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the last press of a button brought."""

    good: bool
    words: str
    details: str = ""


@dataclass(frozen=True, slots=True)
class LetterPage:
    """One event set aside, and the form to mend it."""

    letter: Letter
    pointer: str
    value: str
    outcome: Outcome | None


def dead_letters(
    *, rows: Sequence[Row], counted: Mapping[str, Row], total: int | None = None
) -> DeadLettersPage:
    """The page of dead letters, the code with the most open ones first."""
    letters = [_letter(row) for row in rows]
    codes = dict.fromkeys(letter.code for letter in letters)
    piles = [Pile(code, code_words(code), tuple(one for one in letters if one.code == code)) for code in codes]
    return DeadLettersPage(
        piles=tuple(sorted(piles, key=lambda pile: -pile.open)),
        open=sum(pile.open for pile in piles),
        total=len(letters) if total is None else total,
        counted=counted_of(counted),
    )


def dead_letter(
    *, row: Row, outcome: Outcome | None = None, pointer: str | None = None, value: str = ""
) -> LetterPage:
    """The page of one dead letter; pointer and value as typed before, else what the letter complains of."""
    letter = _letter(row)
    return LetterPage(letter, letter.pointer if pointer is None else pointer, value or letter.stands, outcome)


def code_words(code: str) -> str:
    """A code of the closed list in plain words."""
    return _CODES.get(code, code.replace("_", " "))


def _letter(row: Row) -> Letter:
    raw, pointer = _as_text(row.get("raw")), row.get("pointer") or ""
    body = _parsed(raw)
    return Letter(
        id=str(row["id"]),
        path=f"/dead-letters/{quote(str(row['id']), safe='')}",
        code=row["code"],
        meaning=code_words(row["code"]),
        pointer=pointer,
        message=row.get("message") or "",
        source=row.get("source") or "",
        time=wording.minute(wording.instant(row.get("received_at"))),
        state=row.get("state") or "open",
        times=row.get("times") or 1,
        raw=raw,
        read_as="" if body is None else json.dumps(body, indent=2, ensure_ascii=False),
        stands="" if body is None else at_pointer(body, pointer),
    )


def _as_text(raw: Any) -> str:
    return raw if isinstance(raw, str) else "" if raw is None else json.dumps(raw, ensure_ascii=False)


def _parsed(raw: str) -> Any:
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None


def at_pointer(body: Any, pointer: str) -> str:
    """What stands at a JSON pointer, as JSON; empty when nothing does or the pointer means the whole."""
    if not pointer.startswith("/"):
        return ""
    here = body
    for part in pointer[1:].split("/"):
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(here, dict) and name in here:
            here = here[name]
        elif isinstance(here, list) and name.isdecimal() and int(name) < len(here):
            here = here[int(name)]
        else:
            return ""
    return json.dumps(here, ensure_ascii=False)


# --- The door itself ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Login:
    """The page before anything is shown. refused: the last key was not known."""

    refused: str = ""
    next_path: str = "/"


@dataclass(frozen=True, slots=True)
class Problem:
    """A page that could not be shown: the error as every door tells it."""

    status: int
    code: str
    message: str
    hint: str
    retryable: bool = False


def problem(status: int, error: Row) -> Problem:
    """The error page from `NoLineError.as_dict()`."""
    return Problem(
        status=status,
        code=error.get("code", "internal"),
        message=error.get("message", "Something went wrong."),
        hint=error.get("hint", ""),
        retryable=bool(error.get("retryable")),
    )
