"""Who may come in: sources, keys, a login link."""

from pathlib import Path

import click

from noline.doors.cli.talk import hub_option, opened, say, show


@click.group()
def source() -> None:
    """Where events come from: each source has a write key and stands for one channel."""


@source.command("add")
@click.argument("name")
@click.option("--channel", required=True, help="The channel its events happen in: web, app, store, call, ...")
@click.option("--browser", is_flag=True, help="The key will stand in a public page: what it says of people is a claim.")
@hub_option
def add_source(name: str, channel: str, browser: bool, folder: Path, as_json: bool) -> None:
    """Make a source and print its write key, once."""
    with opened(folder) as hub:
        key = hub.access.add_source(name, channel, trust="browser" if browser else "server")
    show({"name": name, "channel": channel, "write_key": key}, as_json=as_json)


@source.command("list")
@hub_option
def list_sources(folder: Path, as_json: bool) -> None:
    """The sources of this hub."""
    with opened(folder) as hub:
        show(hub.sources(), as_json=as_json, columns=("name", "channel", "trust", "key_hint"))


@click.group()
def key() -> None:
    """Keys of people and programs that read and act."""


@key.command("add")
@click.option("--role", required=True, type=click.Choice(["admin", "manager", "associate", "partner", "analyst"]))
@click.option("--name", help="How the key is listed; one is made up when none is given.")
@hub_option
def add_key(role: str, name: str | None, folder: Path, as_json: bool) -> None:
    """Make a key of a role and print it, once."""
    from noline.stores.access import Role

    with opened(folder) as hub:
        named, secret = hub.access.add_key(Role(role), name)
    show({"name": named, "role": role, "key": secret}, as_json=as_json)


@key.command("list")
@hub_option
def list_keys(folder: Path, as_json: bool) -> None:
    """The keys of this hub, by their first letters."""
    with opened(folder) as hub:
        show(hub.access.keys(), as_json=as_json, columns=("name", "role", "key_hint"))


@key.command("remove")
@click.argument("name")
@hub_option
def remove_key(name: str, folder: Path, as_json: bool) -> None:
    """Make a key worthless from now on."""
    with opened(folder) as hub:
        hub.access.remove_key(name)
    show({"name": name, "removed": True}, as_json=as_json)


@click.command()
@click.option(
    "--role", default="admin", type=click.Choice(["admin", "manager", "associate", "analyst"]), show_default=True
)
@click.option("--address", help="Where the server answers; taken from the running server when not given.")
@hub_option
def login(role: str, address: str | None, folder: Path, as_json: bool) -> None:
    """Print a link that opens the console once, within 15 minutes."""
    from noline.doors.http.serve import address_of
    from noline.stores.access import Role

    with opened(folder) as hub:
        base = address or address_of(folder) or "http://127.0.0.1:8321"
        link = f"{base}/login?token={hub.login_link(Role(role))}"
    if not as_json:
        say("Open this once, within 15 minutes:")
    show({"link": link} if as_json else link, as_json=as_json)


COMMANDS = {"source": source, "key": key, "login": login}
