"""A model looks for people who are one: a plan to look at, applied as one batch that can be taken back.

What was told of people goes to the matching room as a table of records, one for each name that records are filed under
and each source that told. Pairs beyond doubt become links of a batch; pairs in doubt wait in the review queue; what
people decided stands above both.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from noline.flows.identity import Change, Identity, Preview
from noline.kernel.clock import Clock, Micros
from noline.kernel.errors import NotFound, Refused
from noline.stores.transactional import Reader, TransactionalStore
from noline.truth.customers.model import Subject
from noline.truth.customers.service import Customers, Named
from noline.truth.customers.suggestions import Reason, Run, Suggestion, Suggestions
from noline.truth.profiles.model import Profile, Told
from noline.truth.profiles.service import Profiles

if TYPE_CHECKING:
    import pyarrow as pa

SURE = 0.95
"""From this probability on a link is applied without a look: one in twenty at most may be wrong, and undone."""

DOUBT = 0.25
"""Below this probability nobody is asked."""

MODEL_FORMAT = 1
"""A model that an older version kept in another shape is not read; the next plan replaces it."""

_IN_ONE_READ = 2_000
_FEWEST = 2

_FIELDS = {
    "firstName": "given_name", "lastName": "family_name", "name": "full_name", "email": "email", "phone": "phone",
    "birthday": "birth_date", "address.street": "street", "address.postalCode": "postcode", "address.city": "city",
    "address.state": "region", "address.country": "country", "loyalty_id": "loyalty_id", "company": "company",
    "gender": "sex",
}  # fmt: skip
"""Attributes of people, and the columns of the matching room that they are."""

_BY_NAMES = {"email": "email", "phone": "phone", "loyalty_id": "loyalty_id"}
_COLUMNS = ("record_id", "source", *dict.fromkeys(_FIELDS.values()))
_MEANINGS = {
    "given_name": "given", "family_name": "family", "full_name": "name", "email": "email", "phone": "phone",
    "birth_date": "birth_date", "street": "street", "postcode": "postcode", "city": "city", "region": "region",
    "country": "country", "loyalty_id": "strong", "company": "org", "sex": "sex", "source": "source",
}  # fmt: skip


class NothingPlanned(Refused):
    """A match that nobody planned cannot be applied."""

    code = "match.nothing_planned"
    status = 409
    sentence = "No match is planned."
    hint = "Plan one first and look at it: noline customers match --plan"


class TooFewRecords(Refused):
    """A model has nothing to learn from."""

    code = "match.too_few"
    status = 409
    sentence = "Something was told of {records} people; a model needs at least {needed}."
    hint = "Send `identify` calls with names, addresses or birthdays, or import customers."


@dataclass(frozen=True, slots=True)
class Planned:
    """A run of the model: what it did, what would change, and how many pairs wait for somebody to look."""

    run: str
    at: Micros
    summary: dict[str, Any]
    preview: Preview
    sure: int
    in_doubt: int


@dataclass(frozen=True, slots=True)
class Pair:
    """Two people who may be one, side by side.

    probability, household: that they are one person, or two of one household. left, right: what stands of each.
    """

    one: str
    other: str
    weight: float
    probability: float
    household: float
    reasons: tuple[Reason, ...]
    left: dict[str, str]
    right: dict[str, str]


class Matching:
    """Batch matching of one hub."""

    def __init__(
        self, store: TransactionalStore, customers: Customers, profiles: Profiles, identity: Identity, clock: Clock
    ) -> None:
        """Wire it to a hub."""
        self._store = store
        self._customers = customers
        self._profiles = profiles
        self._identity = identity
        self._clock = clock
        self._suggestions = Suggestions()

    def plan(self, *, sure: float = SURE, doubt: float = DOUBT) -> Planned:
        """Let the model look at everybody, and show what it would change; nothing changes yet.

        Raises TooFewRecords and PackageMissing.
        """
        from noline.insight.matching.service import match

        with self._store.reading() as reader:
            everybody = self._customers.everybody(reader)
            table, people = self._records(reader, everybody)
            apart = self._customers.parted(reader)
        if len(people) < _FEWEST:
            raise TooFewRecords(records=len(people), needed=_FEWEST)
        known = {"must": list(_within(people)), "cannot": list(_between(people, apart))}
        matched = match(table, id_column="record_id", mapping=_mapping(table), **known)
        run = Run(f"match-{self._clock.random_bytes(6).hex()}", self._clock.now(), _plain(matched.plan.as_data()),
                  {"format": MODEL_FORMAT, **matched.model.as_data()})  # fmt: skip
        found = list(_suggested(matched, people, self._strongest(everybody), sure=sure, doubt=doubt))
        with self._store.transaction() as tx:
            self._suggestions.propose(tx, run, found)
        return self._planned(run)

    def planned(self) -> Planned | None:
        """What the latest run proposes; None before the first."""
        with self._store.reading() as reader:
            run = self._suggestions.run(reader)
        return None if run is None else self._planned(run)

    def apply(self, *, by: str) -> Change:
        """Let the sure links of the latest run hold, as a batch called as the run. Raises NothingPlanned."""
        with self._store.reading() as reader:
            run = self._suggestions.run(reader)
            if run is None:
                raise NothingPlanned
            links = self._suggestions.sure(reader, run)
        return self._identity.apply(run.id, links, by=by)

    def queue(self, limit: int = 20) -> list[Pair]:
        """Pairs in doubt, the likeliest first, side by side."""
        with self._store.reading() as reader:
            return [self._pair(reader, one) for one in self._suggestions.waiting(reader, limit)]

    def later(self, one: str, other: str) -> None:
        """Put a pair behind the others. Raises NotFound when nobody suggested it."""
        with self._store.transaction() as tx:
            ends = [self._customers.subjects(tx, person) for person in (one, other)]
            pairs = [(near, far) for near in ends[0] for far in ends[1]]
            now = self._clock.now()
            if not sum(self._suggestions.put_off(tx, near, far, now) for near, far in pairs):
                raise NotFound(what="suggestion", name=f"{one} and {other}")

    def model(self) -> dict[str, Any] | None:
        """What the live scorer needs, as the latest run learned it; None before the first run of this version."""
        with self._store.reading() as reader:
            run = self._suggestions.run(reader)
        return None if run is None or run.model.get("format") != MODEL_FORMAT else run.model

    def _planned(self, run: Run) -> Planned:
        with self._store.reading() as reader:
            links = self._suggestions.sure(reader, run)
            in_doubt = len(self._suggestions.waiting(reader, 10_000))
        return Planned(run.id, run.planned_at, run.summary, self._identity.preview(links), len(links), in_doubt)

    def _records(self, reader: Reader, everybody: list[Named]) -> tuple["pa.Table", dict[str, str]]:
        """Everybody of whom something was told as records, and the person of each record."""
        import pyarrow as pa

        people: dict[str, str] = {}
        rows: dict[str, list[str | None]] = {name: [] for name in _COLUMNS}
        for start in range(0, len(everybody), _IN_ONE_READ):
            some = {one.subject: one for one in everybody[start : start + _IN_ONE_READ]}
            told: dict[tuple[Subject, str], dict[str, Told]] = defaultdict(dict)
            for one in self._profiles.values(reader, sorted(some)):
                column = _FIELDS.get(one.name)
                known = told[one.subject, one.source].get(column or "")
                if column and (known is None or (one.last_at, one.last_id) > (known.last_at, known.last_id)):
                    told[one.subject, one.source][column] = one
            for (subject, source), values in sorted(told.items()):
                named = some[subject]
                record = {column: one.value for column, one in values.items()}
                if (own := _BY_NAMES.get(named.identifier.namespace)) and not named.shared:
                    record.setdefault(own, named.identifier.value)
                if record:
                    record |= {"record_id": f"{subject.hex()}:{source}", "source": source}
                    people[record["record_id"]] = named.person
                    for name in _COLUMNS:
                        rows[name].append(record.get(name))
        filled = {name: values for name, values in rows.items() if any(value is not None for value in values)}
        return pa.table({name: pa.array(values, pa.string()) for name, values in filled.items()}), people

    def _strongest(self, everybody: Iterable[Named]) -> dict[str, Subject]:
        """The identifier that stands for each person."""
        rules = self._customers.derivation.rules
        best: dict[str, tuple[tuple[int, int, Micros, Subject], Subject]] = {}
        for one in everybody:
            strength = (int(one.shared), rules.of(one.identifier.namespace).rank, one.first_at, one.subject)
            if one.person not in best or strength < best[one.person][0]:
                best[one.person] = (strength, one.subject)
        return {person: subject for person, (_, subject) in best.items()}

    def _pair(self, reader: Reader, found: Suggestion) -> Pair:
        people = [self._customers.person_of(reader, end) or "" for end in (found.one, found.other)]
        left, right = (self._shown(reader, person) for person in people)
        return Pair(
            people[0], people[1], found.weight / 1_000, found.probability, found.household, found.reasons, left, right
        )

    def _shown(self, reader: Reader, person: str) -> dict[str, str]:
        shared = frozenset(one for one, _ in self._customers.shared_with(reader, person))
        profile: Profile = self._profiles.record(reader, self._customers.subjects(reader, person), shared)
        return {name: one.value for name, one in profile.attributes.items() if name in _FIELDS}


def _within(people: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Records that are one person already, as a chain of pairs."""
    last: dict[str, str] = {}
    for record, person in people.items():
        if person in last:
            yield last[person], record
        last[person] = record


def _between(people: Mapping[str, str], apart: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """A record of each of two people who were decided to be two."""
    first: dict[str, str] = {}
    for record, person in people.items():
        first.setdefault(person, record)
    return ((first[one], first[other]) for one, other in apart if one in first and other in first)


def _mapping(table: "pa.Table") -> dict[str, list[str]]:
    return {_MEANINGS[name]: [name] for name in table.column_names if name in _MEANINGS}


def _suggested(
    matched: Any, people: Mapping[str, str], strongest: Mapping[str, Subject], *, sure: float, doubt: float
) -> Iterator[Suggestion]:
    """Pairs of people that are worth a link or a look; of several pairs of their records the best."""
    cluster = dict(zip(*(matched.people.column(name).to_pylist() for name in ("record_id", "person_id")), strict=True))
    best: dict[tuple[str, str], dict[str, Any]] = {}
    for row in matched.pairs.to_pylist():
        one, other = people[row["record_id_a"]], people[row["record_id_b"]]
        together = cluster[row["record_id_a"]] == cluster[row["record_id_b"]]
        pair = (min(one, other), max(one, other))
        if one == other or row["probability"] < doubt:
            continue
        row["sure"] = together and row["probability"] >= sure
        if pair not in best or (row["sure"], row["probability"]) > (best[pair]["sure"], best[pair]["probability"]):
            best[pair] = row
    reasons = _reasons_of(matched)
    for (one, other), row in sorted(best.items()):
        yield Suggestion(
            strongest[one], strongest[other], round(1_000 * _bits(row["probability"])), row["probability"],
            row["household"], row["sure"], reasons(row["levels"]),
        )  # fmt: skip


def _reasons_of(matched: Any) -> Callable[[int], tuple[Reason, ...]]:
    """The waterfall of a packed comparison vector: what agrees or differs, and the bits it adds."""

    def reasons(packed: int) -> tuple[Reason, ...]:
        found: list[Reason] = []
        for one in matched.model.comparisons:
            packed, at = divmod(packed, len(one.levels))
            level = one.levels[at]
            if not level.neutral:
                found.append((one.name, level.words, round(math.log2(level.m / level.u), 2)))
        return tuple(sorted(found, key=lambda one: -abs(one[2])))

    return reasons


def _bits(probability: float) -> float:
    kept = min(max(probability, 1e-9), 1 - 1e-9)
    return math.log2(kept / (1 - kept))


def _plain(told: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers and texts as JSON holds them."""
    return {name: list(value) if isinstance(value, tuple) else value for name, value in told.items()}
