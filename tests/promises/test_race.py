"""Many buyers for the last units, a server that is killed in the middle: nobody gets what is not there, nothing leaks.

The client is the published one of bench/race, as a process of its own, against the real server.
"""

import asyncio
import importlib.util
import json
import logging
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from fixed_clock import FixedClock
from noline.hub import Hub
from noline.kernel.clock import SECOND
from noline.truth.stock.promising import Ask, Line, NotEnoughStock

RACE = Path(__file__).parents[2] / "bench" / "race" / "race.py"
NOLINE = str(Path(sys.executable).parent / "noline")

_told = logging.getLogger(__name__)
"""`pytest --log-cli-level=info` shows how much was tried."""


def raced(hub: Path, **plan: int) -> dict[str, Any]:
    """What the published client found."""
    words = [word for name, value in plan.items() for word in (f"--{name.replace('_', '-')}", str(value))]
    command = [sys.executable, str(RACE), "noline_http", "--hub", str(hub), "--noline", NOLINE, "--json", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr[-2_000:]
    found = json.loads(done.stdout)
    _told.info("%s", found)
    return found


@pytest.fixture(params=["sqlite", "postgres"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A new hub on each kind of store, closed again."""
    url = request.getfixturevalue("postgres_url") if request.param == "postgres" else None
    with Hub.init(tmp_path / "shop.noline", store=url) as hub:
        return hub.folder


def assert_nothing_is_wrong(folder: Path) -> None:
    with Hub.open(folder) as hub:
        assert hub.verify().ok
        with hub.store.reading() as reader:
            assert hub.stock.cells(reader) == hub.stock.recounted(reader)
            assert hub.stock.overpromised(reader) == []


def test_nobody_gets_what_is_not_there_though_the_server_is_killed(folder):
    found = raced(folder, buyers=64, rounds=4, last_units=7, kill_every=2)
    assert found["faults"] == []
    assert (found["units_oversold"], found["kills"]) == (0, 2)
    assert found["tries"] == found["granted"] + found["refused"] == 64 * 5
    assert found["units_granted"] == found["units_there"] == 7 * 5
    assert_nothing_is_wrong(folder)


@pytest.mark.long
def test_in_a_million_tries_nobody_gets_what_is_not_there(folder):
    found = raced(folder, buyers=64, rounds=980, last_units=50, tries=16, kill_every=70)
    assert found["faults"] == []
    assert found["tries"] >= 1_000_000
    assert (found["units_oversold"], found["kills"]) == (0, 14)
    assert found["units_granted"] == found["units_there"]
    assert_nothing_is_wrong(folder)


@pytest.fixture(scope="module")
def race() -> ModuleType:
    """The published client as a module."""
    spec = importlib.util.spec_from_file_location("race", RACE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["race"] = module
    spec.loader.exec_module(module)
    return module


def test_the_client_finds_what_was_granted_twice(race):
    one = race.Try("sku", 0, 2, "key-0", (race.Answer("r-1", b"yes"),))
    other = race.Try("sku", 1, 2, "key-1", (race.Answer("r-1", b"yes"),))
    again = race.Try("sku", 2, 1, "key-2", (race.Answer("r-2", b"yes"), race.Answer("r-3", b"no")))
    assert race.faults_of([one, other, again], {"sku": 3}) == [
        "sku: 2 units were granted that nobody had",
        "r-1: granted for key-0 and for key-1",
        "key-2: the same request was answered in different bytes",
    ]
    assert race.faults_of([one], {"sku": 3}) == []


class Careless:
    """A shop that looks, waits, and then takes: as many do. It forgets what is given back, too."""

    def __init__(self, answer: type) -> None:
        self.answer = answer
        self.left: dict[str, int] = {}
        self.answers: dict[str, Any] = {}

    def line(self) -> object:
        return object()

    async def stock(self, _line, sku, units):
        self.left[sku] = units

    async def reserve(self, _line, sku, units, key, _ttl_s):
        if key not in self.answers:
            there = self.left[sku] >= units
            await asyncio.sleep(0)
            self.left[sku] -= units if there else 0
            self.answers[key] = self.answer(f"r-{key}" if there else None, key.encode())
        return self.answers[key]

    async def release(self, _line, reservation):
        pass

    async def available(self, _line, sku):
        return self.left[sku]


def test_the_client_finds_a_shop_that_looks_before_it_takes(race):
    plan = race.Plan(buyers=20, rounds=1, last_units=5, expiry_s=0)
    found = asyncio.run(race.Race(Careless(race.Answer), plan).run())
    assert found.units_oversold > 0
    assert any("can be reserved after every reservation was given back" in fault for fault in found.faults)
    assert any("can be reserved after every reservation had run out" in fault for fault in found.faults)


def test_what_ran_out_is_promised_again_the_same_moment_and_never_twice(hub):
    clock = FixedClock()
    with Hub.open(hub.folder, clock=clock) as shop:
        received = {"sku": "coffee", "location": "paris", "units": 3}
        with shop.store.transaction() as tx:
            shop.deeds.tell(
                tx, [{"type": "track", "event": "Stock Received", "messageId": "r-1", "properties": received}]
            )
        ask = Ask((Line("coffee", 1, "paris"),), ttl_s=60)
        first = [shop.promising.hold(ask, by="Clara") for _ in range(3)]
        clock.go_on(60 * SECOND - 1)
        with pytest.raises(NotEnoughStock):
            shop.promising.hold(ask, by="Clara")
        clock.go_on(1)
        second = [shop.promising.hold(ask, by="Clara") for _ in range(3)]
        with pytest.raises(NotEnoughStock):
            shop.promising.hold(ask, by="Clara")
        assert [shop.promising.find(one.id).state for one in first] == ["expired"] * 3
        assert [shop.promising.find(one.id) for one in second] == second
        assert shop.promising.sweep() == 0
        clock.go_on(60 * SECOND)
        assert shop.promising.sweep() == 3
        assert dict(shop.available("coffee")) == {"paris": 3}
        assert shop.verify().ok
