"""What the books were made from, and what of it was not told but taken as usual."""

from noline.doors.console import wording
from noline.doors.console.credit_words import ACTS
from noline.doors.console.wording import Row

_REASONS = {
    "cancelled": "cancelled",
    "expired": "never collected",
    "no value": "nobody told their value",
    "no rate": "no rate for their currency",
}


def facts_of(facts: Row) -> tuple[tuple[str, str], ...]:
    """What was read and left out, as words and a number each."""
    orders = wording.count
    told = [("Orders read", orders(facts["orders"]))]
    told += [
        (f"Orders left out: {_REASONS.get(reason, reason)}", orders(number))
        for reason, number in facts["left_out"].items()
        if number
    ]
    told += [
        (f"Worth nothing but worked on: {_REASONS.get(reason, reason)}", orders(number))
        for reason, number in facts["undone"].items()
        if number
    ]
    told += [(f"Without a rate, {currency}", orders(number)) for currency, number in facts["no_rate"].items()]
    told += [
        ("Costs of goods told", f"{orders(facts['margins_told'])} orders"),
        ("Costs of goods taken as a part of the price", f"{orders(facts['margins_percent'])} orders"),
        ("Nobody known behind it, so no help before it", f"{orders(facts['of_nobody'])} orders"),
        ("Returns read", orders(facts["returns"])),
    ]
    told += [
        (words, f"{orders(facts[name])} orders")
        for name, words in (
            ("goods_beyond", "A cost of goods beyond belief, not taken"),
            ("refunded_beyond", "Money given back beyond the goods that came back, taken off"),
        )
        if facts[name]
    ]
    told += [
        (f"Returns left out: {reason}", orders(number))
        for reason, number in facts["returns_left_out"].items()
        if number
    ]
    told += [
        (f"Refunds left out: {reason}", orders(number))
        for reason, number in facts["refunds_left_out"].items()
        if number
    ]
    return (*told, *((f"Times somebody {ACTS.get(act, act)}", orders(number)) for act, number in facts["acts"].items()))


def caution_of(facts: Row) -> str:
    """What rests on a guess rather than on what was told; empty where nothing does."""
    told: list[str] = []
    if facts["margins_percent"]:
        told.append(
            f"The goods of {wording.plural(facts['margins_percent'], 'order', 'orders')} are taken to cost "
            f"{facts['goods_cost_percent']}{wording.SPACE}% of their price, as nobody told the cost."
        )
    if facts["usual_costs"]:
        acts = ", ".join(facts["usual_costs"])
        told.append(f"What this work costs is taken as usual, not as this company told it: {acts}.")
    return " ".join(told)
