"""Recognise: somebody stands at the counter and says a name, some digits, a city. Who is it, probably?

Nothing here ever joins two people. It answers who they may be and why; an associate confirms or rejects, and that is a
decision like any other.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import islice
from typing import NamedTuple

from noline.flows.identity import Change, Identity
from noline.flows.judging import Judge, Judgement
from noline.kernel.errors import NotFound, NotReadable
from noline.kernel.events import Identifier
from noline.stores.transactional import Reader, TransactionalStore
from noline.truth.customers.identifiers import NAMESPACES, normalised
from noline.truth.customers.model import CLAIMED, DIFFERENT, Subject
from noline.truth.customers.service import Customers
from noline.truth.orders.service import Orders
from noline.truth.profiles.clues import NAME, NUMBER, PHONE, PLACE, POSTCODE, Term, terms
from noline.truth.profiles.model import Profile, Told
from noline.truth.profiles.service import Profiles, Reason

_ADDRESSES = ("email", "phone")
_MOST_SUBJECTS = 200
_MOST_LOOKED_AT = 20
_WHOLE_PHONE = 7
"""Fewer digits are the end of a phone."""

_PROBABLE = 0.9
"""Nine of ten who are called probably the same are."""

_WORTH_OF_ADDRESS = 12.0
"""As much as any clue can be worth: nearly nobody else has it."""

_WORTH_OF_BIRTHDAY = 8.5
"""One of 365 days."""

_TELLING = frozenset(("phone", "number", "email", "birthday"))
"""What hardly two people of one name have in common."""


class TooLittleSaid(NotReadable):
    """Nothing by which anybody could be looked up."""

    code = "customers.too_little_said"
    sentence = "What was said finds nobody by itself."
    hint = "Say a name, an e-mail, a city, or at least four digits of a phone or card."


@dataclass(frozen=True, slots=True)
class Said:
    """What a customer says; any part of it. number: of a card or other customer number, or its last digits."""

    name: str = ""
    phone: str = ""
    email: str = ""
    city: str = ""
    birthday: str = ""
    number: str = ""

    def looked_up(self) -> list[Term]:
        """What can be looked up part by part."""
        parts = ((self.name, NAME), (self.phone, PHONE), (self.number, NUMBER), (self.city, PLACE + POSTCODE))
        return [term for text, kinds in parts for term in terms(text, kinds)]

    def described(self) -> dict[str, str]:
        """What of it a model can compare: whole names, whole phones, whole days."""
        born = _birthday(self.birthday)
        told = {
            "name": self.name if len(terms(self.name, NAME)) > 1 else "",
            "phone": self.phone if sum(letter.isdecimal() for letter in self.phone) >= _WHOLE_PHONE else "",
            "email": self.email,
            "address.city": self.city,
            "birthday": f"{born.year:04}-{born.month:02}-{born.day:02}" if born and born.year else "",
        }
        return {name: value for name, value in told.items() if value}

    def is_compared(self, kind: str) -> bool:
        """Whether a model sees this kind of reason."""
        return {"city": "address.city"}.get(kind, kind) in self.described()


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who may be meant. probably: as far as can be told, it is the same person. against: what speaks against.

    score: comparable among the candidates of one answer only. probability: as the model has it; None without a model.
    """

    person: str
    name: str | None
    probably: bool
    score: float
    probability: float | None
    reasons: tuple[str, ...]
    against: tuple[str, ...]

    @property
    def words(self) -> str:
        """How to say it to whoever asked."""
        return "probably the same person" if self.probably else "perhaps the same person"


@dataclass(frozen=True, slots=True)
class Recognised:
    """Who may be meant, the likeliest first. judged_by: `model`, or `evidence` as long as no match has learned one."""

    judged_by: str
    candidates: tuple[Candidate, ...]


class Birthday(NamedTuple):
    """A day of birth; year 0 when it was not said."""

    year: int
    month: int
    day: int

    def agrees(self, other: "Birthday") -> bool:
        """Whether both may be one day."""
        return self[1:] == other[1:] and (self.year == other.year or 0 in (self.year, other.year))


class Recognition:
    """Who it may be."""

    def __init__(
        self,
        store: TransactionalStore,
        customers: Customers,
        profiles: Profiles,
        orders: Orders,
        identity: Identity,
        judge: Judge,
    ) -> None:
        """Wire it to the rooms it asks."""
        self._judge = judge
        self._store = store
        self._customers = customers
        self._profiles = profiles
        self._orders = orders
        self._identity = identity

    # -- one person

    def profile(self, reader: Reader, person: str) -> Profile:
        """The golden record of a person, without what is shared with others. Raises NotFound."""
        return self.profile_today(reader, self._customers.resolve(reader, person))

    def profile_today(self, reader: Reader, person: str) -> Profile:
        """The golden record of who has this id today; however many names there are, none of them is read."""
        told = self._profiles.told_of(reader, self._customers.chosen(person))
        return self._profiles.profile(told, self._shared(reader, told))

    def profile_of(self, reader: Reader, subjects: Sequence[Subject]) -> Profile:
        """The golden record of whom these names are."""
        told = self._profiles.values(reader, subjects)
        return self._profiles.profile(told, self._shared(reader, told))

    def values(self, reader: Reader, person: str) -> list[Told]:
        """Everything that was told of a person, what is shared with others too. Raises NotFound."""
        return self._profiles.values(reader, self._customers.subjects(reader, person))

    def _shared(self, reader: Reader, told: Iterable[Told]) -> frozenset[Identifier]:
        """E-mails and telephone numbers among these values that are a household's or a shop's, not a person's own."""
        names = {
            Identifier(one.name, spelled)
            for one in told
            if one.name in _ADDRESSES and (spelled := normalised(one.name, one.value))
        }
        by_subject = {self._customers.subject(one): one for one in names}
        standing = self._customers.standing(reader, by_subject)
        return frozenset(by_subject[subject] for subject, one in standing.items() if one.shared)

    # -- whom a text finds

    def find(self, reader: Reader, text: str, limit: int = 20) -> list[str]:
        """People by a name of theirs, their id, an order, or any part of what is known of them, best first."""
        return list(self.found(reader, text, limit))

    def found(self, reader: Reader, text: str, limit: int = 20) -> dict[str, tuple[str, ...]]:
        """The same people, each with the reasons in words."""
        exact: dict[str, tuple[str, ...]] = {}
        for name in NAMESPACES:
            for person in self._holders(reader, name, text):
                exact.setdefault(person, (f"has the {name.replace('_', ' ')} {text.strip()}",))
        order = self._orders.order(reader, text.strip())
        if order is not None:
            for person in self._people_of(reader, [order.subject]).values():
                exact.setdefault(person, (f"has the order {text.strip()}",))
        with suppress(NotFound):
            exact.setdefault(self._customers.resolve(reader, text.strip()), ("has this id",))
        if not exact:
            exact = {person: _in_words(reasons) for person, reasons in self._by_clues(reader, terms(text)).items()}
        return dict(islice(exact.items(), limit))

    def _holders(self, reader: Reader, namespace: str, text: str) -> list[str]:
        """Whose this name is; of one that several share, all who do."""
        value = normalised(namespace, text)
        if value is None:
            return []
        subject = self._customers.subject(Identifier(namespace, value))
        standing = self._customers.standing(reader, [subject]).get(subject)
        if standing is None:
            return []
        return (standing.shared and self._around(reader, subject)) or [standing.person]

    def _around(self, reader: Reader, subject: Subject) -> list[str]:
        links = self._customers.links(reader, [subject])
        ends = {end for link in links if link.trust > CLAIMED for end in link[:2]} - {subject}
        return sorted(set(self._people_of(reader, ends).values()))

    def _people_of(self, reader: Reader, subjects: Iterable[Subject]) -> dict[Subject, str]:
        return {subject: one.person for subject, one in self._customers.standing(reader, subjects).items()}

    def _by_clues(self, reader: Reader, wanted: Sequence[Term]) -> dict[str, list[Reason]]:
        """People whom these terms find, best first, each with the best reason for each part of it.

        What was told of one person under several names counts together.
        """
        found = self._profiles.search_for(reader, wanted, _MOST_SUBJECTS)
        people = self._people_of(reader, [one.subject for one in found])
        best: dict[str, dict[str, Reason]] = defaultdict(dict)
        for one in found:
            if (person := people.get(one.subject)) is None:
                continue
            for reason in one.why:
                rival = best[person].get(reason.typed)
                if rival is None or reason.worth > rival.worth:
                    best[person][reason.typed] = reason
        ordered = sorted(best, key=lambda person: (-sum(one.worth for one in best[person].values()), person))
        return {person: list(best[person].values()) for person in ordered}

    # -- who it probably is

    def recognise(self, said: Said, limit: int = 5) -> Recognised:
        """Who may be meant, the likeliest first. Raises TooLittleSaid."""
        with self._store.reading() as reader:
            judged_by, found = self._candidates(reader, said)
        # Where two are as likely, neither is.
        if sum(one.probably for one in found) > 1:
            found = [replace(one, probably=False) for one in found]
        return Recognised(judged_by, tuple(found[:limit]))

    def lookalikes(self, person: str, limit: int = 5) -> Recognised:
        """Other people who are probably this one, the likeliest first; never those who were decided not to be.

        Raises NotFound, and TooLittleSaid of a person of whom nothing is known that could find another.
        """
        with self._store.reading() as reader:
            subjects = self._customers.subjects(reader, person)
            said = _said_of(self.profile(reader, person))
            own = self._people_of(reader, subjects)
            others = self._parted(reader, subjects)
            judged_by, found = self._candidates(reader, said, frozenset([*own.values(), *others]))
        return Recognised(judged_by, tuple(found[:limit]))

    def confirm(self, one: str, other: str, *, by: str) -> Change:
        """They are one person, says somebody who has seen them. Raises NotFound and the refusals of a merge."""
        return self._identity.merge(one, other, by=by, reason="recognised")

    def reject(self, one: str, other: str, *, by: str) -> Change:
        """They are not one person, and no model may say so again. Raises NotFound and the refusals of a parting."""
        return self._identity.part(one, other, by=by, reason="not recognised")

    def _parted(self, reader: Reader, subjects: Sequence[Subject]) -> set[str]:
        """People of whom somebody decided that they are not this one."""
        own = set(subjects)
        decided = [one for one in self._customers.decisions_about(reader, own) if one.kind == DIFFERENT]
        ends = {end for one in decided for end in (*one.one, *one.other)} - own
        return set(self._people_of(reader, ends).values())

    def _candidates(self, reader: Reader, said: Said, but: frozenset[str] = frozenset()) -> tuple[str, list[Candidate]]:
        """How they were judged, and who may be meant but for these people."""
        if not said.email and not said.looked_up():
            raise TooLittleSaid
        found = self._by_clues(reader, said.looked_up())
        by_mail = self._holders(reader, "email", said.email)
        for person in by_mail:
            mail = Reason(said.email, "email", f"has the e-mail {said.email}", _WORTH_OF_ADDRESS / len(by_mail))
            found.setdefault(person, []).append(mail)
        likeliest = sorted(found.keys() - but, key=lambda person: (-_worth(found[person]), person))[:_MOST_LOOKED_AT]
        looks = [_Look(person, self.profile(reader, person), found[person], said) for person in likeliest]
        judgements = self._judge.judge(said.described(), [look.described() for look in looks]) if looks else None
        if judgements is None:
            candidates = [look.by_evidence() for look in looks]
        else:
            candidates = [look.by_model(one) for look, one in zip(looks, judgements, strict=True)]
        ordered = sorted(candidates, key=lambda one: (-one.score, one.person))
        return "evidence" if judgements is None else "model", ordered


class _Look:
    """One person beside what was said."""

    def __init__(self, person: str, profile: Profile, reasons: Sequence[Reason], said: Said) -> None:
        self._person = person
        self._profile = profile
        self._reasons = list(reasons)
        self._said = said
        self._against: list[str] = []
        self._compare_birthdays()

    def described(self) -> dict[str, str]:
        """The person as the model compares people."""
        return {name: one.value for name, one in self._profile.attributes.items()}

    def by_evidence(self) -> Candidate:
        """Judged by how rare it is what agrees."""
        score = _worth(self._reasons) - _WORTH_OF_BIRTHDAY * len(self._against)
        return self._candidate(score, None, probably=_is_telling(self._reasons, self._said))

    def by_model(self, judgement: Judgement) -> Candidate:
        """Judged by the model; what it cannot compare, such as the end of a phone, counts for what it is worth."""
        unseen = [one for one in self._reasons if not self._said.is_compared(one.kind)]
        probability = judgement.probability(_worth(unseen))
        return self._candidate(judgement.bits + _worth(unseen), probability, probably=probability >= _PROBABLE)

    def _candidate(self, score: float, probability: float | None, *, probably: bool) -> Candidate:
        told = _in_words(self._reasons)
        probably = probably and not self._against
        name = self._profile.name
        return Candidate(self._person, name, probably, score, probability, told, tuple(self._against))

    def _compare_birthdays(self) -> None:
        born = _birthday(self._said.birthday)
        known = self._profile.attributes.get("birthday")
        day = _birthday(known.value) if known else None
        if born is None or known is None or day is None:
            return
        if day.agrees(born):
            words = f"was born on {known.value}"
            self._reasons.append(Reason(self._said.birthday, "birthday", words, _WORTH_OF_BIRTHDAY))
        else:
            self._against.append(f"was born on {known.value}, not on {self._said.birthday}")


def _is_telling(reasons: Sequence[Reason], said: Said) -> bool:
    """Whether the whole name shows, and beside it something that hardly two people of one name have in common."""
    shown = {one.typed for one in reasons if one.kind == "name"}
    names = {term.typed for term in terms(said.name, NAME)}
    return bool(names) and names <= shown and any(one.kind in _TELLING for one in reasons)


def _in_words(reasons: Iterable[Reason]) -> tuple[str, ...]:
    return tuple(one.words for one in sorted(reasons, key=lambda one: -one.worth))


def _worth(reasons: Iterable[Reason]) -> float:
    return sum(one.worth for one in reasons)


def _said_of(profile: Profile) -> Said:
    """What a person would say, as far as it is known."""
    known = {name: one.value for name, one in profile.attributes.items()}
    return Said(
        name=profile.name or "",
        phone=known.get("phone", ""),
        email=known.get("email", ""),
        city=known.get("address.city", ""),
        birthday=known.get("birthday", ""),
    )


_ISO_DAY = re.compile(r"(?:(\d{4})-)?(\d{1,2})-(\d{1,2})(?:T.*)?")
_WRITTEN_DAY = re.compile(r"(\d{1,2})[./](\d{1,2})[./]?(\d{4})?")


def _birthday(text: str) -> Birthday | None:
    """A day as ISO 8601 or as Europe writes it, with or without its year; None when it is none."""
    if match := _ISO_DAY.fullmatch(text.strip()):
        year, month, day = match.groups()
    elif match := _WRITTEN_DAY.fullmatch(text.strip()):
        day, month, year = match.groups()
    else:
        return None
    found = Birthday(int(year or 0), int(month), int(day))
    return found if 1 <= found.month <= 12 and 1 <= found.day <= 31 else None
