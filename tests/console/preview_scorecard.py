"""The made-up shop's scorecard and goals, as the doors answer them, and the page made of them."""

from typing import Any

from noline.doors.console import scorecard
from noline.doors.console.periods import EVER, period_of, periods
from noline.doors.console.scorecard import Looking

Json = dict[str, Any]


def metric(name: str, store: str, digital: str, unit: str, *, more_is_better: bool | None = True) -> Json:
    return {"id": name, "store": store, "digital": digital, "unit": unit, "more_is_better": more_is_better}


METRICS = [
    metric("visits", "footfall", "sessions", "count"),
    metric("conversion", "hit rate", "conversion rate", "share"),
    metric("orders", "receipts", "orders", "count"),
    metric("basket", "average ticket", "average order value", "money"),
    metric("units_per_order", "units per receipt", "items per order", "ratio"),
    metric("returns_sold", "brought back of what we sold", "return rate", "share", more_is_better=False),
    metric("service_given", "minutes for others", "fulfilment time", "minutes", more_is_better=None),
]


def row(name: str, channel: str, value: float | None, counts: str = "", **more: Any) -> Json:
    """counts: numerator, denominator, or nothing."""
    numerator, denominator = (int(one) for one in counts.split()) if counts else (value, None)
    usual: Json = {
        "metric": name, "unit": None, "channel": channel, "country": None, "period": "2026-03", "currency": None,
        "value": value, "numerator": numerator, "denominator": denominator, "low": None, "high": None,
        "too_few": None, "before": None, "is_over": True, "name": None,
        "programme": None, "why": None,
    }  # fmt: skip
    return {**usual, **more}


ROWS = [
    row("visits", "web", 21_044, before=20_110),
    row("visits", "store", 4_022, before=4_051),
    row("orders", "web", 2_104, before=2_090),
    row("orders", "store", 1_301, before=1_290),
    row("conversion", "web", 0.1, "2104 21044", low=0.096, high=0.104, too_few=False, before=0.112),
    row("conversion", "store", 0.323, "1301 4022", low=0.309, high=0.338, too_few=False, before=0.318),
    row("basket", "web", 6_250, "13150000 2104", currency="EUR", before=5_950),
    row("basket", "store", 5_410, "7033000 1300", currency="EUR", before=5_410),
    row("basket", "store", 10_300, "51500 5", currency="JPY"),
    row("units_per_order", "web", 2.31, "4860 2104", before=2.4),
    row("returns_sold", "web", 0.041, "86 2104", low=0.033, high=0.05, too_few=False, before=0.06),
    row("returns_sold", "store", 0.0023, "3 1301", low=0.0, high=0.01, too_few=True),
    row("service_given", "store", 1_240),
]
CARD: Json = {
    "by": ["channel"], "period": "month", "since": None, "until": None, "currency": None, "rates": {},
    "without_rate": [], "metrics": METRICS, "rows": ROWS, "not_told": {"effect": "as no test was given"},
    "counted": {
        "metrics": {
            one["id"]: {"words": f"How {one['id']} is counted.", "formula": "visits.visits", "credit": "the unit",
                        "grain": {"visits": "a visit"}, "time": {"visits": "when it began"}, "interval": None}
            for one in METRICS
        },
        "facts": {"visits": {"sql": "SELECT 1", "parameters": {}}},
    },
}  # fmt: skip
AIM: Json = {
    "metric": "conversion", "where": {"channel": "web"}, "where_words": "channel web", "target": "12", "unit": "%",
    "direction": "at_least", "aim_words": "at least 12 %", "begins": "2026-01-01", "due": "2026-12-31",
}  # fmt: skip
NOW: Json = {
    "value": 0.1, "numerator": 2104, "denominator": 21044, "low": 0.096, "high": 0.104, "currency": None, "met": False,
    "sure": True, "why": None,
    "words": "10.0 % (2,104 of 21,044; 95 %: 9.6 % .. 10.4 %); the target, at least 12 %, is not reached.",
}  # fmt: skip
LOOK: Json = {
    "id": "k-1", "goal": "web-hit-rate", "at": "2026-03-02T09:00:00Z", "status": "at risk",
    "decided": "Shorten the checkout by a page.", "by": "manager at the console", **AIM, "until": "2026-03-02", **NOW,
}  # fmt: skip
MORE_RECEIPTS: Json = {
    **AIM, "metric": "orders", "unit": "count", "target": "1000", "aim_words": "at least 1000",
    "where": {"channel": "store"}, "where_words": "channel store",
}  # fmt: skip
REACHED: Json = {**NOW, "met": True, "words": "1,301; the target, at least 1000, is reached."}
GOALS = [
    {"id": "web-hit-rate", "name": "The web sells better", "owner": "ines@example.com", "by": "manager", **AIM,
     "last_check_in": LOOK, "now": NOW},
    {"id": "store-receipts", "name": "More receipts in stores", "owner": None, "by": "manager", **MORE_RECEIPTS,
     "last_check_in": None, "now": REACHED},
]  # fmt: skip
LOOKING = Looking(period_of("2026-03"))
WHOLE: Json = {
    "card": CARD, "metrics": METRICS, "goals": GOALS, "check_ins": {"web-hit-rate": [LOOK]},
    "months": periods(["2026-01", "2026-02", "2026-03"]), "currencies": ["EUR"], "looking": LOOKING,
}  # fmt: skip
EMPTY_CARD: Json = {**CARD, "rows": [], "not_told": {}}


def scorecard_pages() -> dict[str, tuple[str, str, Any]]:
    """The scorecard in every state worth looking at."""
    converted = {**CARD, "currency": "EUR", "rates": {"JPY": "0.006"}, "without_rate": ["CHF"]}
    refused = {"refused": "This goal cannot be set: 'x' is no number.", "hint": "Correct what the sentence names."}
    digital = Looking(period_of("2026-q1"), words="digital", currency="EUR")
    empty: Json = {"card": EMPTY_CARD, "metrics": METRICS, "looking": Looking(EVER)}
    return {
        "scorecard": ("scorecard", "/scorecard", scorecard.scorecard(**WHOLE)),
        "scorecard-digital": (
            "scorecard", "/scorecard",
            scorecard.scorecard(**{**WHOLE, "card": converted, "looking": digital}, said="The goal is set."),
        ),
        "scorecard-empty": ("scorecard", "/scorecard", scorecard.scorecard(**empty, **refused)),
    }  # fmt: skip
