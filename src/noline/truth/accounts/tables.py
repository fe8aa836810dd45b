"""The SQL of the accounts room."""

from collections.abc import Iterable, Iterator, Sequence

from noline.kernel.clock import Micros
from noline.kernel.events import Identifier, route_of
from noline.stores.portions import flat, marks, portions
from noline.stores.transactional import Reader, Row, Transaction
from noline.truth.accounts.model import Known, Link, Name

TABLES = {
    "account_tellings": ("route_key", "name", "other_route", "other", "teller", "first_at"),
    "account_names": ("route_key", "name", "namespace", "value", "first_at", "account"),
    "account_values": (
        "route_key", "name", "attribute", "value_digest", "source", "teller", "value", "folded", "trust", "first_at",
        "last_at", "message_id",
    ),
    "account_members": (
        "route_key", "subject", "name_route", "name", "role", "source", "teller", "trust", "first_at", "last_at",
    ),
    "account_orders": ("route_key", "order_id", "name_route", "name", "teller", "trust", "first_at", "last_at"),
}  # fmt: skip
"""The tables of this room with the columns that must be as a rebuild makes them."""

TOLD = ("account_tellings", "account_values", "account_members", "account_orders")
"""The tables whose rows are what somebody told."""

Pair = tuple[Name, Name]
"""A name and another one told with it, or itself: seen at all."""

_TELLING = """
INSERT INTO account_tellings (route_key, name, other_route, other, teller, first_at) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (route_key, name, other, teller) DO UPDATE SET first_at = excluded.first_at
WHERE excluded.first_at < account_tellings.first_at
"""
_NAME = """
INSERT INTO account_names (route_key, name, namespace, value, first_at, account) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT (route_key, name) DO UPDATE SET first_at = excluded.first_at
WHERE excluded.first_at < account_names.first_at
"""


def _longer(table: str) -> str:
    """Of something told again: from the first time to the last, and as far to be believed as at best."""
    return f"""
    trust = CASE WHEN excluded.trust > {table}.trust THEN excluded.trust ELSE {table}.trust END,
    first_at = CASE WHEN excluded.first_at < {table}.first_at THEN excluded.first_at ELSE {table}.first_at END,
    last_at = CASE WHEN excluded.last_at > {table}.last_at THEN excluded.last_at ELSE {table}.last_at END
    """


_VALUE = f"""
INSERT INTO account_values (
    route_key, name, attribute, value_digest, source, teller, value, folded, trust, first_at, last_at, message_id
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (route_key, name, attribute, value_digest, source, teller) DO UPDATE SET
    message_id = CASE
        WHEN excluded.last_at > account_values.last_at
          OR (excluded.last_at = account_values.last_at AND excluded.message_id > account_values.message_id)
        THEN excluded.message_id ELSE account_values.message_id END,
    {_longer("account_values")}
"""
_MEMBER = f"""
INSERT INTO account_members (route_key, subject, name_route, name, role, source, teller, trust, first_at, last_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (route_key, subject, name, role, source, teller) DO UPDATE SET {_longer("account_members")}
"""
_ORDER = f"""
INSERT INTO account_orders (route_key, order_id, name_route, name, teller, trust, first_at, last_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (route_key, order_id, name, teller) DO UPDATE SET {_longer("account_orders")}
"""
_EARLIEST = """
SELECT name, other, min(first_at) FROM account_tellings WHERE (route_key, name, other) IN (VALUES {marks})
GROUP BY route_key, name, other
"""
_AROUND = """
SELECT name, other, min(first_at) FROM account_tellings WHERE route_key IN ({marks}) GROUP BY route_key, name, other
"""
_NAMES_OF = """
SELECT name, namespace, value, first_at FROM account_names WHERE account = ? ORDER BY first_at, namespace, value
"""
_VALUES_OF = """
SELECT told.attribute, told.value, told.source, told.trust, told.first_at, told.last_at,
    max(one.message_id), told.tellers
FROM (
    SELECT route_key, name, attribute, value_digest, value, source, trust,
        min(first_at) AS first_at, max(last_at) AS last_at, count(*) AS tellers
    FROM account_values WHERE route_key IN ({marks})
    GROUP BY route_key, name, attribute, value_digest, value, source, trust
) AS told JOIN account_values AS one
    ON one.route_key = told.route_key AND one.name = told.name AND one.attribute = told.attribute
    AND one.value_digest = told.value_digest AND one.source = told.source AND one.trust = told.trust
    AND one.last_at = told.last_at
GROUP BY told.route_key, told.name, told.attribute, told.value, told.source, told.trust, told.first_at, told.last_at,
    told.tellers
"""
_MEMBER_COLUMNS = (
    "account_names.account, account_members.subject, account_members.role, account_members.source, "
    "account_members.trust, account_members.first_at, account_members.last_at"
)
_MEMBERS_OF = f"""
SELECT {_MEMBER_COLUMNS} FROM account_names JOIN account_members ON account_members.name = account_names.name
WHERE account_names.account = ?
"""
_OF_SUBJECTS = f"""
SELECT {_MEMBER_COLUMNS} FROM account_members JOIN account_names
  ON account_names.route_key = account_members.name_route AND account_names.name = account_members.name
WHERE account_members.route_key IN ({{marks}})
"""
_OF_ORDERS = """
SELECT account_orders.order_id, account_names.account, account_orders.trust, account_orders.last_at
FROM account_orders JOIN account_names
  ON account_names.route_key = account_orders.name_route AND account_names.name = account_orders.name
WHERE (account_orders.route_key, account_orders.order_id) IN (VALUES {marks})
"""
_ORDERS_OF = """
SELECT DISTINCT account_orders.order_id
FROM account_names JOIN account_orders ON account_orders.name = account_names.name
WHERE account_names.account = ?
"""
_LINKED_NAMES = """
SELECT account_names.namespace, account_names.value, account_names.account
FROM (SELECT DISTINCT other_route, other FROM account_tellings WHERE route_key IN ({marks})) AS told
JOIN account_names ON account_names.route_key = told.other_route AND account_names.name = told.other
WHERE account_names.account <> ?
"""
_LIKE = """
SELECT account_names.account, min(length(account_values.folded))
FROM account_values JOIN account_names
  ON account_names.route_key = account_values.route_key AND account_names.name = account_values.name
WHERE account_values.folded IS NOT NULL AND account_values.folded LIKE ? ESCAPE '!'
GROUP BY account_names.account ORDER BY min(length(account_values.folded)), account_names.account LIMIT ?
"""


def earliest(reader: Reader, pairs: Sequence[Pair]) -> dict[Pair, Micros]:
    """When these names were first told (together); what nobody told is not in it."""
    found: dict[Pair, Micros] = {}
    for some in portions([(route_of(name), name, other) for name, other in pairs]):
        rows = reader.rows(_EARLIEST.format(marks=marks(len(some), 3)), flat(some))
        found.update(((name, other), at) for name, other, at in rows)
    return found


def add_tellings(tx: Transaction, rows: Iterable[tuple[Name, Name, bytes, Micros]]) -> None:
    """Keep who told which names together (name, other or the same, teller, when); the earliest time stays."""
    tx.run_many(_TELLING, [(route_of(name), name, route_of(other), other, *rest) for name, other, *rest in rows])


def add_names(tx: Transaction, rows: Iterable[tuple[Name, Identifier, Micros, str]]) -> None:
    """Keep names (name, what it is, first told, account); of one that is known only the time."""
    tx.run_many(_NAME, [(route_of(name), name, *named, at, account) for name, named, at, account in rows])


def add_values(tx: Transaction, rows: Iterable[Row]) -> None:
    """Keep values (name, attribute, digest, source, teller, value, folded, trust, first, last, message id)."""
    tx.run_many(_VALUE, [(route_of(row[0]), *row) for row in rows])


def add_members(tx: Transaction, rows: Iterable[Row]) -> None:
    """Keep memberships (subject, name, role, source, teller, trust, first, last)."""
    tx.run_many(_MEMBER, [(route_of(subject), subject, route_of(name), name, *rest) for subject, name, *rest in rows])


def add_orders(tx: Transaction, rows: Iterable[Row]) -> None:
    """Keep for whom orders are (route, order id, name, teller, trust, first, last)."""
    tx.run_many(_ORDER, [(route, order_id, route_of(name), name, *rest) for route, order_id, name, *rest in rows])


def around(reader: Reader, names: Sequence[Name]) -> Iterator[Link]:
    """The links of these names."""
    wanted = set(names)
    for name, other, at in _by_route(reader, _AROUND, names):
        if name in wanted and name != other:
            yield Link(min(name, other), max(name, other), at)


def known(reader: Reader, names: Sequence[Name]) -> dict[Name, tuple[Known, str]]:
    """What these names are, and of which account."""
    sql = "SELECT name, namespace, first_at, account FROM account_names WHERE route_key IN ({marks})"
    wanted = set(names)
    return {
        name: (Known(kind, first_at), account)
        for name, kind, first_at, account in _by_route(reader, sql, names)
        if name in wanted
    }


def assign(tx: Transaction, changed: dict[Name, str]) -> None:
    """Write of which account these names are."""
    tx.run_many(
        "UPDATE account_names SET account = ? WHERE route_key = ? AND name = ?",
        [(account, route_of(name), name) for name, account in changed.items()],
    )


def set_first(tx: Transaction, times: dict[Name, Micros]) -> None:
    """Write when these names were first told."""
    tx.run_many(
        "UPDATE account_names SET first_at = ? WHERE route_key = ? AND name = ?",
        [(at, route_of(name), name) for name, at in times.items()],
    )


def remove_names(tx: Transaction, names: Iterable[Name]) -> None:
    """Forget names that nobody tells any more."""
    tx.run_many(
        "DELETE FROM account_names WHERE route_key = ? AND name = ?", [(route_of(name), name) for name in names]
    )


def names_told_by(reader: Reader, tellers: Sequence[bytes]) -> set[Name]:
    """The names that these told of."""
    found: set[Name] = set()
    for some in portions(tellers):
        rows = reader.rows(f"SELECT name FROM account_tellings WHERE teller IN ({marks(len(some))})", some)
        found.update(name for (name,) in rows)
    return found


def erase(tx: Transaction, subjects: Sequence[bytes]) -> int:
    """Forget what these told and where they are members; answers how many rows went."""
    gone = 0
    for table in TOLD:
        for subject in subjects:
            gone += tx.run(f"DELETE FROM {table} WHERE teller = ?", (subject,))
    for subject in subjects:
        sql = "DELETE FROM account_members WHERE route_key = ? AND subject = ?"
        gone += tx.run(sql, (route_of(subject), subject))
    return gone


def account_at(reader: Reader, route: int) -> str | None:
    """The account of the name that is filed under this routing key."""
    row = reader.row("SELECT account FROM account_names WHERE route_key = ?", (route,))
    return row[0] if row else None


def account_of(reader: Reader, name: Name) -> str | None:
    """The account of a name."""
    row = reader.row("SELECT account FROM account_names WHERE route_key = ? AND name = ?", (route_of(name), name))
    return row[0] if row else None


def names_of(reader: Reader, account: str) -> list[Row]:
    """The names of an account (name, namespace, value, first told), oldest first."""
    return reader.rows(_NAMES_OF, (account,))


def values_of(reader: Reader, names: Sequence[Name]) -> Iterator[Row]:
    """What was told of these names (attribute, value, source, trust, first, last, message id, by how many people)."""
    return _by_route(reader, _VALUES_OF, names)


def members_of(reader: Reader, account: str) -> list[Row]:
    """Who acts for an account (account, subject, role, source, trust, first, last)."""
    return reader.rows(_MEMBERS_OF, (account,))


def memberships_of(reader: Reader, subjects: Sequence[bytes]) -> list[Row]:
    """For whom these act; columns as `members_of`."""
    wanted = set(subjects)
    return [row for row in _by_route(reader, _OF_SUBJECTS, subjects) if row[1] in wanted]


def accounts_of_orders(reader: Reader, orders: Sequence[tuple[int, str]]) -> list[Row]:
    """For whom orders (route, id) are: (order id, account, trust, last told)."""
    found: set[Row] = set()
    for some in portions(orders):
        found.update(reader.rows(_OF_ORDERS.format(marks=marks(len(some), 2)), flat(some)))
    return sorted(found)


def orders_of(reader: Reader, account: str) -> list[str]:
    """The ids of the orders that were told to be for an account."""
    return sorted(order_id for (order_id,) in reader.rows(_ORDERS_OF, (account,)))


def disputed(reader: Reader, names: Sequence[Name], account: str) -> list[Row]:
    """Names told together with these that are another account's: (namespace, value, account)."""
    return sorted(set(_by_route(reader, _LINKED_NAMES, names, account)))


def like(reader: Reader, folded: str, limit: int) -> list[str]:
    """Accounts by a part of a folded text, the closest first."""
    escaped = folded.replace("!", "!!").replace("%", "!%").replace("_", "!_")
    return [account for account, _ in reader.rows(_LIKE, (f"%{escaped}%", limit))]


def _by_route(reader: Reader, sql: str, names: Sequence[bytes], *more: object) -> Iterator[Row]:
    for some in portions([route_of(name) for name in names]):
        yield from reader.rows(sql.format(marks=marks(len(some))), [*some, *more])
