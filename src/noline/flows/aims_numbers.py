"""The numbers that goals are about: metrics of the scorecard, each asked for one part of the company and one time."""

from collections.abc import Callable, Mapping

from noline.flows.aims import Counted, Numbers
from noline.insight.scorecards.metrics import registry
from noline.insight.scorecards.model import Card, ScorecardAskedWrong
from noline.insight.scorecards.service import Scorecards
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
        if metric in card.not_told:
            raise ScorecardAskedWrong(why=f"{metric} is not told, {card.not_told[metric]}")
        return _frozen(card)

    return Numbers(_counted, measure)


def _counted(metric: str) -> Counted | None:
    found = registry().metrics.get(metric)
    if found is None:
        return None
    return Counted(found.unit, whole_months="month" in found.periods and "day" not in found.periods)


def _frozen(card: Card) -> Measured:
    """The one number of a card; without a row nothing happened. Which rates it needed, the card tells."""
    told = {"rates": dict(card.rates), "without_rate": card.without_rate}
    if not card.rows:
        return Measured(None, currency=card.currency, **told)
    (row,) = card.rows
    value = row.value if row.value is None or row.currency is None else round(row.value)
    return Measured(value, row.numerator, row.denominator, row.low, row.high, row.too_few, row.currency, **told)
