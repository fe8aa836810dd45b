"""What it costs to open a customer's card: in process, over HTTP beside an empty answer, and its words alone.

CPU is that of the thread that composes the card, or of the whole server; walls are clocks on the wall. A first round
meets customers of whom this process has seen nothing yet, a second round meets them again.
"""

import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from random import Random
from typing import NamedTuple

from noline.demo.company import STORES
from noline.doors.bench import card_data, machine
from noline.doors.bench.card_words import LANGUAGES, Words, words_us
from noline.doors.bench.intake import SERVE, Say
from noline.doors.bench.machine import Machine
from noline.doors.bench.serving import LOCAL, Server, serving
from noline.flows.greet import Asked
from noline.hub import Hub
from noline.kernel.clock import SystemClock, as_text
from noline.kernel.errors import NoLineError
from noline.kernel.events import Identifier
from noline.stores.access import Role

_WARM_CARDS = 60
_WARM_REQUESTS = 100
_MOST_CARD_MS = 1.0
_MOST_HTTP_MS = 5.0
_MOST_WORDS_US = 50.0


class CardFailed(NoLineError):
    """A card that the bench measures was not answered."""

    code = "bench.card_failed"
    sentence = "{path} was answered with {status}: {said}"
    hint = "Ask for the card by hand and read what is wrong."


class Plan(NamedTuple):
    """What a run measures. cards: customers in process; requests: over HTTP, one after the other."""

    size: card_data.Size = card_data.Size()
    cards: int = 5_000
    requests: int = 2_000


class Took(NamedTuple):
    """Times of one thing done many times, in milliseconds. mean: of all."""

    p50: float
    p99: float
    slowest: float
    mean: float


class Cards(NamedTuple):
    """Cards composed in process. cpu: of the composing thread, wall: until the card was there and its view durable."""

    cards: int
    cpu: Took
    wall: Took


class Served(NamedTuple):
    """Requests over HTTP from one client. server_cpu_ms: of all threads of the server, for each."""

    requests: int
    wall: Took
    server_cpu_ms: float


class Row(NamedTuple):
    """One measure beside its aim. met: None where there is no aim."""

    measure: str
    aim: str
    reached: str
    met: bool | None


class Result(NamedTuple):
    """A whole run. first_card_ms: CPU of the very first card of a process, which loads what cards need.

    served, served_again: customers whom the server meets first, and the same ones once more.
    words_us: CPU of a card's words alone, by language. parts: how many of each a card had, on average.
    """

    measured_at: str
    machine: Machine
    load_average_after: float
    versions: dict[str, str]
    plan: Plan
    events: int
    build_cpu_seconds: float | None
    first_card_ms: float
    cold: Cards
    warm: Cards
    composed: Cards
    served: Served
    served_again: Served
    echo: Served
    words_us: dict[str, Words]
    parts: dict[str, float]
    rows: list[Row]


def run(plan: Plan, say: Say, kept: Path | None = None, place: Path | None = None) -> Result:
    """Measure everything once. kept: where the hub lies or is made to stay; without it one is made and removed.

    Raises OtherHub and CardFailed.
    """
    before = machine.this_machine()
    with tempfile.TemporaryDirectory(prefix="noline-bench-", dir=place) as made:
        folder = kept or Path(made) / "hub"
        built = _built(folder, plan.size, say)
        say(f"words: greetings in {', '.join(LANGUAGES)}")
        words = words_us()
        say(f"in process: {plan.cards:,} cards, first met, met again, and composed without noting who looked")
        with Hub.open(folder) as hub:
            events = hub.last_seq()
            warming, people = _people(hub, plan)
            first_ms = _cards(hub, warming[:1])[0].cpu.slowest
            _cards(hub, warming)
            cold, parts = _cards(hub, people)
            warm, _ = _cards(hub, people)
            with _unnoted(hub):
                composed, _ = _cards(hub, people)
            key = hub.access.add_key(Role.ASSOCIATE)[1]
        say(f"served: {plan.requests:,} cards over HTTP from one client, beside an answer that says nothing")
        with serving((*SERVE, "--hub", str(folder))) as server:
            client = _Client(server, key)
            client.measured(_paths(warming, _WARM_REQUESTS))
            served, served_again = (client.measured(_paths(people, plan.requests)) for _ in range(2))
            client.measured(["/healthz"] * _WARM_REQUESTS)
            echo = client.measured(["/healthz"] * plan.requests)
    return Result(
        as_text(SystemClock().now()), before, machine.this_machine().load_average, machine.versions(), plan, events,
        built, first_ms, cold, warm, composed, served, served_again, echo, words, parts,
        [*_rows(cold, warm, composed), *_http_rows(served, served_again, echo), *_word_rows(words)],
    )  # fmt: skip


def _built(folder: Path, size: card_data.Size, say: Say) -> float | None:
    """CPU seconds of making the hub; None when it lay there."""
    if card_data.is_built(folder, size):
        return None
    say(f"building: {size.customers:,} customers with {size.orders} orders each in {folder}")
    began = time.process_time()
    card_data.build(folder, size, say)
    return time.process_time() - began


# In process


def _people(hub: Hub, plan: Plan) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """People drawn evenly, each beside a boutique and once: some to warm up with, and those that are measured."""
    size, chance = plan.size, Random(plan.size.seed)  # noqa: S311  the same people for the same seed
    warming = min(_WARM_CARDS, size.customers // 4)
    numbers = chance.sample(range(size.customers), min(warming + plan.cards, size.customers))
    with hub.store.reading() as reader:
        named = [hub.customers.subject(Identifier("user_id", card_data.user(number))) for number in numbers]
        found = [hub.customers.person_of(reader, subject) for subject in named]
    people = [(person, chance.choice(STORES).store_id) for person in found if person is not None]
    return people[:warming], people[warming:]


def _cards(hub: Hub, people: Sequence[tuple[str, str]]) -> tuple[Cards, dict[str, float]]:
    """Open the card of each; the second figure is how many of each part a card had."""
    cpu: list[float] = []
    wall: list[float] = []
    parts = dict.fromkeys(("loops", "say", "see", "preferences", "owned", "actions"), 0)
    for person, store in people:
        asked = Asked(store=store, by="bench")
        began, begun = time.thread_time(), time.perf_counter()
        card = hub.greeting.card(person, asked)
        cpu.append(time.thread_time() - began)
        wall.append(time.perf_counter() - begun)
        for name in parts:
            parts[name] += len(getattr(card, name))
    return Cards(len(cpu), _took(cpu), _took(wall)), {name: held / len(cpu) for name, held in parts.items()}


def _took(seconds: Sequence[float]) -> Took:
    there = sorted(seconds)
    last = len(there) - 1
    wanted = (there[len(there) // 2], there[min(last, len(there) * 99 // 100)], there[last], sum(there) / len(there))
    return Took(*(one * 1_000 for one in wanted))


@contextmanager
def _unnoted(hub: Hub) -> Iterator[None]:
    """For the length of a block nobody writes down who looked at a card."""
    vars(hub.clienteling)["viewed"] = _not_noted
    try:
        yield
    finally:
        del vars(hub.clienteling)["viewed"]


def _not_noted(*_: object, **__: object) -> None:
    """Stands for noting who looked."""


# Over HTTP


class _Client:
    """One client with one connection, who waits for each answer."""

    def __init__(self, server: Server, key: str) -> None:
        self._pid = server.pid
        self._connection = HTTPConnection(LOCAL, server.port, timeout=60)
        self._headers = {"authorization": f"Bearer {key}", "accept": "application/json"}

    def measured(self, paths: Sequence[str]) -> Served:
        """Ask for these. Raises CardFailed."""
        before = sum(machine.used(self._pid).cpu_seconds)
        wall = [self._asked(path) for path in paths]
        cpu = sum(machine.used(self._pid).cpu_seconds) - before
        return Served(len(wall), _took(wall), cpu * 1_000 / len(wall))

    def _asked(self, path: str) -> float:
        began = time.perf_counter()
        self._connection.request("GET", path, headers=self._headers)
        answer = self._connection.getresponse()
        said = answer.read()
        took = time.perf_counter() - began
        if answer.status != 200:
            raise CardFailed(path=path, status=answer.status, said=said[:300].decode("utf-8", "replace"))
        return took


def _paths(people: Sequence[tuple[str, str]], wanted: int) -> list[str]:
    """So many cards, of the first again where there are fewer people."""
    asked = (people[number % len(people)] for number in range(wanted))
    return [f"/v1/customers/{person}/card?store={store}" for person, store in asked]


# What is told


def _rows(cold: Cards, warm: Cards, composed: Cards) -> Iterator[Row]:
    for name, cards in (("first met", cold), ("met again", warm), ("met again, view not noted", composed)):
        cpu = cards.cpu
        reached = f"{cpu.p99:.2f} ms (p50 {cpu.p50:.2f}, mean {cpu.mean:.2f})"
        yield Row(f"card in process, {name}: CPU p99", f"< {_MOST_CARD_MS:g} ms", reached, cpu.p99 < _MOST_CARD_MS)
    yield Row("card in process, met again: wall p99", "", f"{warm.wall.p99:.2f} ms (p50 {warm.wall.p50:.2f})", None)


def _http_rows(served: Served, again: Served, echo: Served) -> Iterator[Row]:
    for name, met in (("card over HTTP", served), ("card over HTTP, met again", again)):
        reached = f"{met.wall.p99:.2f} ms (p50 {met.wall.p50:.2f})"
        yield Row(f"{name}: wall p99", f"< {_MOST_HTTP_MS:g} ms", reached, met.wall.p99 < _MOST_HTTP_MS)
    yield Row("an answer that says nothing: wall p99", "", f"{echo.wall.p99:.2f} ms (p50 {echo.wall.p50:.2f})", None)
    cpu_ms = f"{served.server_cpu_ms:.2f} ms; {again.server_cpu_ms:.2f} ms; {echo.server_cpu_ms:.2f} ms"
    yield Row("CPU of the server for a card; met again; for that answer", "", cpu_ms, None)


def _word_rows(words: dict[str, Words]) -> Iterator[Row]:
    for language, us in words.items():
        within = us.greeting < _MOST_WORDS_US
        yield Row(f"greeting alone, {language}: CPU", f"< {_MOST_WORDS_US:g} µs", f"{us.greeting:.1f} µs", within)
    most = max(words, key=lambda one: words[one].sentences)
    yield Row(f"three sentences after it, {most}: CPU", "", f"{words[most].sentences:.1f} µs", None)
