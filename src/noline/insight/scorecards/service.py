"""The door of the room: how the channels do, side by side."""

from collections import Counter
from typing import Any

from noline.insight.scorecards.model import ChannelSales, average_minor
from noline.insight.scorecards.questions import ORDER_WORDS, QUESTIONS
from noline.kernel.clock import Micros
from noline.kernel.errors import NotFound
from noline.stores.analytical import Answering

_SINCE: Micros = -(2**62)
_UNTIL: Micros = 2**62


class Scorecards:
    """Answers about channels, from the touchpoints as they are now."""

    def __init__(self, analytical: Answering) -> None:
        """Take the analytical port."""
        self._analytical = analytical

    def sales_by_channel(
        self, *, by_month: bool = False, since: Micros = _SINCE, until: Micros = _UNTIL
    ) -> list[ChannelSales]:
        """Orders and revenue of each channel in each currency, the largest revenue first, months in order.

        since, until: only orders first told then, in microseconds.
        """
        question = QUESTIONS["sales_by_channel"]
        values = {"order_words": ORDER_WORDS, "by_month": by_month, "since": since, "until": until}
        rows = self._analytical.ask(question.sql, question.parameters(values)).to_pylist()
        totals: Counter[tuple[str | None, str | None]] = Counter()
        for row in rows:
            totals[row["month"], row["currency"]] += row["revenue_minor"]
        return [_sales(row, totals[row["month"], row["currency"]]) for row in rows]

    def counted(self, question: str, **asked: Any) -> dict[str, Any]:
        """How a question is counted: `words`, `sql` and `parameters`. Raises NotFound for a name that is none."""
        if question not in QUESTIONS:
            raise NotFound(what="question", name=question)
        values = {"order_words": ORDER_WORDS, "by_month": False, "since": _SINCE, "until": _UNTIL} | asked
        return QUESTIONS[question].counted(values, {"order_words": " or ".join(ORDER_WORDS)})


def _sales(row: dict[str, Any], total_minor: int) -> ChannelSales:
    priced = row["currency"] is not None
    return ChannelSales(
        **row,
        average_basket_minor=average_minor(row["revenue_minor"], row["orders"]) if priced else None,
        share=row["revenue_minor"] / total_minor if priced and total_minor > 0 else None,
    )
