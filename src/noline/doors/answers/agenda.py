"""What the doors answer about the agenda: saved questions, how they stand today, and the alerts they raised."""

from noline.doors.answers import Json
from noline.doors.answers.seen import told_share
from noline.doors.plain import plain
from noline.flows.watching import Look
from noline.hub import Hub
from noline.kernel.clock import as_text
from noline.kernel.shares import share
from noline.truth.agenda.model import Alert, Question, Raised, Tally


def questions(hub: Hub) -> list[Json]:
    """Every saved question, the last saved first.

    id, name, asked (the funnel as `Asked` has it), alert (on or off), since (who began after this is compared), by,
    baseline {cases, persons, share, share_low, share_high, too_few}, raised (an alert stands),
    last_alert (see `alerts`) or None.
    """
    return [told_question(question, last) for question, last in hub.agenda.questions()]


def alerts(hub: Hub, limit: int = 100, offset: int = 0) -> list[Json]:
    """Alerts raised and ended, the latest first.

    id, question, name, state (raised or ended), at, until (how far history was read), before and since {cases, persons,
    share, share_low, share_high, too_few}, evidence, p, low, high (where the share since lies, however often one
    looks), words (one sentence).
    """
    return [told_alert(one) for one in hub.agenda.alerts(limit, offset)]


def looks(hub: Hub) -> list[Json]:
    """Every question whose alert is on, looked at now; alerts are raised or ended where that is news.

    question, name, before and since (stretches of equal length, as of `alerts`), evidence, p, low, high, stands (it is
    evidence enough), news (raised, ended, None).
    """
    return [told_look(one) for one in hub.watching.watch()]


def told_question(question: Question, last: Raised | None = None) -> Json:
    """A saved question as data."""
    return {
        "id": question.id,
        "name": question.name,
        "asked": plain(question.asked),
        "alert": question.alert,
        "since": as_text(question.since),
        "by": question.by,
        "baseline": told_tally(question.baseline),
        "raised": last is not None and last.stands_for(question),
        "last_alert": told_alert(last) if last else None,
    }


def told_alert(raised: Raised) -> Json:
    """An alert as data."""
    alert = raised.alert
    return {
        "id": alert.id, "question": alert.question, "name": alert.name, "state": alert.state, "at": as_text(raised.at),
        "until": as_text(alert.until), "before": told_tally(alert.before), "since": told_tally(alert.since),
        "evidence": alert.evidence, "p": alert.p, "low": alert.low, "high": alert.high, "words": _words(alert),
    }  # fmt: skip


def told_look(look: Look) -> Json:
    """One look at a question as data."""
    test = look.watch
    return {
        "question": look.question.id, "name": look.question.name, "before": told_tally(look.before),
        "since": told_tally(look.since), "evidence": test.evidence, "p": test.p, "low": test.low, "high": test.high,
        "stands": test.stands, "news": look.news.state if look.news else None,
    }  # fmt: skip


def told_tally(tally: Tally) -> Json:
    """So many of so many, with the share and its 95 % interval."""
    found = share(tally.cases, tally.persons)
    return {"cases": tally.cases, "persons": tally.persons, **told_share("share", found), "too_few": found.too_few}


def _words(alert: Alert) -> str:
    before, since = (share(one.cases, one.persons).value for one in (alert.before, alert.since))
    now = f"{_percent(since)} of {alert.since.persons:,} people since got to the last step, {_percent(before)} of "
    told = f"{now}{alert.before.persons:,} before."
    if alert.state == "ended":
        return f"{told} That is no longer more than chance."
    return f"{told} That is more than chance, however often one looks."


def _percent(value: float | None) -> str:
    return "none" if value is None else f"{100 * value:.1f} %"
