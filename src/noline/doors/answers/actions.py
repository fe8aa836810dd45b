"""What the doors answer about the next best action: programmes, what each changed, and answers to offers."""

from noline.doors.answers import Json
from noline.doors.answers.seen import told_share
from noline.flows.offering import Reached, Report
from noline.hub import Hub
from noline.insight.actions.model import Counts, Programme
from noline.kernel.clock import as_text
from noline.kernel.shares import share


def programmes(hub: Hub) -> list[Json]:
    """Every programme, in the order of the catalogue.

    id, name, sentence, kind (service or offer), purpose, channel, goal, within_days, cooldown_days, holdout_percent,
    cost_minor, counts {shown, held, accepted, declined, overruled}, accepted_share with its interval (of those shown;
    None while nobody was).
    """
    return [_programme(one, counts) for one, counts in hub.offering.programmes()]


def programme(hub: Hub, name: str) -> Json:
    """A programme and what it changed, by intention to treat.

    As of `programmes`, and: shown and held {persons, reached, share, share_low, share_high, waiting}, effect {share,
    low, high, cases} or None, effect_because (why it is no number to act on yet) or None, overruled [{reason, by, at}],
    text (its lines in the file), as_of. Raises NotFound.
    """
    report = hub.offering.report(name)
    return {
        **_programme(report.programme, report.counts),
        "shown": _arm(report.shown), "held": _arm(report.held), "effect": _effect(report),
        "effect_because": report.too_few,
        "overruled": [{"reason": one.reason, "by": one.by, "at": as_text(one.at)} for one in report.overruled],
        "text": report.programme.text, "as_of": as_text(report.measured_at),
    }  # fmt: skip


def answered(
    hub: Hub, person: str, name: str, answer: str, reason: str, *, by: str, key: str | None = None
) -> Json:  # fmt: skip
    """Take down what became of an offer: status (accepted by the log, or a duplicate), seq, and what was noted.

    Raises NotFound, AnswerWrong and AnswerKeyReused.
    """
    receipt = hub.offering.answer(person, name, answer, reason, by=by, key=key)
    return {
        "status": receipt.status, "seq": receipt.seq, "customer": person, "programme": name, "answer": answer,
    }  # fmt: skip


def _programme(one: Programme, counts: Counts) -> Json:
    return {
        "id": one.id, "name": one.name, "sentence": one.sentence, "kind": str(one.kind), "purpose": one.purpose,
        "channel": one.channel, "goal": list(one.goal.what), "within_days": one.goal.within_days,
        "cooldown_days": one.cooldown_days, "holdout_percent": one.holdout_percent if one.is_held_out else 0,
        "cost_minor": one.cost_minor, "counts": counts._asdict(),
        **told_share("accepted_share", share(min(counts.accepted, counts.shown), counts.shown)),
    }  # fmt: skip


def _arm(reached: Reached) -> Json:
    found = share(reached.reached, reached.persons)
    return {
        "persons": reached.persons, "reached": reached.reached, **told_share("share", found),
        "waiting": reached.waiting,
    }  # fmt: skip


def _effect(report: Report) -> Json | None:
    if report.effect.value is None:
        return None
    return {
        "share": report.effect.value, "low": report.effect.low, "high": report.effect.high,
        "cases": report.shown.persons + report.held.persons,
    }  # fmt: skip
