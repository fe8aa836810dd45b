"""The made-up shop's credit, as the doors answer it, and the pages made of it."""

from typing import Any

from noline.doors.console import credit, credit_guarantee, credit_order, credit_unit
from noline.doors.console.credit import Looking
from noline.doors.console.periods import periods

Json = dict[str, Any]

SENTENCE = (
    "First everyone is paid back for the work they did on the order, then what is left is shared between the units "
    "that made the sale happen, so helping another channel can never cost you."
)
METHODS = ["equal", "first", "last", "linear", "position", "decay", "markov"]
COUNTED: Json = {
    name: {
        "words": f"How {name} is counted.",
        "sql": "SELECT order_id FROM orders WHERE state = 'placed'",
        "parameters": {"window_days": 30},
    }
    for name in ("units", "what_if", "handoffs", "orders", "goods", "work", "returns", "refunds", "guarantee")
}


def unit_row(unit: str, name: str | None, counts: str, money: str, **more: Any) -> Json:
    """counts: captured, helped, minutes. money: at the till, spent, shared, assist, floor, all in minor units."""
    captured, helped, minutes = (int(one) for one in counts.split())
    till, spent, shared, assist, floor = (int(one) for one in money.split())
    return {
        "unit": unit,
        "name": name,
        "orders_captured": captured,
        "orders_helped": helped,
        "minutes": minutes,
        "at_till_minor": till,
        "spent_minor": spent,
        "repaid_minor": spent,
        "shared_minor": shared,
        "assist_minor": assist,
        "borne_minor": 0,
        "today_minor": till - spent,
        "fair_minor": shared,
        "floor_minor": floor,
        "headroom_today_minor": till - spent - floor,
        "headroom_fair_minor": shared - floor,
        "after_fixed_minor": shared - 400_000,
        "after_pools_minor": shared - 500_000,
        "month": None,
        **more,
    }


ROWS = [
    unit_row("web", None, "5210 640 8120", "31200000 820000 22100000 1200000 15100000"),
    unit_row("paris-opera", "Maison Ristretto Opéra", "410 2404 28848", "2100000 1153900 4800000 3300000 2176100"),
    unit_row("lyon", "Lyon Bellecour", "1310 420 5040", "7800000 210000 7950000 480000 6800000"),
    unit_row("app", None, "2210 310 900", "11000000 80000 10100000 300000 8000000"),
    unit_row("call", None, "180 260 3120", "900000 130000 1150000 420000 610000"),
]
FACTS: Json = {
    "orders": 9440, "left_out": {"cancelled": 31, "expired": 0, "no value": 12}, "no_rate": {}, "margins_told": 9100,
    "margins_percent": 340, "goods_no_rate": 0, "goods_cost_percent": 40, "of_nobody": 210,
    "acts": {"advise": 2404, "capture": 9440}, "usual_costs": ["inspire", "serve"], "returns": 120,
    "returns_left_out": {"no order": 2}, "undone": {"expired": 7}, "goods_beyond": 0,
    "refunded_beyond": 4, "refunds": 5, "refunds_left_out": {"no rate": 1}, "kinds": {},
}  # fmt: skip
UNITS: Json = {
    "currency_sections": [
        {"currency": "EUR", "units": ROWS, "baseline_minor": 1_400_000, "total_minor": 52_000_000},
        {"currency": "JPY", "units": [unit_row("ginza", "Ginza", "120 4 40", "900000 2000 898000 5000 860000")],
         "baseline_minor": 0, "total_minor": 898_000},
    ],
    "method": "equal",
    "methods": METHODS,
    "since": None,
    "until": None,
    "results": [],
    "facts": FACTS,
    "counted": COUNTED,
    "sentence": SENTENCE,
}  # fmt: skip
BY_MONTH = [
    {"currency": "EUR", "baseline_minor": 0, "total_minor": 0, "units": [
        unit_row("paris-opera", "Maison Ristretto Opéra", "140 800 9616", "700000 384600 1600000 1100000 725300",
                 month=month) for month in ("2026-01", "2026-02", "2026-03")
    ]},
]  # fmt: skip
WHAT_IFS = [
    {"unit": unit, "name": name, "currency": "EUR", "orders_helped": helped, "today_change_minor": today,
     "fair_change_minor": fair}
    for unit, name, helped, today, fair in (
        ("paris-opera", "Maison Ristretto Opéra", 2404, 1_100_000, -3_300_000),
        ("web", "web", 640, 210_000, -1_200_000),
    )
]  # fmt: skip
UNIT: Json = {
    **UNITS,
    "unit": "paris-opera",
    "name": "Maison Ristretto Opéra",
    "currency_sections": [{**UNITS["currency_sections"][0], "units": [ROWS[1]]}],
    "by_month": BY_MONTH,
    "what_if": WHAT_IFS[:1],
}
HANDOFFS = [
    {"sender": sender, "receiver": receiver, "moves": moves, "removal_effect": effect, "conversions": conversions,
     "value_minor": value, "currency": "EUR"}
    for sender, receiver, moves, effect, conversions, value in (
        ("web", "store", 5120, 0.142, 1340.4, 9_120_000),
        ("store", "web", 3010, 0.101, 950.2, 6_500_000),
        ("mail", "web", 1210, 0.034, 320.0, 1_900_000),
    )
]  # fmt: skip
HELPED = [
    {"order_id": f"o-{number}", "placed_at": f"2026-03-{number:02}T10:12:00Z", "captured_by": "web",
     "captured_name": "web", "currency": "EUR", "acts": ["advise"], "minutes": 12, "repaid_minor": 480,
     "shared_minor": 940 + number, "returns": int(number == 2)}
    for number in range(1, 23)
]  # fmt: skip


def line(unit: str, name: str, money: str, *, taking: bool = True) -> Json:
    """money: spent, shared, borne, at the till, in minor units."""
    spent, shared, borne, till = (int(one) for one in money.split())
    return {
        "unit": unit, "name": name, "taking": taking, "minutes": 0, "spent_minor": spent, "repaid_minor": spent,
        "shared_minor": shared, "borne_minor": borne, "at_till_minor": till, "today_minor": till - spent,
        "fair_minor": shared + borne,
    }  # fmt: skip


OPERA = "Maison Ristretto Opéra"
ORDER: Json = {
    "order_id": "o-1",
    "placed_at": "2026-03-01T10:12:00Z",
    "captured_by": "web",
    "captured_name": "web",
    "owner": "web",
    "owner_name": "web",
    "currency": "EUR",
    "method": "equal",
    "methods": METHODS,
    "value_minor": 12_000,
    "margin_minor": 5_000,
    "act_cost_minor": 979,
    "surplus_minor": 4_021,
    "baseline_minor": 402,
    "acts": [
        {"unit": "paris-opera", "name": OPERA, "act": "advise", "at": "2026-02-27T15:00:00Z", "minutes": 12,
         "cost_minor": 480},
        {"unit": "web", "name": "web", "act": "capture", "at": "2026-03-01T10:12:00Z", "minutes": 0, "cost_minor": 0},
        {"unit": "lyon", "name": "Lyon Bellecour", "act": "hand over", "at": "2026-03-03T17:40:00Z", "minutes": 9,
         "cost_minor": 499},
    ],
    "shares": [
        line("paris-opera", OPERA, "480 1206 0 0"),
        line("web", "web", "0 1207 0 5000"),
        line("lyon", "Lyon Bellecour", "499 1206 0 0"),
    ],
    "returns": [],
}  # fmt: skip
RETURNED: Json = {
    **ORDER,
    "returns": [
        {"unit": "lyon", "name": "Lyon Bellecour", "owner": "web", "owner_name": "web", "at": "2026-03-12T11:00:00Z",
         "minutes": 6, "value_minor": 4_000, "margin_minor": 1_340, "cost_minor": 240, "baseline_minor": -134,
         "goods": True, "lost_minor": 0,
         "shares": [line("paris-opera", OPERA, "0 -402 0 0"), line("web", "web", "0 -402 -240 -1340"),
                    line("lyon", "Lyon Bellecour", "240 -402 0 0")]},
    ],
}  # fmt: skip
REFUNDED: Json = {
    **RETURNED,
    "returns": [
        *RETURNED["returns"],
        {"unit": "call", "name": "call", "owner": "web", "owner_name": "web", "at": "2026-03-13T09:00:00Z",
         "minutes": 0, "value_minor": 5_000, "margin_minor": 3_660, "cost_minor": 0, "baseline_minor": -268,
         "goods": False, "lost_minor": 507,
         "shares": [line("paris-opera", OPERA, "0 -804 0 0"), line("web", "web", "0 -805 -1486 -4167"),
                    line("lyon", "Lyon Bellecour", "0 -804 0 0")]},
    ],
}  # fmt: skip
LOSS: Json = {
    **ORDER, "surplus_minor": -200, "margin_minor": 779, "baseline_minor": 0,
    "shares": [line("paris-opera", OPERA, "480 0 0 0"), line("web", "web", "0 0 -200 779"),
               line("lyon", "Lyon Bellecour", "499 0 0 0")],
}  # fmt: skip
ALONE: Json = {
    **ORDER, "act_cost_minor": 0, "surplus_minor": 5_000, "baseline_minor": 0, "acts": ORDER["acts"][1:2],
    "shares": [line("web", "web", "0 5000 0 5000")],
}  # fmt: skip
NAMES = [row["unit"] for row in ROWS]
BOOKS: Json = {
    kind: {
        "method": kind,
        "currency": "EUR",
        "orders": 9_320,
        "rows": 9_320,
        "holds": not violated,
        "violated": violated,
        "groups": 30,
        "subsidy_minor": subsidy,
        "moved_minor": 2 * subsidy,
        "why_no_nucleolus": None,
        "sentence": SENTENCE,
        "worst": [{"units": names, "short_minor": short} for names, short in worst],
        "units": [
            {"unit": row["unit"], "name": row["name"], "credit_minor": row[column], "floor_minor": row["floor_minor"],
             "headroom_minor": row[column] - row["floor_minor"], "most_minor": row["fair_minor"] * 2,
             "nearest_minor": row["fair_minor"], "nucleolus_minor": row["fair_minor"] + 1000}
            for row in ROWS
        ],
    }
    for kind, column, violated, subsidy, worst in (
        ("fair", "fair_minor", 0, 0, []),
        ("today", "today_minor", 3, 1_230_000,
         [(["paris-opera"], 1_230_000), (["paris-opera", "call"], 1_070_000)]),
        ("last", "at_till_minor", 1, 76_100, [(["paris-opera"], 76_100)]),
        ("markov over totals", "shared_minor", 2, 300_000, [(NAMES[:5], 300_000)]),
    )
}  # fmt: skip
LOOKING = Looking("EUR")
MONTHS = periods(["2026-01", "2026-02", "2026-03", "2026-04"])


def credit_pages() -> dict[str, tuple[str, str, Any]]:
    """The pages about credit in every state worth looking at."""
    whole: Json = {"told": UNITS, "months": MONTHS, "looking": LOOKING, "counted": COUNTED}
    nothing: Json = {**UNITS, "currency_sections": []}
    happy: Json = {**UNITS, "currency_sections": UNITS["currency_sections"][1:]}
    of_unit: Json = {"told": UNIT, "months": MONTHS, "looking": LOOKING, "counted": COUNTED}
    idle: Json = {**UNIT, "currency_sections": [], "by_month": [], "what_if": []}
    at, order = "/credit/units/paris-opera", "/credit/orders/o-1"
    return {
        "credit": ("credit", "/credit", credit.units(**whole, what_ifs=WHAT_IFS, handoffs=HANDOFFS)),
        "credit-happy": ("credit", "/credit", credit.units(**{**whole, "told": happy, "looking": Looking("JPY")})),
        "credit-empty": ("credit", "/credit", credit.units(**{**whole, "told": nothing, "looking": Looking()})),
        "credit-unit": ("credit_unit", at, credit_unit.unit(**of_unit, orders=HELPED)),
        "credit-unit-nothing": ("credit_unit", at, credit_unit.unit(**{**of_unit, "told": idle})),
        "credit-order": ("credit_order", order, credit_order.order(row=RETURNED, counted=COUNTED, story="/orders/o-1")),
        "credit-refunded": ("credit_order", order, credit_order.order(row=REFUNDED, counted=COUNTED)),
        "credit-order-loss": ("credit_order", order, credit_order.order(row=LOSS, counted=COUNTED)),
        "credit-order-alone": ("credit_order", order, credit_order.order(row=ALONE, counted=COUNTED)),
        "credit-guarantee": (
            "credit_guarantee", "/credit/guarantee",
            credit_guarantee.guarantee(told=UNITS, books=BOOKS, months=MONTHS, looking=LOOKING, counted=COUNTED),
        ),
        "credit-guarantee-empty": (
            "credit_guarantee", "/credit/guarantee",
            credit_guarantee.guarantee(told=nothing, books={}, looking=Looking(), counted=COUNTED),
        ),
    }  # fmt: skip
