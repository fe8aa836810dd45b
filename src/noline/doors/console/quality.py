"""How good the people are: how many names each has, what to look at, what was refused, and what was decided."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from noline.doors.console import naming, wording
from noline.doors.console.deciding import Decided, Person, decided, person_of
from noline.doors.console.wording import Row

_BUCKETS = ((1, 1), (2, 2), (3, 4), (5, 8), (9, 16), (17, 64), (65, None))
_LARGEST = 10
_SAMPLES = 12


@dataclass(frozen=True, slots=True)
class Column:
    """How many people have so many names; height in percent of the tallest."""

    label: str
    people: int
    height: float


@dataclass(frozen=True, slots=True)
class Bridge:
    """One link that alone holds two halves of somebody together."""

    who: Person
    one: str
    other: str
    words: str


@dataclass(frozen=True, slots=True)
class Count:
    """Something counted, in words; link leads further where there is more."""

    words: str
    number: int


@dataclass(frozen=True, slots=True)
class Precision:
    """Of a kind of name: the share seen with one account only, and how many that were."""

    kind: str
    words: str
    width: float


@dataclass(frozen=True, slots=True)
class Batch:
    """A model's run that was applied."""

    batch: str
    time: str
    links: int
    undone: str


@dataclass(frozen=True, slots=True)
class Sample:
    """Somebody who would become one with others, or fall apart."""

    words: str
    names: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What would change."""

    title: str
    words: str
    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True)
class QualityPage:
    """The page about the quality of people. rules, plan: what waits to be applied; None when nothing does.

    run: the model's run that `plan` is about.
    """

    people: int
    identifiers: int
    columns: tuple[Column, ...]
    largest: tuple[tuple[Person, int], ...]
    bridges: tuple[Bridge, ...]
    refused: tuple[Count, ...]
    shared: tuple[Count, ...]
    precision: tuple[Precision, ...]
    batches: tuple[Batch, ...]
    decisions: tuple[Decided, ...]
    rules: Preview | None
    plan: Preview | None
    waiting: int
    run: str = ""
    done: str = ""


def quality(
    *,
    row: Row,
    decisions: Sequence[Row],
    names: Mapping[str, str | None],
    rules: Row | None = None,
    plan: Row | None = None,
    waiting: int = 0,
    done: str = "",
) -> QualityPage:
    """The page from its answers. names: how to call the people it mentions. rules: the preview of rules that wait.

    plan: the latest run of the model, where it was not applied: `run`, `preview`, `sure`.
    """
    return QualityPage(
        people=row["people"],
        identifiers=row["identifiers"],
        columns=_columns({int(size): people for size, people in row["sizes"].items()}),
        largest=tuple((_person(one["person"], names), one["identifiers"]) for one in row["largest"][:_LARGEST]
                      if one["identifiers"] > 1),
        bridges=tuple(_bridge(one, names) for one in row["bridges"]),
        refused=_refused(row["refused"]),
        shared=tuple(Count(wording.title(naming.kind(kind)), number) for kind, number in _most_first(row["shared"])),
        precision=_precision(row["precision"], row["precision_of"]),
        batches=tuple(_batch(one) for one in row["batches"]),
        decisions=tuple(decided(one) for one in decisions),
        rules=_preview("Rules of noline.toml wait to be applied", rules) if rules else None,
        plan=_plan(plan) if plan else None,
        waiting=waiting,
        run=plan["run"] if plan else "",
        done=done,
    )  # fmt: skip


def _person(person: str, names: Mapping[str, str | None]) -> Person:
    return person_of({"person": person, "name": names.get(person)})


def _columns(sizes: Mapping[int, int]) -> tuple[Column, ...]:
    counted = [
        (_bucket(low, high), sum(n for size, n in sizes.items() if low <= size and (high is None or size <= high)))
        for low, high in _BUCKETS
    ]
    while counted and not counted[-1][1]:
        counted.pop()
    tallest = max((people for _, people in counted), default=0)
    return tuple(Column(label, people, wording.part(people, tallest)) for label, people in counted)


def _bucket(low: int, high: int | None) -> str:
    if high is None:
        return f"{low} or more"
    return str(low) if low == high else f"{low} – {high}"


def _bridge(row: Row, names: Mapping[str, str | None]) -> Bridge:
    one, other = (f"{naming.kind(end['namespace'])} {end['value']}" for end in (row["one"], row["other"]))
    side = wording.plural(row["smaller_side"], "name", "names")
    return Bridge(_person(row["person"], names), one, other, f"holds {side} that nothing else holds")


def _refused(by_reason: Mapping[str, int]) -> tuple[Count, ...]:
    told: dict[str, int] = {}
    for reason, number in by_reason.items():
        words = _reason(reason)
        told[words] = told.get(words, 0) + number
    return tuple(Count(words, number) for words, number in _most_first(told))


def _reason(reason: str) -> str:
    kind, _, rest = reason.partition(":")
    if kind == "limit":
        return f"One person would have had too many names of the kind “{naming.kind(rest)}”"
    if kind == "decision":
        return "Somebody decided that they are two people"
    return wording.title(reason.replace("_", " "))


def _precision(shares: Mapping[str, float], of: Mapping[str, int]) -> tuple[Precision, ...]:
    return tuple(
        Precision(
            kind=wording.title(naming.kind(name)),
            words=f"Of {wording.count(of[name])} seen with an account, {_exactly(share)} belong to one account only.",
            width=wording.part(share, 1),
        )
        for name, share in sorted(shares.items(), key=lambda one: (-of[one[0]], one[0]))
    )


def _exactly(share: float) -> str:
    """A share with one decimal, and never 100 % unless it is all."""
    return "all" if share == 1 else f"{min(share, 0.999) * 100:.1f}{wording.SPACE}%"


def _most_first(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda one: (-one[1], one[0]))


def _batch(row: Row) -> Batch:
    undone_at = wording.instant(row.get("undone_at"))
    undone = f"{wording.minute(undone_at)} by {row.get('undone_by') or 'somebody'}" if undone_at else ""
    return Batch(row["batch"], wording.minute(wording.instant(row["at"])), row["links"], undone)


def _plan(row: Row) -> Preview:
    sure = wording.plural(row["sure"], "pair is", "pairs are")
    return _preview(f"The model has looked at everybody: {sure} beyond doubt", row["preview"])


def _preview(title: str, row: Row) -> Preview:
    joined = f"{wording.plural(row['merged'], 'person', 'people')} would be joined with others"
    parted = f"{wording.plural(row['split'], 'person', 'people')} would be split"
    happens = " and ".join(text for text, number in ((joined, row["merged"]), (parted, row["split"])) if number)
    words = (
        f"{happens or 'Nobody would be joined or split'}; {wording.plural(row['identifiers_moved'], 'name', 'names')} "
        f"and {wording.plural(row['events_moved'], 'event', 'events')} would move. "
        f"Of {wording.count(row['people_before'])} people {wording.count(row['people_after'])} would be left."
    )
    return Preview(title, words, tuple(_sample(one) for one in row["sample"][:_SAMPLES]))


def _sample(row: Row) -> Sample:
    joined = row["kind"] == "merged"
    words = (
        f"{wording.plural(len(row['before']), 'person', 'people')} would be one"
        if joined
        else f"One person would be {len(row['after'])}"
    )
    names = ", ".join(f"{naming.kind(one['namespace'])} {one['value']}" for one in row["identifiers"][:6])
    more = len(row["identifiers"]) - 6
    return Sample(words, f"{names} and {more} more" if more > 0 else names)
