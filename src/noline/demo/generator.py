"""A year of Maison Ristretto as messages of the tracking contract, the same bytes for the same seed.

People are planned in thousands. Any process can play any thousands; whoever plays them, the messages are the same.
A week is played at a time, so the messages of a part come in the order of time and little is held in memory.
"""

from collections.abc import Iterator
from operator import itemgetter
from random import Random

from noline.demo import handmade, regulars
from noline.demo.chance import luck
from noline.demo.company import YEAR_DAYS
from noline.demo.goods import write_goods
from noline.demo.hints import THOUSANDS, Size
from noline.demo.mishaps import mishaps_of
from noline.demo.pen import DAY_SECONDS, Pen, Written
from noline.demo.people import Fate, Person, change_life, contacts_of, people_of
from noline.demo.plan import Errand, errands_of, orders_of_business
from noline.demo.scene import BROWSER_SOURCES, SOURCES, Scene

__all__ = ["BROWSER_SOURCES", "SOURCES", "generate", "generate_part"]

_WEEKS = (YEAR_DAYS + 6) // 7
_WEEK_SECONDS = 7 * DAY_SECONDS
_YEAR_SECONDS = YEAR_DAYS * DAY_SECONDS
_NEW_COOKIE = 0.15
_NEW_LIFE = 0.04


def generate(size: Size = "default", seed: int = 7) -> Iterator[tuple[str, bytes]]:
    """The whole year: (source, message), ordered by time. Sizes: small, default, large."""
    return generate_part(size, seed, 0, 1)


def generate_part(size: Size, seed: int, part: int, parts: int) -> Iterator[tuple[str, bytes]]:
    """One of several parts of the year, ordered by time; together they are `generate`, whatever `parts` is."""
    if not 0 <= part < parts:
        message = f"part {part} of {parts} does not exist"
        raise ValueError(message)
    casts = [_Cast(thousand, seed) for thousand in range(part, THOUSANDS[size], parts)]
    pen = Pen()
    waiting: list[Written] = []
    if part == 0:
        write_goods(pen, seed, THOUSANDS[size])
        handmade.write(pen, seed)
        regulars.write(pen, seed)
    for week in range(_WEEKS):
        for cast in casts:
            cast.play(week, pen)
        waiting += pen.written
        pen.written.clear()
        now, waiting = _until(min((week + 1) * _WEEK_SECONDS, _YEAR_SECONDS), waiting)
        for _, source, message in now:
            yield source, message


def _until(end: int, waiting: list[Written]) -> tuple[list[Written], list[Written]]:
    """What was written for before `end`, in order, and the rest."""
    rest = [written for written in waiting if written[0] >= end]
    now = [written for written in waiting if written[0] < end]
    now.sort(key=itemgetter(0))
    return now, rest


class _Cast:
    """A thousand people with their plans for the year."""

    def __init__(self, thousand: int, seed: int) -> None:
        self._name = f"{seed}/{thousand}"
        chance = luck(f"plan/{self._name}")
        self._weeks: list[list[Errand]] = [[] for _ in range(_WEEKS)]
        for person in people_of(thousand, seed):
            self._enter(errands_of(person, chance))
        for contacts in contacts_of(thousand, seed):
            self._enter(orders_of_business(contacts, chance))
        self._mishaps: list[list[Errand]] = [[] for _ in range(_WEEKS)]
        for errand in mishaps_of(thousand, seed):
            self._mishaps[errand[0] // 7].append(errand)

    def _enter(self, errands: list[Errand]) -> None:
        for errand in errands:
            self._weeks[errand[0] // 7].append(errand)

    def play(self, week: int, pen: Pen) -> None:
        """Write what these people do that begins in this week."""
        chance = luck(f"play/{self._name}/{week}")
        for day, number, person, story in self._weeks[week]:
            if number:
                _let_time_pass(person, chance)
            story(Scene(pen, person, f"{person.key}.{number}", day, chance.random))
        self._weeks[week].clear()
        # Luck of their own: what befalls them changes nobody else's year.
        chance = luck(f"mishaps/play/{self._name}/{week}")
        for day, number, person, story in self._mishaps[week]:
            story(Scene(pen, person, f"{person.key}.{number}", day, chance.random))
        self._mishaps[week].clear()


def _let_time_pass(person: Person, chance: Random) -> None:
    """Between two errands a cookie gets lost, and now and then somebody moves."""
    luck = chance.random()
    if luck < _NEW_COOKIE:
        person.cookie = f"w-{person.key}-{chance.getrandbits(32):08x}"
        person.known_to.discard("web")
    elif luck > 1 - _NEW_LIFE and person.fate is Fate.ORDINARY and person.business is None:
        change_life(person, chance)
