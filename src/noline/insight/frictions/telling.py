"""How a friction is counted, in sentences for whoever reads its numbers."""

from collections.abc import Sequence
from dataclasses import replace

from noline.insight.frictions.model import Rule, Step, Way, Where
from noline.kernel.clock import DAY, HOUR, MINUTE, Micros

_SAID = {
    "@any": "anything",
    "@goal": "a goal",
    "@intent": "an intent",
    "@purchase": "a purchase",
    "@contact": "a contact",
    "@cart": "a cart",
}
_SAME = {"sku": "article", "handoff": "channel as handed over to"}
_OF_EVERY = (
    "Equal moments keep the order of the log. The share is persons with a case of persons at risk, with its Wilson "
    "95 % interval. Exposed is what the cases were worth, an upper bound."
)
_NEXT = (
    "A case is worth what the next purchase of those without the friction was worth on average: the friction comes "
    "after a purchase or before anything is in the cart, so no event tells what is at stake."
)


def words(rule: Rule) -> str:
    """How the cases are counted and what they cost, for whoever reads the number."""
    first = _named(rule.first)
    told = [
        rule.sentence,
        f"At risk is everybody of whom we saw {first}"
        + "".join(f", after {_earlier(step)} within {span(step.within)} before it" for step in rule.before)
        + ".",
        *(f"A case: {_way(way)}." if number == 0 else f"Or: {_way(way)}." for number, way in enumerate(rule.ways)),
        f"A first step counts once the log tells {span(rule.reach)} after it; before that it is undecided."
        if rule.reach
        else "",
        f"First steps no further apart than {span(rule.together)}, without a goal between them, are one."
        if rule.together
        else "",
        _OF_EVERY,
        _NEXT if rule.worth == "next" else "",
        _of_the_leak(rule),
    ]
    return " ".join(one for one in told if one)


def _of_the_leak(rule: Rule) -> str:
    if not rule.loses:
        return rule.why_no_leak or ""
    return (
        "The leak compares first steps with the friction to first steps without it that are alike in action, channel, "
        "month and whether the person had bought before, in the same store or country where both are common enough: "
        f"value times how many fewer reached {_listed(rule.goal)} in any channel within {span(rule.goal_within)}. Its "
        "interval is that of 1,000 draws of whole persons. It is an association: who met the friction may differ in "
        "what no event tells."
    )


def _way(way: Way) -> str:
    parts = [f"the first step is {_like(way.first)}"] if way.first != Where() else []
    parts += [f"then {_named(step)} {_between(step)} the first step" for step in way.steps]
    parts += [f"{_none(step)} {_between(step)} the {step.since} step" for step in way.no]
    return ", and ".join(parts)


def _between(step: Step) -> str:
    return f"{f'from {span(step.after)} to' if step.after else 'within'} {span(step.within)} after"


def _none(step: Step) -> str:
    told = _named(step)
    if told.startswith("anything"):
        return told.replace("anything", "nothing", 1)
    return f"no {told.removeprefix('an ').removeprefix('a ')}"


def _earlier(step: Step) -> str:
    other = f" with another {' and '.join(step.differs)}" if step.differs else ""
    return _named(replace(step, differs=())) + other


def _named(step: Step) -> str:
    parts = [_listed(step.what)]
    parts += [f"{step.times} times"] if step.times > 1 else []
    parts += [_like(step.where)] if step.where != Where() else []
    parts += [f"of the same {' and '.join(_SAME.get(name, name) for name in step.same)}"] if step.same else []
    parts += [f"with another {' and '.join(step.differs)} than just before"] if step.differs else []
    parts += [f"at a {step.value} price than just before"] if step.value else []
    parts += [f"without {_listed(step.unless)} in between"] if step.unless else []
    return " ".join(parts)


def _like(where: Where) -> str:
    stars = {"rated at most": where.rating_at_most, "rated at least": where.rating_at_least}
    parts = [f"about {_listed(where.topic)}"] if where.topic else []
    parts += [f"{text} {hundredths / 100:g} stars" for text, hundredths in stars.items() if hundredths is not None]
    parts += [f"with at most {where.units_at_most} units"] if where.units_at_most is not None else []
    parts += [f"with at least {where.units_at_least} units"] if where.units_at_least is not None else []
    parts += [f"worth at least {where.value_at_least} minor units"] if where.value_at_least is not None else []
    parts += ["that hands over"] if where.handoff else []
    return " and ".join(parts)


def _listed(names: Sequence[str]) -> str:
    return " or ".join(_said(name) for name in names)


def _said(name: str) -> str:
    channel, _, action = name.rpartition("/")
    return f"{_SAID[action]}{f' ({channel})' if channel else ''}" if action in _SAID else name


def span(micros: Micros) -> str:
    """A length of time as a reader says it."""
    for unit, name in ((DAY, "day"), (HOUR, "hour"), (MINUTE, "minute")):
        if micros >= unit and micros % unit == 0:
            return f"{micros // unit} {name}{'' if micros == unit else 's'}"
    return f"{micros / 1_000_000:g} seconds"
