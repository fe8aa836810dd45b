"""The made-up shop's channels, as the doors answer them, and the page made of them."""

from typing import Any

from noline.doors.console import channels
from noline.kernel.shares import share

Json = dict[str, Any]

COUNTED: Json = {
    name: {"words": f"How {name} are counted.", "sql": "SELECT channel FROM orders", "parameters": {"draws": 400}}
    for name in ("roles", "migration", "customers", "index", "partners")
}
UNTOLD: Json = {"cases": 0, "of": 0, "share": None, "low": None, "high": None, "too_few": True}


def part(cases: int, of: int) -> Json:
    found = share(cases, of)
    return {"cases": cases, "of": of, "share": found.value, "low": found.low, "high": found.high,
            "too_few": found.too_few}  # fmt: skip


def ratio(name: str, value: float | None, low: float | None = None, high: float | None = None, why: str | None = None,
          counts: str = "400 1000 800") -> Json:  # fmt: skip
    cases, of, persons = (int(one) for one in counts.split())
    here = cases / of
    return {
        "name": name, "value": value, "low": low, "high": high, "here": here if value else None,
        "expected": here / value if value else None, "cases": cases, "of": of, "persons": persons,
        "too_few": value is None, "claimed": bool(low and low > 1), "less": bool(high and high < 1), "why": why,
        "null": 1.0,
    }  # fmt: skip


def channel(name: str, orders: int, persons: int, *ratios: Json, **more: Any) -> Json:
    return {
        "name": name, "place": name, "channel": name, "orders": orders, "orders_of_nobody": 0, "persons": persons,
        "measures": {one["name"]: one for one in ratios}, "baskets": [], "convenience": UNTOLD, "assist": None,
        "claimed": [one["name"] for one in ratios if one["claimed"]],
        "less": [one["name"] for one in ratios if one["less"]], "too_few": persons < 30, **more,
    }  # fmt: skip


BASKET: Json = {
    "currency": "EUR", "orders": 4104, "mean_minor": 6250, "mean_low_minor": 6100, "mean_high_minor": 6400,
    "median_minor": 5400, "ratio": ratio("basket", 1.02, 0.99, 1.05),
}  # fmt: skip
ROLES: Json = {
    "channels": [
        channel("web", 5210, 3104, ratio("acquire", 1.31, 1.27, 1.35), ratio("retain", 0.84, 0.8, 0.88),
                ratio("sticky", 1.42, 1.33, 1.5), ratio("back", 1.1, 0.98, 1.23),
                ratio("frequency", 0.97, 0.93, 1.02, counts="5210 3104 3104"),
                ratio("experience", None, why="nobody visits the web without a page"), baskets=[BASKET],
                convenience=part(812, 880), assist=[{"amount_minor": 1_200_000, "currency": "EUR"}]),
        channel("store", 1720, 1201, ratio("acquire", 0.72, 0.66, 0.79), ratio("retain", 1.24, 1.12, 1.37),
                ratio("sticky", 1.6, 1.41, 1.82), ratio("back", 1.7, 1.5, 1.94), ratio("frequency", 1.2, 1.1, 1.3),
                ratio("experience", 1.18, 1.02, 1.36), orders_of_nobody=210),
        channel("call", 18, 14, ratio("acquire", None, why="14 customers are too few")),
    ],
    "sentence": "Each ratio is an association.",
}  # fmt: skip
CHARTERS: Json = {
    "charters": [
        {"channel": "web", "place": None, "seen": True, "main": "acquire", "others": ["convenience"],
         "reasons": ["open at night", "every item"], "experience": "Two clicks to the coffee I know.",
         "owner": "ines@example.com", "since": "2026-01-05T09:00:00.000Z", "by": "manager at the console"},
        {"channel": "store", "place": None, "seen": True, "main": "acquire", "others": [], "reasons": [],
         "experience": None, "owner": None, "since": "2026-01-05T09:00:00.000Z", "by": "manager at the console"},
        {"channel": "paris-opera", "place": "Maison Ristretto Opéra", "seen": True, "main": "experience", "others": [],
         "reasons": ["tastings"], "experience": "Somebody who knows coffee.", "owner": None,
         "since": "2026-02-01T09:00:00.000Z", "by": "manager at the console"},
    ],
    "unstated": [{"name": "call", "kind": "channel", "place": None},
                 {"name": "lyon", "kind": "unit", "place": "Lyon Bellecour"}],
    "roles": ["acquire", "retain", "convenience", "experience", "assist", "service"],
}  # fmt: skip
MIGRATION: Json = {
    "k": 2,
    "channels": ["web", "store", "call"],
    "ways": [
        {"first": "web", "persons": 2104, "undecided": 204, "cells": [part(760, 1900), part(190, 1900), part(0, 1900)],
         "lost": part(950, 1900)},
        {"first": "store", "persons": 900, "undecided": 100, "cells": [part(80, 800), part(400, 800), part(4, 800)],
         "lost": part(316, 800)},
    ],
    "every": {"first": "", "persons": 3004, "undecided": 304,
              "cells": [part(840, 2700), part(590, 2700), part(4, 2700)], "lost": part(1266, 2700)},
    "median_gap_days": 41.2,
    "observed_until": None,
}  # fmt: skip


def mean(value: float | None, low: float | None = None, high: float | None = None) -> Json:
    return {"value": value, "low": low, "high": high}


CUSTOMERS: Json = {
    "classes": [
        {"name": name, "persons": part(persons, 3004), "orders": orders,
         "orders_mean": mean(orders / persons, 1.1, 3.2),
         "value_minor": orders * 6000, "value_mean_minor": orders * 6000 // persons, "value_mean_low_minor": 9_000,
         "value_mean_high_minor": 30_000, "degree": mean(degree)}
        for name, persons, orders, degree in (
            ("single", 2200, 3300, 1.0), ("multi", 500, 1500, 1.8), ("cross", 220, 800, 2.0), ("omni", 84, 400, 2.3))
    ],
    "persons": 3004, "orders": 6000, "orders_of_nobody": 210, "currency": "EUR", "unrated": 0,
    "sentence": "Differences between these classes are correlation: who buys much also meets more channels.",
}  # fmt: skip
INDEX: Json = {
    "parts": [
        {"name": "recognised", "words": "Visitors of stores are recognised", "exists": True, "evidence": 4020,
         "works": part(1602, 4020), "why": None, "facts": {}},
        {"name": "promises", "words": "Pick-ups are ready when promised", "exists": True, "evidence": 880,
         "works": part(812, 880), "why": None, "facts": {}},
        {"name": "parity", "words": "The price is the same everywhere", "exists": None, "evidence": 0, "works": None,
         "why": "no price was told by two channels in one week", "facts": {}},
        {"name": "returns", "words": "Returns are accepted elsewhere", "exists": False, "evidence": 0, "works": None,
         "why": None, "facts": {}},
    ],
    "exist": 2, "of": 3, "works": 0.66, "measured": 2,
}  # fmt: skip
PARTNERS: Json = {
    "channels": [channel("marketplace", 702, 640, ratio("acquire", 1.5, 1.4, 1.6), ratio("retain", 0.6, 0.5, 0.7))],
    "accounts": [
        {"account": "hotel-lutetia", "channels": ["b2b"], "orders": 31, "persons": 2, "first_at": 0, "last_at": 0,
         "median_gap_days": 13.6, "baskets": [{"currency": "EUR", "orders": 31, "value_minor": 910_000,
                                               "mean_minor": 29_354}],
         "coming_back": part(29, 30), "returned": part(1, 31), "convenience": UNTOLD},
    ],
}  # fmt: skip
WHOLE: Json = {
    "roles": ROLES, "charters": CHARTERS, "migration": MIGRATION, "customers": CUSTOMERS, "index": INDEX,
    "partners": PARTNERS, "counted": COUNTED,
}  # fmt: skip
NOTHING: Json = {
    "roles": {"channels": [], "sentence": ""},
    "charters": {"charters": [], "unstated": [], "roles": []},
    "migration": {**MIGRATION, "ways": [], "channels": []},
    "customers": {**CUSTOMERS, "classes": []},
    "index": {"parts": [], "exist": 0, "of": 0, "works": None, "measured": 0},
    "partners": {"channels": [], "accounts": []},
    "counted": COUNTED,
}


def channel_pages() -> dict[str, tuple[str, str, Any]]:
    """The page of the channels in every state worth looking at."""
    refused = {"refused": "This charter cannot be stated: it names no main role.", "hint": "Correct it."}
    return {
        "channels": ("channels", "/channels", channels.channels(**WHOLE, said="Stated.")),
        "channels-empty": ("channels", "/channels", channels.channels(**NOTHING)),
        "channels-refused": ("channels", "/channels", channels.channels(**WHOLE, **refused)),
    }
