"""Tools for whoever steers: where people are lost, what it costs, who earned what. They only ask and name nobody."""

from typing import Annotated

import msgspec

from noline.doors.answers import credit, feedback_by_place, frictions, handoffs, scorecard
from noline.doors.mcp.model import Asks, Caller, Json, Name, Nothing, Tool
from noline.hub import Hub


class Units(Asks, frozen=True):
    """By which method; without one by the hub's own."""

    method: Name | None = None


class Card(Asks, frozen=True):
    """Which metrics, by what and when."""

    by: Annotated[str, msgspec.Meta(max_length=200, description="unit, channel, company, or another dimension.")] = (
        "unit"
    )
    period: Annotated[str, msgspec.Meta(max_length=20, description="day, week, month or all.")] = "month"
    metrics: Annotated[list[Name], msgspec.Meta(max_length=100)] | None = None


class OneProgramme(Asks, frozen=True):
    """Which programme."""

    programme: Name


def _handoffs(hub: Hub, _caller: Caller, _: Nothing) -> Json:
    return {"handoffs": handoffs(hub)}


def _frictions(hub: Hub, _caller: Caller, _: Nothing) -> Json:
    return {"frictions": frictions.ranked(hub, with_persons=False)}


def _units(hub: Hub, _: Caller, asked: Units) -> Json:
    return credit.units(hub, asked.method)


def _scorecard(hub: Hub, _: Caller, asked: Card) -> Json:
    hub.refresh()
    return scorecard.card(hub, asked.by, asked.period, metrics=asked.metrics)


def _programmes(hub: Hub, _caller: Caller, _: Nothing) -> Json:
    from noline.doors.answers import actions

    return {"programmes": actions.programmes(hub)}


def _programme(hub: Hub, _: Caller, asked: OneProgramme) -> Json:
    from noline.doors.answers import actions

    return actions.programme(hub, asked.programme)


def _loops(hub: Hub, _caller: Caller, _: Nothing) -> Json:
    return feedback_by_place(hub)


LIST_HANDOFFS = Tool(
    "list_handoffs", "Pairs of channels that people were handed over between, and how many arrived.", Nothing, _handoffs
)
LIST_FRICTIONS = Tool(
    "list_frictions",
    "What goes wrong between channels and what it costs, the one to fix first first.",
    Nothing,
    _frictions,
)
LIST_CREDIT_UNITS = Tool(
    "list_credit_units", "What each unit earned, today's books beside the fair ones.", Units, _units
)
GET_SCORECARD = Tool("get_scorecard", "Metrics of stores and channels side by side.", Card, _scorecard)
LIST_PROGRAMMES = Tool("list_programmes", "Programmes of next best actions with their counts.", Nothing, _programmes)
GET_PROGRAMME = Tool(
    "get_programme", "What one programme changed, against its hold-out, with interval.", OneProgramme, _programme
)
LIST_LOOPS = Tool(
    "list_loops", "How many complaints and reviews nobody answered, where, and for how long.", Nothing, _loops
)
