"""Addresses of customers' pages, and what somebody is called whom nobody named."""

from urllib.parse import quote

_SHORT = 8


def customer_path(person: str) -> str:
    """The address of the page of one customer."""
    return f"/customers/{quote(person, safe='')}"


def nameless(person: str) -> str:
    """What somebody is called whose name nobody has told: `Customer c98150`, short enough for a table."""
    return f"Customer {person.removeprefix('p_')[:_SHORT]}"
