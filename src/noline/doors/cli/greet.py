"""`noline greet`: the card of somebody at the counter, on the command line."""

from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from noline.doors.cli.talk import hub_option, opened, show

Json = dict[str, Any]


@click.command()
@click.argument("who")
@click.option("--store", help="The location where the customer stands; without it, the customer is on the phone.")
@click.option(
    "--presence",
    default="declared",
    show_default=True,
    type=click.Choice(["declared", "appointment", "pickup", "passive"]),
    help="How the customer came to be recognised.",
)
@click.option("--lang", type=click.Choice(["en", "de", "fr", "ja"]), help="Of the words; else the customer's own.")
@click.option(
    "--purpose",
    default="personalisation",
    show_default=True,
    type=click.Choice(["service", "personalisation", "marketing"]),
    help="What the card is opened for.",
)
@click.option("--by", default="command line", show_default=True, help="Who looks; the customer may ask.")
@hub_option
def greet(  # noqa: PLR0917  its options
    who: str, store: str | None, presence: str, lang: str | None, purpose: str, by: str, folder: Path, as_json: bool
) -> None:
    """Greet WHO: an e-mail, phone, card, order, id or name. What matters, what may be said, what to do next."""
    from noline.doors.answers import card as answers

    with opened(folder) as hub:
        person, because = answers.whom(hub, who)
        found = answers.card(
            hub, person, store=store, presence=presence, language=lang, purpose=purpose, by=by, identified_by=because
        )
    if as_json:
        show(found, as_json=True)
    else:
        _tell(found)


def _tell(card: Json) -> None:
    console = Console(highlight=False)
    who = card.get("who") or {}
    if not who:
        console.print("Recognised in passing: nothing is shown, and nobody is named.")
        return
    parts = [who.get("name") or "Somebody", who.get("city"), f"identified by {who['identified_by']}"]
    if who.get("adviser"):
        parts.append(f"looked after by {who['adviser']['by']}")
    console.print(Text(" · ".join(part for part in parts if part), "bold"))
    _section(console, "Open", [one["text"] for one in card["loops"]], "red")
    say = [card["greeting"]["text"], *(one["text"] for one in card["say"])] if card["greeting"] else []
    _section(console, "Say", say, "green")
    _section(console, "See, do not say", [one["text"] for one in card["see"]])
    _section(console, "Ready here", [_lines(one) for one in card["pickups"]])
    _section(console, "Last bought", [_bought(one) for one in (card["purchases"] or {}).get("last", ())])
    _section(console, "Likes", [f"{one['key']}: {one['text']}" for one in card["preferences"]])
    _section(console, "Owns", [_owned(one) for one in card["owned"]])
    _section(console, "Next", [_action(one) for one in card["actions"]] or _silent(card))
    _section(console, "Consent", [", ".join(f"{one['purpose']} {one['state']}" for one in card["consent"])])
    _section(console, "Notes", [f"{one['at'][:10]} {one['by']}: {one['text']}" for one in card.get("notes", ())])


def _section(console: Console, title: str, lines: list[str], style: str = "") -> None:
    for number, line in enumerate(line for line in lines if line):
        console.print(Text(f"{title if number == 0 else '':>16}  ", "dim").append(line, style))


def _silent(card: Json) -> list[str]:
    return [f"nothing is offered: {card['suppressed']}"] if card["suppressed"] else []


def _lines(one: Json) -> str:
    return f"order {one['order']}: " + ", ".join(f"{line['units']} {line['name']}" for line in one["lines"])


def _bought(one: Json) -> str:
    return f"{one['at'][:10]} {one['channel']}: " + ", ".join(item["name"] for item in one["items"])


def _owned(one: Json) -> str:
    ends = f", warranty until {one['warranty_until']}" if one["warranty_until"] else ""
    return f"{one['name']}, bought {one['bought_at'][:10]}{ends}"


def _action(one: Json) -> str:
    where = "; ".join(
        f"{item['name']}: {item['here']} here"
        + "".join(f", {other['units']} at {other['place']}" for other in item["elsewhere"])
        for item in one["items"]
    )
    return f"{one['title']} – {one['reason']}" + (f" ({where})" if where else "")


COMMANDS = {"greet": greet}
