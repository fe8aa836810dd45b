"""The made-up shop's frictions, funnels and saved questions, as the doors answer them, and the pages made of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from noline.doors.console import views
from noline.doors.console.asking import Looking
from noline.doors.console.crossing import MOMENTS
from noline.doors.console.journeys_routes import COUNTED_FIX
from noline.insight.walks.model import span
from noline.kernel.shares import share
from noline.truth.agenda.model import Asked

Json = dict[str, Any]
CASE_AT = datetime(2026, 2, 17, 9, 12, tzinfo=UTC)
NOBODY = {"owner": None, "state": "open", "note": None, "proof": None, "since": None, "by": None}


def _friction(
    rank: int, name: str, title: str, sentence: str, sides: str, numbers: str, money: str, **more: Any
) -> Json:
    persons, cases, at_risk, undecided, bought, matched, matched_bought = (int(part) for part in numbers.split())
    leak, low, high, exposed = (None if part == "-" else int(part) for part in money.split())
    senders, receivers = (side.split(",") if side else [] for side in sides.split(" > "))
    months = ("2025-10", "2025-11", "2025-12", "2026-01", "2026-02")
    return {
        "rank": rank,
        "id": name,
        "name": title,
        "sentence": sentence,
        "proof": "Give half of the stores the change for four weeks, and compare them with the other half.",
        "from_channels": senders,
        "to_channels": receivers,
        "cases": cases,
        "persons": persons,
        "at_risk": at_risk,
        "share": share(persons, at_risk)._asdict(),
        "undecided": undecided,
        "exposed_minor": exposed,
        "leak_minor": leak,
        "leak_low": low,
        "leak_high": high,
        "currency": "EUR",
        "conversion_with": share(bought, persons)._asdict(),
        "conversion_without": share(matched_bought, matched)._asdict(),
        "matched": matched,
        "lift": None,
        "too_few": persons < 30,
        "trend": [
            {"month": month, "cases": cases // 5, "persons": persons * (at + 2) // 20, "exposed_minor": 0}
            for at, month in enumerate(months if cases else ())
        ],
        "rising": None,
        "why_no_leak": None,
        "label": "association",
        "hidden": False,
        "care": NOBODY,
        **more,
    }


FRICTIONS = [
    _friction(1, "F2", "Call after a failed checkout", "Customers call because the checkout of the web shop failed.",
              "web > call", "412 455 2210 12 96 398 171", "1240000 880000 1610000 3120000", rising=True,
              care={**NOBODY, "owner": "ines@example.com", "state": "in work", "note": "New payment page in week 12.",
                    "since": "2026-02-20T09:00:00Z", "by": "manager at the console"}),
    _friction(2, "F12", "Pick-up not ready or not fetched", "Customers order for pick-up, and it is not ready.",
              "web,app > store", "305 311 1904 4 188 300 231", "610000 120000 1090000 1480000", rising=False),
    _friction(3, "F5", "Return refused or redirected", "Customers bring a web order to a store that refuses it.",
              "web > store", "96 96 410 0 21 90 34", "205000 -40000 440000 520000"),
    _friction(4, "F15", "Coupon refused at the till", "Customers show a coupon of the web, and the till refuses it.",
              "mail > store", "18 18 640 0 9 17 12", "31000 -9000 80000 64000", too_few=True),
    _friction(5, "F4", "Cart left, not seen again", "Customers leave a cart and are not seen again in any channel.",
              "web > *", "2110 2450 5020 310 0 0 0", "- - - 9870000",
              why_no_leak="Where they went is not known; a competitor is possible."),
    _friction(6, "F3", "Cart left, bought elsewhere with us", "Customers leave a cart and buy in another channel.",
              "web > *", "610 640 5020 310 610 0 0", "0 0 0 2240000",
              why_no_leak="Nothing was lost: they bought, and the first channel has its part."),
    _friction(7, "F21", "A public price below the contract", "Business customers see a lower price on the web.",
              " > web", "0 0 44 0 0 0 0", "- - - 0", why_no_leak="Nobody met it."),
]  # fmt: skip

COUNTED_FRICTION = {
    "words": "Whose checkout on the web failed, and who called within two days without having bought meanwhile.",
    "rule": '[F2]\nname = "Call after a failed checkout"\nfirst = "web/Checkout Failed"\n'
    'then = [{ what = "call/*", within = "2d" }]',
    "sql": "SELECT person, seq FROM touchpoints WHERE channel = 'web' AND action = 'Checkout Failed'",
    "parameters": {"horizon": "14 days"},
}


def _moment(seq: int, minutes: int, channel: str, action: str, source: str) -> Json:
    at = (CASE_AT + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")
    return {"seq": seq, "at": at, "channel": channel, "action": action, "label": action, "source": source,
            "stage": "buy", "value_minor": None, "currency": None, "store_id": None, "object": None}  # fmt: skip


AROUND = [
    _moment(901, -42, "web", "Product Viewed", "web-shop"),
    _moment(902, -30, "web", "Product Added", "web-shop"),
    _moment(903, 0, "web", "Checkout Failed", "web-shop"),
    _moment(904, 4, "web", "Page Viewed", "web-shop"),
    _moment(905, 55, "call", "Call Started", "desk"),
    _moment(906, 60 * 30, "store", "Store Visited", "tills"),
    _moment(907, 60 * 30 + 8, "store", "Order Completed", "tills"),
    _moment(950, 60 * 24 * 40, "web", "Page Viewed", "web-shop"),
]


def _case(person: str | None, name: str | None, *, converted: bool | None, hours: int = 0) -> Json:
    at = CASE_AT - timedelta(hours=hours)
    return {
        "person": person,
        "name": name,
        "at": at.isoformat().replace("+00:00", "Z"),
        "ended_at": (at + timedelta(minutes=55)).isoformat().replace("+00:00", "Z"),
        "evidence": [903, 905] if person else None,
        "value_minor": 8400,
        "store_id": None,
        "place": None,
        "sku": "ristretto-50",
        "channels": ["web", "call"],
        "converted": converted,
        "events": AROUND if person else [],
    }


CASES = [
    _case("4711", "Catherine Lambert", converted=True),
    _case("4712", None, converted=False),
    _case("4713", "Ada </script><b>Lovelace", converted=None),
]


def _found(where: Json, cases: int, persons: int) -> Json:
    rest_cases, rest_persons = 412 - cases, 2210 - persons
    here, rest = share(cases, persons), share(rest_cases, rest_persons)
    return {
        "where": [{"dimension": name, "value": value, "place": None} for name, value in where.items()],
        "cases": cases,
        "persons": persons,
        "share": here.value,
        "share_low": here.low,
        "share_high": here.high,
        "rest": rest.value,
        "rest_low": rest.low,
        "rest_high": rest.high,
        "rest_cases": rest_cases,
        "rest_persons": rest_persons,
        "lift": (here.value or 0) / (rest.value or 1),
        "contribution": (cases - persons * rest_cases / rest_persons) / 412,
        "contribution_low": 0.01,
        "contribution_high": 0.4,
        "because_of": [],
    }


CAUSES: Json = {
    "findings": [
        _found({"month": "2026-02"}, 180, 510),
        _found({"store": "paris-1", "month": "2026-01"}, 40, 160),
        {**_found({"country": ""}, 40, 160), "because_of": [{"dimension": "month", "value": "2026-02"}]},
    ],
    "compared": 41,
    "effect": {
        "value": -0.182,
        "low": -0.24,
        "high": -0.121,
        "adjusted_for": ["orders before", "value"],
        "label": "causal if nothing unmeasured differs",
    },
    "why_no_effect": None,
}
NO_CAUSES: Json = {
    "findings": [],
    "compared": 0,
    "effect": None,
    "why_no_effect": "31 treated and 355 other persons are too few: 60 are needed in each group.",
}


def _tally(cases: int, persons: int) -> Json:
    value, low, high, too_few = share(cases, persons)
    return {
        "cases": cases,
        "persons": persons,
        "share": value,
        "share_low": low,
        "share_high": high,
        "too_few": too_few,
    }


def _level(step: str, persons: int, first: int, before: int) -> Json:
    told: Json = {"step": step, "persons": persons, "hidden": False, "too_few": share(persons, before).too_few}
    for name, whole in (("share_of_first", first), ("share_of_before", before)):
        value, low, high, _ = share(persons, whole)
        told |= {name: value, f"{name}_low": low, f"{name}_high": high}
    return told


def _levels(asked: Asked, *persons: int) -> list[Json]:
    before = (persons[0], *persons)
    return [
        _level(step.removesuffix("?"), reached, persons[0], last)
        for step, reached, last in zip(asked.steps, persons, before, strict=False)
    ]


ASKED = Asked(
    ("Product Viewed", "web/Product Added?", "store/Order Completed"), window="14d", by="channel",
    between={"store/Order Completed": "..7d"}, without=("Order Cancelled",),
)  # fmt: skip
ANSWER: Json = {
    "levels": _levels(ASKED, 8410, 3120, 902),
    "still_open": 214,
    "parts": {
        "web": _levels(ASKED, 7900, 3000, 870),
        "app": _levels(ASKED, 510, 120, 32),
        "": _levels(ASKED, 12, 3, 1),
    },
    "counted": {},
}
_ACTIONS = [
    ("Page Viewed", 90_410), ("Product Viewed", 40_220), ("Order Completed", 14_100), ("Product Added", 9_300),
    ("Store Visited", 8_100), ("Call Started", 2_040), ("Checkout Failed", 512), ("Coupon Redeemed", 401),
]  # fmt: skip
NAMES: Json = {
    "channels": [
        {"name": "web", "events": 120_000},
        {"name": "store", "events": 40_100},
        {"name": "call", "events": 2040},
    ],
    "actions": [{"name": name, "events": events, "stage": "buy", "shows": None} for name, events in _ACTIONS],
    "pairs": [
        {"step": f"{channel}/{name}", "channel": channel, "action": name, "events": events // 2}
        for channel in ("web", "store")
        for name, events in _ACTIONS
    ],
    "parts": ["channel", "store_id", "country"],
}
QUESTIONS: list[Json] = [
    {
        "id": "q-1",
        "name": "Web to store in spring",
        "asked": {"steps": ["web/*", "store/*"], "window": "14d"},
        "alert": True,
        "since": "2026-02-01T00:00:00Z",
        "by": "manager at the console",
        "baseline": _tally(902, 8410),
        "raised": True,
        "last_alert": {
            "words": "8.1 % of 2,104 people since got to the last step, 10.7 % of 8,410 before.",
            "at": "2026-03-01T07:00:00Z",
        },
    },
    {
        "id": "q-2",
        "name": "Coupons",
        "asked": {"steps": ["Coupon Sent", "Coupon Redeemed?", "Order Completed"], "window": "none", "mode": "ordered"},
        "alert": False,
        "since": "2026-03-01T00:00:00Z",
        "by": "",
        "baseline": _tally(3, 20),
        "raised": False,
        "last_alert": None,
    },
]


def _incidence(end: str, most: float, watched: int = 8410) -> list[Json]:
    rows = []
    for text in MOMENTS:
        days = span(text) / 86_400_000_000
        value = most * (1 - 0.8**days)
        rows.append({
            "end": end, "at": text, "at_us": span(text), "share": value, "low": value * 0.95, "high": value * 1.05,
            "standard_error": 0.01, "ended": round(value * watched), "at_risk": watched, "persons": watched,
            "too_few": False,
        })  # fmt: skip
    return rows


TIME_TO: Json = {
    "from": "web/*",
    "to": "store/*",
    "competing": ["web/Order Completed", "call/*"],
    "persons": 8410,
    "still_waiting": 4100,
    "incidence": [
        *_incidence("store/*", 0.34), *_incidence("web/Order Completed", 0.31), *_incidence("call/*", 0.04),
    ],
    "counted": {"words": "Everybody whose first web/* history tells of.", "unit": "persons", "association": True},
}  # fmt: skip

NOT_TOLD = (
    "cases", "persons", "at_risk", "share", "undecided", "exposed_minor", "leak_minor", "leak_low", "leak_high",
    "conversion_with", "conversion_without", "matched", "lift", "too_few", "trend", "rising", "why_no_leak",
)  # fmt: skip


def journey_pages() -> dict[str, tuple[str, str, Any]]:
    """The pages about journeys in every state worth looking at."""
    one, f4 = FRICTIONS[0], FRICTIONS[4]
    listed = {"frictions": COUNTED_FIX}
    counted = {"friction": COUNTED_FRICTION}
    nothing: Json = {"names": {"channels": [], "actions": [], "pairs": [], "parts": []}}
    asked = {"asked": ASKED, "names": NAMES, "answer": ANSWER, "questions": QUESTIONS}
    walkers = [
        {
            "person": str(4711 + at),
            "name": None,
            "began_at": "2026-02-01T10:00:00Z",
            "reached_at": "2026-02-04T10:00:00Z",
        }
        for at in range(3)
    ]
    return {
        "frictions": ("frictions", "/frictions", views.fix_list(FRICTIONS, listed)),
        "frictions-none": ("frictions", "/frictions", views.fix_list(FRICTIONS[-1:], listed)),
        "friction": (
            "friction",
            "/frictions/F2",
            views.friction(row=one, cases=CASES, causes=CAUSES, counted=counted, saved=True),
        ),
        "friction-no-leak": (
            "friction",
            "/frictions/F4",
            views.friction(row=f4, cases=CASES[:1], causes=NO_CAUSES, counted=counted, offset=8),
        ),
        "friction-nobody": (
            "friction",
            "/frictions/F21",
            views.friction(row=FRICTIONS[-1], cases=[], causes=NO_CAUSES, counted=counted),
        ),
        "friction-no-persons": (
            "friction",
            "/frictions/F2",
            views.friction(
                row=one, cases=[_case(None, None, converted=False)], causes=NO_CAUSES, counted=counted,
                people_shown=False,
            ),
        ),
        "friction-hidden": (
            "friction",
            "/frictions/F15",
            views.friction(
                row={**FRICTIONS[3], **dict.fromkeys(NOT_TOLD), "hidden": True},
                cases=[], causes=NO_CAUSES, counted=counted, people_shown=False,
            ),
        ),
        "explore": ("explore", "/explore", views.explorer(asked=None, names=NAMES, questions=QUESTIONS)),
        "explore-empty": ("explore", "/explore", views.explorer(asked=None, **nothing)),
        "explore-funnel": (
            "explore",
            "/explore",
            views.explorer(**asked, people=walkers, looking=Looking("web", 2, stopped=True, saved="q-1"), portion=2),
        ),
        "explore-refused": (
            "explore",
            "/explore",
            views.explorer(
                asked=ASKED, names=NAMES, refused="No event is called 'Product Veiwed'.", hint="Name an action."
            ),
        ),
        "explore-no-persons": ("explore", "/explore", views.explorer(**asked, people_shown=False)),
    }  # fmt: skip
