"""Every page of the console with the numbers of a made-up shop, written to a folder to look at.

    python tests/console/preview.py FOLDER

then open FOLDER/home.html. The fixtures here are also those of the tests beside this file.
"""

import json
import shutil
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from console.preview_channels import channel_pages
from console.preview_counter import counter_pages
from console.preview_credit import credit_pages
from console.preview_journeys import COUNTED_FIX, FRICTIONS, QUESTIONS, TIME_TO, journey_pages
from console.preview_people import people_pages
from console.preview_scorecard import scorecard_pages
from console.preview_shop import shop_pages
from noline.doors.console import views
from noline.doors.console.render import STATIC, render

Json = dict[str, Any]
NOW = datetime(2026, 3, 9, 14, 0, tzinfo=UTC)


def _at(**ago: float) -> str:
    return (NOW - timedelta(**ago)).isoformat().replace("+00:00", "Z")


def _handoff(way: str, numbers: str, value_minor: int, interval: str) -> Json:
    source, target = way.split(" > ")
    persons, before, after, undecided, attempts, declared = (int(part) for part in numbers.split())
    lost = before + after
    low, high = (float(part) for part in interval.split())
    decided = persons - undecided
    return {
        "from": source,
        "to": target,
        "persons": persons,
        "arrived": persons - before - undecided,
        "arrived_decided": persons - before - undecided,
        "lost": lost,
        "lost_before_arrival": before,
        "lost_after_arrival": after,
        "undecided": undecided,
        "undecided_succeeded": undecided // 3,
        "succeeded": decided - lost,
        "attempts": attempts,
        "declared": declared,
        "value_minor": value_minor,
        "currency": "EUR",
        "share_lost": round(lost / decided, 4),
        "share_lost_low": low,
        "share_lost_high": high,
        "too_few": decided < 30 or lost < 5,
    }


HANDOFFS = [
    _handoff("web > store", "8634 812 392 222 9120 3310", 4_103_800, "0.1357 0.1506"),
    _handoff("mail > store", "5410 871 118 160 6589 6589", 1_870_000, "0.1785 0.1993"),
    _handoff("web > call", "1840 96 341 31 2055 212", 2_260_400, "0.2224 0.2618"),
    _handoff("store > web", "3120 250 94 88 3300 410", 902_050, "0.1026 0.1251"),
    _handoff("app > store", "2604 166 121 64 2890 1204", 718_800, "0.1011 0.1260"),
    _handoff("call > store", "640 58 73 12 702 388", 511_000, "0.1782 0.2413"),
    _handoff("store > app", "1210 64 21 33 1290 0", 131_000, "0.0587 0.0885"),
    _handoff("marketplace > web", "702 77 12 19 740 0", 88_600, "0.1069 0.1584"),
    _handoff("call > web", "388 22 18 4 401 20", 97_500, "0.0770 0.1384"),
    _handoff("store > call", "29 1 5 1 31 0", 12_000, "0.10 0.40"),
    _handoff("b2b > store", "14 0 2 1 14 3", 33_000, "0.04 0.42"),
]

DROPOFFS = [
    {
        "channel": "web",
        "persons": 21044,
        "dropped": 6120,
        "false_dropped": 1893,
        "lost": 3802,
        "value_minor": 14_220_000,
        "currency": "EUR",
    },
    {
        "channel": "app",
        "persons": 7110,
        "dropped": 1604,
        "false_dropped": 611,
        "lost": 840,
        "value_minor": 2_810_000,
        "currency": "EUR",
    },
    {
        "channel": "store",
        "persons": 4022,
        "dropped": 702,
        "false_dropped": 288,
        "lost": 402,
        "value_minor": 1_902_000,
        "currency": "EUR",
    },
    {
        "channel": "call",
        "persons": 1290,
        "dropped": 411,
        "false_dropped": 64,
        "lost": 330,
        "value_minor": 1_240_000,
        "currency": "EUR",
    },
]

TOGETHER = {
    "lost": 3480,
    "decided": 20_114,
    "share_lost": 0.173,
    "share_lost_low": 0.1679,
    "share_lost_high": 0.1783,
    "too_few": False,
    "values": [{"value_minor": 9_311_000, "currency": "EUR"}],
    "dropped": 8102,
    "false_dropped": 2511,
    "share_false": 0.3099,
    "share_false_low": 0.2999,
    "share_false_high": 0.3201,
    "too_few_false": False,
}
"""Each person once: fewer than the rows of borders and channels add up to."""

NOBODY = {name: None for name in TOGETHER if name.startswith("share")} | {
    "lost": 0, "decided": 0, "too_few": True, "values": [], "dropped": 0, "false_dropped": 0, "too_few_false": True
}  # fmt: skip

RECORD = {
    "seq": 918_204,
    "kind": "Product Reserved",
    "occurred_at": _at(days=12),
    "received_at": _at(days=11, hours=21),
    "source": "web-shop",
    "channel": "web",
    "schema": "segment+sealed",
    "message_id": "m-88-4",
    "person": "4711",
    "identifiers": [{"namespace": "email", "value": "catherine@example.com"}],
    "sealed": True,
    "erased": False,
    "body": {"type": "track", "event": "Product Reserved", "properties": {"sku": "</code><b>", "price": 84}},
}

SALES = [
    {
        "channel": "store",
        "orders": 18220,
        "persons": 9120,
        "revenue_minor": 91_220_410,
        "currency": "EUR",
        "average_minor": 5007,
        "share": 0.4712,
    },
    {
        "channel": "web",
        "orders": 14870,
        "persons": 8011,
        "revenue_minor": 70_440_020,
        "currency": "EUR",
        "average_minor": 4737,
        "share": 0.3638,
    },
    {
        "channel": "app",
        "orders": 4410,
        "persons": 2470,
        "revenue_minor": 19_115_000,
        "currency": "EUR",
        "average_minor": 4334,
        "share": 0.0987,
    },
    {
        "channel": "b2b",
        "orders": 210,
        "persons": 44,
        "revenue_minor": 8_620_000,
        "currency": "EUR",
        "average_minor": 41048,
        "share": 0.0445,
    },
    {
        "channel": "marketplace",
        "orders": 1205,
        "persons": 1100,
        "revenue_minor": 4_211_000,
        "currency": "EUR",
        "average_minor": 3495,
        "share": 0.0218,
    },
]

FEEDBACK = {
    "open": 143,
    "oldest_days": 61,
    "by_place": [
        {"place": "lyon-2", "channel": "store", "open": 38, "oldest_days": 61},
        {"place": "hamburg-1", "channel": "store", "open": 31, "oldest_days": 54},
        {"place": None, "channel": "web", "open": 44, "oldest_days": 12},
        {"place": "paris-1", "channel": "store", "open": 18, "oldest_days": 6},
        {"place": "tokyo-1", "channel": "store", "open": 12, "oldest_days": 3},
    ],
}

BOOKS = {
    "received": 1_048_204,
    "accepted": 1_046_911,
    "duplicate": 1_204,
    "conflict": 12,
    "parked": 77,
    "balanced": True,
}

COUNTED = {
    "handoffs": {
        "words": "A person sets out when two visits of one journey follow each other in different channels, or when a "
        "channel names the next one (a reservation, a coupon, a call-back).\n\nLost is who did not arrive within the "
        "window, or arrived and came no further; whose window is not over counts as still on the way and not as lost. "
        "The share is lost of those decided, with Wilson's 95 % interval.",
        "sql": "SELECT from_channel, to_channel,\n       count(DISTINCT person) AS persons,\n"
        "       count(DISTINCT person) FILTER (WHERE outcome = 'lost') AS lost\n"
        "FROM handoffs\nWHERE set_out_at BETWEEN ? AND ?\nGROUP BY 1, 2\nORDER BY lost DESC",
        "parameters": {"since": "2025-03-10", "until": "2026-03-09", "window_days": 14, "identity_version": 88214},
    },
    "dropoffs": {
        "words": "An intent (cart, checkout, reservation) and no goal in this channel within 14 days. "
        "False drop-offs reached the goal in another channel.",
        "sql": "SELECT channel, count(*) FROM dropoffs GROUP BY channel",
        "parameters": {"horizon_days": 14},
    },
    "together": {
        "words": "Each person counts once, over all borders and channels.",
        "sql": "",
        "parameters": {},
    },
    "sales": {
        "words": "Orders placed, less those cancelled, by the channel that took them.",
        "sql": "SELECT channel, sum(value_minor) FROM touchpoints "
        "WHERE action IN ('Order Completed', 'Order Placed') GROUP BY channel",
        "parameters": {},
    },
    "feedback": {
        "words": "Reviews and complaints that nobody has closed.",
        "sql": "SELECT place, count(*) FROM feedback WHERE closed_at IS NULL GROUP BY place",
        "parameters": [],
    },
    "books": {
        "words": "Every event received has exactly one answer: accepted, duplicate, conflict or parked.",
        "sql": "SELECT sum(received), sum(accepted) FROM books",
        "parameters": {},
    },
}


def _part(value: str | None, numbers: str, share: tuple[float, float, float], **more: Any) -> Json:
    persons, attempts, arrived, before, after, undecided = (int(part) for part in numbers.split())
    return {
        "value": value,
        "group": value,
        "persons": persons,
        "attempts": attempts,
        "arrived": arrived,
        "lost": before + after,
        "lost_before_arrival": before,
        "lost_after_arrival": after,
        "undecided": undecided,
        "share_lost": share[0],
        "share_lost_low": share[1],
        "share_lost_high": share[2],
        "too_few": persons - undecided < 30,
        **more,
    }


GROUPS = [
    _part("A", "3601 3647 747 2900 143 0", (0.845, 0.833, 0.856)),
    _part("B", "2310 2368 268 2100 114 0", (0.958, 0.949, 0.966)),
    _part("C", "570 574 64 510 30 0", (0.947, 0.926, 0.963)),
    _part(None, "12 12 9 3 0 0", (0.25, 0.089, 0.532)),
]
BREAKDOWNS = {
    "store": [
        _part("lyon-2", "410 440 391 12 5 2", (0.042, 0.026, 0.066), place="Lyon Bellecour", value_minor=21_000,
              currency="EUR"),
        _part("paris-1", "910 960 640 240 61 4", (0.332, 0.303, 0.364), place="Paris Opéra", value_minor=910_000,
              currency="EUR", stands_out_before_arrival=True),
    ],
    "month": [
        _part("2026-01", "500 530 470 20 11 0", (0.062, 0.044, 0.087)),
        _part("2026-02", "820 870 561 232 55 6", (0.353, 0.321, 0.386), stands_out_before_arrival=True),
    ],
    "store_and_month": [
        _part("paris-1", "402 420 190 203 20 2", (0.558, 0.509, 0.605), place="Paris Opéra", month="2026-02",
              stands_out_before_arrival=True),
        _part("lyon-2", "200 210 195 4 2 0", (0.03, 0.014, 0.064), place="Lyon Bellecour", month="2026-02"),
    ],
}  # fmt: skip

LOST_PEOPLE = [
    {
        "person": "4711",
        "name": "Catherine Lambert",
        "at": _at(days=12),
        "label": "Product Reserved",
        "group": "A",
        "value_minor": 8400,
        "currency": "EUR",
        "seq": 918_204,
        "source": "web-shop",
    },
    {
        "person": "8120",
        "name": "",
        "at": _at(days=15, hours=3),
        "label": "Availability Shown",
        "group": "",
        "value_minor": None,
        "currency": None,
        "seq": 902_117,
        "source": "web-shop",
    },
    {
        "person": "60021",
        "name": "Jürgen <b>Weiß</b>",
        "at": _at(days=21),
        "label": "Coupon sent",
        "group": "B",
        "value_minor": 3150,
        "currency": "EUR",
        "seq": 871_450,
        "source": "mailing",
    },
]


def _event(seq: int, ago_days: float, channel: str, action: str, stage: str, **more: Any) -> Json:
    plain = {"label": action, "value_minor": None, "currency": None, "store_id": None, "object": None}
    named = {"seq": seq, "at": _at(days=ago_days), "channel": channel, "action": action, "stage": stage}
    return {
        **plain,
        **named,
        "source": {"web": "web-shop", "store": "till", "call": "telephony", "app": "app", "mail": "mailing"}[channel],
        **more,
    }


TIMELINE = [
    _event(12044, 271, "store", "Store Visited", "discover", store_id="paris-1"),
    _event(12051, 270.99, "store", "Product Tried", "consider", store_id="paris-1", object="ristretto-50"),
    _event(
        12080,
        270.98,
        "store",
        "Order Completed",
        "buy",
        store_id="paris-1",
        value_minor=2450,
        currency="EUR",
        object="o-2041",
    ),
    _event(20410, 262, "mail", "Mailing Sent", "discover", object="welcome"),
    _event(20899, 260.2, "web", "Page Viewed", "discover"),
    _event(20901, 260.19, "web", "Product Viewed", "consider", object="ristretto-50"),
    _event(20905, 260.18, "web", "Product Added", "consider", value_minor=4900, currency="EUR", object="cart-88"),
    _event(20913, 260.17, "web", "Order Completed", "buy", value_minor=4900, currency="EUR", object="o-2377"),
    _event(21880, 256, "web", "Order Delivered", "receive", object="o-2377"),
    _event(51002, 190, "app", "App Opened", "discover"),
    _event(51010, 189.98, "app", "Product Viewed", "consider", object="grinder-2"),
    _event(51200, 187, "web", "Product Viewed", "consider", object="grinder-2"),
    _event(51911, 184.1, "web", "Checkout Started", "buy", value_minor=18900, currency="EUR", object="cart-301"),
    _event(51912, 184.09, "web", "Checkout Failed", "buy", object="cart-301"),
    _event(51960, 183.9, "call", "Call Started", "service", object="case-12"),
    _event(51966, 183.89, "call", "Call Transferred", "service", object="case-12"),
    _event(52107, 182, "store", "Store Visited", "discover", store_id="paris-1"),
    _event(
        52110,
        181.99,
        "store",
        "Order Completed",
        "buy",
        store_id="paris-1",
        value_minor=18900,
        currency="EUR",
        object="o-3120",
    ),
    _event(70121, 121, "store", "Return Requested", "use", store_id="paris-1", object="o-3120"),
    _event(880_101, 19, "mail", "Mailing Sent", "discover", object="spring"),
    _event(911_880, 14, "web", "Page Viewed", "discover"),
    _event(911_902, 13.9, "web", "Product Viewed", "consider", object="ristretto-50"),
    _event(911_930, 13.4, "app", "Product Viewed", "consider", object="ristretto-50"),
    _event(918_204, 12, "web", "Product Reserved", "buy", value_minor=8400, currency="EUR", object="res-71"),
    _event(930_710, 10.5, "store", "Store Visited", "discover", store_id="paris-1"),
    _event(930_722, 10.49, "store", "Search Failed", "consider", store_id="paris-1", object="ristretto-50"),
    _event(960_044, 2.1, "store", "Review Posted", "advocate", store_id="paris-1", label="Review posted: 2 of 5"),
]

CUSTOMER = {
    "person": "4711",
    "name": "Catherine Lambert",
    "identifiers": [
        {
            "namespace": "email",
            "value": "catherine@example.com",
            "first_seen": _at(days=262),
            "last_seen": _at(days=12),
        },
        {"namespace": "phone", "value": "+33 6 12 34 56 78", "first_seen": _at(days=183), "last_seen": _at(days=183)},
        {"namespace": "loyalty_id", "value": "MR-0004711", "first_seen": _at(days=271), "last_seen": _at(days=10)},
        {
            "namespace": "anonymous_id",
            "value": "7f0e3a52-9d8b-4b52-8a51-0d8bb1f7a2c1",
            "first_seen": _at(days=260),
            "last_seen": _at(days=12),
        },
    ],
    "orders": [
        {
            "order_id": "o-3120",
            "at": _at(days=182),
            "channel": "store",
            "state": "returned",
            "total_minor": 18900,
            "currency": "EUR",
        },
        {
            "order_id": "o-2377",
            "at": _at(days=260),
            "channel": "web",
            "state": "delivered",
            "total_minor": 4900,
            "currency": "EUR",
        },
        {
            "order_id": "o-2041",
            "at": _at(days=271),
            "channel": "store",
            "state": "handed over",
            "total_minor": 2450,
            "currency": "EUR",
        },
    ],
    "timeline": TIMELINE,
}

SOURCES = [
    {
        "name": "web-shop",
        "channel": "web",
        "created_at": _at(days=365),
        "received": 640_102,
        "accepted": 639_044,
        "parked": 41,
        "last_received_at": _at(minutes=1),
    },
    {
        "name": "till",
        "channel": "store",
        "created_at": _at(days=365),
        "received": 301_220,
        "accepted": 301_100,
        "parked": 9,
        "last_received_at": _at(minutes=3),
    },
    {
        "name": "app",
        "channel": "app",
        "created_at": _at(days=201),
        "received": 98_004,
        "accepted": 97_911,
        "parked": 27,
        "last_received_at": _at(minutes=7),
    },
    {
        "name": "telephony",
        "channel": "call",
        "created_at": _at(days=340),
        "received": 8_878,
        "accepted": 8_856,
        "parked": 0,
        "last_received_at": _at(hours=2),
    },
    {
        "name": "review-site",
        "channel": "reviews",
        "created_at": _at(days=1),
        "received": 0,
        "accepted": 0,
        "parked": 0,
        "last_received_at": None,
    },
]


def _hour(source: str, ago: int, received: int, parked: int = 0) -> Json:
    return {
        "source": source,
        "hour": _at(hours=ago),
        "received": received,
        "accepted": received - parked,
        "duplicate": 0,
        "conflict": 0,
        "parked": parked,
    }


HOURS = [
    *(_hour("web-shop", ago, 40 + (ago * 37) % 190, ago % 5 == 0) for ago in range(24)),
    *(_hour("till", ago, 10 + (ago * 53) % 120) for ago in range(12)),
    *(_hour("app", ago, 5 + (ago * 17) % 60) for ago in range(24)),
]

DEAD_LETTERS = [
    {
        "id": 31,
        "code": "schema_violation",
        "pointer": "/properties/total",
        "message": "Expected a number, got a text.",
        "source": "web-shop",
        "received_at": _at(hours=3),
        "state": "open",
        "times": 14,
        "raw": '{"type":"track","event":"Order Completed","userId":"u-88","messageId":"m-1",'
        '"properties":{"order_id":"o-9","total":"12,50","currency":"EUR"}}',
    },
    {
        "id": 30,
        "code": "schema_violation",
        "pointer": "/event",
        "message": "A track message needs an event.",
        "source": "app",
        "received_at": _at(hours=9),
        "state": "open",
        "times": 1,
        "raw": '{"type":"track","userId":"u-4","messageId":"m-2"}',
    },
    {
        "id": 29,
        "code": "clock_absurd",
        "pointer": "/timestamp",
        "message": "2062-01-01 lies 36 years ahead.",
        "source": "till",
        "received_at": _at(days=1),
        "state": "open",
        "times": 9,
        "raw": '{"type":"track","event":"Store Visited","timestamp":"2062-01-01T00:00:00Z"}',
    },
    {
        "id": 12,
        "code": "malformed_json",
        "pointer": "",
        "message": "The body ends inside a text (byte 71).",
        "source": "web-shop",
        "received_at": _at(days=3),
        "state": "fixed",
        "times": 1,
        "raw": '{"type":"track","event":"<script>alert(1)</script>","userId":"u',
    },
]

EMPTY: Json = {
    "handoffs": [],
    "dropoffs": [],
    "together": {**TOGETHER, **NOBODY},
    "sales": [],
    "feedback": {"open": 0, "oldest_days": None, "by_place": []},
    "books": dict.fromkeys(("received", "accepted", "duplicate", "conflict", "parked"), 0),
    "counted": {},
}
FULL: Json = {
    "handoffs": HANDOFFS,
    "dropoffs": DROPOFFS,
    "together": TOGETHER,
    "sales": SALES,
    "feedback": FEEDBACK,
    "books": BOOKS,
    "counted": {**COUNTED, "frictions": COUNTED_FIX},
    "frictions": FRICTIONS,
    "questions": QUESTIONS,
}
DESCRIPTION = {
    "info": {"title": "NoLine", "version": "0.1.0"},
    "paths": {
        "/v1/track": {"post": {"tags": ["intake"], "summary": "One track call", "responses": {}}},
        "/v1/records/{seq}": {
            "get": {
                "tags": ["records"],
                "summary": "One record of the log, unsealed",
                "description": "One record of the log, unsealed. Needs a key of role manager.",
                "parameters": [{"name": "seq", "in": "path", "required": True, "schema": {"type": "integer"}}],
                "responses": {"200": {"description": "The record."}, "404": {"description": "Nothing is known."}},
            }
        },
    },
}
REFUSAL = {
    "code": "auth.role_too_small",
    "message": "A key of role associate may not do this; it needs manager or analyst.",
    "hint": "Use a key with that role.",
    "retryable": False,
}
BASE_URL = "http://127.0.0.1:8080"


def every_page() -> dict[str, tuple[str, str, Any]]:
    """File name -> (page, path, view) of every page in every state worth looking at."""
    mail = next(row for row in HANDOFFS if row["from"] == "mail")
    web = HANDOFFS[0]
    tried = views.Outcome(good=True, words="It would go in now.", details=json.dumps({"status": "accepted"}))
    still = views.Outcome(good=False, words="It would be parked again: expected a number at /properties/total.")
    wrong_books = {**BOOKS, "accepted": BOOKS["accepted"] - 3}
    return {
        "home": ("home", "/", views.home(**FULL)),
        "home-empty": ("home", "/", views.home(**EMPTY, has_sources=False)),
        "home-first-event": (
            "home",
            "/",
            views.home(
                **{
                    **EMPTY,
                    "books": {**BOOKS, "received": 1, "accepted": 1, "duplicate": 0, "conflict": 0, "parked": 0},
                }
            ),
        ),
        "home-alarm": ("home", "/", views.home(**{**FULL, "books": wrong_books})),
        "border": (
            "border",
            "/borders/mail/store",
            views.border(
                row=mail,
                groups=GROUPS,
                lost_people=LOST_PEOPLE,
                counted=COUNTED,
                breakdowns=BREAKDOWNS,
                time_to=TIME_TO,
                frictions=FRICTIONS,
            ),
        ),
        "border-no-persons": ("border", "/borders/web/store", views.border(row=web, counted=COUNTED)),
        "record": ("record", "/records/918204", views.record(row=RECORD)),
        "record-erased": (
            "record",
            "/records/7",
            views.record(row={**RECORD, "seq": 7, "erased": True, "body": None, "identifiers": [], "person": None}),
        ),
        "customers": ("customers", "/customers", views.search()),
        "customers-found": (
            "customers",
            "/customers",
            views.search(
                query="lambert",
                results=[
                    {
                        "person": "4711",
                        "name": "Catherine Lambert",
                        "identifiers": CUSTOMER["identifiers"],
                        "matched": "name",
                    }
                ],
            ),
        ),
        "customers-none": ("customers", "/customers", views.search(query="nobody@example.com", results=[])),
        "customer": (
            "customer",
            "/customers/4711",
            views.customer(row=CUSTOMER, counted={"timeline": COUNTED["sales"]}, older="/customers/4711?before=12044"),
        ),
        **journey_pages(),
        **people_pages(),
        **shop_pages(),
        **counter_pages(),
        **credit_pages(),
        **channel_pages(),
        **scorecard_pages(),
        "sources": (
            "sources",
            "/sources",
            views.sources(rows=SOURCES, hours=HOURS, base_url=BASE_URL, counted=COUNTED),
        ),
        "sources-empty": ("sources", "/sources", views.sources(rows=[], base_url=BASE_URL, counted={})),
        "dead-letters": ("dead_letters", "/dead-letters", views.dead_letters(rows=DEAD_LETTERS, counted={}, total=77)),
        "dead-letters-none": ("dead_letters", "/dead-letters", views.dead_letters(rows=[], counted={})),
        "dead-letter": ("dead_letter", "/dead-letters/31", views.dead_letter(row=DEAD_LETTERS[0], outcome=still)),
        "dead-letter-good": (
            "dead_letter",
            "/dead-letters/31",
            views.dead_letter(row=DEAD_LETTERS[0], outcome=tried, value="12.5"),
        ),
        "dead-letter-fixed": ("dead_letter", "/dead-letters/12", views.dead_letter(row=DEAD_LETTERS[3])),
        "login": ("login", "/login", views.Login()),
        "login-refused": ("login", "/login", views.Login(refused="The key is not known here.")),
        "api": ("api", "/docs", views.api(DESCRIPTION)),
        "error": ("error", "/borders/web/store", views.problem(403, REFUSAL)),
    }


def shell_for(page: str, path: str, static: str = "/static") -> views.Shell:
    """The frame of a page of the preview: a manager of the demo company."""
    signed_in = page != "login"
    return views.Shell(
        "Maison Ristretto",
        path,
        role="manager",
        signed_in=signed_in,
        open_dead_letters=77,
        static=static,
        base_url=BASE_URL,
    )


def write_all(folder: Path) -> list[Path]:
    """Write every page and the static files; give back the pages."""
    shutil.copytree(STATIC, folder / "static", dirs_exist_ok=True)
    written = []
    for name, (page, path, view) in every_page().items():
        file = folder / f"{name}.html"
        file.write_text(render(page, view=view, shell=shell_for(page, path, "static")), encoding="utf-8")
        written.append(file)
    return written


if __name__ == "__main__":
    for file in write_all(Path(sys.argv[1])):
        sys.stdout.write(f"{file}\n")
