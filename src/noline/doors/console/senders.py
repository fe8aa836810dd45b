"""The page of sources: who sends, how to send, and the books per source and hour."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from noline.doors.console import wording
from noline.doors.console.books import Books, books_of
from noline.doors.console.frame import Counted, counted_of
from noline.doors.console.wording import Row

_FEWEST_BARS = 3


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

    @property
    def has_bars(self) -> bool:
        """Whether there are hours enough for a picture to say anything."""
        return any(len(source.bars) >= _FEWEST_BARS for source in self.sources)


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
    read = tuple(_hour(row) for row in _latest_first(hours))
    return SourcesPage(
        sources=tuple(_source(row, hours) for row in sorted(rows, key=lambda row: -(row.get("received") or 0))),
        hours=read,
        unbalanced=sum(not hour.books.balanced for hour in read),
        snippets=snippets(base_url.rstrip("/")),
        counted=counted_of(counted),
    )


def _latest_first(hours: Sequence[Row]) -> list[Row]:
    by_source = sorted(hours, key=lambda row: row["source"])
    return sorted(by_source, key=lambda row: str(row["hour"]), reverse=True)


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
        bars=tuple(wording.part(by_hour.get(hour), highest) for hour in every_hour),
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
