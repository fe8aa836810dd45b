"""The second level of customers, on the command line: households and business accounts."""

from pathlib import Path

import click

from noline.doors.cli.questions import customers
from noline.doors.cli.talk import COUNT, hub_option, opened, say, show

_MEMBERSHIP = ("role", "verified", "first_at", "last_at")


@customers.command("household")
@click.argument("person")
@hub_option
def household(person: str, folder: Path, as_json: bool) -> None:
    """Who lives with PERSON, and why it seems so."""
    from noline.doors.answers import accounts as answers

    with opened(folder) as hub:
        found = answers.household(hub, person)
    if as_json:
        show(found, as_json=True)
        return
    say(f"household {found['household']}")
    for words in found["passed_over"]:
        say(f"passed over: {words}")
    members = [{**one, "evidence": "; ".join(one["evidence"])} for one in found["members"]]
    show(members, as_json=False, columns=("person", "name", "evidence"))


@customers.command("account")
@click.argument("account_or_person")
@hub_option
def account(account_or_person: str, folder: Path, as_json: bool) -> None:
    """A business with its people and terms; of a person, the businesses for which they act."""
    from noline.doors.answers import accounts as answers

    with opened(folder) as hub:
        found = answers.account_or_accounts(hub, account_or_person)
    if as_json or isinstance(found, list):
        show(found, as_json=as_json, columns=("account", "name", *_MEMBERSHIP))
        return
    for name, one in (("account", found["account"]), ("name", found["name"]), ("names", _names(found))):
        say(f"{name}: {one or '-'}")
    for name, one in found["terms"].items():
        if one is not None:
            say(f"{name}: {one}")
    show(found["members"], as_json=False, columns=("person", "name", *_MEMBERSHIP))


@click.group()
def accounts() -> None:
    """Businesses that buy, with their people, roles and terms."""


@accounts.command("find")
@click.argument("text")
@click.option("--limit", default=20, show_default=True, type=COUNT)
@hub_option
def find_accounts(text: str, limit: int, folder: Path, as_json: bool) -> None:
    """Businesses by account id, VAT id, GLN, DUNS number or part of a name or website."""
    from noline.doors.answers import accounts as answers

    with opened(folder) as hub:
        found = answers.found_accounts(hub, text, limit)
    if not as_json:
        found = [{**one, "known as": _names(one)} for one in found]
    show(found, as_json=as_json, columns=("account", "name", "known as"))


def _names(found: dict[str, list[dict[str, str]]]) -> str:
    return ", ".join(f"{one['namespace']} {one['value']}" for one in found["names"])


COMMANDS = {"accounts": accounts}
