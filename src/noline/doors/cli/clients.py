"""Looking after customers on the command line: the day of a store, notes, appointments, follow-ups and cases."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from noline.doors.cli.keyed import key_option, once
from noline.doors.cli.talk import COUNT, hub_option, opened, say, show
from noline.truth.cases.model import Kind

if TYPE_CHECKING:
    from noline.hub import Hub

_PARTS = {
    "appointments": ("at", "name", "topic", "state", "person", "id"),
    "pickups": ("since", "name", "order", "person"),
    "loops": ("since", "name", "kind", "text", "person", "id"),
    "follow_ups": ("due", "name", "text", "by", "person", "id"),
}
_by = click.option("--by", default="command line", show_default=True, help="Who does it.")


@click.group("clients")
def clients() -> None:
    """Looking after customers: the day of a store, notes, appointments, follow-ups, cases."""


@clients.command("today")
@click.argument("store")
@hub_option
def today(*, store: str, folder: Path, as_json: bool) -> None:
    """Who is expected at STORE today, what is ready, what is open and what is due."""
    from noline.doors.answers import clients as answers

    with opened(folder) as hub:
        told = answers.today(hub, store)
    if as_json:
        show(told, as_json=True)
        return
    say(f"{told['place']}, {told['from']} to {told['to']}")
    for part, columns in _PARTS.items():
        say(f"{part.replace('_', ' ')}:")
        show(told[part], as_json=False, columns=columns)


@clients.command("show")
@click.argument("person")
@hub_option
def known(*, person: str, folder: Path, as_json: bool) -> None:
    """What people know of PERSON: notes, adviser, appointments, follow-ups, open cases, who looked."""
    from noline.doors.answers import clients as answers

    with opened(folder) as hub:
        show(answers.known(hub, person), as_json=as_json)


@clients.command("views")
@click.argument("person")
@click.option("--limit", default=50, show_default=True, type=COUNT, help="At most so many.")
@hub_option
def views(*, person: str, limit: int, folder: Path, as_json: bool) -> None:
    """Who looked at the card of PERSON, the latest first."""
    from noline.doors.answers import clients as answers

    with opened(folder) as hub:
        show(answers.views(hub, person, limit), as_json=as_json, columns=("at", "by", "store", "purpose"))


@clients.command("note")
@click.argument("person")
@click.argument("text", required=False)
@click.option("--withdraw", metavar="NOTE", help="Take this note back instead of writing one.")
@_by
@key_option
@hub_option
def note(
    *, person: str, text: str | None, withdraw: str | None, by: str, key: str | None, folder: Path, as_json: bool
) -> None:
    """Note TEXT of PERSON, who is shown it on request."""
    from noline.doors.answers import clients as answers

    if (text is None) == (withdraw is None):
        raise click.UsageError("Write the text of a note, or --withdraw NOTE.")
    with opened(folder) as hub:
        if withdraw is not None:
            told = once(
                hub, key, ["withdraw note", person, withdraw],
                lambda: answers.made(hub, person, hub.clienteling.withdraw_note(person, withdraw, by=by)),
            )  # fmt: skip
        else:
            told = answers.done(hub.clienteling.note(person, text or "", by=by, key=key))
    show(told, as_json=as_json)


@clients.command("adviser")
@click.argument("person")
@click.argument("name")
@_by
@key_option
@hub_option
def adviser(*, person: str, name: str, by: str, key: str | None, folder: Path, as_json: bool) -> None:
    """Say that NAME looks after PERSON from now on; an empty name: nobody."""
    from noline.doors.answers import clients as answers

    with opened(folder) as hub:
        show(answers.done(hub.clienteling.name_adviser(person, name, by=by, key=key)), as_json=as_json)


@clients.command("book")
@click.argument("person")
@click.argument("store")
@click.argument("at")
@click.argument("topic")
@_by
@key_option
@hub_option
def book(
    *, person: str, store: str, at: str, topic: str, by: str, key: str | None, folder: Path, as_json: bool
) -> None:
    """Agree with PERSON on an appointment at STORE; AT is a time such as 2026-11-24T15:00 by the store's clock."""
    from noline.doors.answers import clients as answers

    with opened(folder) as hub:
        made = hub.clienteling.book(person, store, hub.shop_days.bookable(at, store), topic, by=by, key=key)
        _show(answers.appointment(hub, made), "appointment", as_json=as_json)


@clients.command("appointment")
@click.argument("appointment")
@click.argument("what", metavar="WHAT", type=click.Choice(["keep", "miss", "withdraw"]))
@_by
@key_option
@hub_option
def appointment(*, appointment: str, what: str, by: str, key: str | None, folder: Path, as_json: bool) -> None:
    """Say what became of APPOINTMENT: the customer came, did not come, or it is off."""
    from noline.doors.answers import clients as answers

    with opened(folder) as hub:
        told = once(
            hub, key, [what, appointment],
            lambda: answers.appointment(hub, _becomes(hub, what)(appointment, by=by)),
        )  # fmt: skip
        _show(told, "appointment", as_json=as_json)


@clients.command("follow-up")
@click.argument("name")
@click.argument("text")
@click.option(
    "--due", help="Until when by the clock of the store; with it NAME is a customer for whom TEXT is to be done."
)
@click.option("--for", "assigned_to", help="Who is to do it; anybody without it.")
@click.option("--store", help="Where it is to be done; anywhere without it.")
@_by
@key_option
@hub_option
def follow_up(
    *, name: str, text: str, due: str | None, assigned_to: str | None, store: str | None, by: str, key: str | None,
    folder: Path, as_json: bool,
) -> None:  # fmt: skip
    """Plan TEXT for customer NAME until --due; without it, close follow-up NAME with the outcome TEXT."""
    from noline.doors.answers import clients as answers

    with opened(folder) as hub:
        if due is None:
            told = once(
                hub, key, ["close follow-up", name, text],
                lambda: answers.follow_up(hub, hub.clienteling.close_follow_up(name, text, by=by)),
            )  # fmt: skip
        else:
            made = hub.clienteling.plan_follow_up(
                name, text, hub.shop_days.instant(due, store), by=by, assigned_to=assigned_to, store=store, key=key
            )  # fmt: skip
            told = answers.follow_up(hub, made)
        _show(told, "follow_up", as_json=as_json)


@clients.command("case")
@click.argument("name")
@click.argument("topic", required=False)
@click.option("--text", help="In the customer's words.")
@click.option("--order", help="The order that it is about.")
@click.option("--store", help="Where it was told.")
@click.option(
    "--kind",
    type=click.Choice([str(one) for one in Kind]),
    default=str(Kind.COMPLAINT),
    show_default=True,
    help="A complaint, a question, or a call that the customer asks for.",
)
@click.option("--resolve", metavar="OUTCOME", help="Say how case NAME ended, instead of opening one.")
@_by
@key_option
@hub_option
def case(
    *, name: str, topic: str | None, text: str | None, order: str | None, store: str | None, kind: str,
    resolve: str | None, by: str, key: str | None, folder: Path, as_json: bool,
) -> None:  # fmt: skip
    """Take down that customer NAME wants help with TOPIC; with --resolve, say how case NAME ended."""
    from noline.doors.answers import clients as answers

    if (topic is None) == (resolve is None):
        raise click.UsageError("Write a topic, or --resolve OUTCOME.")
    with opened(folder) as hub:
        if resolve is not None:
            told = once(
                hub, key, ["resolve case", name, resolve],
                lambda: answers.case(hub, hub.clienteling.resolve_case(name, resolve, by=by)),
            )  # fmt: skip
        else:
            made = hub.clienteling.open_case(
                name, topic or "", by=by, text=text, order_id=order, store=store, kind=Kind(kind), key=key
            )  # fmt: skip
            told = answers.case(hub, made)
        _show(told, "case", as_json=as_json)


@clients.command("answer")
@click.argument("review")
@click.argument("outcome")
@_by
@key_option
@hub_option
def answer(*, review: str, outcome: str, by: str, key: str | None, folder: Path, as_json: bool) -> None:
    """Say what a customer was answered who said something of us in REVIEW."""
    from noline.doors.answers import clients as answers

    with opened(folder) as hub:
        told = once(
            hub, key, ["answer review", review, outcome],
            lambda: answers.review(hub, hub.clienteling.answer_review(review, outcome, by=by)),
        )  # fmt: skip
        _show(told, "review", as_json=as_json)


def _becomes(hub: "Hub", what: str) -> Any:
    return {"keep": hub.clienteling.keep, "miss": hub.clienteling.miss, "withdraw": hub.clienteling.withdraw}[what]


def _show(told: dict[str, Any], part: str, *, as_json: bool) -> None:
    """All of an answer as JSON; to people what it is about, and whether it was done just now."""
    show(told if as_json else {"status": told["status"], **told[part]}, as_json=as_json)


COMMANDS = {"clients": clients}
