"""Reading programmes: small TOML that a manager can read, and errors that name what was probably meant."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from math import isfinite
from pathlib import Path
from string import Formatter
from typing import Any, NamedTuple, Self

import msgspec

from noline.insight.actions.measures import CONSENT, CUSTOMER, EVERY_ITEM, ITEMS
from noline.insight.actions.model import Bound, Goal, Kind, Programme, Words
from noline.kernel.errors import NotFound, NotReadable, SettingWrong
from noline.kernel.words import WORDS

FILE_NAME = "actions.toml"
"""Where a hub's own programmes lie unless `[counter] actions` names another file."""

LANGUAGES = ("en", "de", "fr", "ja")
SLOTS = frozenset({"item", "owned", "place", "order"})
GOALS = ("order", "store_order")
CHANNELS = ("any", "app", "b2b", "call", "mail", "marketplace", "partner", "social", "store", "web")
"""Channels by which something may be offered, beside those that a hub has sources of."""

STATES = ("granted", "withdrawn", "unknown")
"""How a consent may stand."""

MOST_PROGRAMMES = 100

_CATALOGUE = Path(__file__).parent / "catalogue.toml"
_KEYS = tuple(name for name in Programme.__struct_fields__ if name != "text")
_LONGEST_DAYS = 3650
_LONGEST_GOAL_DAYS = 365
_MOST_PERCENT = 90
_MOST_MINOR = 10**9
_MOST_PRIOR = 10_000
_MOST_LISTED = 30
_MAY_BE_NEGATIVE = frozenset(("days_until_warranty_ends",))
"""Of a warranty that is over so many days are left."""

_SHARES = frozenset(("probability",))
_BOUND = tuple(one.encode_name for one in msgspec.structs.fields(Bound))


class ProgrammeUnreadable(NotReadable):
    """A programme that contradicts itself, or a file that holds none."""

    code = "actions.programme_unreadable"
    sentence = "{place} cannot be read: {why}."
    hint = "Correct the file that `[counter] actions` names; docs/actions.md tells what a programme may say."


class ProgrammeKeyUnknown(NotReadable):
    """A key, measure or goal that no programme may have."""

    code = "actions.key_unknown"
    sentence = "{key!r} in {place} is nothing that it may say. The nearest is {nearest!r}. Allowed: {allowed}."
    hint = "Correct or remove it; docs/actions.md tells what a programme may say."


class Policy(NamedTuple):
    """What holds for all programmes of a hub.

    offers_per_30_days: so many offers one customer is made at most. fatigue_minor: what each of them takes from the
    score of the next. file: with the hub's own programmes.
    """

    offers_per_30_days: int = 4
    fatigue_minor: int = 20
    file: str = FILE_NAME

    @classmethod
    def from_settings(cls, told: Mapping[str, Any]) -> Self:
        """Read what `[counter]` says of offers. Raises SettingWrong."""
        usual = cls()
        file = told.get("actions", usual.file)
        if not isinstance(file, str) or not file:
            raise SettingWrong(key="[counter] actions", value=file, why="it takes the name of a file")
        return cls(
            _whole(told, "offers_per_30_days", usual.offers_per_30_days, 1_000),
            _whole(told, "fatigue_minor", usual.fatigue_minor, _MOST_MINOR),
            file,
        )


@cache
def catalogue() -> tuple[Programme, ...]:
    """The programmes that come with NoLine."""
    return of_text(_CATALOGUE.read_text("utf-8"), _CATALOGUE.name)


def programmes_of(folder: Path, name: str = FILE_NAME, channels: Iterable[str] = ()) -> tuple[Programme, ...]:
    """The catalogue and a hub's own programmes; one of the same id is replaced. The usual file need not be there.

    channels: of the hub, beside the usual ones. Raises NotFound, ProgrammeUnreadable, ProgrammeKeyUnknown.
    """
    path = folder / name
    if not path.is_file():
        if name == FILE_NAME:
            return catalogue()
        raise NotFound(what="file of programmes", name=str(path))
    try:
        own = {one.id: one for one in of_text(path.read_text("utf-8"), path.name, channels)}
    except UnicodeDecodeError as cause:
        raise ProgrammeUnreadable(place=path.name, why="it is not UTF-8") from cause
    kept = [own.pop(one.id, one) for one in catalogue()]
    return (*kept, *own.values())


def of_text(text: str, name: str = "programmes", channels: Iterable[str] = ()) -> tuple[Programme, ...]:
    """The programmes in TOML. name: of the file. channels: of the hub, beside the usual ones.

    Raises ProgrammeUnreadable, ProgrammeKeyUnknown.
    """
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as cause:
        raise ProgrammeUnreadable(place=name, why=str(cause)) from cause
    _known(told, ("programme",), name)
    listed = told.get("programme", [])
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise ProgrammeUnreadable(place=name, why="programmes stand below [[programme]]")
    if len(listed) > MOST_PROGRAMMES:
        raise ProgrammeUnreadable(place=name, why=f"there are more than {MOST_PROGRAMMES} programmes")
    # Each programme keeps its own lines, with the comments of whoever wrote it.
    parts = [part.strip() for part in re.split(r"(?m)^(?=[ \t]*\[\[[ \t]*programme[ \t]*\]\])", text)[1:]]
    if len(parts) != len(listed):
        raise ProgrammeUnreadable(place=name, why="each begins with a line [[programme]] of its own")
    allowed = tuple(dict.fromkeys((*CHANNELS, *channels)))
    found: dict[str, Programme] = {}
    for number, (one, part) in enumerate(zip(listed, parts, strict=True), 1):
        place = f"{name}, programme {one.get('id') or one.get('name') or number!r}"
        read = _programme(one, part, place, allowed)
        if found.setdefault(read.id, read) is not read:
            raise ProgrammeUnreadable(place=place, why="two programmes have this `id`")
    return tuple(found.values())


def _programme(told: Mapping[str, Any], text: str, place: str, channels: Sequence[str]) -> Programme:
    _known(told, _KEYS, place)
    for part, keys in _parts(told):
        _known(part, keys, place)
    try:
        found = msgspec.convert({**told, "text": text}, Programme)
    except msgspec.ValidationError as cause:
        raise ProgrammeUnreadable(place=place, why=str(cause)) from cause
    why = _why_not(found)
    if found.kind is Kind.SERVICE and told.get("holdout_percent"):
        why = "nobody is held out from what customers are owed: a service has no `holdout_percent`"
    if why:
        raise ProgrammeUnreadable(place=place, why=why)
    _known((found.channel,), channels, place)
    _check_measures(found, place)
    _check_goal(found, place)
    return found


def _parts(told: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], Sequence[str]]]:
    """The tables below a programme, each with the keys that it may have; what is no table is refused later."""
    tables: list[tuple[Any, Sequence[str]]] = [(told.get("goal"), Goal.__struct_fields__)]
    for name, keys in (("words", Words.__struct_fields__), ("when", _BOUND), ("item", _BOUND)):
        below = told.get(name)
        tables += [(one, keys) for one in below.values()] if isinstance(below, dict) else []
    return ((one, keys) for one, keys in tables if isinstance(one, dict))


def _why_not(one: Programme) -> str | None:
    """What contradicts itself in a programme; None when nothing does."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,39}", one.id):
        return "`id` is up to 40 small letters, digits, - and _"
    if not one.name or not one.sentence or not one.purpose:
        return "it needs a `name`, a `sentence` and a `purpose`"
    numbers = (
        ("holdout_percent", one.holdout_percent, 0, _MOST_PERCENT),
        ("cooldown_days", one.cooldown_days, 0, _LONGEST_DAYS),
        ("within_days", one.goal.within_days, 1, _LONGEST_GOAL_DAYS),
        ("cost_minor", one.cost_minor, 0, _MOST_MINOR),
        ("worth_minor", one.worth_minor, 0, _MOST_MINOR),
        ("prior", min(one.prior), 1, _MOST_PRIOR),
        ("prior", max(one.prior), 1, _MOST_PRIOR),
    )
    for key, number, least, most in numbers:
        if not least <= number <= most:
            return f"`{key}` is {least} to {most}"
    if one.item and one.items is None:
        return "it says of each `item` what must hold, but not what `items` it is about"
    return _why_not_said(one)


def _why_not_said(one: Programme) -> str | None:
    if "en" not in one.words:
        return "it needs its words in English, `words.en`"
    for language, said in one.words.items():
        if not said.title or not said.reason:
            return f"`words.{language}` needs a `title` and a `reason`"
        try:
            slots = {name for text in (said.title, said.reason) for _, name, _, _ in Formatter().parse(text)} - {None}
        except ValueError as cause:
            return f"`words.{language}`: {cause}"
        if unknown := slots - SLOTS:
            return f"`words.{language}` has the slot {min(map(str, unknown))!r}; there are {sorted(SLOTS)}"
    return None


def _check_measures(one: Programme, place: str) -> None:
    consents = tuple(key for key in one.when if key.startswith(CONSENT) and key != CONSENT)
    _known(one.when, (*CUSTOMER, *consents), place)
    if one.items is not None:
        _known((one.items,), tuple(ITEMS), place)
        _known(one.item, (*ITEMS[one.items].measures, *EVERY_ITEM), place)
    for key, bound in (*one.when.items(), *one.item.items()):
        why = _why_no_states(bound) if key.startswith(CONSENT) else _why_not_bound(bound, key)
        if why:
            raise ProgrammeUnreadable(place=place, why=f"{key!r}: {why}")


def _why_no_states(bound: Bound) -> str | None:
    """Why this is nothing that a consent may be; None when it is."""
    if bound.at_least is not None or bound.at_most is not None or not bound.among:
        return f"it takes `in`, a list of words: {', '.join(STATES)}"
    wrong = next((one for one in bound.among if one not in STATES), None)
    return None if wrong is None else f"a consent is never {wrong!r}, but {', '.join(STATES)}"


def _why_not_bound(bound: Bound, measure: str) -> str | None:
    """Why this is nothing that a measure may be; None when it is."""
    limits = [one for one in (bound.at_least, bound.at_most) if one is not None]
    if bound.among is not None or not limits:
        return "it takes `at_least` and `at_most`"
    if not all(map(isfinite, limits)):
        return "`at_least` and `at_most` are numbers, not nan or inf"
    if min(limits) < 0 and measure not in _MAY_BE_NEGATIVE:
        return "`at_least` and `at_most` are 0 or more"
    if max(limits) > 1 and measure in _SHARES:
        return "`at_least` and `at_most` are 0 to 1"
    if limits != sorted(limits):
        return "`at_least` lies above `at_most`"
    return None


def _check_goal(one: Programme, place: str) -> None:
    if not one.goal.what:
        raise ProgrammeUnreadable(place=place, why="its goal needs `what`")
    for name in one.goal.what:
        if not (name.startswith("consent:") and name != "consent:"):
            _known((name,), (*GOALS, *WORDS), place)


def _known(told: Iterable[str], keys: Sequence[str], place: str) -> None:
    """Refuse what is not among the keys; one of many is not listed with all of them."""
    for key in told:
        if key not in keys:
            nearest = next(iter(get_close_matches(key, keys, 1, 0.0)), "")
            allowed = ", ".join(keys) if len(keys) <= _MOST_LISTED else f"{', '.join(GOALS)}, or an event"
            raise ProgrammeKeyUnknown(key=key, place=place, nearest=nearest, allowed=allowed)


def _whole(told: Mapping[str, Any], key: str, usual: int, most: int) -> int:
    value = told.get(key, usual)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise SettingWrong(key=f"[counter] {key}", value=value, why=f"it takes a whole number from 0 to {most}")
    return value
