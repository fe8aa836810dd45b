"""What the books of credit say to other questions: metrics of the scorecard, and whether helping pays."""

from noline.insight.credit.service import Credit
from noline.insight.scorecards.model import CreditPart


def credit_parts(credit: Credit) -> list[CreditPart]:
    """What every unit did and earned, month by month, in each currency."""
    return [
        CreditPart(one.unit, one.month, one.currency, one.orders_helped, one.assist_minor, one.minutes, one.fair_minor)
        for one in credit.units(by_month=True)
        if one.month is not None and one.unit in credit.trade.units
    ]


def helping(credit: Credit) -> tuple[int, int]:
    """Units that earn on what they do for others, and units that did anything for others."""
    helped: dict[str, int] = {}
    for one in credit.units():
        if one.orders_helped and credit.trade.shares[credit.trade.unit(one.unit)]:
            helped[one.unit] = helped.get(one.unit, 0) + one.assist_minor
    return sum(earned > 0 for earned in helped.values()), len(helped)
