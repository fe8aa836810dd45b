"""How customers want to be spoken to, and what they agreed to: told when they first say who they are.

Manners have luck of their own, so that whoever buys what and when is the same with them and without.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from types import MappingProxyType

from noline.demo.company import FIRST_DATE, YEAR_DAYS
from noline.demo.pen import text

PURPOSES = ("service", "personalisation", "marketing", "profiling")
"""What customers are asked to agree to."""

LEAVES_ONE_OF = 40
"""Of so many newsletters one is answered with a withdrawal."""

_ASKED_AT_THE_CARD, _ASKED_ELSEWHERE = 0.95, 0.7
"""Shares of people who are asked what they agree to: who takes a card, and everybody else."""

_ANSWERS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {"service": (0.9, 0.92), "personalisation": (0.74, 0.9), "marketing": (0.55, 0.85), "profiling": (0.6, 0.85)}
)
"""For each purpose the share that agrees, and the share that agrees or refuses; the rest was never asked."""

_MADAME = frozenset(
    "Camille Léa Manon Chloé Inès Jeanne Zoé Louise Élodie Anna Lena Marie Sophie Hannah Käthe Greta Frieda "
    "結衣 陽菜 美咲 葵 凛 由美子 恵".split()
)
_TITLES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {"fr": ("Madame", "Monsieur"), "de": ("Frau", "Herr"), "en": ("Ms", "Mr")}
)
_TELLS_TITLE, _INFORMAL, _SPEAKS_ENGLISH = 0.75, 0.2, 0.04
_TELLS_BIRTHDAY, _IS_MINOR, _TELLS_HOUSEHOLD = 0.4, 0.03, 0.25
_LAST_DATE = FIRST_DATE + timedelta(days=YEAR_DAYS)
_ADULT_DAYS, _MINOR_DAYS = (19 * 365, 79 * 365), (13 * 365, 17 * 365)


@dataclass(frozen=True, slots=True)
class Manners:
    """What a customer told of how to be spoken to; empty is what was not told.

    title: as the language has it. informal: wants to be called by the given name. birthday: an ISO date. household: how
    many live there. consent: whether each purpose is agreed to; who is not in it was never asked.
    """

    language: str
    title: str = ""
    informal: bool = False
    birthday: str = ""
    household: int = 0
    consent: tuple[tuple[str, bool], ...] = ()
    intensity: int = 0

    def traits(self) -> dict[str, object]:
        """As traits of the tracking contract."""
        told: dict[str, object] = {
            "language": self.language,
            "title": self.title,
            "informal": self.informal,
            "birthday": self.birthday,
            "householdSize": self.household,
            "preferences": {"intensity": self.intensity} if self.intensity else None,
        }
        return {name: value for name, value in told.items() if value}

    def consents(self) -> str:
        """What is agreed to as a member of a message's context, as a form or banner keeps it; empty when not asked."""
        return f',"consent":{{"categoryPreferences":{text(dict(self.consent))}}}' if self.consent else ""


def manners_of(first_name: str, language: str, chance: Random, *, card: bool) -> Manners:
    """How somebody of this name, in a country of this language, wants to be spoken to. card: takes a card of ours."""
    spoken = "en" if chance.random() < _SPEAKS_ENGLISH else language
    titles = _TITLES.get(spoken)
    title = titles[first_name not in _MADAME] if titles and chance.random() < _TELLS_TITLE else ""
    return Manners(
        language=spoken,
        title=title,
        informal=spoken == "de" and chance.random() < _INFORMAL,
        birthday=_birthday(chance) if chance.random() < _TELLS_BIRTHDAY else "",
        household=chance.choice((1, 1, 2, 2, 3, 4, 5)) if chance.random() < _TELLS_HOUSEHOLD else 0,
        consent=_consent(chance) if chance.random() < (_ASKED_AT_THE_CARD if card else _ASKED_ELSEWHERE) else (),
    )


def agreed(*purposes: str) -> tuple[tuple[str, bool], ...]:
    """Agreed to these purposes, and refused the others."""
    return tuple((purpose, purpose in purposes) for purpose in PURPOSES)


def _birthday(chance: Random) -> str:
    days = _MINOR_DAYS if chance.random() < _IS_MINOR else _ADULT_DAYS
    return (_LAST_DATE - timedelta(days=chance.randrange(*days))).isoformat()


def _consent(chance: Random) -> tuple[tuple[str, bool], ...]:
    drawn = ((purpose, chance.random()) for purpose in PURPOSES)
    return tuple((purpose, luck < _ANSWERS[purpose][0]) for purpose, luck in drawn if luck < _ANSWERS[purpose][1])
