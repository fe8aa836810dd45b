"""How five channels write down the people who come to them, each with the gaps and faults it is known for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from noline.doors.bench.people_life import Firms, Households, People, Places
from noline.doors.bench.people_names import ASCII, JAPAN, NOTHING, Names, objects


class Channel(NamedTuple):
    """How a channel writes; every figure but the spellings is a share of its records.

    spelling, japanese: as the person writes it, without accents (kana), in ASCII (romaji). relay: the marketplace's own
    address instead of the customer's. blank_phone: what cashiers type when there is none. new_year: born on 1 January
    of the right year. form: +49301234567, 030 1234567 or 030/12 34 567.
    """

    share: float
    spelling: tuple[float, float, float]
    japanese: tuple[float, float, float]
    nickname: float
    initial: float
    no_given: float
    typo: float
    swapped: float
    upper: float
    mail: float
    relay: float
    phone: float
    blank_phone: float
    form: tuple[float, float, float]
    birth: float
    new_year: float
    address: float
    postcode_only: float
    short_street: float
    card: float
    firm: float


CHANNELS: Mapping[str, Channel] = {
    "web": Channel(
        share=0.27, spelling=(0.85, 0.10, 0.05), japanese=(0.8, 0.1, 0.1), nickname=0.04, initial=0.01, no_given=0.0,
        typo=0.02, swapped=0.01, upper=0.02, mail=1.0, relay=0.0, phone=0.6, blank_phone=0.01, form=(0.5, 0.4, 0.1),
        birth=0.55, new_year=0.03, address=0.85, postcode_only=0.0, short_street=0.25, card=0.35, firm=0.6,
    ),
    "app": Channel(
        share=0.18, spelling=(0.80, 0.15, 0.05), japanese=(0.6, 0.2, 0.2), nickname=0.12, initial=0.02, no_given=0.0,
        typo=0.02, swapped=0.01, upper=0.0, mail=0.9, relay=0.0, phone=0.5, blank_phone=0.0, form=(1.0, 0.0, 0.0),
        birth=0.65, new_year=0.02, address=0.4, postcode_only=0.1, short_street=0.2, card=0.75, firm=0.0,
    ),
    "till": Channel(
        share=0.30, spelling=(0.2, 0.4, 0.4), japanese=(0.0, 0.7, 0.3), nickname=0.05, initial=0.03, no_given=0.04,
        typo=0.05, swapped=0.02, upper=0.35, mail=0.35, relay=0.0, phone=0.45, blank_phone=0.1, form=(0.1, 0.7, 0.2),
        birth=0.45, new_year=0.10, address=0.3, postcode_only=0.4, short_street=0.7, card=0.85, firm=0.05,
    ),
    "call_centre": Channel(
        share=0.10, spelling=(0.5, 0.1, 0.4), japanese=(0.1, 0.8, 0.1), nickname=0.05, initial=0.0, no_given=0.04,
        typo=0.06, swapped=0.02, upper=0.0, mail=0.45, relay=0.0, phone=0.95, blank_phone=0.01, form=(0.1, 0.2, 0.7),
        birth=0.6, new_year=0.01, address=0.8, postcode_only=0.1, short_street=0.5, card=0.25, firm=0.6,
    ),
    "marketplace": Channel(
        share=0.15, spelling=(0.6, 0.1, 0.3), japanese=(0.4, 0.0, 0.6), nickname=0.02, initial=0.05, no_given=0.0,
        typo=0.01, swapped=0.02, upper=0.05, mail=0.97, relay=0.9, phone=0.25, blank_phone=0.0, form=(1.0, 0.0, 0.0),
        birth=0.0, new_year=0.0, address=1.0, postcode_only=0.0, short_street=0.3, card=0.0, firm=0.0,
    ),
}  # fmt: skip

_RECORDS = (0.40, 0.24, 0.15, 0.09, 0.05, 0.03, 0.02, 0.02)
"""Shares of people with 1, 2, ... records."""

_FAMILY_MAIL_USED = 0.5
_LANDLINE_GIVEN = 0.45
_SAME_ALIAS = 0.7
_NO_MAIL_TYPED = 0.015
_WRONG_DIGIT = 0.015
_DAY_AND_MONTH = 0.01
_JAPANESE_SWAP = 4
_BLANK_PHONES = ("0000000000", "1111111111", "0123456789", "9999999999", "000", "0")
_BLANK_MAILS = ("keine@mail.de", "none@none.com", "test@test.com", "noemail@shop.example")
_SHARED_BOXES = ("info", "einkauf", "office")
_KEYS = "abcdefghijklmnoprstuvwz"


@dataclass(frozen=True, slots=True)
class Visit:
    """Who comes where and when; a position in each is a record. at: between 0 and 1. for_firm: buys for the firm."""

    person: np.ndarray
    household: np.ndarray
    country: np.ndarray
    channel: np.ndarray
    spelling: np.ndarray
    at: np.ndarray
    for_firm: np.ndarray


class Writer:
    """Writes records of a part of the people."""

    def __init__(self, rng: np.random.Generator, names: Names, homes: Households, them: People, firms: Firms) -> None:
        """All chance comes from rng, in one order."""
        self._rng, self._names, self._homes, self._them, self._firms = rng, names, homes, them, firms
        self.visits = self._visits()

    def columns(self) -> dict[str, np.ndarray]:
        """The records, column by column, with the truth beside them."""
        given, family = self._given_and_family()
        address, mail, card = self._address(), self._mail(), self._card()
        visits = self.visits
        # Nobody is written down who leaves nothing to be found by.
        traceless = np.all([np.equal(column, NOTHING) for column in (address["street"], mail, card)], axis=0)
        return {
            "source": np.array(list(CHANNELS), dtype=object)[visits.channel],
            "given_name": given,
            "family_name": family,
            "email": mail,
            "phone": self._phone(traceless),
            "birth_date": self._birth(),
            **address,
            "loyalty_id": card,
            "person_truth": self._them.first + visits.person,
            "household_truth": self._homes.first + visits.household,
        }

    def _visits(self) -> Visit:
        rng, them = self._rng, self._them
        times = 1 + np.searchsorted(np.cumsum(_RECORDS)[:-1], rng.random(len(them.country)), side="right")
        person = np.repeat(np.arange(len(times)), times)
        count = len(person)
        shares = np.cumsum([channel.share for channel in CHANNELS.values()])[:-1]
        channel = np.searchsorted(shares, rng.random(count), side="right")
        country = them.country[person]
        chance = rng.random(count)
        written = np.array([[one.spelling, one.japanese] for one in CHANNELS.values()])
        sums = np.cumsum(written[channel, (country == JAPAN).astype(int)], axis=1)[:, :2]
        spelling = (chance[:, None] >= sums).sum(axis=1)
        at = rng.random(count)
        firm = (them.firm[person] >= 0) & (rng.random(count) < _figure("firm")[channel])
        return Visit(person, them.household[person], country, channel, spelling, at, firm)

    def _happens(self, name: str) -> np.ndarray:
        """In which records something happens that has this share in the channel."""
        return self._rng.random(len(self.visits.at)) < _figure(name)[self.visits.channel]

    def _share(self, share: float) -> np.ndarray:
        return self._rng.random(len(self.visits.at)) < share

    def _given_and_family(self) -> tuple[np.ndarray, np.ndarray]:
        visits, names, them = self.visits, self._names, self._them
        number = them.given[visits.person]
        given = names.given.spelled[visits.spelling, number]
        given = np.where(self._happens("nickname") & (visits.country != JAPAN), names.short[number], given)
        was = visits.at < them.renamed_at[visits.person]
        family = names.family.spelled[
            visits.spelling, np.where(was, them.former_family[visits.person], them.family[visits.person])
        ]
        given, family = self._mistyped(given, "typo"), self._mistyped(family, "typo")
        given = _changed(given, self._happens("initial") & (visits.country != JAPAN), _initial)
        given = np.where(self._happens("no_given"), NOTHING, given)
        swap = self._rng.random(len(given)) < _figure("swapped")[visits.channel] * np.where(
            visits.country == JAPAN, _JAPANESE_SWAP, 1
        )
        given, family = np.where(swap, family, given), np.where(swap, given, family)
        upper = self._happens("upper")
        return _changed(given, upper, str.upper), _changed(family, upper, str.upper)

    def _mistyped(self, words: np.ndarray, name: str) -> np.ndarray:
        wrong = np.flatnonzero(
            self._happens(name) & ~((self.visits.country == JAPAN) & (self.visits.spelling != ASCII))
        )
        ways, places, keys = (self._rng.random(len(wrong)).tolist() for _ in range(3))
        words = words.copy()
        for at, way, place, key in zip(wrong.tolist(), ways, places, keys, strict=True):
            words[at] = mistyped(words[at], way, place, _KEYS[int(key * len(_KEYS))])
        return words

    def _mail(self) -> np.ndarray:
        visits, them = self.visits, self._them
        late = visits.at > 0.5
        mail = np.where(late, them.second_mail[visits.person], them.mail[visits.person])
        family = self._homes.mail[visits.household]
        shared = np.not_equal(family, NOTHING) & self._share(_FAMILY_MAIL_USED)
        mail = np.where(shared, family, mail)
        mail = np.where(visits.for_firm, self._firm_mail(), mail)
        mail = self._mistyped_some(mail, _figure("typo")[visits.channel] / 2)
        mail = np.where(self._happens("relay"), self._alias(), mail)
        blank = self._pick(_BLANK_MAILS)
        mail = np.where(self._happens("blank_phone") & self._share(_NO_MAIL_TYPED * 10), blank, mail)
        return np.where(self._happens("mail"), mail, NOTHING)

    def _mistyped_some(self, words: np.ndarray, share: np.ndarray) -> np.ndarray:
        words = words.copy()
        wrong = np.flatnonzero(self._rng.random(len(words)) < share)
        ways, places = (self._rng.random(len(wrong)).tolist() for _ in range(2))
        for at, way, place in zip(wrong.tolist(), ways, places, strict=True):
            words[at] = mistyped(words[at], way, place * 0.6, "e")
        return words

    def _firm_mail(self) -> np.ndarray:
        visits, them, names = self.visits, self._them, self._names
        domain = self._firms.mail_domain[them.firm[visits.person]]
        box = self._pick(_SHARED_BOXES)
        given = names.given.spelled[ASCII][them.given[visits.person]]
        family = names.family.spelled[ASCII][them.family[visits.person]]
        shared = self._share(0.4).tolist()
        return objects([
            f"{some}@{at}" if is_shared else f"{first[0]}.{last}@{at}".lower()
            for some, at, is_shared, first, last in zip(box, domain, shared, given, family, strict=True)
        ])  # fmt: skip

    def _alias(self) -> np.ndarray:
        """What a marketplace forwards from: the same for a customer, or new with each order."""
        number = self._them.first + self.visits.person
        fresh = np.where(self._share(_SAME_ALIAS), 0, self._rng.integers(1, 1 << 20, len(number)))
        mixed = ((number * 1_048_583 + fresh) * 2_654_435_761) % (1 << 44)
        return objects([f"{one:011x}@relay.market.example" for one in mixed.tolist()])

    def _phone(self, always: np.ndarray) -> np.ndarray:
        visits, them = self.visits, self._them
        phone = them.mobile[visits.person]
        landline = self._homes.landline[visits.household]
        phone = np.where(np.not_equal(landline, NOTHING) & self._share(_LANDLINE_GIVEN), landline, phone)
        phone = np.where(visits.for_firm, self._firms.phone[them.firm[visits.person]], phone)
        sums = np.cumsum(np.array([one.form for one in CHANNELS.values()])[visits.channel], axis=1)[:, :2]
        form = (self._rng.random(len(phone))[:, None] >= sums).sum(axis=1)
        phone = objects([_dialled(one, way) for one, way in zip(phone, form.tolist(), strict=True)])
        phone = self._digit_wrong(phone)
        phone = np.where(self._happens("blank_phone") & ~always, self._pick(_BLANK_PHONES), phone)
        return np.where(always | self._happens("phone"), phone, NOTHING)

    def _digit_wrong(self, words: np.ndarray) -> np.ndarray:
        words = words.copy()
        wrong = np.flatnonzero(self._share(_WRONG_DIGIT))
        for at, digit in zip(wrong.tolist(), self._rng.integers(0, 10, len(wrong)).tolist(), strict=True):
            words[at] = f"{words[at][:-2]}{digit}{words[at][-1]}"
        return words

    def _birth(self) -> np.ndarray:
        visits = self.visits
        days = np.datetime_as_string(self._them.born[visits.person].astype("datetime64[D]"), unit="D").astype(object)
        days = _changed(days, self._share(_DAY_AND_MONTH), _day_and_month)
        days = self._digit_wrong(days)
        days = _changed(days, self._happens("new_year"), _new_year)
        return np.where(self._happens("birth") & ~visits.for_firm, days, NOTHING)

    def _address(self) -> dict[str, np.ndarray]:
        visits, names = self.visits, self._names
        moved = visits.at > self._homes.moved_at[visits.household]
        place = _either(moved, _at(self._homes.after, visits.household), _at(self._homes.before, visits.household))
        place = _either(visits.for_firm, _at(self._firms.place, self._them.firm[visits.person]), place)
        latin = np.where(visits.spelling == ASCII, ASCII, np.where(self._happens("short_street"), 1, 0))
        street = names.street.spelled[latin, place.street]
        line = objects(
            [_line(*told) for told in zip(visits.country.tolist(), street, place.house.tolist(), strict=True)]
        )
        city = names.city.spelled[visits.spelling, place.city]
        code = zip(visits.country.tolist(), names.city_codes[place.city], place.code.tolist(), strict=True)
        there = self._happens("address")
        code_there = there | self._happens("postcode_only")
        upper = there & self._happens("upper")
        line = self._mistyped_some(line, np.where(visits.country == JAPAN, 0, _figure("typo")[visits.channel] / 2))
        return {
            "street": np.where(there, _changed(line, upper, str.upper), NOTHING),
            "postcode": np.where(code_there, objects([_postcode(*told) for told in code]), NOTHING),
            "city": np.where(there, _changed(city, upper, str.upper), NOTHING),
            "country": np.where(code_there, np.array(["DE", "FR", "GB", "US", "JP"], object)[visits.country], NOTHING),
        }

    def _card(self) -> np.ndarray:
        visits, them = self.visits, self._them
        card = np.where(visits.at > 0.6, them.second_card[visits.person], them.card[visits.person])
        return np.where(self._happens("card") & ~visits.for_firm, card, NOTHING)

    def _pick(self, words: tuple[str, ...]) -> np.ndarray:
        return objects(words)[self._rng.integers(0, len(words), len(self.visits.at))]


def mistyped(word: str, way: float, place: float, key: str) -> str:
    """A word with one slip at a place, not its first: letters exchanged, one left out, one too many, or another key."""
    if len(word) < 3:
        return word
    at = 1 + int(place * (len(word) - 2))
    if way < 0.25:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if way < 0.5:
        return word[:at] + word[at + 1 :]
    if way < 0.75:
        return word[:at] + key + word[at:]
    return word[:at] + key + word[at + 1 :]


def _figure(name: str) -> np.ndarray:
    """A figure of each channel."""
    return np.array([getattr(channel, name) for channel in CHANNELS.values()])


def _changed(words: np.ndarray, where: np.ndarray, change: Callable[[str], str]) -> np.ndarray:
    words = words.copy()
    for at in np.flatnonzero(where).tolist():
        if words[at] is not None:
            words[at] = change(words[at])
    return words


def _dialled(phone: str, form: int) -> str:
    calling, area, rest = phone.split(" ")
    if form == 0:
        return f"{calling}{area}{rest}"
    trunk = "" if calling == "+1" else "0"
    return f"{trunk}{area} {rest}" if form == 1 else f"{trunk}{area}/{rest[:2]} {rest[2:4]} {rest[4:]}"


def _initial(word: str) -> str:
    return f"{word[0]}."


def _new_year(day: str) -> str:
    return f"{day[:4]}-01-01"


def _day_and_month(day: str) -> str:
    return f"{day[:4]}-{day[8:]}-{day[5:7]}" if day[8:] <= "12" else day


def _line(country: int, street: str, house: int) -> str:
    match country:
        case 0:
            return f"{street} {house}"
        case 1:
            return f"{house}, {street}"
        case 2 | 3:
            return f"{house} {street}"
        case _:
            return f"{street}{1 + house % 5}-{1 + house % 23}-{house}"


def _postcode(country: int, city: str, rest: int) -> str:
    match country:
        case 2:
            letters = "ABDEFGHJLNPQRSTUWXYZ"
            return f"{city}{1 + rest % 28} {rest % 9 + 1}{letters[rest % 19]}{letters[rest // 20 % 20]}"
        case 4:
            digits = f"{city}{rest:07d}"[:7]
            return f"{digits[:3]}-{digits[3:]}"
        case _:
            return f"{city}{rest:05d}"[:5]


def _at(places: Places, position: np.ndarray) -> Places:
    return Places(places.city[position], places.street[position], places.house[position], places.code[position])


def _either(first: np.ndarray, one: Places, other: Places) -> Places:
    return Places(
        np.where(first, one.city, other.city), np.where(first, one.street, other.street),
        np.where(first, one.house, other.house), np.where(first, one.code, other.code),
    )  # fmt: skip
