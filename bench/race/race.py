"""Many buyers for the last units: who gets them, and did anybody get what was not there?

Needs Python 3.11 and nothing else. `python race.py noline --hub shop.noline` starts a server, races, kills it in the
middle if told to, and prints what it found; it ends with 1 when a rule was broken. README.md tells the rules, and how
to race another system.
"""

import argparse
import asyncio
import importlib
import json
import math
import random
import sys
import time
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import NamedTuple, Protocol

PATIENCE_S = 60.0


class NoAnswer(Exception):
    """Nobody answered: whether the reservation was made is not known, so it is asked again under the same key."""


class Answer(NamedTuple):
    """What a reservation was answered. id: None when it was refused. told: the bytes, as they came."""

    id: str | None
    told: bytes


class Shop(Protocol):
    """A system under test. A line is one connection of one buyer; whatever `line` gives comes back as `line`."""

    def line(self) -> object:
        """A new connection."""

    async def stock(self, line: object, sku: str, units: int) -> None:
        """Put so many units of a new item on a shelf."""

    async def reserve(self, line: object, sku: str, units: int, key: str, ttl_s: int) -> Answer:
        """Reserve units for a while, at most once under a key. Raises NoAnswer."""

    async def release(self, line: object, reservation: str) -> None:
        """Give a reservation back. Raises NoAnswer."""

    async def available(self, line: object, sku: str) -> int:
        """Units of an item that can be reserved. Raises NoAnswer."""

    def kill(self) -> None:
        """End the server without warning, as a power cut would, and start it again."""


class Plan(NamedTuple):
    """What is raced. last_units: of each item; tries: of each buyer in a round; kill_every: rounds between kills."""

    buyers: int = 64
    rounds: int = 20
    last_units: int = 7
    tries: int = 1
    kill_every: int = 0
    expiry_s: int = 2
    seed: int = 1


class Try(NamedTuple):
    """One line of the history: who asked for what under which key, and every answer that came."""

    sku: str
    buyer: int
    units: int
    key: str
    answers: tuple[Answer, ...]


@dataclass
class Result:
    """What a race came to. faults: rules that were broken, in words; empty is what everybody hopes for."""

    tries: int = 0
    granted: int = 0
    refused: int = 0
    asked_again: int = 0
    kills: int = 0
    units_there: int = 0
    units_granted: int = 0
    units_oversold: int = 0
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)


def oversold(history: Iterable[Try], there: dict[str, int]) -> dict[str, int]:
    """Units granted beyond what was there, by item."""
    granted: dict[str, int] = defaultdict(int)
    for one in history:
        if one.answers and one.answers[-1].id is not None:
            granted[one.sku] += one.units
    return {sku: units - there[sku] for sku, units in granted.items() if units > there[sku]}


def faults_of(history: Iterable[Try], there: dict[str, int]) -> list[str]:
    """The rules that a history breaks."""
    history = list(history)
    found = [f"{sku}: {units} units were granted that nobody had" for sku, units in oversold(history, there).items()]
    owners: dict[str, str] = {}
    for one in history:
        if len({answer.told for answer in one.answers}) > 1:
            found.append(f"{one.key}: the same request was answered in different bytes")
        granted = {answer.id for answer in one.answers if answer.id is not None}
        taken = [name for name in sorted(granted) if owners.setdefault(name, one.key) != one.key]
        found += [f"{name}: granted for {owners[name]} and for {one.key}" for name in taken]
    return found


class Race:
    """Buyers at one shop."""

    def __init__(self, shop: Shop, plan: Plan) -> None:
        """Nothing has happened yet."""
        self._shop = shop
        self._plan = plan
        self._chance = random.Random(plan.seed)
        self._lines = [shop.line() for _ in range(plan.buyers)]
        self._name = f"race-{time.time_ns():x}"
        self.result = Result()

    async def run(self) -> Result:
        """Every round, then one whose reservations are left to run out."""
        began = time.perf_counter()
        for number in range(self._plan.rounds):
            killed = bool(self._plan.kill_every) and number % self._plan.kill_every == self._plan.kill_every - 1
            await self._round(number, killed=killed)
        await self._left_to_run_out()
        self.result.seconds = time.perf_counter() - began
        return self.result

    async def _round(self, number: int, *, killed: bool) -> None:
        sku, there = f"{self._name}-{number}", self._plan.last_units
        await self._stocked(sku, there)
        buying = asyncio.gather(*(self._buys(sku, buyer, 3_600) for buyer in range(self._plan.buyers)))
        if killed:
            await asyncio.sleep(self._chance.uniform(0.0, 0.03))
            await asyncio.to_thread(self._shop.kill)
            self.result.kills += 1
        history = [one for tried in await buying for one in tried]
        granted = self._book(history, sku, there)
        await self._expect(sku, there - sum(one.units for one in granted), "after the round")
        for one in granted:
            await self._patiently(self._shop.release, self._lines[one.buyer], one.answers[-1].id)
        await self._expect(sku, there, "after every reservation was given back")

    async def _left_to_run_out(self) -> None:
        """A unit whose reservation ran out may be had again: a round that lasted longer than that proves nothing."""
        expiry_s, there, took_s = self._plan.expiry_s, self._plan.last_units, math.inf
        while took_s >= expiry_s:
            expiry_s = expiry_s if took_s == math.inf else 2 * max(expiry_s, math.ceil(took_s))
            sku, began = f"{self._name}-expiry-{expiry_s}", time.perf_counter()
            await self._stocked(sku, there)
            tried = await asyncio.gather(*(self._buys(sku, buyer, expiry_s) for buyer in range(self._plan.buyers)))
            took_s = time.perf_counter() - began
        self._book([one for some in tried for one in some], sku, there)
        await asyncio.sleep(expiry_s + 0.5)
        await self._expect(sku, there, "after every reservation had run out")

    async def _stocked(self, sku: str, there: int) -> None:
        await self._patiently(self._shop.stock, self._lines[0], sku, there)
        self.result.units_there += there

    async def _buys(self, sku: str, buyer: int, ttl_s: int) -> list[Try]:
        history = []
        for number in range(self._plan.tries):
            units = 1 + (self._chance.random() < 0.2)
            key = f"{sku}/{buyer}/{number}"
            answers = [await self._patiently(self._shop.reserve, self._lines[buyer], sku, units, key, ttl_s)]
            if self._chance.random() < 0.1:
                self.result.asked_again += 1
                answers.append(await self._patiently(self._shop.reserve, self._lines[buyer], sku, units, key, ttl_s))
            history.append(Try(sku, buyer, units, key, tuple(answers)))
        return history

    def _book(self, history: list[Try], sku: str, there: int) -> list[Try]:
        """Count a round and look for faults; gives what was granted."""
        granted = [one for one in history if one.answers[-1].id is not None]
        self.result.tries += len(history)
        self.result.granted += len(granted)
        self.result.refused += len(history) - len(granted)
        self.result.units_granted += sum(one.units for one in granted)
        self.result.units_oversold += sum(oversold(history, {sku: there}).values())
        self.result.faults += faults_of(history, {sku: there})
        return granted

    async def _expect(self, sku: str, units: int, when: str) -> None:
        found = await self._patiently(self._shop.available, self._lines[0], sku)
        if found != units:
            self.result.faults.append(f"{sku}: {found} can be reserved {when}, {units} should be")

    async def _patiently(self, deed, *told):  # noqa: ANN001, ANN002, ANN202  whatever the shop's deed takes and gives
        """Do it; where nobody answers, again, until somebody does."""
        given_up = time.monotonic() + PATIENCE_S
        while True:
            try:
                return await deed(*told)
            except NoAnswer:
                if time.monotonic() > given_up:
                    raise
                self.result.asked_again += 1
                await asyncio.sleep(0.05)


class Line:
    """One HTTP/1.1 connection that is kept, and made again when it breaks."""

    def __init__(self, host: str, port: int) -> None:
        """Nothing is connected yet."""
        self._host, self._port = host, port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, path: str, headers: dict[str, str], body: bytes = b"") -> tuple[int, bytes]:
        """One request; status and body. Raises NoAnswer."""
        told = {"host": f"{self._host}:{self._port}", "content-length": str(len(body)), **headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        try:
            if self._streams is None:
                self._streams = await asyncio.open_connection(self._host, self._port)
            reader, writer = self._streams
            writer.write(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body)
            return await _answer(reader)
        except (OSError, asyncio.IncompleteReadError, ValueError) as cause:
            self.hang_up()
            raise NoAnswer(str(cause)) from cause

    def hang_up(self) -> None:
        """Let go of the connection."""
        if self._streams is not None:
            with suppress(OSError):
                self._streams[1].close()
            self._streams = None


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    status = int(head.split(" ", 2)[1])
    length = next(
        (int(line.partition(":")[2]) for line in head.split("\r\n") if line.startswith("content-length:")), None
    )
    if length is not None:
        return status, await reader.readexactly(length)
    whole = b""
    while size := int(await reader.readline(), 16):
        whole += await reader.readexactly(size)
        await reader.readexactly(2)
    await reader.readexactly(2)
    return status, whole


def main() -> int:
    """Race as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("shop", help="the module of the adapter, such as noline_http")
    for name, default in Plan()._asdict().items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, default=default)
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    known, rest = parser.parse_known_args()
    plan = Plan(**{name: getattr(known, name) for name in Plan._fields})
    with importlib.import_module(known.shop).opened(rest) as shop:
        result = asyncio.run(Race(shop, plan).run())
    told = asdict(result)
    print(json.dumps(told) if known.json else "\n".join(f"{name}: {value}" for name, value in told.items()))
    return 1 if result.faults else 0


if __name__ == "__main__":
    # As a module of its own, so that an adapter that imports it means the same classes.
    sys.exit(importlib.import_module("race").main())
