"""The numbers that goals are about: metrics of the scorecard, each asked for one part of the company and one time."""

from collections.abc import Callable, Mapping

from noline.flows.aims import Counted, Numbers
from noline.insight.scorecards.metrics import registry
from noline.insight.scorecards.model import Card
from noline.insight.scorecards.service import Scorecards, only_number
from noline.kernel.clock import Micros
from noline.truth.aims.model import Measured


def numbers_of(scorecards: Callable[[], Scorecards]) -> Numbers:
    """Goals about the metrics of a scorecard. scorecards: answers it as history is now."""

    def measure(
        metric: str, where: Mapping[str, str], since: Micros, until: Micros, currency: str | None
    ) -> Measured:  # fmt: skip
        card = scorecards().card(
            by=(), period="all", since=since, until=until, metrics=[metric], where=where, currency=currency
        )  # fmt: skip
        return _frozen(card)

    def known(dimension: str) -> list[str]:
        return scorecards().known(dimension)

    return Numbers(_counted, measure, known)


def _counted(metric: str) -> Counted | None:
    found = registry().metrics.get(metric)
    if found is None:
        return None
    if found.by_period_before:
        return Counted(found.unit, whole_months=True, month_by_month=True)
    return Counted(found.unit, whole_months="month" in found.periods and "day" not in found.periods)


def _frozen(card: Card) -> Measured:
    """The one number of a card. Which rates it needed, the card tells."""
    told = {"rates": dict(card.rates), "without_rate": card.without_rate}
    row = only_number(card)
    value = row.value if row.value is None or row.currency is None else round(row.value)
    return Measured(value, row.numerator, row.denominator, row.low, row.high, row.too_few, row.currency, **told)
