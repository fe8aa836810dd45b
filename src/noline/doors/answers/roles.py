"""What the doors answer about channels: what each is for by its orders, and how customers move between channels."""

from typing import Any

from noline.doors.answers import Json
from noline.doors.answers.seen import person_id, place_names
from noline.flows import lookups
from noline.flows.earning import assist, helping
from noline.hub import Hub
from noline.insight.roles.model import ASSOCIATION, CORRELATION, Migration, Way
from noline.kernel.clock import DAY, Micros, as_text


def roles(hub: Hub, by: str = "channel") -> Json:
    """What the orders of each channel (or `unit`) show, the one with most orders first.

    channels: each with name, place (what the catalogue calls a store), channel, orders, orders_of_nobody, persons,
    measures (by name: value, low, high, null, here, expected, cases, of, persons, too_few, claimed, less, why),
    baskets, convenience, assist (earned on orders that another channel or unit captured: amount_minor, currency; by the
    fair books), claimed, less, too_few. observed_until, sentence, counted. Raises RolesAskedWrong.
    """
    hub.refresh()
    room = hub.roles
    rows = [one.as_dict() for one in room.channels(by, assist=assist(hub.credit, by))]
    return {
        "by": by,
        "channels": _placed(hub, rows),
        "observed_until": _moment(room.observed_until),
        "sentence": ASSOCIATION,
        "counted": room.counted("roles"),
    }


def migration(hub: Hub, k: int = 2) -> Json:
    """Where customers go from their first order to their k-th.

    ways: a row for each first channel: first, persons, undecided, cells (channel, cases, of, share, low, high,
    too_few) and lost (the same without a channel); every: the row of all customers. k, channels, median_gap_days,
    observed_until, counted. Raises RolesAskedWrong.
    """
    hub.refresh()
    room = hub.roles
    found = room.migration(k)
    told = found.as_dict()
    gap = told.pop("median_gap_us")
    return {
        **told,
        "ways": [_way(found, one, row) for one, row in zip(found.ways, told["ways"], strict=True)],
        "every": _way(found, found.every, told["every"]),
        "median_gap_days": None if gap is None else gap / DAY,
        "observed_until": _moment(found.observed_until),
        "counted": room.counted("migration", k=k),
    }


def customers(hub: Hub) -> Json:
    """Customers in four classes by how they use channels.

    classes: name, persons (cases, of, share, low, high, too_few), orders, orders_mean, value_minor, value_mean_minor
    with _low_ and _high_, degree. persons, orders, orders_of_nobody, currency, unrated, rates, sentence, counted.
    """
    hub.refresh()
    room = hub.roles
    return {
        **room.customers().as_dict(),
        "rates": {name: str(rate) for name, rate in sorted(hub.settings.rates.items())},
        "sentence": CORRELATION,
        "counted": room.counted("customers"),
    }


def index(hub: Hub, lookup_p95_ms: float | None = None) -> Json:
    """What the company can do across channels.

    lookup_p95_ms: how long finding a customer takes, as measured elsewhere; None: it is measured here and now.

    parts: name, words, exists, evidence, works (cases, of, share, low, high, too_few; or None and why), facts.
    exist of `of` capabilities that somebody told of, works (the mean of `measured` shares), counted.
    """
    hub.refresh()
    room = hub.roles
    if lookup_p95_ms is None:
        ids = hub.history.ids
        people = [person_id(ids[place].as_py()) for place in lookups.sampled(len(ids))]
        lookup_p95_ms = lookups.p95_ms(hub.store, hub.recognition, people)
    found = room.index(lookup_p95_ms=lookup_p95_ms, helping=helping(hub.credit))
    return {**found.as_dict(), "counted": room.counted("index")}


def partners(hub: Hub) -> Json:
    """Channels of partners as `roles` tells channels, and each business: accounts, counted."""
    hub.refresh()
    room = hub.roles
    told = room.partners(assist=assist(hub.credit)).as_dict()
    accounts = [
        {**one, "first_at": _moment(one["first_at"]), "last_at": _moment(one["last_at"])} for one in told["accounts"]
    ]
    return {
        "channels": _placed(hub, told["channels"]),
        "accounts": accounts,
        "sentence": ASSOCIATION,
        "counted": room.counted("partners"),
    }


def _placed(hub: Hub, rows: list[dict[str, Any]]) -> list[Json]:
    with hub.store.reading() as reader:
        places = place_names(hub, reader)
    return [{**row, "place": places.get(row["name"], row["name"])} for row in rows]


def _way(found: Migration, way: Way, told: Json) -> Json:
    cells = [{"channel": channel, **cell} for channel, cell in zip(found.channels, told["cells"], strict=True)]
    return {**told, "first": way.first, "cells": cells}


def _moment(told: Micros | None) -> str | None:
    return None if told is None else as_text(told)
