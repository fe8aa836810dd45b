"""What the counters of the boutiques begin the next day with: appointments, open cases, calls to make, notes.

Told by the channels, or done through the flows that an associate uses, on the last evening of the year.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from noline.demo.chance import luck
from noline.demo.company import STORES, YEAR_END, Store
from noline.demo.handmade import CATHERINE
from noline.demo.people import DIGITAL, Fate, people_of
from noline.demo.regulars import GRETA, SAKURA
from noline.flows.consent import addressed
from noline.hub import Hub
from noline.kernel.clock import DAY, HOUR, MINUTE, Micros, as_text
from noline.kernel.errors import NotFound
from noline.kernel.events import Json
from noline.truth.clients.model import WORD_OF, Standing
from noline.truth.goods.model import Batch

WEB = "web-shop"
MISSING_SKU, MISSING_AT = "brigante-50", "paris-opera"
"""A coffee that Catherine buys, of which her boutique has none on the day she comes; the Marais has some."""

_DAYS_AND_HOURS = ((0, 11), (0, 15), (0, 18), (1, 10), (1, 16), (2, 14))
"""Appointments of each boutique: days from the next one on, and the hour there."""

_DUE_HOUR = 17
_PREFIX = "counter"
_TOPICS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "FR": ("conseil machine", "dégustation", "détartrage", "idées cadeaux"),
        "DE": ("Maschinenberatung", "Verkostung", "Entkalkung", "Geschenkberatung"),
        "JP": ("マシンのご相談", "試飲", "カルキ除去", "贈り物のご相談"),
    }
)
"""What appointments are about, in turn; regulars come for the second."""

_CASES: Mapping[str, tuple[tuple[str, bool], ...]] = MappingProxyType(
    {
        "FR": (("facture", False), ("réservoir d'eau", False), ("points de fidélité", True)),
        "DE": (("Rechnung", False), ("Wassertank", False), ("Treuepunkte", True)),
        "JP": (("請求書", False), ("給水タンク", False), ("ポイント", True)),
    }
)
"""What customers ask in writing, and whether it is answered already."""

_CALLS: Mapping[str, str] = MappingProxyType({"FR": "machine", "DE": "Maschine", "JP": "マシン"})
"""What somebody wants to be called about."""

_ADVISERS: Mapping[str, str] = MappingProxyType({"FR": "lea", "DE": "jonas", "JP": "yui"})
_NOTES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "FR": ("Goûte volontiers au comptoir, préfère être servie le matin.", "Rappeler pour le détartrage."),
        "DE": ("Trinkt im Büro Trastevere, zu Hause milder.", "Wegen der Entkalkung anrufen."),
        "JP": ("贈り物用の包装をいつも希望される。", "カルキ除去のご案内を電話で。"),
    }
)
"""For each country a note of an associate, and something still to be done."""

_KEPT_FOR = MappingProxyType({"paris-opera": CATHERINE, "muenchen-altstadt": GRETA, "tokyo-ginza": SAKURA})


class Guest(NamedTuple):
    """Somebody whom a boutique expects or hears from."""

    user_id: str
    cookie: str


def open_counters(hub: Hub, seed: int, today: Micros) -> None:
    """Let every boutique have its next day before it; `hub` goes by the clock of the evening.

    today: any instant of the day that the counters open. Appointments lie in the three days from it, cases in the hours
    before the evening.
    """
    first_day = today - today % DAY
    # With an account, and befallen by no known fault.
    crowd = [one for one in people_of(0, seed) if one.user_id and one.habit in DIGITAL and one.fate is Fate.ORDINARY]
    luck(f"counter/{seed}").shuffle(crowd)
    for store in STORES:
        guests = (Guest(one.user_id, one.cookie) for one in crowd if one.home is store)
        _Counter(hub, store, guests, first_day).fill()
    _miss_a_coffee(hub)


def open_again(hub: Hub) -> None:
    """Let the counters of a company that was built before open today: who did not come yet comes on a day from it on.

    Told once a day, however often the company is opened.
    """
    today = hub.clock.now() - hub.clock.now() % DAY
    moved = [
        message
        for store in STORES
        for number, (days, hour) in enumerate(_DAYS_AND_HOURS, 1)
        if (
            message := _put_off(hub, f"{_PREFIX}-{store.store_id}-a{number}", _hour_at(store, today, days, hour), today)
        )
    ]
    if moved:
        hub.accept(WEB, moved)


def _put_off(hub: Hub, appointment: str, to: Micros, today: Micros) -> Json | None:
    """What tells that an appointment is another day; None where it is over, or not past."""
    try:
        known = hub.clienteling.appointment(appointment)
    except NotFound:
        return None
    with hub.store.reading() as reader:
        named = hub.customers.names_of(reader, [known.subject]).get(known.subject)
    if known.state is not Standing.BOOKED or known.at is None or known.at >= today or named is None:
        return None
    said = {"appointment_id": appointment, "store_id": known.store, "starts_at": as_text(to), "topic": known.topic}
    return {
        "type": "track", "event": WORD_OF[Standing.BOOKED], "messageId": f"{appointment}-{today // DAY}",
        **addressed(named), "timestamp": as_text(today), "properties": said,
    }  # fmt: skip


def _hour_at(store: Store, first_day: Micros, days: int, hour: int) -> Micros:
    """An hour of a boutique's own clock, so many days after the counters open."""
    return first_day + days * DAY + (hour - store.country.hours_ahead) * HOUR


class _Counter:
    """The counter of one boutique."""

    def __init__(self, hub: Hub, store: Store, guests: Iterator[Guest], first_day: Micros) -> None:
        self._hub = hub
        self._store = store
        self._country = store.country.code
        self._guests = guests
        self._first_day = first_day
        self._numbers: Counter[str] = Counter()

    def fill(self) -> None:
        """Appointments, cases, a call to make, and what the associates know."""
        expected = [self._expect(number) for number in range(len(_DAYS_AND_HOURS))]
        messages = [message for _, message in expected]
        messages += [
            message for topic, resolved in _CASES[self._country] for message in self._case(topic, resolved=resolved)
        ]
        call = {"case_id": self._name("s"), "topic": _CALLS[self._country]}
        messages.append(self._tell("Callback Requested", next(self._guests), 2, call))
        self._hub.accept(WEB, messages)
        for guest, _ in expected[:2]:
            self._know(guest)

    def _expect(self, number: int) -> tuple[Guest, Json]:
        """An appointment, booked on the web in the afternoon."""
        days, hour = _DAYS_AND_HOURS[number]
        regular = _KEPT_FOR.get(self._store.store_id) if number == 1 else None
        guest = Guest(regular, f"w-{regular}-1") if regular else next(self._guests)
        said = {
            "appointment_id": self._name("a"),
            "store_id": self._store.store_id,
            "starts_at": as_text(self._when(days, hour)),
            "topic": _TOPICS[self._country][number % len(_TOPICS[self._country])],
            "handoff_group": self._store.city,
        }
        return guest, self._tell("Appointment Booked", guest, 9 - number, said)

    def _when(self, days: int, hour: int) -> Micros:
        return _hour_at(self._store, self._first_day, days, hour)

    def _case(self, topic: str, *, resolved: bool) -> list[Json]:
        guest, said = next(self._guests), {"case_id": self._name("s"), "topic": topic}
        told = [self._tell("Case Opened", guest, 8, said)]
        return [*told, self._tell("Case Resolved", guest, 5, said)] if resolved else told

    def _know(self, guest: Guest) -> None:
        """Who looks after a guest, what is known, and what is still to be done."""
        [found, *_] = self._hub.find_customers(guest.user_id)
        adviser, (note, still) = _ADVISERS[self._country], _NOTES[self._country]
        clients, due, at = self._hub.clienteling, self._when(0, _DUE_HOUR), self._store.store_id
        clients.name_adviser(found.person, adviser, by=adviser, key=at)
        clients.note(found.person, note, by=adviser, key=at)
        clients.plan_follow_up(found.person, still, due, by=adviser, assigned_to=adviser, store=at, key=at)

    def _tell(self, event: str, guest: Guest, hours_before: int, said: Json) -> Json:
        return {
            "type": "track", "event": event, "messageId": self._name("m"), "userId": guest.user_id,
            "anonymousId": guest.cookie, "timestamp": as_text(YEAR_END - 3 * HOUR - hours_before * HOUR + 7 * MINUTE),
            "properties": said, "context": {"channel": "web", "country": self._country},
        }  # fmt: skip

    def _name(self, kind: str) -> str:
        self._numbers[kind] += 1
        return f"{_PREFIX}-{self._store.store_id}-{kind}{self._numbers[kind]}"


def _miss_a_coffee(hub: Hub) -> None:
    """A leak in the cellar spoils what Catherine's boutique has of a coffee that she buys."""
    with hub.store.reading() as reader:
        shelves = hub.stock.availability(reader, MISSING_SKU, hub.clock.now())
    [here] = (shelf for shelf in shelves if shelf.location == MISSING_AT)
    if here.available:
        hub.handling.adjust(MISSING_AT, Batch(MISSING_SKU, -here.available), "water in the cellar", by="lea")
