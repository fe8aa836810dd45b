"""A hub's history as a walk store: who did what, where and when, what it was worth, and what it handed over.

Exposures (something merely sent) stand in it too, because they may hand over; `touchpoints` leaves them out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from noline.kernel.clock import Micros
from noline.kernel.money import minor_digits
from noline.stores.analytical import Answering
from noline.stores.walks.arrays import Flags, Longs, firsts
from noline.stores.walks.events import NOT_TOLD, Events, Read
from noline.stores.walks.store import Named, WalkStore

if TYPE_CHECKING:
    import pyarrow as pa

PARTS = (
    "store_id", "country", "sku", "object_id", "currency", "stage", "source",
    "handoff_to", "handoff_object", "handoff_group", "topic",
)  # fmt: skip
"""Columns of texts beside channel and action; "" where none was told."""

MEASURES = ("seq", "subject", "amount_minor", "units", "handoff_until", "rating_hundredths", "minutes", "exposure")
"""Columns of whole numbers; NOT_TOLD where none was told.

seq: the position in the log. subject: under which pseudonym. amount_minor: in minor units of `currency`.
handoff_until: microseconds since 1970 UTC. rating_hundredths: 450 is 4.5 of 5 stars. minutes: of work, as told.
exposure: 1 or 0.
"""

LARGEST_VALUE = 10**18
"""A value that a rate makes larger than this, in minor units, is taken as this: sums stay whole numbers."""

_ROWS = f"""
SELECT t.subject, t.occurred_at, t.channel, t.action, t.value_minor AS amount_minor, t.seq, t.units, t.handoff_until,
    t.rating_hundredths, t.minutes, t.exposure, {", ".join(f"t.{part}" for part in PARTS)}
FROM touchpoints AS t
WHERE t.subject IS NOT NULL AND t.seq > $after AND t.seq <= $last
ORDER BY t.seq
"""

_OBSERVED = "SELECT max(occurred_at) AS until FROM touchpoints WHERE seq > $after AND seq <= $last"

_PEOPLE = "SELECT subject, person FROM people WHERE person IS NOT NULL ORDER BY subject"

_STRETCH = """
SELECT seq, subject, occurred_at FROM touchpoints
WHERE subject IS NOT NULL AND seq BETWEEN $first AND $last
ORDER BY seq
"""

EVERY_POSITION = 2**62


class Version(NamedTuple):
    """Of what state a history is. position: of the log; identity: of who is who."""

    position: int = 0
    identity: int = 0


START = Version()
"""Nothing was read yet."""


class Rates(NamedTuple):
    """The currency of the values, and what one unit of each other currency is worth in it, in major units."""

    currency: str = "EUR"
    rates: Mapping[str, Decimal] = {}

    def rate(self, currency: str) -> Decimal | None:
        """What one unit of a currency is worth; None when nobody said."""
        return Decimal(1) if currency == self.currency else self.rates.get(currency)


@dataclass(frozen=True, eq=False)
class History(WalkStore):
    """A hub's history. Values are minor units of `currency`; 0 where none was told, or nobody told a rate.

    unrated: how many amounts have no rate. seen_until: the latest moment of any touchpoint, of unknown persons too.
    """

    version: Version = START
    currency: str = "EUR"
    unrated: int = 0
    seen_until: Micros | None = None

    @property
    # pyrefly: ignore[missing-override-decorator]  typing has it from Python 3.12 on
    def observed_until(self) -> Micros | None:
        """Up to when the log tells everything: its latest touchpoint, whoever's it is."""
        return self.seen_until

    @cached_property
    def exposed(self) -> Flags:
        """Which events were merely sent."""
        return np.asarray(self.measures["exposure"] == 1)

    @cached_property
    def touchpoints(self) -> "History":
        """The same without what was merely sent: of this, visits are made."""
        return self.of_events(~self.exposed)

    def of_events(self, chosen: Flags) -> "History":
        """Some of the events: one flag for each. Persons without any are left out."""
        kept = np.flatnonzero(chosen)
        persons = self.persons[kept]
        begins = firsts(persons)
        offsets = np.append(np.flatnonzero(begins), kept.size).astype(np.int64)

        def part(column: Named) -> Named:
            return Named(column.codes[kept], column.names)

        import pyarrow as pa

        return History(
            self.times[kept],
            (np.cumsum(begins) - 1).astype(np.uint32),
            offsets,
            self.values[kept],
            part(self.channels),
            part(self.actions),
            self.ids.take(pa.array(persons[begins])),
            {name: part(column) for name, column in self.parts.items()},
            {name: numbers[kept] for name, numbers in self.measures.items()},
            self.version,
            self.currency,
            self.unrated,
            self.seen_until,
        )


class People(NamedTuple):
    """Who each subject is today. subjects rise. A subject that is not among them stands for itself."""

    subjects: Longs
    persons: Longs

    def of(self, subjects: Longs) -> Longs:
        """The person of each subject."""
        if not self.subjects.size:
            return subjects
        place = np.minimum(np.searchsorted(self.subjects, subjects), self.subjects.size - 1)
        return np.where(self.subjects[place] == subjects, self.persons[place], subjects)

    def changed(self, newer: "People") -> Longs:
        """The subjects, rising, that are somebody else by the newer list."""
        if np.array_equal(self.subjects, newer.subjects) and np.array_equal(self.persons, newer.persons):
            return np.zeros(0, np.int64)
        every = rising(np.concatenate([self.subjects, newer.subjects]))
        return every[self.of(every) != newer.of(every)]


def rising(numbers: Longs) -> Longs:
    """The different numbers, rising. Sorting large ones is quicker than the hashing of `numpy.unique`."""
    ordered = np.sort(numbers)
    return ordered[firsts(ordered)]


def are_among(numbers: Longs, known: Longs) -> Flags:
    """Which of the numbers stand among these, which rise."""
    if not known.size:
        return np.zeros(numbers.size, np.bool_)
    return known[np.minimum(np.searchsorted(known, numbers), known.size - 1)] == numbers


class Rows(NamedTuple):
    """Touchpoints of known persons in the order of the log, and the latest moment of any touchpoint among them."""

    table: "pa.Table"
    until: Micros | None


def people(analytical: Answering) -> People:
    """Who each subject is today."""
    table = analytical.ask(_PEOPLE)
    return People(_longs(table["subject"]), _longs(table["person"]))


def rows(analytical: Answering, after: int = 0, last: int = EVERY_POSITION) -> Rows:
    """The touchpoints of the positions behind `after`, up to `last`."""
    asked = {"after": after, "last": last}
    return Rows(analytical.ask(_ROWS, asked), analytical.ask(_OBSERVED, asked)["until"][0].as_py())


def stretch(analytical: Answering, first: int, last: int) -> tuple[Longs, Longs, Longs]:
    """Positions, subjects and moments of the touchpoints in a stretch of the log."""
    table = analytical.ask(_STRETCH, {"first": first, "last": last})
    return _longs(table["seq"]), _longs(table["subject"]), _longs(table["occurred_at"])


def built(found: Rows, who: People, rates: Rates, version: Version) -> History:
    """The history that these touchpoints tell. Raises TooManyNames."""
    store = WalkStore.of(events(found.table, who, rates))
    return of_store(store, version, rates.currency, without_rate(found.table, rates), found.until)


def of_store(store: WalkStore, version: Version, currency: str, unrated: int, seen_until: Micros | None) -> History:
    """The history whose events stand in a walk store."""
    arrays = {one.name: getattr(store, one.name) for one in fields(WalkStore)}
    return History(**arrays, version=version, currency=currency, unrated=unrated, seen_until=seen_until)


def read(analytical: Answering, rates: Rates | None = None) -> History:
    """The history as an analytical port tells it now, all of it."""
    found = rows(analytical)
    last = int(_longs(found.table["seq"]).max(initial=0))
    return built(found, people(analytical), rates or Rates(), Version(last, 0))


def events(table: "pa.Table", who: People, rates: Rates) -> Events:
    """Rows of the log as events of persons."""
    import pyarrow as pa

    subjects = _longs(table["subject"])
    size = table.num_rows
    return Events(
        pa.chunked_array([pa.array(who.of(subjects))]),
        _longs(table["occurred_at"]),
        _texts(table["channel"]),
        _texts(table["action"]),
        in_currency(table, rates),
        {name: _texts(table[name]) for name in PARTS},
        Read(size, 0, "integer us", "whole"),
        {name: _longs(table[name]) for name in MEASURES},
    )


def in_currency(table: "pa.Table", rates: Rates) -> Longs:
    """The amounts in minor units of the currency of the reports, each rounded half to even; 0 without a rate."""
    amounts = _longs(table["amount_minor"])
    values = np.where(amounts == NOT_TOLD, 0, amounts)
    encoded = _texts(table["currency"]).combine_chunks().dictionary_encode()
    codes = encoded.indices.to_numpy(zero_copy_only=False)
    for code, currency in enumerate(encoded.dictionary.to_pylist()):
        if currency == rates.currency:
            continue
        mine = np.flatnonzero(codes == code)
        rate = rates.rate(currency)
        digits = minor_digits(rates.currency) - minor_digits(currency)
        values[mine] = 0 if rate is None else _times(values[mine], rate.scaleb(digits))
    return values


def without_rate(table: "pa.Table", rates: Rates) -> int:
    """How many amounts are in a currency that nobody told a rate of."""
    amounts = _longs(table["amount_minor"])
    told = (amounts != NOT_TOLD) & (amounts != 0)
    currencies = np.array(_texts(table["currency"]).to_pylist(), object)[told]
    return sum(rates.rate(one) is None for one in currencies.tolist())


def _times(amounts: Longs, rate: Decimal) -> Longs:
    """Whole numbers times a rate, rounded half to even."""
    above, below = rate.as_integer_ratio()
    largest = int(np.abs(amounts).max(initial=0))
    # Beyond 64 bits Python's own numbers go on, one by one.
    exact = amounts if largest * above < 2**62 and 2 * below < 2**62 else amounts.astype(object)
    whole, rest = exact * above // below, exact * above % below
    up = (2 * rest > below) | ((2 * rest == below) & (whole % 2 == 1))
    rounded = whole + up.astype(whole.dtype)
    return np.clip(rounded, -LARGEST_VALUE, LARGEST_VALUE).astype(np.int64)


def _longs(column: "pa.ChunkedArray[Any]") -> Longs:
    """Whole numbers, NOT_TOLD where none was told."""
    import pyarrow as pa
    import pyarrow.compute as pc

    whole = pc.cast(column, pa.int64())
    told = pc.fill_null(whole, NOT_TOLD) if whole.null_count else whole
    return np.array(told.to_numpy(), np.int64)


def _texts(column: "pa.ChunkedArray[Any]") -> "pa.ChunkedArray[Any]":
    import pyarrow.compute as pc

    return pc.fill_null(column, "") if column.null_count else column
