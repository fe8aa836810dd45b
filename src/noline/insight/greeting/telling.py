"""What a fact is in words: which sentence suits it, and what fills the slots of that sentence.

Values of facts are read as the card knows them: names of products or their SKUs (one text, or several), a number on a
scale (`unit` tells the top of it, such as `of 13`), or a tuple of whole numbers: value, top of the scale, purchases.
"""

import re
from collections.abc import Callable, Mapping
from datetime import date, time, timedelta
from functools import lru_cache
from math import isfinite
from typing import Any, NamedTuple

from noline.insight.greeting.language import Day, Language, Slots
from noline.insight.greeting.names import cleaned
from noline.kernel.clock import DAY, Micros, as_datetime, parse_instant
from noline.kernel.disclosure import CardFact, Provenance, Value
from noline.kernel.special import special_in

_1970 = date(1970, 1, 1)
_SIZE = re.compile(r"(?:,\s*\d[^,]*|\s*[(]\d[^)]*[)])$")
_MOST_DIGITS = 9
_LAST = parse_instant("9999-01-01")
_WHOLE = re.compile(r"\d+")
_KINDS = ("complaint", "callback", "late_order", "pending_return", "unanswered")
_STRONG, _MILD = 0.6, 0.35
"""Parts of the scale: from the one on a taste is strong, up to the other it is mild."""


class Setting(NamedTuple):
    """What words depend on beside the facts. now: the present; None where nobody says.

    offset: local time minus UTC, microseconds. names: of products, by SKU. scales: the top of the scale of attributes,
    for facts whose unit does not tell it.
    """

    now: Micros | None = None
    offset: Micros = 0
    names: Mapping[str, str] = {}
    scales: Mapping[str, int] = {}


USUAL = Setting()


class Told(NamedTuple):
    """A fact in words: the key of its sentence in the language files, and what fills it."""

    key: str
    slots: Slots


def told(fact: CardFact, words: Language, setting: Setting) -> Told | None:
    """How a fact may be spoken; None for one that there are no words for."""
    teller = _SPOKEN.get(fact.key.partition(".")[0])
    return teller(fact, words, setting) if teller else None


def shown(fact: CardFact, words: Language, setting: Setting) -> Told | None:
    """How a fact stands on a chip; None for one that there are no words for."""
    teller = _SHOWN.get(fact.key.partition(".")[0])
    return teller(fact, words, setting) if teller else None


def kind_of_loop(fact: CardFact) -> str:
    """Which open matter a fact tells: `open_loop.late_order`, or `open_loop` with the kind as its value."""
    if fact.key.partition(".")[0] == "complaint":
        return "complaint"
    told_kind = fact.key.partition(".")[2].partition(".")[0] or (fact.value if isinstance(fact.value, str) else "")
    return told_kind if told_kind in _KINDS else "other"


def names_of(value: Value, setting: Setting) -> tuple[str, ...]:
    """The names in a value, each once: of products by their SKU, everything else as it stands.

    The size of a pack, after a comma or in brackets, is no part of a name that is spoken: `Brigante, 50 capsules` is
    called Brigante.
    """
    return tuple(dict.fromkeys(_without_size(name) for name in _full_names(value, setting)))


def _full_names(value: Value, setting: Setting) -> tuple[str, ...]:
    parts: tuple[Any, ...] = (value,) if isinstance(value, str) else value if isinstance(value, tuple) else ()
    named = (cleaned(setting.names.get(part, part)) for part in parts if isinstance(part, str))
    return tuple(name for name in named if name)


def _without_size(name: str) -> str:
    return _SIZE.sub("", name) or name


def day_of(instant: Micros, setting: Setting) -> Day:
    """The local day of an instant, beside the present one."""
    now = setting.now
    return Day(_day((instant + setting.offset) // DAY), None if now is None else _day((now + setting.offset) // DAY))


@lru_cache(maxsize=4096)
def _day(number: int) -> date:
    return _1970 + timedelta(days=number)


def _last_purchase(fact: CardFact, words: Language, setting: Setting) -> Told:
    channel = fact.key.partition(".")[2] or fact.channel
    known = channel in words.words["channels"]
    slots = {"channel": channel, "items": names_of(fact.value, setting), "day": day_of(fact.observed_at, setting)}
    return Told("last_purchase" if known else "last_purchase_anywhere", slots)


def _preference_spoken(fact: CardFact, words: Language, setting: Setting) -> Told | None:
    """A favourite by its name; a place on a scale only where there are words for its ends."""
    attribute = fact.key.partition(".")[2]
    if not _is_number(fact.value):
        return Told("favourite", {"items": names_of(fact.value, setting)}) if attribute in _FAVOURITES else None
    value, scale, _ = _scaled(fact, setting)
    if not scale:
        return None
    key = f"{attribute}_{'strong' if value >= _STRONG * scale else 'mild' if value <= _MILD * scale else 'medium'}"
    return Told(key, {}) if words.has("say", key) else None


_FAVOURITES = frozenset({"favourite", "favorite", "product"})


def _preference_shown(fact: CardFact, words: Language, setting: Setting) -> Told:
    attribute = fact.key.partition(".")[2]
    label = words.words["labels"].get(attribute, attribute.replace("_", " "))
    if not _is_number(fact.value):
        return Told("preference", {"label": label, "text": ", ".join(names_of(fact.value, setting))})
    value, scale, purchases = _scaled(fact, setting)
    slots = {"label": label, "text": _number(value), "value": _number(value), "scale": scale, "purchases": purchases}
    if not scale:
        return Told("preference", slots)
    told_by_them = fact.provenance is Provenance.TOLD
    return Told("preference_told" if told_by_them else "preference_from" if purchases else "preference_of", slots)


def _scaled(fact: CardFact, setting: Setting) -> tuple[float, int, int]:
    """A value, the top of its scale and from how many purchases it is; 0 for what nobody said."""
    ordered = len({one for one in fact.evidence if one.startswith("order:")})
    if isinstance(fact.value, tuple):
        numbers = [int(part) for part in fact.value]
        value, scale, purchases = (*numbers, 0, 0, 0)[:3]
        return value, scale, purchases or ordered
    top = _WHOLE.search(fact.unit)
    scale = int(top[0]) if top else setting.scales.get(fact.key.partition(".")[2], 0)
    return int(fact.value) if isinstance(fact.value, str) else fact.value, scale, ordered


def _number(value: float) -> str:
    return str(round(value))


def _is_number(value: Value) -> bool:
    """Whether a value is a number, several of them, or one that was told as text."""
    if isinstance(value, tuple):
        return bool(value) and not isinstance(value[0], str)
    if isinstance(value, str):
        return value.isdecimal() and len(value) <= _MOST_DIGITS
    return isfinite(value) if isinstance(value, float) else not isinstance(value, bool)


def _owned(fact: CardFact, _words: Language, setting: Setting) -> Told:
    """The product by its value, or by the SKU in the key where the value is something else, as a date."""
    named = names_of(fact.value, setting)
    sku = fact.key.partition(".")[2]
    known = setting.names.get(sku)
    return Told("owned", {"text": _without_size(cleaned(known)) if known else ", ".join(named)})


def _pickup(fact: CardFact, _words: Language, setting: Setting) -> Told:
    return Told("pickup", {"items": names_of(fact.value, setting)})


def _appointment_spoken(fact: CardFact, _words: Language, setting: Setting) -> Told | None:
    """The time of day and never the topic, in which somebody may have written anything."""
    at = _begins(fact)
    return None if at is None else Told("appointment_time", {"time": as_datetime(at + setting.offset).time()})


def _appointment(fact: CardFact, _words: Language, setting: Setting) -> Told:
    """The topic, unless it tells what nobody may conclude, and the time of day where that is known."""
    at, text = _begins(fact), ", ".join(names_of(fact.value, setting))
    text = "" if special_in(text) else text
    if at is None:
        return Told("appointment", {"text": text})
    slots = {"text": text, "time": as_datetime(at + setting.offset).time()}
    return Told("appointment_at" if text else "appointment_time", slots)


def _begins(fact: CardFact) -> Micros | None:
    """When an appointment begins: `unit` tells it (ISO 8601), or the value is that instant."""
    return _instant(fact.unit if isinstance(fact.value, str) else fact.value)


def _follow_up(fact: CardFact, _words: Language, setting: Setting) -> Told:
    text, due = _plain_text(fact), _instant(fact.unit)
    if due is None:
        return Told("follow_up", {"text": text})
    return Told("follow_up_at", {"text": text, "day": day_of(due, setting)})


def _birthday(fact: CardFact, _words: Language, _setting: Setting) -> Told | None:
    """The day and the month; how old somebody is, is nobody's business."""
    found = re.search(r"(\d{1,2})-(\d{1,2})$", str(fact.value).partition("T")[0])
    try:
        # Of a leap year, so that 29 February is a day.
        return Told("birthday", {"day": Day(date(2024, int(found[1]), int(found[2])))}) if found else None
    except ValueError:
        return None


def _warranty(fact: CardFact, _words: Language, setting: Setting) -> Told | None:
    sku = fact.key.partition(".")[2]
    ends = _instant(fact.value)
    if ends is None:
        return None
    return Told("warranty", {"text": cleaned(setting.names.get(sku, sku)), "day": day_of(ends, setting)})


def _channel(fact: CardFact, _words: Language, _setting: Setting) -> Told | None:
    """The channel that somebody mostly buys in; how often in each is no chip."""
    if fact.key == "channels.lanes":
        return None
    return Told("primary_channel", {"channel": str(fact.value)})


def _plainly(key: str) -> Callable[[CardFact, Language, Setting], Told]:
    return lambda fact, _words, _setting: Told(key, {"text": _plain_text(fact)})


def _open_loop(fact: CardFact, words: Language, setting: Setting) -> Told:
    """Shown as `loop` words it; a kind as value is no text besides."""
    text = _plain_text(fact)
    text = "" if special_in(text) else text
    kind = kind_of_loop(fact)
    slots = {
        "kind": words.words["loops"][kind],
        "day": day_of(fact.observed_at, setting),
        "text": "" if text in _KINDS else text,
    }
    return Told("about" if slots["text"] else "since", slots)


def _plain_text(fact: CardFact) -> str:
    return cleaned(str(fact.value)) if isinstance(fact.value, (str, int)) and not isinstance(fact.value, bool) else ""


def _instant(value: object) -> Micros | None:
    """An instant as ISO 8601 or in microseconds; None for anything else, and for what no calendar holds."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value if 0 <= value < _LAST else None
    try:
        found = parse_instant(value) if isinstance(value, str) and value else None
    except (ValueError, OverflowError):
        return None
    return found if found is not None and 0 <= found < _LAST else None


_Teller = Callable[[CardFact, Language, Setting], Told | None]

_SPOKEN: dict[str, _Teller] = {
    "pickup": _pickup,
    "appointment": _appointment_spoken,
    "last_purchase": _last_purchase,
    "preference": _preference_spoken,
    "owned": _owned,
}
"""Facts that are spoken, the most pressing first."""

SPOKEN_FIRST = {key: rank for rank, key in enumerate(_SPOKEN)}

_SHOWN: dict[str, _Teller] = {
    "open_loop": _open_loop,
    "complaint": _open_loop,
    "follow_up": _follow_up,
    "birthday": _birthday,
    "pickup": _pickup,
    "appointment": _appointment,
    "adviser": _plainly("adviser"),
    "preference": _preference_shown,
    "owned": _owned,
    "warranty": _warranty,
    "last_purchase": _last_purchase,
    "channels": _channel,
    "primary_channel": _channel,
    "city": _plainly("city"),
}
"""Facts that are shown, the most useful first."""

SHOWN_FIRST = {key: rank for rank, key in enumerate(_SHOWN)}


_WRITTEN_FREELY = frozenset({"appointment", "open_loop", "complaint", "follow_up"})


def words_of(fact: CardFact, words: Language, setting: Setting) -> tuple[str, ...]:
    """Everything that a sentence in this language may hold because of a fact: names, numbers, days as written out."""
    found = told(fact, words, setting) or shown(fact, words, setting)
    # In what an appointment is about, or an open matter, somebody may have written anything.
    is_free = fact.key.partition(".")[0] in _WRITTEN_FREELY
    written = [] if is_free else [*_full_names(fact.value, setting)]
    for name, value in (found.slots if found else {}).items():
        if name == "channel":
            written.append(words.words["channels"].get(value, ""))
        if isinstance(value, Day):
            written += [words.on(value), words.written(value), words.written(Day(value.day)), str(value.day.year)]
        elif isinstance(value, time):
            written += [words.written_time(value), f"{value:%H:%M}"]
        elif value:
            written += [str(part) for part in value] if isinstance(value, tuple) else [str(value)]
    return tuple(written)
