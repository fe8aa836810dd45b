"""How the numbers of credit are counted: plain words, and the statements that read what they are made of."""

from functools import cache
from pathlib import Path
from typing import Any

from noline.insight.credit.rules import Rules
from noline.kernel.errors import NotFound
from noline.stores.analytical import Question, statement

_ASKED = {
    "orders": (
        "Every order that somebody placed. One that was cancelled or never collected is worth nothing; it is in the "
        "books, and in no count, only where work was done on it, so that this work is repaid. Left out are those whose "
        "value nobody told, and those in a currency without a rate."
    ),
    "goods": (
        "What goods cost: as the order tells it, else as each line tells it, else as was last told of the item at or "
        "before the order, else {percent} % of the price less tax and postage."
    ),
    "work": (
        "Work is what messages say that name an order, and what a person did in the {days} days before, since the "
        "order before; what inspired or advised counts up to the order only. Touches of one unit for one act on one "
        "day are one act, and so are two tellings of a parcel within a day. Its cost is that of the rules, for the "
        "minutes that a message tells or the usual ones."
    ),
    "returns": (
        "A return takes back of the margin as large a part as what came back has of the order, at the prices of the "
        "order; where its items are not of the order, by the value it tells; else by its units; else all of it."
    ),
    "refunds": (
        "Money given back on an order beyond what came back is worth as a part of it. Goods account for the earliest "
        "money first, whichever was told first. Less its part of the tax it is taken of the margin that returns left, "
        "like a return; what that does not cover is lost, and borne by whoever decides about refunds. One minor unit "
        "for each return is rounding. Another currency is converted at the rate. What is given back on an order that "
        "was cancelled is no loss."
    ),
    "units": (
        "The work on each order is repaid to whoever did it. What is left is shared by the method {method} between the "
        "units that took part; a loss is borne by its owner. Today's books: the margin of what a unit captured, less "
        "what it spent. Its floor: what orders left that it made all alone, less the losses it bears."
    ),
    "guarantee": (
        "A group of units could claim what the orders left that nobody outside the group took part in. Orders count "
        "with all their returns, by when they were placed."
    ),
    "what_if": (
        "The same books without the work that the unit does on orders captured elsewhere; those orders go on without "
        "it. No forecast."
    ),
}
"""How things are counted; what follows from all that was read begins with the orders."""

_OWN_SQL = ("orders", "goods", "work", "returns", "refunds")


@cache
def sql_of(question: str) -> str:
    """The statement that a question asks."""
    return statement(Path(__file__).parent / "sql" / f"{question}.sql")


def counted(name: str, rules: Rules) -> dict[str, Any]:
    """How something is counted: `words`, `sql` and `parameters`. Raises NotFound for a name that is none of them."""
    if name not in _ASKED:
        raise NotFound(what="question of credit", name=name)
    told = {"days": str(rules.window_days), "percent": str(rules.goods_cost_percent), "method": rules.method}
    seen = sorted({word for act in rules.acts.values() for word in act.words})
    sql = sql_of(name if name in _OWN_SQL else "orders")
    return Question(name, _ASKED[name], sql).counted({"words": seen}, told)
