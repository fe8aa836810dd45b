"""The people who buy coffee from us: households with a street and a surname, persons with phones, cookies and cards.

People are made in thousands. A thousand depends on the seed and its own number only, so that any process can make it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from random import Random
from unicodedata import normalize

from noline.demo.chance import luck
from noline.demo.company import (
    COFFEES,
    COUNTRIES,
    DE,
    EMPTY_STORES,
    FR,
    SHOWROOM,
    STORE_BY_ID,
    STORES,
    Country,
    Product,
    Store,
)
from noline.demo.hints import (
    BLIND_CALL_PER_THOUSAND,
    EMPTY_SHELF_PER_THOUSAND,
    MARKETPLACE_PER_THOUSAND,
    SHOWROOM_ADVICE_PER_THOUSAND,
    STORE_ADVICE_PER_THOUSAND,
)
from noline.demo.manners import Manners, manners_of

PEOPLE_IN_A_THOUSAND = 1000
NEW_NUMBERS = 20_000_000
"""How far a changed telephone number lies from the first one."""
BUSINESSES_IN_A_THOUSAND = 4
CONTACTS_IN_A_BUSINESS = 3
FIRST_CONTACT_NUMBER = 5_000_000
"""Numbers of business contacts start where no consumer of the largest company can be."""
FIRST_UNLUCKY_NUMBER = 7_000_000
"""As those, beyond every contact: people whom a small friction befalls."""


class Habit(Enum):
    """Where a person buys; who lives near the showroom tastes and collects there, and orders online."""

    ONLINE = "online"
    BOUTIQUE = "boutique"
    BOTH = "both"
    MARKETPLACE = "marketplace"
    SHOWROOM = "showroom"


DIGITAL = frozenset({Habit.ONLINE, Habit.BOTH, Habit.SHOWROOM})
"""Who has an account."""

CARDED = frozenset({Habit.BOTH, Habit.BOUTIQUE, Habit.SHOWROOM})
"""Who has a card."""


class Fate(Enum):
    """What befalls a person this year: chance alone, a story written by hand, or one of the known faults."""

    ORDINARY = "ordinary"
    HAND_MADE = "hand-made"
    EMPTY_SHELF = "empty shelf"
    BLIND_CALL = "blind call"
    MARKETPLACE_PRICE = "marketplace price"
    STORE_ADVICE = "store advice"
    MISHAP = "mishap"

    @property
    def is_planned(self) -> bool:
        """Whether neither a cashier's placeholder nor a move may blur it."""
        return self is not Fate.ORDINARY


@dataclass(frozen=True, slots=True)
class Business:
    """A company that buys from us: an office, a hotel, a dealer in electronics."""

    account_id: str
    name: str
    industry: str


@dataclass(slots=True)
class Person:
    """A customer, as the company would know them if it saw everything; a year changes some of it.

    key: unique in the company. known_to: channels that have heard name and address already. manners: what is told with
    the first name and address; None once it is told, and of who never tells.
    """

    key: str
    country: Country
    home: Store
    habit: Habit
    fate: Fate
    turn: int
    first_name: str
    last_name: str
    kana: str
    street: str
    city: str
    postal_code: str
    email: str
    phone: str
    own_phone: bool
    user_id: str
    loyalty_id: str
    cookie: str
    tastes: tuple[Product, ...]
    known_to: set[str]
    business: Business | None = None
    manners: Manners | None = None


_LATIN_NAMES = {
    "FR": (
        "Camille Léa Manon Chloé Inès Jeanne Zoé Louise Hugo Lucas Théo Gabriel Arthur Nathan Paul Raphaël Élodie",
        "Martin Bernard Dubois Thomas Robert Richard Petit Durand Leroy Moreau Lefèvre Mercier Blanc Guérin",
    ),
    "DE": (
        "Anna Lena Marie Sophie Hannah Jürgen Lukas Jonas Felix Maximilian Käthe Björn Klaus Greta Emil Frieda Jörg",
        "Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Schäfer Koch Bauer Krüger Groß",
    ),
}
_JAPANESE_FIRST = (
    "結衣:ユイ:yui 陽菜:ヒナ:hina 美咲:ミサキ:misaki 葵:アオイ:aoi 凛:リン:rin 翔太:ショウタ:shota 蓮:レン:ren "
    "大輔:ダイスケ:daisuke 健:ケン:ken 由美子:ユミコ:yumiko 直樹:ナオキ:naoki 恵:メグミ:megumi"
)
_JAPANESE_LAST = (
    "佐藤:サトウ:sato 鈴木:スズキ:suzuki 高橋:タカハシ:takahashi 田中:タナカ:tanaka 伊藤:イトウ:ito "
    "渡辺:ワタナベ:watanabe 山本:ヤマモト:yamamoto 中村:ナカムラ:nakamura 小林:コバヤシ:kobayashi 加藤:カトウ:kato"
)
_STREETS = {
    "FR": "rue Victor Hugo,rue de la République,avenue Jean Jaurès,rue des Lilas,boulevard Voltaire,rue Pasteur",
    "DE": "Hauptstraße,Gartenweg,Bahnhofstraße,Lindenallee,Schillerstraße,Am Markt",
    "JP": "本町,中央,栄町,緑が丘,桜台,旭町",
}
_MAIL_HOSTS = ("example.com", "example.net", "example.org")


def _plain(text: str) -> str:
    """Letters as an e-mail address bears them."""
    folded = normalize("NFKD", text.replace("ß", "ss")).encode("ascii", "ignore").decode()
    return folded.lower()


def _read_names(text: str) -> tuple[tuple[str, str, str], ...]:
    """Names with their reading and their Latin form; Latin names read as themselves."""
    if ":" in text:
        return tuple(tuple(name.split(":")) for name in text.split())  # type: ignore[misc]
    return tuple((name, "", _plain(name)) for name in text.split())


_FIRST = {code: _read_names(names[0]) for code, names in _LATIN_NAMES.items()} | {"JP": _read_names(_JAPANESE_FIRST)}
_LAST = {code: _read_names(names[1]) for code, names in _LATIN_NAMES.items()} | {"JP": _read_names(_JAPANESE_LAST)}
_STREET = {code: tuple(names.split(",")) for code, names in _STREETS.items()}
_STORES_OF = {
    country.code: tuple(store for store in STORES if store.country is country for _ in range(store.weight))
    for country in COUNTRIES
}
_EVERY_STORE = tuple(store for store in STORES for _ in range(store.weight * store.country.share_percent))
_BY_INTENSITY = sorted(COFFEES, key=lambda coffee: (coffee.intensity, coffee.product_id))
_HABITS = (*[Habit.ONLINE] * 33, *[Habit.BOUTIQUE] * 27, *[Habit.BOTH] * 34, *[Habit.MARKETPLACE] * 6)
_FATES = (
    (Fate.EMPTY_SHELF, EMPTY_SHELF_PER_THOUSAND),
    (Fate.BLIND_CALL, BLIND_CALL_PER_THOUSAND),
    (Fate.MARKETPLACE_PRICE, MARKETPLACE_PER_THOUSAND),
    (Fate.STORE_ADVICE, STORE_ADVICE_PER_THOUSAND),
)
_HABIT_OF_FATE = {
    Fate.EMPTY_SHELF: Habit.BOTH,
    Fate.BLIND_CALL: Habit.BOUTIQUE,
    Fate.MARKETPLACE_PRICE: Habit.ONLINE,
    Fate.STORE_ADVICE: Habit.BOTH,
    Fate.MISHAP: Habit.BOTH,
}


def _phone(country: Country, number: int) -> str:
    """A mobile number nobody else of ours has, in the international form."""
    if country is FR:
        return f"+336{10_000_000 + number:08}"
    return f"+49151{20_000_000 + number:08}" if country is DE else f"+8190{20_000_000 + number:08}"


def local_phone(phone: str) -> str:
    """The number as a cashier of its country types it."""
    if phone.startswith("+33"):
        digits = "0" + phone[3:]
        return " ".join(digits[at : at + 2] for at in range(0, 10, 2))
    if phone.startswith("+49"):
        return f"0{phone[3:6]} {phone[6:]}"
    return f"0{phone[3:5]}-{phone[5:9]}-{phone[9:]}"


def _dealt_fates(chance: Random) -> dict[int, tuple[Fate, int]]:
    """Who of a thousand meets which fault, and in which turn."""
    places = list(range(PEOPLE_IN_A_THOUSAND))
    chance.shuffle(places)
    dealt: dict[int, tuple[Fate, int]] = {}
    for fate, count in _FATES:
        for turn in range(count):
            dealt[places.pop()] = (fate, turn)
    return dealt


def _home_for(fate: Fate, turn: int, chance: Random) -> Store:
    """The boutique around the corner; some faults happen in some places only."""
    if fate is Fate.EMPTY_SHELF:
        return STORE_BY_ID[chance.choice(EMPTY_STORES)]
    if fate is Fate.STORE_ADVICE:
        elsewhere = [store for store in _EVERY_STORE if store.store_id != SHOWROOM]
        return STORE_BY_ID[SHOWROOM] if turn < SHOWROOM_ADVICE_PER_THOUSAND else chance.choice(elsewhere)
    euro_only = fate is Fate.MARKETPLACE_PRICE
    drawn = chance.randrange(FR.share_percent + DE.share_percent if euro_only else 100)
    country = FR if drawn < FR.share_percent else DE if drawn < FR.share_percent + DE.share_percent else COUNTRIES[2]
    return chance.choice(_STORES_OF[country.code])


def _tastes(chance: Random) -> tuple[Product, ...]:
    """Two to four coffees of neighbouring strength."""
    start = chance.randrange(len(_BY_INTENSITY) - 3)
    return tuple(_BY_INTENSITY[start : start + chance.randint(2, 4)])


def _newcomer(
    number: int, fate: Fate, turn: int, relative: Person | None, chance: Random, home: Store | None = None
) -> Person:
    """One person: of a household of their own, or of a relative's."""
    home = relative.home if relative else home or _home_for(fate, turn, chance)
    code = home.country.code
    first = chance.choice(_FIRST[code])
    last = chance.choice([name for name in _LAST[code] if not relative or name[0] == relative.last_name])
    habit = _HABIT_OF_FATE.get(fate) or chance.choice(_HABITS)
    if habit is Habit.BOTH and home.store_id == SHOWROOM:
        habit = Habit.SHOWROOM
    digital = habit in DIGITAL
    # Nobody shares with the victims of a known fault, so that their silence is theirs alone.
    alone = relative is None or relative.fate.is_planned or fate.is_planned
    own_email = alone or chance.random() < 0.7
    own_phone = alone or chance.random() < 0.7
    key = f"{number:06x}"
    return Person(
        key=key,
        country=home.country,
        home=home,
        habit=habit,
        fate=fate,
        turn=turn,
        first_name=first[0],
        last_name=last[0],
        kana=f"{last[1]} {first[1]}" if last[1] else "",
        street=relative.street if relative else f"{chance.randint(1, 140)} {chance.choice(_STREET[code])}",
        city=home.city,
        postal_code=home.postal_code,
        email=(
            f"{first[2]}.{last[2]}{number}@{chance.choice(_MAIL_HOSTS)}"
            if own_email or relative is None
            else relative.email
        ),
        phone=_phone(home.country, number) if own_phone or relative is None else relative.phone,
        own_phone=own_phone,
        user_id=f"u{key}" if digital and (fate is not Fate.ORDINARY or chance.random() < 0.88) else "",
        loyalty_id=f"L{number:08}" if habit in CARDED else "",
        cookie=f"w-{key}-{chance.getrandbits(32):08x}",
        tastes=_tastes(chance),
        known_to=set(),
    )


def people_of(thousand: int, seed: int) -> list[Person]:
    """The consumers of one thousand, families together."""
    chance = luck(f"people/{seed}/{thousand}")
    fates = _dealt_fates(chance)
    people: list[Person] = []
    relative: Person | None = None
    relatives_left = 0
    for place in range(PEOPLE_IN_A_THOUSAND):
        fate, turn = fates.get(place, (Fate.ORDINARY, place))
        if relatives_left == 0 or fate is not Fate.ORDINARY:
            relative, relatives_left = None, chance.choice((0, 0, 0, 1, 1, 2, 3))
        else:
            relatives_left -= 1
        person = _newcomer(thousand * PEOPLE_IN_A_THOUSAND + place, fate, turn, relative, chance)
        relative = relative or person
        people.append(person)
    chance = luck(f"manners/{seed}/{thousand}")
    for person in people:
        person.manners = manners_of(person.first_name, person.country.language, chance, card=person.habit in CARDED)
    return people


_KINDS_OF_BUSINESS = (("Bureau", "office"), ("Kontor", "office"), ("Elektro", "electronics store"), ("Hôtel", "hotel"))


def contacts_of(thousand: int, seed: int) -> Iterator[tuple[Person, ...]]:
    """The people who order for each business customer that belongs to one thousand."""
    chance = luck(f"businesses/{seed}/{thousand}")
    for place in range(BUSINESSES_IN_A_THOUSAND):
        kind, industry = _KINDS_OF_BUSINESS[place % len(_KINDS_OF_BUSINESS)]
        family = chance.choice(_LATIN_NAMES["FR"][1].split())
        business = Business(f"b{thousand:04}-{place}", f"{kind} {family}", industry)
        first = FIRST_CONTACT_NUMBER + (thousand * BUSINESSES_IN_A_THOUSAND + place) * CONTACTS_IN_A_BUSINESS
        yield tuple(contact(business, first + at, chance) for at in range(CONTACTS_IN_A_BUSINESS))


def unlucky(thousand: int, kinds: int, each: int, chance: Random) -> Iterator[Person]:
    """People whom something small befalls, so many in turn of each kind; none lives where shelves are empty."""
    homes = [store for store in STORES if store.store_id not in EMPTY_STORES for _ in range(store.weight)]
    for place in range(kinds * each):
        number = FIRST_UNLUCKY_NUMBER + thousand * kinds * each + place
        yield _newcomer(number, Fate.MISHAP, place % each, None, chance, chance.choice(homes))


def contact(business: Business, number: int, chance: Random, home: Store | None = None) -> Person:
    """One of the people who order for a business, anywhere in the euro, or at a given home."""
    person = _newcomer(number, Fate.MARKETPLACE_PRICE, 0, None, chance, home)
    person.fate, person.loyalty_id, person.business = Fate.ORDINARY, "", business
    person.user_id = person.key
    person.email = f"{_plain(person.first_name)}.{number % 10}@{business.account_id}.example.com"
    return person


def change_life(person: Person, chance: Random) -> None:
    """Somebody moves house or changes the telephone; every channel has to hear it anew."""
    if chance.random() < 0.5:
        person.street = f"{chance.randint(1, 140)} {chance.choice(_STREET[person.country.code])}"
        person.home = chance.choice(_STORES_OF[person.country.code])
        person.city, person.postal_code = person.home.city, person.home.postal_code
    else:
        person.phone = _phone(person.country, int(person.key, 16) + NEW_NUMBERS)
    person.known_to.clear()
