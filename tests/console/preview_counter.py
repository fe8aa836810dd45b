"""The counter with the cards of three made-up customers, as files to look at or served without a hub.

    python tests/console/preview_counter.py [PORT]

serves http://127.0.0.1:PORT/counter. The server can be cut off, refuses what it is told to refuse, and keeps what was
sent, so tests can walk in and out of a network.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from noline.doors.console import counter
from noline.doors.console.frame import Shell
from noline.doors.console.render import CONTENT_SECURITY_POLICY, STATIC, render

Json = dict[str, Any]

STORE, PLACE = "paris-opera", "Opéra"
STORES = [
    {"location": STORE, "name": PLACE, "city": "Paris"},
    {"location": "paris-marais", "name": "Marais", "city": "Paris"},
]
SECTIONS = [
    "who", "loops", "greeting", "say", "see", "purchases", "preferences", "owned", "actions", "pickups",
    "appointments", "follow_ups", "consent", "notes", "viewed",
]  # fmt: skip
MONTHS = [f"2025-{month:02}" for month in range(12, 13)] + [f"2026-{month:02}" for month in range(1, 12)]


def fact(key: str, value: Any, provenance: str = "transaction", **more: Any) -> Json:
    """A fact as the card tells it."""
    return {
        "key": key, "value": value, "unit": "", "provenance": provenance, "evidence": ["order:o-2041"],
        "derived_by": "", "observed_at": "2026-11-02T15:20:00Z", "confidence": 1.0, "purpose": "service",
        "level": "say", "because": "bought from us", **more,
    }  # fmt: skip


def card(**more: Any) -> Json:
    """A card with nothing on it but what is told."""
    return {
        "customer": "p_nobody", "as_of": "2026-11-23T10:00:00Z", "presence": "declared", "language": "en",
        "store": STORE, "place": PLACE, "who": None, "loops": [], "more_loops": 0,
        "greeting": {"text": "", "facts": [], "by": "template", "apology": False}, "say": [], "see": [],
        "purchases": None, "preferences": [], "owned": [], "actions": [], "suppressed": None, "pickups": [],
        "appointments": [], "follow_ups": [], "consent": [], "notes": [], "viewed": [], "facts": {},
        "sections": SECTIONS, **more,
    }  # fmt: skip


def consent(**states: str) -> list[Json]:
    """What somebody agreed to, as the card tells it."""
    return [
        {"purpose": purpose, "state": state, "since": None if state == "unknown" else "2026-01-12T09:00:00Z"}
        for purpose, state in states.items()
    ]


CATHERINE = card(
    customer="p_catherine",
    language="fr",
    who={
        "name": "Catherine Laurent", "address_as": "Madame Laurent", "identified_by": "loyalty card", "city": "Paris",
        "adviser": {"by": "lea", "since": "2026-03-02T10:00:00Z"},
    },
    greeting={
        "text": "Bonjour Madame Laurent, ravie de vous revoir à l’Opéra.",
        "facts": ["f1"], "by": "template", "apology": False,
    },
    say=[
        {"text": "Votre dernier achat ici était un Ristretto intense, il y a trois semaines.", "facts": ["f2"]},
        {"text": "Vous aimez les cafés forts : nous avons reçu le Kazaar de saison.", "facts": ["f3"]},
    ],
    see=[
        {"key": "city", "text": "Paris", "facts": ["f4"]},
        {"key": "birthday", "text": "Birthday on 28 November", "facts": ["f5"]},
        {"key": "orders", "text": "14 orders in 365 days", "facts": ["f2"]},
    ],
    purchases={
        "last": [
            {"channel": "store", "at": "2026-11-02T15:20:00Z", "order": "o-2041", "store": STORE, "total_minor": 4900,
             "items": [{"sku": "ristretto-50", "name": "Ristretto, 50 capsules", "units": 2}], "currency": "EUR",
             "fact": "f2"},
            {"channel": "web", "at": "2026-09-14T19:02:00Z", "order": "o-1877", "store": None, "total_minor": 12750,
             "items": [{"sku": "kazaar-50", "name": "Kazaar, 50 capsules", "units": 5}], "currency": "EUR",
             "fact": "f6"},
            {"channel": "app", "at": "2026-06-01T08:11:00Z", "order": "o-1502", "store": None, "total_minor": 1490,
             "items": [{"sku": "descaler", "name": "Descaler", "units": 1}], "currency": "EUR", "fact": "f7"},
        ],
        "lanes": [
            {"channel": "store", "months": [1, 0, 1, 1, 0, 2, 0, 1, 1, 0, 1, 1], "orders": 9},
            {"channel": "web", "months": [0, 1, 0, 0, 1, 0, 0, 0, 0, 2, 0, 0], "orders": 4},
            {"channel": "app", "months": [0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0], "orders": 1},
        ],
        "months": MONTHS, "primary_channel": "store", "primary_because": "9 of 14 orders in 365 days", "orders": 14,
        "facts": ["f2"],
    },
    preferences=[
        {"key": "intensity", "value": 10, "of": 13, "purchases": 14, "text": "10 of 13, from 14 purchases",
         "declared": False, "fact": "f3"},
        {"key": "milk", "value": "none", "of": None, "purchases": 0, "text": "no milk", "declared": True, "fact": "f8"},
    ],
    owned=[
        {"sku": "machine-one", "name": "Maison One, black", "bought_at": "2025-03-01T11:00:00Z",
         "warranty_until": "2027-03-01", "fits": [{"sku": "descaler", "name": "Descaler"}], "fact": "f9"},
    ],
    actions=[
        {"programme": "taste-match", "title": "Offer a taste of Kazaar", "reason": "Likes strong coffee: 10 of 13.",
         "items": [{"sku": "kazaar-50", "name": "Kazaar, 50 capsules", "here": 0,
                    "elsewhere": [{"location": "paris-marais", "place": "Marais", "units": 4},
                                  {"location": "depot", "place": "Dépôt Strasbourg", "units": 120}]}],
         "effect": {"share": 0.12, "low": 0.05, "high": 0.19, "cases": 210}, "effect_because": None,
         "held_out": False, "score_minor": 120},
        {"programme": "descale", "title": "Descaling is due", "reason": "The machine was last descaled 190 days ago.",
         "items": [{"sku": "descaler", "name": "Descaler", "here": 7, "elsewhere": []}], "effect": None,
         "effect_because": "Too few cases yet: 12", "held_out": False, "score_minor": 80},
    ],
    consent=consent(service="granted", personalisation="granted", marketing="unknown", profiling="withdrawn"),
    notes=[{"id": "n-1", "by": "lea", "at": "2026-10-04T17:00:00Z", "text": "Prefers to be served in French."}],
    viewed=[
        {"by": "lea", "at": "2026-11-02T15:18:00Z", "store": STORE, "purpose": "service"},
        {"by": "call centre", "at": "2026-09-15T09:30:00Z", "store": None, "purpose": "service"},
    ],
    follow_ups=[{"id": "u-1", "due": "2026-12-01", "text": "Call when the Christmas box is here", "by": "lea"}],
    facts={
        "f1": fact("name", "Catherine Laurent", "told", evidence=["told:firstName", "told:lastName"],
                   because="told by the customer"),
        "f2": fact("last_purchase.store", "Ristretto, 50 capsules"),
        "f3": fact("preference.intensity", 10, unit="of 13", purpose="personalisation", derived_by="weighted mean",
                   evidence=[f"order:o-{number}" for number in range(2041, 2055)],
                   because="14 purchases, and they agree"),
        "f4": fact("city", "Paris", "told", evidence=["told:address.city"], level="see", because="not spoken"),
        "f5": fact("birthday", "28 November", "told", evidence=["told:birthday"], level="see", because="not spoken"),
        "f6": fact("last_purchase.web", "Kazaar, 50 capsules", evidence=["order:o-1877"]),
        "f7": fact("last_purchase.app", "Descaler", evidence=["order:o-1502"]),
        "f8": fact("preference.milk", "none", "told", purpose="personalisation", evidence=["record:4711"]),
        "f9": fact("owned", "Maison One, black", evidence=["order:o-0907"]),
    },
)  # fmt: skip

JEANNE = card(
    customer="p_jeanne",
    language="fr",
    who={"name": "Jeanne Moreau", "address_as": "Madame Moreau", "identified_by": "order number", "city": "Lyon",
         "adviser": None},
    loops=[
        {"id": "case-7", "kind": "complaint", "text": "The parcel of order o-1990 came open; two boxes are missing.",
         "since": "2026-11-17T09:00:00Z", "order": "o-1990", "facts": ["f1"]},
        {"id": "o-2003", "kind": "late_order", "text": "Order o-2003 was promised for 20 November and is not here.",
         "since": "2026-11-20T18:00:00Z", "order": "o-2003", "facts": ["f2"]},
    ],
    more_loops=1,
    greeting={
        "text": "Bonjour Madame Moreau, je suis désolée pour votre colis o-1990. Je m’en occupe tout de suite.",
        "facts": ["f3"], "by": "template", "apology": True,
    },
    suppressed="An open complaint comes first",
    consent=consent(service="granted", personalisation="unknown", marketing="withdrawn", profiling="unknown"),
    facts={
        "f1": fact("open_loop.complaint", "Parcel came open", "service", level="see", evidence=["case:case-7"]),
        "f2": fact("open_loop.late_order", "o-2003", evidence=["order:o-2003"], level="see"),
        "f3": fact("name", "Jeanne Moreau", "told", evidence=["told:lastName"]),
    },
    pickups=[
        {"order": "o-2010", "fulfilment": "o-2010-1", "since": "2026-11-22T10:00:00Z",
         "lines": [{"sku": "milk-frother", "name": "Milk frother", "units": 1}]},
    ],
    appointments=[{"id": "a-1", "at": "2026-11-23T16:00:00Z", "store": STORE, "topic": "tasting", "state": "booked"}],
)  # fmt: skip

YUKI = card(
    customer="p_yuki",
    language="ja",
    who={"name": "佐藤 由紀", "address_as": "佐藤様", "identified_by": "name", "city": "東京", "adviser": None},
    greeting={"text": "佐藤様、いらっしゃいませ。本日もご来店ありがとうございます。", "facts": ["f1"], "by": "template",
              "apology": False},
    say=[{"text": "前回は銀座でリストレットをお求めいただきました。", "facts": ["f2"]}],
    facts={
        "f1": fact("name", "佐藤", "told", evidence=["told:lastName"]),
        "f2": fact("last_purchase.store", "Ristretto"),
    },
    consent=consent(service="granted", personalisation="granted"),
)  # fmt: skip

PASSIVE = card(customer="p_passive", presence="passive")

CARDS = {one["customer"]: one for one in (CATHERINE, JEANNE, YUKI, PASSIVE)}

TODAY = {
    "store": STORE,
    "place": PLACE,
    "loops": [{"id": "case-7", "kind": "complaint", "since": "2026-11-17T09:00:00Z", "person": "p_jeanne",
               "name": "Jeanne Moreau", "text": "The parcel came open", "topic": "parcel"}],
    "appointments": [
        {"id": "a-1", "at": "2026-11-23T16:00:00Z", "person": "p_jeanne", "name": "Jeanne Moreau", "topic": "tasting",
         "state": "booked"},
        {"id": "a-2", "at": "2026-11-23T17:30:00Z", "person": "p_catherine", "name": "Catherine Laurent",
         "topic": "descaling class", "state": "booked"},
    ],
    "pickups": [
        {"order": "o-2010", "fulfilment": "o-2010-1", "since": "2026-11-22T10:00:00Z", "person": "p_jeanne",
         "name": "Jeanne Moreau", "lines": [{"sku": "milk-frother", "name": "Milk frother", "units": 1}]},
    ],
    "follow_ups": [{"id": "u-1", "due": "2026-11-23", "text": "Call about the Christmas box", "by": "lea",
                    "person": "p_catherine", "name": "Catherine Laurent"}],
}  # fmt: skip

WORDS = {
    "en": ("Good morning, Ms Laurent, how good to see you again.", "You bought Ristretto here three weeks ago."),
    "de": ("Guten Tag, Frau Laurent, schön, dass Sie wieder da sind.", "Zuletzt nahmen Sie hier Ristretto mit."),
    "fr": (CATHERINE["greeting"]["text"], CATHERINE["say"][0]["text"]),
    "ja": ("ローラン様、いらっしゃいませ。", "三週間前にリストレットをお求めいただきました。"),
}


def spoken(told: Json, language: str) -> Json:
    """The card of Catherine in another language; other cards have but their own."""
    if told["customer"] != CATHERINE["customer"] or language not in WORDS or language == told["language"]:
        return told
    greeting, said = WORDS[language]
    return {**told, "language": language, "greeting": {**told["greeting"], "text": greeting},
            "say": [{"text": said, "facts": ["f2"]}]}  # fmt: skip


def counter_pages() -> dict[str, tuple[str, str, Any]]:
    """Every state of the counter, by the name of its file."""
    rows = [{"person": "p_jeanne", "name": None, "city": None, "matched": ["has the card 4711"]}]
    return {
        "counter": ("counter", "/counter", counter.day(row=TODAY, sees_all=True)),
        "counter-choose": ("counter", "/counter", counter.choose(stores=STORES)),
        "counter-found": ("counter", "/counter", counter.found(rows=rows, looked_for="4711", place=PLACE, most=20)),
        "counter-nobody": ("counter", "/counter", counter.found(rows=[], looked_for="471", place=PLACE, most=20)),
        "counter-card": (
            "counter",
            "/counter/customers/p_catherine",
            counter.card(row=CATHERINE, store=STORE, place=PLACE, sees_all=True),
        ),
        "counter-shell": ("counter", "/counter/shell", counter.shell(sees_all=True)),
    }


# --- The pages ------------------------------------------------------------------------------------------------------


def _html(view: counter.Counter) -> str:
    return render("counter", view=view, shell=Shell(hub_name="Maison Ristretto", path="/counter", role="associate",
                                                    sees_all=False, sees_numbers=False, mends=False))  # fmt: skip


def day_page() -> str:
    """The counter before anybody came."""
    return _html(counter.day(row=TODAY, sees_all=False))


def card_page(told: Json) -> str:
    """The card of one customer."""
    return _html(counter.card(row=told, store=STORE, place=PLACE, sees_all=False, stores=STORES))


def search_page(text: str) -> str:
    """Those whose name holds a text."""
    rows = [
        {"person": one["customer"], "name": one["who"]["name"], "city": one["who"]["city"], "matched": ["name"]}
        for one in CARDS.values()
        if one["who"] and text.lower() in one["who"]["name"].lower()
    ]
    return _html(counter.found(rows=rows, looked_for=text, place=PLACE, most=20))


# --- Served without a hub -------------------------------------------------------------------------------------------


class Counter:
    """A server of the counter that can be cut off.

    sent: path, key and body of what was taken, in order. shown_keys: what askers for a card showed. refuses: what is
    answered to a path. cards: by person, as they
    are told from now on. loses_answers: how many times what was done is not answered.
    """

    def __init__(self, port: int = 0) -> None:
        self.sent: list[tuple[str, str, Json]] = []
        self.shown_keys: list[str | None] = []
        self.refuses: dict[str, Json] = {}
        self.cut = False
        self.loses_answers = 0
        self.logged_in = True
        self.cards = deepcopy(CARDS)
        desk = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                desk.get(self)

            def do_POST(self) -> None:
                desk.post(self)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.handle_error = lambda *_: None  # a browser that goes on to another page waits for no answer
        self.origin = f"http://127.0.0.1:{self.server.server_port}"

    def get(self, asked: BaseHTTPRequestHandler) -> None:
        if self.cut:
            asked.connection.close()
            return
        path, query = urlsplit(asked.path).path, parse_qs(urlsplit(asked.path).query)
        if path.startswith("/static/") or path == "/counter-worker.js":
            self._file(asked, path.removeprefix("/static/").removeprefix("/"))
        elif not self.logged_in and path != "/healthz":
            self._answer(asked, 401, {"message": "No key."})
        else:
            self._page(asked, path, query)

    def _page(self, asked: BaseHTTPRequestHandler, path: str, query: dict[str, list[str]]) -> None:
        parts = path.split("/")
        if path == "/counter" and "q" in query:
            self._answer(asked, 200, search_page(query["q"][0]))
        elif path == "/counter":
            self._answer(asked, 200, day_page())
        elif path == "/counter/shell":
            self._answer(asked, 200, _html(counter.shell(sees_all=False)))
        elif path == "/counter/book":
            cards = {one: self.cards[one] for one in ("p_jeanne", "p_catherine") if one in self.cards}
            self._answer(asked, 200, {"store": STORE, "today": TODAY, "cards": cards})
        elif path == "/healthz":
            self._answer(asked, 200, {"status": "ok"})
        elif path.startswith(("/counter/customers/", "/v1/customers/")) and (
            told := self.cards.get(unquote(parts[3]).removesuffix(".json"))
        ):
            told = spoken(told, query.get("lang", [told["language"]])[0])
            is_data = path.endswith((".json", "/card"))
            if path.startswith("/v1/"):
                self.shown_keys.append(asked.headers["authorization"])
            self._answer(asked, 200, told if is_data else card_page(told))
        else:
            self._answer(asked, 404, {"message": "There is nothing at this address."})

    def post(self, asked: BaseHTTPRequestHandler) -> None:
        if self.cut:
            asked.connection.close()
            return
        body = asked.rfile.read(int(asked.headers["content-length"]))
        if asked.path == "/logout":
            self._answer(asked, 200, "logged out")
        elif asked.path in self.refuses:
            self._answer(asked, 409, self.refuses[asked.path])
        elif not self.logged_in:
            self._answer(asked, 401, {"message": "No key."})
        else:
            self.sent.append((asked.path, asked.headers["idempotency-key"], json.loads(body)))
            if self.loses_answers:
                self.loses_answers -= 1
                asked.connection.close()
                return
            self._answer(asked, 200, {})

    def _file(self, asked: BaseHTTPRequestHandler, name: str) -> None:
        kind = {"js": "text/javascript", "css": "text/css", "svg": "image/svg+xml", "html": "text/html"}
        file = STATIC / name
        if not file.is_file():
            self._answer(asked, 404, {})
            return
        self._answer(asked, 200, file.read_text("utf-8"), kind[file.suffix[1:]])

    def _answer(self, asked: BaseHTTPRequestHandler, status: int, told: Any, kind: str = "text/html") -> None:
        body = told if isinstance(told, str) else json.dumps(told)
        asked.send_response(status)
        asked.send_header("content-type", f"{kind if isinstance(told, str) else 'application/json'}; charset=utf-8")
        asked.send_header("content-security-policy", CONTENT_SECURITY_POLICY)
        asked.send_header("cache-control", "no-store")
        data = body.encode()
        asked.send_header("content-length", str(len(data)))
        asked.end_headers()
        asked.wfile.write(data)


@contextmanager
def served(port: int = 0) -> Iterator[Counter]:
    """The counter on a free port."""
    desk = Counter(port)
    thread = Thread(target=desk.server.serve_forever, daemon=True)
    thread.start()
    try:
        yield desk
    finally:
        desk.server.shutdown()
        desk.server.server_close()


if __name__ == "__main__":
    with served(int(sys.argv[1]) if len(sys.argv) > 1 else 8081) as running:
        print(f"{running.origin}/counter")  # noqa: T201  says where to look
        try:
            Thread().join()
        except (KeyboardInterrupt, RuntimeError):
            input()
