"""What the words of a card cost alone: a greeting, and what may be said after it, in each language."""

import time
from collections.abc import Callable
from typing import NamedTuple

from noline.demo.company import PICCOLA, PRODUCT_BY_SKU
from noline.insight.card.service import Bought, Product, Purchase, Told, know
from noline.insight.greeting.service import LANGUAGES, Called, Greeter, Setting, called
from noline.kernel.clock import DAY, Micros, parse_instant
from noline.kernel.disclosure import Circumstances, Presence, Sayable, disclosed
from noline.kernel.quantities import Units

__all__ = ["LANGUAGES", "Words", "words_us"]

_NOW: Micros = parse_instant("2026-11-02T10:00:00Z")
_ORDERS = 13
_TIMES, _ROUNDS = 2_000, 5
_WHO = {
    "en": {"firstName": "Catherine", "lastName": "Laurent", "title": "Ms"},
    "de": {"firstName": "Katharina", "lastName": "Lorenz", "title": "Frau"},
    "fr": {"firstName": "Catherine", "lastName": "Laurent", "title": "Madame"},
    "ja": {"firstName": "美咲", "lastName": "佐藤", "nameKana": "サトウ ミサキ"},
}


class Words(NamedTuple):
    """Microseconds of CPU: of the greeting, and of the sentences that may be said after it, three at most."""

    greeting: float
    sentences: float


class _Spoken(NamedTuple):
    """All that words are made of for one customer."""

    sayable: tuple[Sayable, ...]
    person: Called
    setting: Setting


def words_us() -> dict[str, Words]:
    """CPU of the words of a card, by language: the best of some rounds, each time another turn of the variation.

    Raises ValueError when nothing was said.
    """
    greeter = Greeter()
    return {language: _measured(greeter, language, _spoken(language)) for language in LANGUAGES}


def _measured(greeter: Greeter, language: str, spoken: _Spoken) -> Words:
    def greeted(seed: int) -> bool:
        return bool(greeter.greet(spoken.sayable, language=language, person=spoken.person, seed=seed).text)

    def said(seed: int) -> bool:
        return bool(
            greeter.say(spoken.sayable, language=language, person=spoken.person, seed=seed, setting=spoken.setting)
        )

    return Words(_best_us(language, greeted), _best_us(language, said))


def _best_us(language: str, speaks: Callable[[int], bool]) -> float:
    rounds = []
    for _ in range(1 + _ROUNDS):
        began = time.thread_time_ns()
        spoken = all(speaks(seed) for seed in range(_TIMES))
        rounds.append((time.thread_time_ns() - began) / 1_000 / _TIMES)
        if not spoken:
            raise ValueError(language)
    # The first round reads the language.
    return min(rounds[1:])


def _spoken(language: str) -> _Spoken:
    """A customer of thirteen orders in three channels who owns a machine and agreed to everything."""
    products = {
        sku: Product(sku, one.name, one.category, _attributes(one.intensity)) for sku, one in PRODUCT_BY_SKU.items()
    }
    told = [Told("name", _WHO[language]["lastName"], _NOW - 300 * DAY, ("told:name",))]
    held = know("p_bench", [_purchase(number) for number in range(_ORDERS)], products, _NOW, told=told)
    granted = frozenset(("service", "personalisation", "marketing", "profiling"))
    found = disclosed(held.facts, Circumstances(Presence.DECLARED, _NOW, granted))
    names = {sku: one.name for sku, one in products.items()}
    return _Spoken(found.sayable(), called(_WHO[language], language), Setting(_NOW, 0, names))


def _attributes(intensity: int) -> dict[str, int]:
    return {"intensity": intensity} if intensity else {"warranty_months": 24}


def _purchase(number: int) -> Purchase:
    channel = ("store", "web", "app")[number % 3]
    sku = PICCOLA.sku if number == 0 else ("ristretto-50", "vespro-50", "brigante-50")[number % 3]
    return Purchase(
        order=f"o-{number}", at=_NOW - (3 + 26 * (_ORDERS - number)) * DAY, channel=channel,
        store="paris-opera" if channel == "store" else None, lines=(Bought(sku, Units(1 + number % 2), 2_250),),
        total_minor=2_250 * (1 + number % 2), currency="EUR", state="completed",
    )  # fmt: skip
