"""The door of the accounts room: businesses, and who acts for them in which role."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from noline.kernel.clock import Micros
from noline.kernel.errors import NotFound
from noline.kernel.events import Digest, Fact, Identifier, route_of
from noline.stores.transactional import Reader, Row, Transaction
from noline.truth.accounts import tables
from noline.truth.accounts.model import (
    CLAIMED,
    FOUND_BY,
    KINDS,
    VERIFIED,
    Business,
    Known,
    Link,
    Membership,
    Name,
    Telling,
    Value,
    accounts,
    alone,
    folded,
    gathered,
    golden,
    route_named_by,
    tellings_of,
    terms_in,
)
from noline.truth.accounts.names import KINDS as NAME_KINDS
from noline.truth.accounts.names import spelled

_NEVER: Micros = 2**63 - 1
_SHORTEST_TEXT = 2


@dataclass(slots=True)
class _News:
    """What a group of facts says, as rows. names: each with what it is; pairs: first told together, or at all."""

    names: dict[Name, Identifier] = field(default_factory=dict)
    pairs: dict[tables.Pair, Micros] = field(default_factory=dict)
    tellings: dict[tuple[Name, Name, bytes], Micros] = field(default_factory=dict)
    values: list[Row] = field(default_factory=list)
    members: list[Row] = field(default_factory=list)
    orders: list[Row] = field(default_factory=list)

    def pair(self, name: Name, other: Name, teller: bytes, at: Micros) -> None:
        """These were told together; with itself: it was told."""
        self.pairs[name, other] = min(at, self.pairs.get((name, other), at))
        self.tellings[name, other, teller] = min(at, self.tellings.get((name, other, teller), at))


class Accounts:
    """Businesses, and who acts for them in which role."""

    name = "accounts"
    kinds: frozenset[str] | None = KINDS
    tables = tables.TABLES

    def __init__(self, digest: Digest) -> None:
        """digest: the hub's keyed hash."""
        self._digest = digest

    def take(self, tx: Transaction, facts: list[Fact]) -> None:
        """Fold what these facts say of businesses; raises AccountUnreadable."""
        news = _News()
        for fact in facts:
            if fact.kind in KINDS:
                for telling in tellings_of(fact):
                    self._hear(fact, telling, news)
        if news.names:
            self._learn(tx, news)
            tables.add_values(tx, news.values)
            tables.add_members(tx, news.members)
            tables.add_orders(tx, news.orders)

    def forget(self) -> None:
        """Nothing is remembered outside the tables."""

    def erase(self, tx: Transaction, subjects: Sequence[bytes]) -> int:
        """Forget where these people (as the log names them) are members, and what their own records told.

        A business that others tell of stays as they tell it. Answers how many rows went.
        """
        touched = tables.names_told_by(tx, subjects)
        gone = tables.erase(tx, subjects)
        left = {name: at for (name, _), at in tables.earliest(tx, [(name, name) for name in sorted(touched)]).items()}
        tables.remove_names(tx, touched - left.keys())
        tables.set_first(tx, left)
        if left:
            self._settle(tx, set(left))
        return gone

    def account_of(self, reader: Reader, account: str) -> str:
        """What an account is called today, whatever it was called before; raises NotFound."""
        route = route_named_by(account)
        today = None if route is None else tables.account_at(reader, route)
        if today is None:
            raise NotFound(what="account", name=account)
        return today

    def get(self, reader: Reader, account: str) -> Business:
        """One business, by its id of today or an older one; raises NotFound."""
        today = self.account_of(reader, account)
        rows = tables.names_of(reader, today)
        names = [row[0] for row in rows]
        attributes = golden(
            (attribute, Value(value, source, trust == VERIFIED, *told))
            for attribute, value, source, trust, *told in tables.values_of(reader, names)
        )
        called = next((attributes[name].value for name in ("name", "legal_name") if name in attributes), None)
        return Business(
            account=today,
            name=called,
            names=tuple((Identifier(kind, value), at) for _, kind, value, at in rows),
            attributes=attributes,
            terms=terms_in(attributes),
            disputed=tuple(
                (Identifier(kind, value), other) for kind, value, other in tables.disputed(reader, names, today)
            ),
        )

    def find(self, reader: Reader, text: str, limit: int = 20) -> list[str]:
        """Accounts known by a number, an id of ours or (part of a) name or website, the surest first."""
        found: dict[str, None] = {}
        for kind in NAME_KINDS:
            named = spelled(kind, text)
            account = tables.account_of(reader, self._name(named)) if named else None
            if account:
                found[account] = None
        route = route_named_by(text.strip())
        if route is not None and (account := tables.account_at(reader, route)):
            found[account] = None
        wanted = folded(text)
        if len(wanted) >= _SHORTEST_TEXT:
            found |= dict.fromkeys(tables.like(reader, wanted, limit))
        return list(found)[:limit]

    def members(self, reader: Reader, account: str) -> list[Membership]:
        """Who acts for a business in which role, the oldest first; raises NotFound."""
        return gathered(_memberships(tables.members_of(reader, self.account_of(reader, account))))

    def of_subjects(self, reader: Reader, subjects: Sequence[bytes]) -> list[Membership]:
        """For which businesses these (as the log names them) act, in which role."""
        return gathered(_memberships(tables.memberships_of(reader, subjects)))

    def of_orders(self, reader: Reader, order_ids: Sequence[str]) -> dict[str, str]:
        """For which business each of these orders is: as a server says, else as was said last; private ones not."""
        asked = [(self._order_route(order_id), order_id) for order_id in order_ids]
        best: dict[str, tuple[int, Micros, str]] = {}
        for order_id, account, trust, last_at in tables.accounts_of_orders(reader, asked):
            best[order_id] = max(best.get(order_id, (CLAIMED, -_NEVER, "")), (trust, last_at, account))
        return {order_id: account for order_id, (_, _, account) in best.items()}

    def orders(self, reader: Reader, account: str) -> list[str]:
        """The ids of a business's orders; raises NotFound."""
        told = tables.orders_of(reader, self.account_of(reader, account))
        today = self.account_of(reader, account)
        return [order_id for order_id, whose in sorted(self.of_orders(reader, told).items()) if whose == today]

    def _name(self, named: Identifier) -> Name:
        return self._digest(f"business:{named.namespace}:{named.value}")

    def _order_route(self, order_id: str) -> int:
        return route_of(self._digest(f"order:{order_id}"))

    def _hear(self, fact: Fact, telling: Telling, news: _News) -> None:
        at, teller, trust = fact.occurred_at, fact.subject, VERIFIED if fact.trusted else CLAIMED
        names = [self._name(one) for one in telling.names]
        first = names[0]
        news.names |= dict(zip(names, telling.names, strict=True))
        for name in names:
            news.pair(name, name, teller, at)
            if name != first:
                news.pair(first, name, teller, at)
                news.pair(name, first, teller, at)
        news.values += [
            (
                first, attribute, self._digest(f"value:{value}"), fact.source, teller, value,
                folded(value) if attribute in FOUND_BY else None, trust, at, at, fact.message_id,
            )
            for attribute, value in telling.attributes
        ]  # fmt: skip
        member = self._member(fact)
        if member is not None:
            news.members += [(member, first, role, fact.source, teller, trust, at, at) for role in telling.roles]
        if telling.order_id is not None:
            news.orders.append((self._order_route(telling.order_id), telling.order_id, first, teller, trust, at, at))

    def _member(self, fact: Fact) -> bytes | None:
        """Who acts: the person the record is filed under, or whom a server names beside the business.

        Nobody is made a member by an address that a page only claims; a record is never filed under such a one.
        """
        people = [one for one in fact.identifiers if one.namespace not in NAME_KINDS]
        subjects = [self._digest(f"{one.namespace}:{one.value}") for one in people]
        if fact.subject in subjects:
            return fact.subject
        return subjects[0] if fact.trusted and subjects else None

    def _learn(self, tx: Transaction, news: _News) -> None:
        """Write what is new of names, then derive the businesses it concerns."""
        before = tables.earliest(tx, sorted(news.pairs))
        tables.add_tellings(tx, [(*key, at) for key, at in sorted(news.tellings.items())])
        fresh = {pair for pair, at in news.pairs.items() if at < before.get(pair, _NEVER)}
        if not fresh:
            return
        seen = {name: at for (name, other), at in news.pairs.items() if name == other}
        tables.add_names(tx, [(name, news.names[name], at, alone(name)) for name, at in sorted(seen.items())])
        self._settle(tx, {name for name, _ in fresh})

    @staticmethod
    def _settle(tx: Transaction, touched: set[Name]) -> None:
        """Derive the businesses around these names anew and write those that changed."""
        everyone: dict[Name, tuple[Known, str]] = {}
        links: set[Link] = set()
        frontier = touched
        while frontier:
            everyone |= tables.known(tx, sorted(frontier))
            here = set(tables.around(tx, sorted(frontier)))
            links |= here
            frontier = {end for link in here for end in (link.one, link.other)} - everyone.keys()
        after = accounts({name: known for name, (known, _) in everyone.items()}, links)
        changed = {name: account for name, account in after.items() if everyone[name][1] != account}
        if changed:
            tables.assign(tx, changed)


def _memberships(rows: Iterable[Row]) -> list[Membership]:
    return [
        Membership(account, subject, role, (source,), trust == VERIFIED, first_at, last_at)
        for account, subject, role, source, trust, first_at, last_at in rows
    ]
