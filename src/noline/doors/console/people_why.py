"""Why one customer is one person: what holds the names together, what does not, and what people decided."""

from collections.abc import Sequence
from dataclasses import dataclass

from noline.doors.console import naming, wording
from noline.doors.console.deciding import Decided, decided
from noline.doors.console.people_paths import customer_path, nameless
from noline.doors.console.wording import Row

_KINDS = {"identify": "Said who they are", "group": "Joined a group", "alias": "Two names of one person"}


@dataclass(frozen=True, slots=True)
class Seen:
    """A record that shows two names together."""

    seq: int
    words: str
    source: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """Two names and what stands between them. seen: the first records that show it."""

    one_kind: str
    one: str
    other_kind: str
    other: str
    by: str
    words: str
    sure: str
    since: str
    decision: str
    seen: tuple[Seen, ...]


@dataclass(frozen=True, slots=True)
class WhyPage:
    """The reasons, in the order in which they came."""

    name: str
    path: str
    names: int
    held: tuple[Sentence, ...]
    idle: tuple[Sentence, ...]
    decisions: tuple[Decided, ...]

    @property
    def lead(self) -> str:
        """The answer in one sentence."""
        if self.names < 2:
            return "Only one name is known, so there is nothing to hold together."
        pairs = wording.plural(len(self.held), "link", "links")
        names = wording.plural(self.names, "name", "names")
        return f"{names} are one person because of {pairs} between them. Each says below where it was seen."


def why(*, row: Row) -> WhyPage:
    """The page about why somebody is one person."""
    return WhyPage(
        name=row.get("name") or nameless(row["person"]),
        path=customer_path(row["person"]),
        names=len(row.get("identifiers") or ()),
        held=_sentences(row.get("held_by") or ()),
        idle=_sentences(row.get("not_gluing") or ()),
        decisions=tuple(decided(one) for one in row.get("decisions") or ()),
    )


def _sentences(rows: Sequence[Row]) -> tuple[Sentence, ...]:
    return tuple(_sentence(row) for row in sorted(rows, key=lambda row: row["first_at"]))


def _sentence(row: Row) -> Sentence:
    one, other = row["one"], row["other"]
    return Sentence(
        one_kind=naming.kind(one["namespace"]),
        one=one["value"],
        other_kind=naming.kind(other["namespace"]),
        other=other["value"],
        by=row["by"],
        words=naming.in_shop_words(row["words"], one, other),
        sure=naming.sure(row.get("trust")),
        since=wording.day(wording.instant(row["first_at"])),
        decision=row.get("decision") or "",
        seen=tuple(_seen(record) for record in row.get("seen_in") or ()),
    )


def _seen(row: Row) -> Seen:
    what = _KINDS.get(row["kind"], row["kind"])
    where = wording.channel(row["channel"]) if row.get("channel") else ""
    parts = (what, where, wording.minute(wording.instant(row["at"])))
    return Seen(row["seq"], ", ".join(part for part in parts if part), row["source"])
