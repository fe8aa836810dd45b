"""A business is what all messages say of it together; which names are one business is decided from the evidence alone.

So the order in which it came does not matter, and what was wrongly joined parts when the evidence goes.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import NamedTuple

from noline.kernel.clock import Micros
from noline.kernel.errors import NotReadable
from noline.kernel.events import Fact, Identifier, Json
from noline.truth.accounts.names import KINDS as NAME_KINDS
from noline.truth.accounts.names import NAME_TRAITS, names_in, spelled

Name = bytes
"""The name of a business as the tables have it: the hub's keyed hash of kind and value, 16 bytes."""

ACCOUNT_PREFIX = "a_"
CLAIMED, VERIFIED = 0, 1

ORDERED = frozenset({"Order Placed", "Order Completed", "Order Updated"})
"""The words that say for whom somebody orders."""

KINDS = frozenset({"group", "identify"}) | ORDERED
"""The words this room listens to."""

MEMBER, BUYER = "member", "buyer"
"""The role of whom a group call names without saying more, and of who orders for a business."""

FOUND_BY = frozenset({"name", "legal_name", "company_name", "website"})
"""Attributes by whose text a business is found."""

_LONGEST_VALUE = 512
_LONGEST_ATTRIBUTE = 64
_ROLES = ("role", "roles")
_OF_ORDERS = ("account_id", "accountId", "group_id", "groupId", "company_id", "companyId")


class AccountUnreadable(NotReadable):
    """A message about a business that cannot be understood."""

    code = "account.unreadable"
    sentence = "{kind} cannot be taken into the accounts: {why}."
    hint = "Correct the trait that is named and replay the dead letter."


class Telling(NamedTuple):
    """What a message says of one business.

    names: strongest first, all of this one business. roles: in which the person acts for it. order_id: of an order that
    is for it.
    """

    names: tuple[Identifier, ...]
    attributes: tuple[tuple[str, str], ...] = ()
    roles: tuple[str, ...] = ()
    order_id: str | None = None


class Known(NamedTuple):
    """A name as far as it matters for joining."""

    kind: str
    first_at: Micros


class Link(NamedTuple):
    """Two names told together of one business; `one` is the smaller."""

    one: Name
    other: Name
    first_at: Micros


class Value(NamedTuple):
    """One value of an attribute as one source tells it.

    message_id: of the message that told it last. tellers: people in whose records it was told.
    """

    value: str
    source: str
    verified: bool
    first_at: Micros
    last_at: Micros
    message_id: str
    tellers: int


@dataclass(frozen=True, slots=True)
class Attribute:
    """The value that counts, and every other one that was told."""

    value: str
    source: str
    verified: bool
    told_at: Micros
    others: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Terms:
    """On which terms a business buys: by the ids that the company's own systems know.

    credit_limit: as told, in major units of `currency`. credit_limit_minor: in whole minor units.
    """

    terms_id: str | None
    payment_terms: str | None
    price_list: str | None
    credit_limit: str | None
    credit_limit_minor: int | None
    currency: str | None


@dataclass(frozen=True, slots=True)
class Membership:
    """Somebody (as the log names them) acts for a business. verified: a server of the company says so."""

    account: str
    subject: bytes
    role: str
    sources: tuple[str, ...]
    verified: bool
    first_at: Micros
    last_at: Micros


@dataclass(frozen=True, slots=True)
class Business:
    """One business. disputed: names that were told of it and are, by a limit, another business: (name, its account)."""

    account: str
    name: str | None
    names: tuple[tuple[Identifier, Micros], ...]
    attributes: Mapping[str, Attribute]
    terms: Terms
    disputed: tuple[tuple[Identifier, str], ...]


def tellings_of(fact: Fact) -> list[Telling]:
    """What a fact says of businesses; raises AccountUnreadable.

    Names that one group call holds are one business. Those of an `identify` are not: a consultant acts for several.
    """
    if fact.kind == "group":
        return list(_of_group(fact, fact.traits, roles_in(fact.traits) or roles_in(fact.properties) or (MEMBER,)))
    if fact.kind == "identify":
        return list(_of_person(fact))
    return list(_of_order(fact))


def _of_group(fact: Fact, traits: Json, roles: tuple[str, ...]) -> Iterator[Telling]:
    names = names_in(traits)
    if not fact.trusted:
        # Anybody can type the VAT id of another firm into a page; its own page knows the number of the firm.
        names = names[:1] if names and names[0].namespace == "account_id" else ()
    if names:
        yield Telling(names, tuple(_attributes(fact.kind, traits)), roles)


def _of_person(fact: Fact) -> Iterator[Telling]:
    company = fact.traits.get("company")
    if isinstance(company, dict):
        told = {"account_id": company.get("id"), **{name: one for name, one in company.items() if name != "id"}}
        yield from _of_group(fact, told, roles_in(fact.traits) or (MEMBER,))
    own = [one for one in fact.identifiers if one.namespace == "account_id"]
    own += [one for one in names_in(fact.traits) if one.namespace == "account_id"]
    for name in dict.fromkeys(own):
        yield Telling((name,), roles=roles_in(fact.traits) or (MEMBER,))


def _of_order(fact: Fact) -> Iterator[Telling]:
    order_id = fact.text("order_id")
    named = (spelled("account_id", fact.properties.get(spelling)) for spelling in _OF_ORDERS)
    name = next((one for one in named if one is not None), None)
    if name and order_id and len(order_id) <= _LONGEST_VALUE:
        yield Telling((name,), roles=roles_in(fact.properties) or (BUYER,), order_id=order_id)


def roles_in(said: Json) -> tuple[str, ...]:
    """The roles that are told, lower case, in the order of the alphabet."""
    told = [said.get(name) for name in _ROLES]
    texts = [one for value in told for one in (value if isinstance(value, list) else [value])]
    return tuple(sorted({one.strip().lower()[:_LONGEST_ATTRIBUTE] for one in texts if isinstance(one, str)} - {""}))


def _attributes(kind: str, traits: Json) -> Iterator[tuple[str, str]]:
    """What is told beside names, `address: {city}` as `address.city`; what is long or a list stays in the log alone."""
    for name, value in _flat(traits):
        text = _as_text(value)
        if text and len(text) <= _LONGEST_VALUE and len(name) <= _LONGEST_ATTRIBUTE:
            _refuse_odd_amount(kind, name, text)
            yield name, text


def _flat(traits: Json) -> Iterator[tuple[str, object]]:
    for name, value in traits.items():
        if name in _ROLES or name in NAME_TRAITS:
            continue
        if isinstance(value, dict):
            yield from ((f"{_snake(name)}.{_snake(part)}", one) for part, one in value.items())
        else:
            yield _snake(name), value
    # A name stands with its lineage too, as the spelling says it or, when it names nobody, as it was told.
    for name in sorted(NAME_TRAITS & traits.keys()):
        kind = names_in({name: traits[name]})
        yield (kind[0].namespace, kind[0].value) if kind else (_snake(name), traits[name])


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def _as_text(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).strip() if isinstance(value, (str, int, float)) else None


def _refuse_odd_amount(kind: str, name: str, text: str) -> None:
    if name == "credit_limit_minor" and not re.fullmatch(r"\d{1,18}", text):
        raise AccountUnreadable(kind=kind, why=f"its credit_limit_minor {text!r} is no whole number of minor units")
    if name == "credit_limit" and not _is_amount(text):
        raise AccountUnreadable(kind=kind, why=f"its credit_limit {text!r} is no amount")


def _is_amount(text: str) -> bool:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return False
    return amount.is_finite() and amount >= 0


def folded(text: str) -> str:
    """A text as it is looked for: without capitals, marks and needless blanks."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(letter for letter in plain if not unicodedata.combining(letter)).split())


def alone(name: Name) -> str:
    """The account that only this name names, or of whose names it is the strongest."""
    return ACCOUNT_PREFIX + name.hex()[:16]


def route_named_by(account: str) -> int | None:
    """The routing key of the name after which an account is or was called; None when it is no account's id."""
    if not re.fullmatch(rf"{ACCOUNT_PREFIX}[0-9a-f]{{16}}", account):
        return None
    return int.from_bytes(bytes.fromhex(account.removeprefix(ACCOUNT_PREFIX)), "big", signed=True)


def accounts(known: Mapping[Name, Known], links: Iterable[Link]) -> dict[Name, str]:
    """The account of each name.

    Links are taken by strength of the weaker end, age and name; one that would give a business more names of a kind
    than it may have is passed over (Kruskal's algorithm with constraints).
    """
    parent = {name: name for name in known}
    held = {name: Counter([one.kind]) for name, one in known.items()}

    def root(name: Name) -> Name:
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    for link in sorted(links, key=lambda link: _strength(link, known)):
        one, other = root(link.one), root(link.other)
        if one != other and _may_join(held[one], held[other]):
            parent[other] = one
            held[one] = held[one] + held[other]
    together: dict[Name, list[Name]] = {}
    for name in known:
        together.setdefault(root(name), []).append(name)
    return {name: called for names in together.values() for called in [_called(names, known)] for name in names}


def _called(names: Iterable[Name], known: Mapping[Name, Known]) -> str:
    return alone(min(names, key=lambda one: (NAME_KINDS[known[one].kind].rank, known[one].first_at, one)))


def _strength(link: Link, known: Mapping[Name, Known]) -> tuple[int, Micros, Name, Name]:
    weaker = max(NAME_KINDS[known[link.one].kind].rank, NAME_KINDS[known[link.other].kind].rank)
    return (weaker, link.first_at, link.one, link.other)


def _may_join(one: Counter[str], other: Counter[str]) -> bool:
    limits = ((one[kind] + other[kind], NAME_KINDS[kind].limit) for kind in one.keys() & other.keys())
    return all(limit is None or count <= limit for count, limit in limits)


def golden(told: Iterable[tuple[str, Value]]) -> dict[str, Attribute]:
    """Of each attribute the value that counts: verified before claimed, then the latest, then what most sources say."""
    values: dict[str, list[Value]] = {}
    for name, one in told:
        values.setdefault(name, []).append(one)
    return {name: _chosen(ones) for name, ones in sorted(values.items())}


def _chosen(told: list[Value]) -> Attribute:
    same: dict[tuple[str, str, bool], list[Value]] = {}
    for one in told:
        same.setdefault((one.value, one.source, one.verified), []).append(one)
    lineage = [_together(ones) for ones in same.values()]
    said: Counter[str] = Counter()
    for one in lineage:
        said[one.value] += one.tellers
    best, *others = sorted(lineage, key=lambda one: (one.verified, one.last_at, said[one.value], one), reverse=True)
    return Attribute(best.value, best.source, best.verified, best.last_at, tuple(others))


def _together(told: list[Value]) -> Value:
    """A value that one source told of several names of a business."""
    latest = max(told, key=lambda one: (one.last_at, one.message_id))
    return latest._replace(first_at=min(one.first_at for one in told), tellers=sum(one.tellers for one in told))


def terms_in(attributes: Mapping[str, Attribute]) -> Terms:
    """The terms among what is known of a business."""

    def told(*names: str) -> str | None:
        return next((attributes[name].value for name in names if name in attributes), None)

    minor = told("credit_limit_minor")
    return Terms(
        terms_id=told("terms_id", "payment_terms_id"),
        payment_terms=told("payment_terms"),
        price_list=told("price_list", "price_list_id"),
        credit_limit=told("credit_limit"),
        credit_limit_minor=None if minor is None else int(minor),
        currency=told("credit_limit_currency", "currency"),
    )


def gathered(rows: Iterable[Membership]) -> list[Membership]:
    """Memberships of one account, subject and role as one, whoever told of them; by account, age and role."""
    same: dict[tuple[str, bytes, str], list[Membership]] = {}
    for one in rows:
        same.setdefault((one.account, one.subject, one.role), []).append(one)
    together = [
        Membership(
            account, subject, role, tuple(sorted({name for one in ones for name in one.sources})),
            any(one.verified for one in ones), min(one.first_at for one in ones), max(one.last_at for one in ones),
        )
        for (account, subject, role), ones in same.items()
    ]  # fmt: skip
    return sorted(together, key=lambda one: (one.account, one.first_at, one.subject, one.role))
