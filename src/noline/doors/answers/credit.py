"""What the doors answer about credit: which unit earned what, what is guaranteed to it, and each order opened."""

from collections.abc import Iterable, Mapping
from typing import Any

from noline.doors.answers import Json
from noline.doors.answers.seen import place_names
from noline.hub import Hub
from noline.insight.credit.guarantee import FAIR, PROMISE, TODAY, TOTALS
from noline.insight.credit.model import BASELINE
from noline.insight.credit.orderbook import ShareLine
from noline.insight.credit.service import OrderRow
from noline.insight.paths.service import METHODS as PATH_METHODS
from noline.insight.paths.service import Method as PathMethod
from noline.kernel.clock import Micros, as_text
from noline.kernel.errors import NotFound

_COUNTED = ("units", "orders", "goods", "work", "returns", "refunds")
BOOKS = (TODAY, FAIR, TOTALS)
"""Books that can be held against the guarantee, besides the methods."""


def units(
    hub: Hub,
    method: str | None = None,
    since: Micros | None = None,
    until: Micros | None = None,
    *,
    by_month: bool = False,
) -> Json:
    """Every unit in today's books and as it earned, in a section for each currency, that with the most orders first.

    A unit's row: its statement's own words (`Statement.as_dict`) and `name`; what its own fixed costs and the shared
    pools leave of the fair result (`after_fixed_minor`, `after_pools_minor`) is None where its orders are in more than
    one currency, and stands in `results`. Raises MethodUnknown and WeightsWrong.
    """
    hub.refresh()
    credit, names = hub.credit, unit_names(hub)
    told = credit.units(method, since, until, by_month=by_month)
    left = credit.results(method, since, until, by_month=by_month)
    sections: dict[str, list[Json]] = {}
    for one in told:
        row = {**one.as_dict(), "name": names.get(one.unit, one.unit)}
        sections.setdefault(one.currency, []).append(row)
    return {
        "sentence": PROMISE,
        "method": method or credit.rules.method,
        "methods": list(credit.methods),
        "since": _text(since),
        "until": _text(until),
        "currency_sections": [_section(currency, rows) for currency, rows in _largest_first(sections)],
        "results": [_result(one.as_dict(), names) for one in left],
        "facts": credit.facts.as_dict(),
        "counted": {name: credit.counted(name) for name in _COUNTED},
    }


def unit(
    hub: Hub,
    unit: str,
    method: str | None = None,
    since: Micros | None = None,
    until: Micros | None = None,
) -> Json:
    """One unit: its rows of `units`, whole and by month, and what it would earn without helping. Raises NotFound."""
    stopping = what_if(hub, unit, method, since, until)
    whole, by_month = (units(hub, method, since, until, by_month=monthly) for monthly in (False, True))
    return {
        **{name: value for name, value in whole.items() if name not in {"currency_sections", "results"}},
        "unit": unit,
        "name": unit_names(hub).get(unit, unit),
        "currency_sections": _only(whole["currency_sections"], unit),
        "by_month": _only(by_month["currency_sections"], unit),
        "results": [row for row in by_month["results"] if row["unit"] == unit],
        "what_if": stopping["currencies"],
    }


def what_if(
    hub: Hub, unit: str, method: str | None = None, since: Micros | None = None, until: Micros | None = None
) -> Json:
    """What a unit would earn if it stopped helping, in both books: a row for each currency. Raises NotFound."""
    hub.refresh()
    found = [one.as_dict() for one in hub.credit.what_if(unit, since, until, method)]
    name = unit_names(hub).get(unit, unit)
    rows = [{**row, "name": name} for row in found]
    return {"unit": unit, "name": name, "currencies": rows, "counted": hub.credit.counted("what_if")}


def order(hub: Hub, order_id: str, method: str | None = None) -> Json:
    """One order opened: `acts`, `shares`, `returns`; times as text, units by name. Raises NotFound.

    A row of `returns` whose `goods` is false is money given back without goods.
    """
    hub.refresh()
    names = unit_names(hub)
    book = hub.credit.order(order_id, method)
    return {
        **book.as_dict(),
        "placed_at": as_text(book.placed_at),
        "captured_name": names.get(book.captured_by, book.captured_by),
        "owner_name": names.get(book.owner, book.owner),
        "methods": list(hub.credit.methods),
        "acts": [{**_plain(act, names), "at": as_text(act.at), "words": act.act, "act": act.act} for act in book.acts],
        "shares": [_share(one, names) for one in book.shares],
        "returns": [
            {
                **_plain(one, names),
                "at": as_text(one.at),
                "owner_name": names.get(one.owner, one.owner),
                "shares": [_share(share, names) for share in one.shares],
            }
            for one in book.returns
        ],
        "counted": {name: hub.credit.counted(name) for name in ("orders", "goods", "work", "returns", "refunds")},
    }


def orders(
    hub: Hub,
    unit: str | None = None,
    *,
    helped: bool = False,
    limit: int = 50,
    offset: int = 0,
    since: Micros | None = None,
    until: Micros | None = None,
    method: str | None = None,
) -> list[Json]:
    """Orders, the latest first; with a unit also what it did for each (`acts`, `minutes`, `repaid_minor`).

    helped: only those that another unit captured. Raises NotFound for no unit.
    """
    hub.refresh()
    names = unit_names(hub)
    found = hub.credit.orders(unit, helped=helped, limit=limit, offset=offset, since=since, until=until, method=method)
    return [
        {
            **{name: value for name, value in one.as_dict().items() if name not in _DONE},
            "placed_at": as_text(one.placed_at),
            "captured_name": names.get(one.captured_by, one.captured_by),
            **({} if unit is None else _done(one)),
        }
        for one in found
    ]


def guarantee(
    hub: Hub,
    books: str = "today",
    currency: str | None = None,
    since: Micros | None = None,
    until: Micros | None = None,
) -> Json:
    """Whether these books leave any unit or group of units worse off than alone, and what would mend it.

    books: `today`, `fair`, a method, or `markov over totals`: the whole of what was left, as a Markov chain over the
    ways to these orders, and to none in this time, would give it to units. currency: that of the hub where none is
    named. Raises NotFound for a named currency that no order has, and MethodUnknown.
    """
    hub.refresh()
    credit, names = hub.credit, unit_names(hub)
    if books == TOTALS:
        effects = hub.unit_effects(currency or hub.settings.currency, since, until)
        found = credit.guarantee_of(effects, TOTALS, currency, since, until)
    else:
        found = credit.guarantee(books, currency, since, until)
    told: Json = found.as_dict()
    rows = [{**row, "name": names.get(row["unit"], row["unit"])} for row in told["units"]]
    return {**told, "units": rows, "verdict": found.verdict(), "counted": credit.counted("guarantee")}


def handoffs(hub: Hub, order: int = 1) -> list[Json]:
    """What moving from each channel to each other is worth, the dearest first. Raises AskedWrong."""
    hub.refresh()
    return [{**one._asdict(), "currency": hub.settings.currency} for one in hub.paths.handoffs(order)]


def journeys(hub: Hub, method: str = "shapley", order: int = 1) -> Json:
    """What each channel gets of the orders by a method over journeys. Raises NotFound and AskedWrong."""
    hub.refresh()
    known: PathMethod | None = next((one for one in PATH_METHODS if one == method), None)
    if known is None:
        raise NotFound(what="method over journeys", name=method)
    paths = hub.paths
    told = paths.attribute(known, order=order)
    total, taking = paths.paths.total, paths.taking_part
    return {
        "method": method,
        "order": order if method == "markov" else None,
        "currency": hub.settings.currency,
        "journeys": int(paths.paths.happened.sum()),
        "orders": total,
        "value_minor": paths.paths.value_minor,
        "channels": [
            {
                "channel": name,
                "conversions": float(told.conversions[code]),
                "share": float(told.conversions[code]) / total if total else None,
                "value_minor": int(told.values_minor[code]),
                "paths": int(taking[code]),
            }
            for code, name in enumerate(told.names)
        ],
        "counted": {"words": COUNTED_JOURNEYS, "sql": "", "parameters": {"days": hub.settings.handoff_days}},
    }


COUNTED_JOURNEYS = (
    "A journey is what a person did before an order since the order before, at most so many days, and the order itself "
    "where it was placed; several events of one channel in a row are one touch. An order of nobody known is a journey "
    "of its channel alone. What led to no order in that time is a journey without success. Carrying an order out "
    "(parcels, pick-ups) leads to none. The orders are those of the books, at their value as last said, converted by "
    "the hub's rates. A cancelled order, and one that nobody collected, is a touch and no success; left out is the "
    "journey of an order whose value nobody told or in a currency without a rate."
)
"""How journeys are counted."""


def unit_names(hub: Hub) -> dict[str, str]:
    """What people call a unit: the name of its place; units that are channels have none here."""
    with hub.store.reading() as reader:
        return {**place_names(hub, reader), BASELINE: "would have come anyway"}


def _section(currency: str, rows: list[Json]) -> Json:
    baseline = sum(row["shared_minor"] for row in rows if row["unit"] == BASELINE)
    return {
        "currency": currency,
        "units": [row for row in rows if row["unit"] != BASELINE],
        "baseline_minor": baseline,
        "total_minor": sum(row["fair_minor"] for row in rows),
    }


def _largest_first(sections: Mapping[str, list[Json]]) -> Iterable[tuple[str, list[Json]]]:
    return sorted(sections.items(), key=lambda one: -sum(row["orders_captured"] for row in one[1]))


def _only(sections: Iterable[Json], unit: str) -> list[Json]:
    found = [{**one, "units": [row for row in one["units"] if row["unit"] == unit]} for one in sections]
    return [one for one in found if one["units"]]


def _result(row: Json, names: Mapping[str, str]) -> Json:
    return {**row, "name": names.get(row["unit"], row["unit"])}


def _share(line: ShareLine, names: Mapping[str, str]) -> Json:
    return {**_plain(line, names), "today_minor": line.today_minor, "fair_minor": line.fair_minor}


def _plain(line: Any, names: Mapping[str, str]) -> Json:
    told = {name: getattr(line, name) for name in line.__dataclass_fields__}
    return {**told, "name": names.get(line.unit, line.unit)}


_DONE = ("acts", "minutes")


def _done(row: OrderRow) -> Json:
    """What one unit did for an order and its returns; all that it spent is repaid."""
    return {"acts": list(row.acts or ()), "minutes": row.minutes, "repaid_minor": row.spent_minor}


def _text(moment: Micros | None) -> str | None:
    return None if moment is None else as_text(moment)
