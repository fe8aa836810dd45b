"""The door of the profiles room: what was told of people, every value with its lineage, and the golden record."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from math import log2
from typing import NamedTuple

from noline.kernel.events import Digest, Fact, Identifier, Json, route_of
from noline.stores.access import OURS
from noline.stores.portions import Chosen
from noline.stores.transactional import Reader, Transaction
from noline.truth.profiles import tables
from noline.truth.profiles.clues import (
    ALIKE,
    IDENTIFYING,
    KINDS,
    NAME,
    Routes,
    Sign,
    Term,
    clues_of_identifier,
    clues_of_value,
    is_shown,
    sound,
    sounding_like,
    terms,
)
from noline.truth.profiles.model import (
    CLAIMED,
    CONFIRMED,
    VERIFIED,
    Posting,
    Profile,
    Range,
    Told,
    display_name,
    flattened,
    golden,
)

Values = list[tuple[str, str]]
"""Names of attributes, each with a value."""

Spelling = Callable[[str, object], str | None]
"""One spelling of a value of a kind of name (`email`, `phone`); None when it names nobody."""

_MANY = 2_000
"""Further than this it does not matter how many somebody's clue finds: it is common."""

_RARE = 300
"""Everybody whom a term finds is looked at when they are no more than so many."""

_MOST_COMMON = 100
"""So many of those whom common terms find together are looked at for each meaning."""

_ENOUGH = 20
"""With so many found, the terms need not be taken more freely."""

_AS_WRITTEN, _AS_IT_BEGINS, _AS_IT_SOUNDS = range(3)
_TIERS = ((_AS_WRITTEN, 10_000), (_AS_IT_BEGINS, 1_000), (_AS_IT_SOUNDS, 1_000))
"""How freely terms are taken, and how many of the rarest of them are looked at before giving up."""

_MOST_WORDS_OF_A_SOUND = 200
_CACHE_LIMIT = 200_000


class Reason(NamedTuple):
    """Why somebody was found: what was typed, as what it shows (`name`, `phone`...), in words, and its worth."""

    typed: str
    kind: str
    words: str
    worth: float


class Found(NamedTuple):
    """A subject that a search found; the higher the score, the better. why: one reason for each term that shows."""

    subject: bytes
    score: float
    why: tuple[Reason, ...]


class Profiles:
    """What was told of people, every value with its lineage, and the golden record."""

    name = "profiles"
    kinds: frozenset[str] | None = None
    tables = tables.TABLES

    def __init__(self, digest: Digest, spelling: Spelling, ranks: Mapping[str, int] | None = None) -> None:
        """digest: the hub's keyed hash. spelling: of identifiers. ranks: of sources, the smallest is believed first."""
        self._digest = digest
        self._routes = Routes(digest)
        self._value_key = lru_cache(maxsize=65_536)(self._value_key_afresh)
        self._spelling = spelling
        self._ranks = ranks or {}
        self._settled: set[tuple[bytes, tuple[Identifier, ...]]] = set()
        self._posted: set[Posting] = set()
        self._named: set[str] = set()

    def forget(self) -> None:
        """Drop what is remembered of the tables."""
        self._settled.clear()
        self._posted.clear()
        self._named.clear()
        self._value_key.cache_clear()
        self._routes.forget()

    # -- what is told

    def take(self, tx: Transaction, facts: list[Fact]) -> None:
        """Keep every value and every clue; most facts tell nothing of that kind and cost next to nothing."""
        told: dict[tuple[bytes, str, str, str], Told] = {}
        found: set[Posting] = set()
        named: set[str] = set()
        for fact in facts:
            if not fact.identifiers:
                continue
            traits = _traits(fact)
            if (not traits and self._is_settled(fact)) or not self._is_about_them(fact):
                continue
            values = flattened(traits)
            for one in _told(fact, values):
                key = (one.subject, one.name, one.source, one.value)
                before = told.get(key)
                told[key] = one if before is None else before.together(one)
            clues = _clues(fact, values)
            found.update(self._routes.postings(fact.subject, clues))
            named |= clues
            self._settled.add((fact.subject, fact.identifiers))
        if told:
            self._keep(tx, told)
        if new := found - self._posted:
            tables.add_postings(tx, sorted(new))
            tables.add_sounds(tx, sorted(self._routes.sounds(named - self._named)))
        self._remember(new, named)

    def _is_settled(self, fact: Fact) -> bool:
        """Whether a fact without traits can add no clue."""
        for one in fact.identifiers:
            if one.namespace in IDENTIFYING:
                return (fact.subject, fact.identifiers) in self._settled
        return True

    def _is_about_them(self, fact: Fact) -> bool:
        """Whether a fact is filed under a name of theirs: an address that is only claimed is told nothing."""
        return any(self._digest(f"{name}:{value}") == fact.subject for name, value in fact.identifiers)

    def _keep(self, tx: Transaction, told: dict[tuple[bytes, str, str, str], Told]) -> None:
        tables.add_attributes(tx, [(self._value_key(one.value), one) for one in sorted(told.values())])

    def _value_key_afresh(self, value: str) -> int:
        """Stands for a value in the key of its row. Cities and first names come again and again."""
        return route_of(self._digest(value))

    def _remember(self, new: set[Posting], named: set[str]) -> None:
        if len(self._posted) + len(self._settled) + len(self._named) > _CACHE_LIMIT:
            self.forget()
        self._posted |= new
        self._named |= named

    def erase(self, tx: Transaction, subjects: Sequence[bytes]) -> int:
        """Delete every row of these subjects; answers how many."""
        self.forget()
        clues = {clue.decode() for own in tables.clues_of(tx, subjects).values() for clue in own}
        erased = tables.erase(tx, subjects)
        unsounded = [
            (sound, posting[0], posting[1])
            for clue in sorted(clues)
            for sound in self._routes.sounds([clue])
            for posting in self._routes.postings(b"", [clue])
        ]
        return erased + tables.erase_sounds(tx, unsounded)

    # -- what stands

    def values(self, reader: Reader, subjects: Sequence[bytes]) -> list[Told]:
        """Everything that was told of these subjects."""
        return sorted(tables.of_subjects(reader, subjects))

    def told_of(self, reader: Reader, chosen: Chosen) -> list[Told]:
        """Everything that was told of the subjects that another room chooses."""
        return sorted(tables.of_chosen(reader, chosen))

    def record(self, reader: Reader, subjects: Sequence[bytes], shared: frozenset[Identifier] = frozenset()) -> Profile:
        """The golden record of the person whose identifiers these are.

        shared: identifiers that name more than one person; such an e-mail or phone is not the person's own.
        """
        return self.profile(self.values(reader, subjects), shared)

    def profile(self, values: list[Told], shared: frozenset[Identifier] = frozenset()) -> Profile:
        """The golden record of these values."""
        attributes = golden(self._own(values, shared), self._ranks)
        return Profile(display_name(attributes), attributes)

    def _own(self, values: list[Told], shared: frozenset[Identifier]) -> list[Told]:
        return [one for one in values if not shared or not self._is_shared(one, shared)]

    def _is_shared(self, one: Told, shared: frozenset[Identifier]) -> bool:
        if one.name not in ("email", "phone"):
            return False
        spelled = self._spelling(one.name, one.value)
        return spelled is not None and Identifier(one.name, spelled) in shared

    # -- who it may be

    def search(self, reader: Reader, text: str, limit: int = 20) -> list[Found]:
        """Subjects by whatever is known of them: (beginnings of) names, city, postcode, last digits of a phone or card.

        Best first: what is exact comes before what only begins or sounds alike, what few have before what many have.
        Where a text finds more than some hundreds alike, those of them that come first by their number are answered.
        """
        return self.search_for(reader, terms(text), limit)

    def search_for(self, reader: Reader, wanted: Sequence[Term], limit: int = 20) -> list[Found]:
        """The same for terms of which it is known what kind they are."""
        asked = [one for term in wanted if (one := self._asked(reader, term)).in_all]
        rare = [one for one in asked if one.in_all <= _RARE]
        common = sorted((one for one in asked if one not in rare), key=lambda one: one.in_all)
        found = _told_apart(reader, _by_each(reader, rare), asked)
        if common and all(len(one.why) < len(asked) for one in found):
            known = {one.subject for one in found}
            found += _told_apart(reader, [one for one in _by_all(reader, common) if one not in known], asked)
        return sorted(found, key=lambda one: (-one.score, one.subject))[:limit]

    def _asked(self, reader: Reader, term: Term) -> "_Asked":
        """A term with what it may mean; among that are words which sound like it."""
        key = sound(term.typed) if term.signs[0].clue[0] == NAME else None
        alike = tables.sounding(reader, self._routes.sound(key), key, _MOST_WORDS_OF_A_SOUND) if key else []
        signs = [*term.signs, *sounding_like(term.typed, alike)]
        stretches = [self._routes.stretch(sign) for sign in signs]
        counts = [tables.how_many(reader, one, _MANY) for one in stretches]
        # What only sounds alike is as common as all that sounds so, what is written as it was typed included.
        alike_in_all = sum(count for sign, count in zip(signs, counts, strict=True) if sign.exact)
        meanings = [
            _Meaning(sign, clues, count, min(_MANY, alike_in_all) if sign.worth == ALIKE else count)
            for sign, clues, count in zip(signs, stretches, counts, strict=True)
            if count
        ]
        return _Asked(term.typed, meanings)


class _Meaning(NamedTuple):
    """One way in which a term may be meant: where its clues lie, and how many subjects they find (at most `_MANY`).

    among: how many could as well be meant when the term is taken so freely, which is what it is worth by.
    """

    sign: Sign
    clues: Range
    count: int
    among: int

    @property
    def tier(self) -> int:
        """How freely the term must be taken to mean this."""
        if self.sign.worth == ALIKE:
            return _AS_IT_SOUNDS
        return _AS_WRITTEN if self.sign.exact else _AS_IT_BEGINS

    @property
    def worth(self) -> float:
        """More, the fewer have it: bits, against what is common."""
        return self.sign.worth * (1 + log2(_MANY / self.among))


class _Asked(NamedTuple):
    """A term that was typed, and what it may mean, as far as that finds anybody."""

    typed: str
    meanings: list[_Meaning]

    @property
    def in_all(self) -> int:
        """How many subjects it finds, at most."""
        return sum(one.count for one in self.meanings)

    def within(self, tier: int) -> list[_Meaning]:
        """What it may mean when it is taken so freely."""
        return [one for one in self.meanings if one.tier == tier or (tier == _AS_IT_SOUNDS and one.tier == _AS_WRITTEN)]

    def reason(self, own: list[bytes]) -> Reason | None:
        """The best way in which the term shows in these clues."""
        shown = [one for one in self.meanings if is_shown(one.sign, own)]
        if not shown:
            return None
        best = max(shown, key=lambda one: (one.worth, one.sign.words))
        return Reason(self.typed, KINDS[best.sign.clue[0]], best.sign.words, best.worth)


def _by_each(reader: Reader, rare: Sequence[_Asked]) -> list[bytes]:
    """Everybody whom one of these terms finds."""
    found = (
        tables.subjects_with(reader, one.clues, (), most=_RARE, looked_at=_RARE)
        for term in rare
        for one in term.meanings
    )
    return list(dict.fromkeys(chain.from_iterable(found)))


def _by_all(reader: Reader, common: Sequence[_Asked]) -> list[bytes]:
    """Some whom these terms find together, the freer taken the later; as many of the terms as find anybody."""
    for together in range(len(common), 0, -1):
        found: dict[bytes, None] = {}
        for tier, looked_at in _TIERS:
            if len(found) < _ENOUGH:
                groups = [one.within(tier) for one in common[:together]]
                found |= dict.fromkeys(_by_tier(reader, groups, looked_at) if all(groups) else ())
        if found:
            return list(found)
    return []


def _by_tier(reader: Reader, groups: Sequence[Sequence[_Meaning]], looked_at: int) -> Iterator[bytes]:
    """Some who have a clue of every group; the group that the fewest have is gone through."""
    first, *others = sorted(groups, key=lambda group: _size(reader, group)) if len(groups) > 1 else groups
    also = [[one.clues for one in group] for group in others]
    for one in first:
        yield from tables.subjects_with(reader, one.clues, also, most=_MOST_COMMON, looked_at=looked_at)


def _size(reader: Reader, group: Sequence[_Meaning]) -> int:
    """How many have a clue of a group; counted further than it matters for what the clue is worth."""
    return sum(one.count if one.count < _MANY else tables.how_many(reader, one.clues, 5 * _MANY) for one in group)


def _told_apart(reader: Reader, subjects: Sequence[bytes], asked: Sequence[_Asked]) -> list[Found]:
    return [_found(subject, own, asked) for subject, own in tables.clues_of(reader, subjects).items()]


def _found(subject: bytes, own: list[bytes], asked: Sequence[_Asked]) -> Found:
    reasons = tuple(reason for one in asked if (reason := one.reason(own)) is not None)
    return Found(subject, sum(reason.worth for reason in reasons), reasons)


def _traits(fact: Fact) -> Json:
    """What a fact tells of a person; the traits of a group call are the group's."""
    return fact.context.traits or {} if fact.kind == "group" else fact.traits


def _told(fact: Fact, values: Values) -> list[Told]:
    subject, source = fact.subject, fact.source
    trust = CONFIRMED if source == OURS.name else VERIFIED if fact.trusted else CLAIMED
    at, message = fact.occurred_at, fact.message_id.encode()
    return [Told(subject, name, value, source, trust, at, message, at, message) for name, value in values]


def _clues(fact: Fact, values: Values) -> set[str]:
    """By what somebody can be found who was told of in this way."""
    found: set[str] = set()
    for name, value in values:
        found.update(clues_of_value(name, value))
    for one in fact.identifiers:
        found.update(clues_of_identifier(one))
    return found
