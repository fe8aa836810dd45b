"""A hub full of customers whose cards can be opened: each known by several names, with orders in three channels.

Goods, shelves and prices are those of the demo company; the customers are made for the bench. The same seed makes the
same hub, but for the day on which it is made: orders lie in the fourteen months before it.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import NamedTuple

import msgspec

from noline.demo.company import COFFEES, DEPOT_OF, MACHINES, OTHERS, STORES, Product, Store
from noline.demo.goods import write_goods
from noline.demo.manners import manners_of
from noline.demo.pen import Pen
from noline.demo.scene import BROWSER_SOURCES, SOURCES
from noline.hub import Hub
from noline.kernel.clock import DAY, HOUR, Micros, SystemClock, as_text
from noline.kernel.errors import Refused
from noline.kernel.events import Json

MARK = "bench-card.json"

_IN_ONE_COMMIT = 20_000
_TELL_EVERY = 100_000
_SPAN_DAYS = 420
_UNITS_FOR_A_CUSTOMER = 4
"""The demo company receives goods for about four orders of a customer; for more orders it receives more."""

_CHANNELS = ("store",) * 8 + ("web",) * 3 + ("app",) * 2
_SOURCE_OF = {"web": "web-shop", "app": "app"}
_OWNS_A_MACHINE, _HAS_OPEN_CASE, _IS_EXPECTED = 0.6, 0.04, 0.02
_FIRST = {
    "FR": (("Camille", "Léa", "Hugo", "Paul"), ("Martin", "Durand", "Moreau", "Lefèvre")),
    "DE": (("Anna", "Lena", "Jonas", "Emil"), ("Müller", "Weber", "Koch", "Groß")),
    "JP": (("結衣", "陽菜", "蓮", "直樹"), ("佐藤", "鈴木", "高橋", "田中")),
}


class OtherHub(Refused):
    """The folder holds something else than the hub that the bench would make there."""

    code = "bench.other_hub"
    sentence = "{path} exists and is not a hub of {customers} customers with {orders} orders each, seed {seed}."
    hint = "Choose another folder with --hub, or remove that one."


class Size(NamedTuple):
    """How large a hub is. orders: of each customer."""

    customers: int = 100_000
    orders: int = 13
    seed: int = 1


def user(number: int) -> str:
    """The user id of a customer."""
    return f"u-{number:07d}"


def is_built(folder: Path, size: Size) -> bool:
    """Whether a hub of this size lies complete in a folder."""
    try:
        return json.loads((folder / MARK).read_text("utf-8")) == size._asdict()
    except (OSError, ValueError):
        return False


def build(folder: Path, size: Size, say: Callable[[str], None]) -> int:
    """Make the hub in a folder; what is half made is begun anew. Answers how many events it has. Raises OtherHub."""
    if folder.exists() and any(folder.iterdir()):
        raise OtherHub(path=folder, **size._asdict())
    half = folder.with_name(folder.name + ".building")
    shutil.rmtree(half, ignore_errors=True)
    done = 0
    with Hub.init(half, company="Maison Ristretto", currency="EUR", rates={"JPY": "0.006"}) as hub:
        for name, channel in SOURCES.items():
            hub.access.add_source(name, channel, trust="browser" if name in BROWSER_SOURCES else "server")
        for receipts in hub.intake.stream(messages(size, hub.clock.now()), in_one_commit=_IN_ONE_COMMIT):
            if (done + len(receipts)) // _TELL_EVERY > done // _TELL_EVERY:
                say(f"built: {done + len(receipts):,} events")
            done += len(receipts)
        say("history is brought up to the log")
        hub.refresh()
        events = hub.last_seq()
    (half / MARK).write_text(json.dumps(size._asdict()), "utf-8")
    if folder.exists():
        folder.rmdir()
    half.rename(folder)
    return events


def messages(size: Size, now: Micros | None = None) -> Iterator[tuple[str, bytes]]:
    """What the channels tell: goods first, then one customer after the other; each with the source that sends it."""
    until = SystemClock().now() if now is None else now
    pen = Pen()
    write_goods(pen, size.seed, max(1, size.customers * size.orders // _UNITS_FOR_A_CUSTOMER // 1000))
    for _, source, message in pen.written:
        yield source, message
    chance = Random(size.seed)  # noqa: S311  the same customers for the same seed
    for number in range(size.customers):
        for source, message in _Life(number, size.orders, until, chance).messages():
            yield source, msgspec.json.encode(message)


class _Life:
    """One customer: known by id, card, e-mail and phone, with a favourite boutique and tastes."""

    def __init__(self, number: int, orders: int, until: Micros, chance: Random) -> None:
        self._number = number
        self._orders = orders
        self._chance = chance
        self._home: Store = chance.choice(STORES)
        self._tastes = chance.sample(COFFEES, 3)
        span = _SPAN_DAYS * DAY
        self._begins: Micros = until - span
        self._until = until

    def messages(self) -> Iterator[tuple[str, Json]]:
        """Everything that the channels tell of the customer."""
        chance = self._chance
        yield self._till(), self._introduction()
        step = (self._until - self._begins - 12 * DAY) // self._orders
        for order in range(self._orders):
            at = self._begins + order * step + chance.randrange(step)
            machine = order == 1 and chance.random() < _OWNS_A_MACHINE
            yield from self._order(order, "store" if machine else chance.choice(_CHANNELS), at, machine=machine)
        if chance.random() < _HAS_OPEN_CASE:
            said = {"case_id": f"case-{self._number}", "topic": "invoice"}
            yield "web-shop", self._online("Case Opened", "web", self._until - 2 * DAY, said)
        if chance.random() < _IS_EXPECTED:
            begins = self._until - self._until % DAY + chance.randrange(9, 18) * HOUR
            said = {
                "appointment_id": f"visit-{self._number}", "store_id": self._home.store_id, "topic": "tasting",
                "starts_at": as_text(begins),
            }  # fmt: skip
            yield "web-shop", self._online("Appointment Booked", "web", self._until - 3 * DAY, said)

    def _introduction(self) -> Json:
        country, number = self._home.country, self._number
        first, last = (self._chance.choice(names) for names in _FIRST[country.code])
        manners = manners_of(first, country.language, self._chance, card=True)
        context = self._context("store")
        if manners.consent:
            context["consent"] = {"categoryPreferences": dict(manners.consent)}
        return {
            "type": "identify", "messageId": f"known-{number}", "userId": user(number),
            "timestamp": as_text(self._begins), "context": context,
            "traits": {
                "firstName": first, "lastName": last, "email": f"u{number}@example.com",
                "phone": f"+33{600_000_000 + number}", "address": {"city": self._home.city, "country": country.code},
                **manners.traits(),
            },
        }  # fmt: skip

    def _order(self, order: int, channel: str, at: Micros, *, machine: bool) -> Iterator[tuple[str, Json]]:
        name, country = f"o-{self._number}-{order}", self._home.country
        place = self._home.store_id if channel == "store" else DEPOT_OF[country.code]
        lines = [_line(product, units, country.currency) for product, units in self._basket(machine=machine)]
        said = {
            "order_id": name, "fulfilment_location": place, "currency": country.currency, "products": lines,
            "total": round(sum(line["price"] * line["quantity"] for line in lines), 2),
        }  # fmt: skip
        if channel == "store":
            yield self._till(), self._told("Order Completed", at, said) | {"context": self._context("store")}
            return
        source = _SOURCE_OF[channel]
        yield source, self._online("Order Completed", channel, at, said)
        yield source, self._online("Order Delivered", channel, at + 2 * DAY, {"order_id": name})

    def _basket(self, *, machine: bool) -> list[tuple[Product, int]]:
        chance = self._chance
        if machine:
            return [(chance.choice(MACHINES), 1)]
        items = [(chance.choice(self._tastes), chance.randint(1, 3))]
        if chance.random() < 0.4:
            items.append((chance.choice([one for one in self._tastes if one is not items[0][0]]), 1))
        if chance.random() < 0.06:
            items.append((chance.choice(OTHERS[1:]), 1))
        return items

    def _online(self, event: str, channel: str, at: Micros, said: Json) -> Json:
        names = {"userId": user(self._number), "anonymousId": f"{channel}-{self._number}"}
        context = {"channel": channel, "country": self._home.country.code}
        return self._told(event, at, said) | names | {"context": context}

    def _told(self, event: str, at: Micros, said: Json) -> Json:
        name = said.get("order_id", self._number)
        return {
            "type": "track", "event": event, "messageId": f"{event}-{name}", "timestamp": as_text(at),
            "properties": said,
        }  # fmt: skip

    def _till(self) -> str:
        return f"tills-{self._home.country.code.lower()}"

    def _context(self, channel: str) -> Json:
        card = [{"type": "loyalty_id", "id": f"L-{self._number:07d}"}]
        country = self._home.country.code
        return {"channel": channel, "store_id": self._home.store_id, "country": country, "externalIds": card}


def _line(product: Product, units: int, currency: str) -> Json:
    price = product.yen if currency == "JPY" else product.euro_cents / 100
    return {
        "product_id": product.product_id,
        "sku": product.sku,
        "name": product.name,
        "price": price,
        "quantity": units,
    }
