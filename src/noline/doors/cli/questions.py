"""What the hub knows: customers, orders, stock, prices, feedback, and where people are lost."""

from pathlib import Path

import click

from noline.doors.cli.talk import COUNT, POSITION, Gathered, hub_option, opened, show

PARTS = ("store", "month", "sku", "country", "group")
"""By what a border can be broken down; named here so that `--help` loads nothing of insight."""


class _Customers(Gathered):
    modules = (
        "noline.doors.cli.identity", "noline.doors.cli.accounts", "noline.doors.cli.consents",
        "noline.doors.cli.profiles", "noline.doors.cli.privacy",
    )  # fmt: skip


@click.group(cls=_Customers)
def customers() -> None:
    """Who is known, by which names, and what happened to them."""


@customers.command("find")
@click.argument("text")
@click.option("--limit", default=20, show_default=True, type=COUNT)
@hub_option
def find_customers(text: str, limit: int, folder: Path, as_json: bool) -> None:
    """People by e-mail, phone, card, id, order, or part of a name, city, postcode, phone or card."""
    from noline.doors import answers

    with opened(folder) as hub:
        found = answers.found_customers(hub, text, limit)
    if not as_json:
        found = [{**one, "known as": ", ".join(name["value"] for name in one["identifiers"][:6])} for one in found]
    show(found, as_json=as_json, columns=("person", "name", "found_by", "known as"))


@customers.command("get")
@click.argument("person")
@hub_option
def get_customer(person: str, folder: Path, as_json: bool) -> None:
    """One person: names, traits, orders."""
    from noline.doors import answers

    with opened(folder) as hub:
        found = answers.customer(hub, person, limit=1)
    found.pop("timeline")
    show(found, as_json=as_json)


@customers.command("timeline")
@click.argument("person")
@click.option("--limit", default=100, show_default=True, type=COUNT)
@hub_option
def customer_timeline(person: str, limit: int, folder: Path, as_json: bool) -> None:
    """A person's latest events in every channel, newest first."""
    with opened(folder) as hub:
        found = hub.timeline(person, limit=limit)
    show(
        list(found.events),
        as_json=as_json,
        columns=("seq", "at", "channel", "label", "value_minor", "currency", "store_id"),
    )


class _Journeys(Gathered):
    modules = (
        "noline.doors.cli.walks", "noline.doors.cli.frictions", "noline.doors.cli.agenda",
        "noline.doors.cli.fingerprints",
    )  # fmt: skip


@click.group(cls=_Journeys)
def journeys() -> None:
    """Where people go from one channel to another, and where they are lost."""


@journeys.command("groups")
@click.argument("sender")
@click.argument("receiver")
@hub_option
def handoff_groups(sender: str, receiver: str, folder: Path, as_json: bool) -> None:
    """The declared hand-offs of one border by their group, such as the type of a mailing."""
    from noline.doors import answers

    with opened(folder) as hub:
        show(answers.handoff_groups(hub, sender, receiver), as_json=as_json)


@journeys.command("breakdown")
@click.argument("sender")
@click.argument("receiver")
@click.option("--by", default="store", show_default=True, type=click.Choice(PARTS), help="What the parts are.")
@click.option("--monthly", is_flag=True, help="Each part month by month.")
@hub_option
def handoff_breakdown(sender: str, receiver: str, by: str, monthly: bool, folder: Path, as_json: bool) -> None:
    """One border in parts: where and when people are lost on it; JSON also tells how it is counted."""
    from noline.doors import answers

    with opened(folder) as hub:
        found = answers.handoff_breakdown(hub, sender, receiver, by, monthly=monthly)
        asked = {"sender": sender, "receiver": receiver, "by": [by], "monthly": monthly}
        told = answers.counted(hub, "handoff_breakdown", **asked)
    columns = (
        "value", *(["month"] if monthly else []), "attempts", "persons", "lost_before_arrival", "lost_after_arrival",
        "share_lost_after_arrival", "stands_out_after_arrival", "value_minor", "currency",
    )  # fmt: skip
    show({"rows": found, "counted": told} if as_json else found, as_json=as_json, columns=columns)


@journeys.command("carried-over")
@click.argument("sender")
@click.argument("receiver")
@click.option("--within-days", default=7, show_default=True, type=click.IntRange(1, 366))
@hub_option
def carried_over(sender: str, receiver: str, within_days: int, folder: Path, as_json: bool) -> None:
    """What one channel prepared and another sold, by place: people, orders and revenue."""
    from noline.doors import answers

    with opened(folder) as hub:
        found = answers.carried_over(hub, sender, receiver, within_days)
    columns = ("place", "persons_left", "persons", "share_carried", "orders", "revenue_minor", "currency")
    show(found, as_json=as_json, columns=columns)


@journeys.command("lost")
@click.argument("sender")
@click.argument("receiver")
@click.option("--limit", default=50, show_default=True, type=COUNT)
@click.option("--offset", default=0, show_default=True, type=POSITION)
@hub_option
def lost_people(sender: str, receiver: str, limit: int, offset: int, folder: Path, as_json: bool) -> None:
    """Who was lost on a border, with the last event before."""
    from noline.doors import answers

    with opened(folder) as hub:
        show(answers.lost_people(hub, sender, receiver, limit, offset), as_json=as_json)


@journeys.command("drop-offs")
@hub_option
def drop_offs(folder: Path, as_json: bool) -> None:
    """By channel: who showed intent and reached no goal, and who only seemed to be lost."""
    from noline.doors import answers

    with opened(folder) as hub:
        show(answers.drop_offs(hub), as_json=as_json)


@click.group()
def sales() -> None:
    """What was sold where."""


@sales.command("by-channel")
@hub_option
def sales_by_channel(folder: Path, as_json: bool) -> None:
    """Orders, people and revenue of each channel."""
    from noline.doors import answers

    with opened(folder) as hub:
        show(answers.sales_by_channel(hub), as_json=as_json)


@click.group()
def feedback() -> None:
    """Which feedback is still open."""


@feedback.command("open")
@click.option("--limit", default=50, show_default=True, type=COUNT)
@hub_option
def open_feedback(limit: int, folder: Path, as_json: bool) -> None:
    """Open loops, oldest first."""
    from noline.doors import answers

    with opened(folder) as hub:
        show(answers.open_feedback(hub, limit), as_json=as_json)


@feedback.command("places")
@hub_option
def feedback_places(folder: Path, as_json: bool) -> None:
    """How many loops are open, since when, and where."""
    from noline.doors import answers

    with opened(folder) as hub:
        found = answers.feedback_by_place(hub)
    show(found if as_json else found["by_place"], as_json=as_json)


class _Stock(Gathered):
    modules = ("noline.doors.cli.stock", "noline.doors.cli.stock_papers")


@click.group(cls=_Stock)
def stock() -> None:
    """What is where, and what becomes of it."""


@stock.command("find")
@click.argument("sku")
@hub_option
def find_stock(sku: str, folder: Path, as_json: bool) -> None:
    """Where an item is, company-wide."""
    from noline.doors import answers

    with opened(folder) as hub:
        found = answers.stock(hub, sku)
    show(found if as_json else found["locations"], as_json=as_json)


class _Orders(Gathered):
    modules = ("noline.doors.cli.orders",)


@click.group(cls=_Orders)
def orders() -> None:
    """What was ordered, and what becomes of it."""


@orders.command("get")
@click.argument("order_id")
@hub_option
def get_order(order_id: str, folder: Path, as_json: bool) -> None:
    """One order with its lines."""
    from noline.doors import answers

    with opened(folder) as hub:
        show(answers.order(hub, order_id), as_json=as_json)


@click.group()
def prices() -> None:
    """What it costs where."""


@prices.command("get")
@click.argument("sku")
@hub_option
def get_prices(sku: str, folder: Path, as_json: bool) -> None:
    """Every price of an item that was set."""
    from noline.doors import answers

    with opened(folder) as hub:
        found = answers.prices(hub, sku)
    show(found if as_json else found["prices"], as_json=as_json)


@prices.command("conflicts")
@click.option("--limit", default=50, show_default=True, type=COUNT)
@hub_option
def price_conflicts(limit: int, folder: Path, as_json: bool) -> None:
    """Items whose price differs between channels now."""
    from noline.doors import answers

    with opened(folder) as hub:
        show(answers.price_conflicts(hub, hub.now_of_history(), limit), as_json=as_json)


@click.group()
def catalogue() -> None:
    """What is sold, and the places it is sold at."""


@catalogue.command("search")
@click.argument("text")
@click.option("--limit", default=20, show_default=True, type=COUNT)
@hub_option
def search_items(text: str, limit: int, folder: Path, as_json: bool) -> None:
    """Items whose name, brand or number holds a text."""
    with opened(folder) as hub, hub.store.reading() as reader:
        show(hub.catalogue.search(reader, text, limit), as_json=as_json)


@catalogue.command("locations")
@hub_option
def list_locations(folder: Path, as_json: bool) -> None:
    """Stores, warehouses and other places."""
    with opened(folder) as hub, hub.store.reading() as reader:
        show(hub.catalogue.locations(reader), as_json=as_json)


COMMANDS = {
    "customers": customers, "journeys": journeys, "sales": sales, "feedback": feedback, "stock": stock,
    "orders": orders, "prices": prices, "catalogue": catalogue,
}  # fmt: skip
