"""Everybody who was lost between channels or dropped off, each person once."""

from noline.doors.answers import Json
from noline.doors.answers.seen import told_share
from noline.hub import Hub
from noline.insight.journeys.model import Reporting
from noline.kernel.money import Money


def together(hub: Hub) -> Json:
    """Who was lost on any border and who dropped off in any channel, each person once."""
    found = hub.lost_together
    reporting = Reporting(hub.settings.currency, hub.settings.rates)
    known, other = reporting.total(Money(amount, currency) for currency, amount in found.amounts.items())
    return {
        "lost": found.lost,
        "decided": found.decided,
        **told_share("share_lost", found.share_lost),
        "too_few": found.share_lost.too_few,
        "values": [
            {"value_minor": one.amount_minor, "currency": one.currency}
            for one in (Money(known, reporting.currency), *other)
            if one.amount_minor
        ],
        "dropped": found.dropped,
        "false_dropped": found.false_drop_offs,
        **told_share("share_false", found.share_false),
        "too_few_false": found.share_false.too_few,
    }


COUNTED: Json = {
    "words": "Each person counts once. Lost between channels: who was lost on at least one border, of everybody with "
    "at least one hand-off of which the log can tell how it ended. Left with them: what they were about to buy at "
    "the dearest of their losses, so at most this. Seemed lost: who in at least one channel's own view dropped "
    "off and was never lost, because they reached their goal in another channel, of everybody who dropped off in some "
    "channel's view.\n\n"
    "What lost, hand-off and dropped off mean is told beside the tables. There a person stands in the row of each "
    "border and each channel that they were lost in, so the rows add up to more. Shares have their Wilson 95 % "
    "interval.",
    "sql": "",
    "parameters": {},
}
"""How the people lost over all borders and channels are counted."""
