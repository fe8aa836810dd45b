"""Facts of a customer for the tests of words, judged as at a counter."""

from noline.insight.greeting.service import Setting
from noline.kernel.clock import parse_instant
from noline.kernel.disclosure import CardFact, Circumstances, Presence, Provenance, Sayable, Value, disclosed

NOW = parse_instant("2026-11-23T10:00:00Z")
TODAY = Setting(now=NOW)

PEOPLE = {
    "en": {"firstName": "Anna", "lastName": "Miller", "title": "Ms"},
    "de": {"firstName": "Anna", "lastName": "Müller", "title": "Frau"},
    "fr": {"firstName": "Catherine", "lastName": "Laurent", "title": "Madame"},
    "ja": {"firstName": "結衣", "lastName": "佐藤"},
}


def fact(
    key: str,
    value: Value,
    *,
    at: str = "2026-11-02T10:00:00Z",
    unit: str = "",
    provenance: Provenance = Provenance.TRANSACTION,
    orders: int = 1,
    fact_id: str = "",
) -> CardFact:
    """A fact that rests on orders of a customer; its id is its key."""
    return CardFact(
        id=fact_id or key,
        customer="p_1",
        key=key,
        value=value,
        unit=unit,
        provenance=provenance,
        evidence=tuple(f"order:o-{number}" for number in range(orders)),
        observed_at=parse_instant(at),
        purpose="service",
    )


def named(name: str = "Catherine Laurent") -> CardFact:
    return fact("name", name, provenance=Provenance.TOLD)


def sayable(*facts: CardFact, presence: Presence = Presence.DECLARED) -> tuple[Sayable, ...]:
    """Those of the facts that may be spoken to somebody who agreed to service."""
    return disclosed(facts, Circumstances(presence, NOW, frozenset({"service"}))).sayable()
