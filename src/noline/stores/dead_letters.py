"""Dead letters: what could not be taken is kept with its reason until somebody fixes or ignores it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from noline.kernel.clock import Micros
from noline.kernel.errors import DeadLetterClosed, NotFound
from noline.kernel.events import Refusal
from noline.stores.transactional import Reader, Transaction

_COLUMNS = "id, source, code, pointer, message, route, raw, seq, state, times, first_at, last_at"
_PARK = """
INSERT INTO dead_letters
    (id, source, code, pointer, message, route, raw, raw_hash, seq, state, times, first_at, last_at)
VALUES ((SELECT coalesce(max(id), 0) + 1 FROM dead_letters), ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?)
ON CONFLICT (source, code, raw_hash) DO UPDATE SET
    times = dead_letters.times + 1, last_at = excluded.last_at
RETURNING id
"""
_IN_ONE_READ = 500


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One item that could not be taken.

    code: of the closed list. pointer: JSON pointer to the wrong place. seq: of its record, when the item is in the log
    but a room could not take it. times: how often the same bytes came.
    """

    id: int
    source: str
    code: str
    pointer: str
    message: str
    route: str
    raw: bytes
    seq: int | None
    state: str
    times: int
    first_at: Micros
    last_at: Micros


def park(
    tx: Transaction,
    source: str,
    refusal: Refusal,
    raw_hash: bytes,
    at: Micros,
    *,
    route: str,
    seq: int | None = None,
    mendable: bool = True,
) -> int:
    """Keep a refused item; the same bytes refused again are counted on the same letter. Answers its id.

    mendable: its bytes are there; a letter without them is closed from the start.
    """
    message = refusal.message.replace("\0", "\\u0000")
    state = "open" if mendable else "ignored"
    told = (source, refusal.code, refusal.pointer, message, route, refusal.raw, raw_hash, seq, state, at, at)
    row = tx.row(_PARK, told)
    return row[0] if row else 0


def letters(reader: Reader, *, state: str | None = "open", after: int = 0, limit: int = 100) -> list[DeadLetter]:
    """Letters by id, of one state or of all."""
    sql = f"SELECT {_COLUMNS} FROM dead_letters WHERE id > ? AND (? = '' OR state = ?) ORDER BY id LIMIT ?"
    return [DeadLetter(*row) for row in reader.rows(sql, (after, state or "", state or "", limit))]


def letter(reader: Reader, number: int) -> DeadLetter:
    """One letter; raises NotFound."""
    row = reader.row(f"SELECT {_COLUMNS} FROM dead_letters WHERE id = ?", (number,))
    if row is None:
        raise NotFound(what="dead letter", name=number)
    return DeadLetter(*row)


def counts(reader: Reader) -> dict[tuple[str, str], int]:
    """How many letters there are by (code, state)."""
    rows = reader.rows("SELECT code, state, count(*) FROM dead_letters GROUP BY code, state")
    return {(code, state): count for code, state, count in rows}


def items_kept(reader: Reader) -> dict[tuple[str, bool], int]:
    """How many items of a source were kept as letters, by (source, whether as a conflict). Repeats are counted.

    Letters about records that are in the log are left out: their items were accepted.
    """
    rows = reader.rows(
        "SELECT source, code, CAST(sum(times) AS BIGINT) FROM dead_letters WHERE code <> 'projection_error' "
        "GROUP BY source, code"
    )
    kept: dict[tuple[str, bool], int] = {}
    for source, code, times in rows:
        place = (source, code == "conflict")
        kept[place] = kept.get(place, 0) + times
    return kept


def left_out(reader: Reader, first: int, last: int) -> set[tuple[int, str]]:
    """What rooms could not take of these positions of the log: (position, name of the room)."""
    rows = reader.rows(
        "SELECT seq, message FROM dead_letters WHERE code = 'projection_error' AND seq BETWEEN ? AND ?", (first, last)
    )
    return {(seq, message.partition(":")[0]) for seq, message in rows}


def left_out_of(reader: Reader, seqs: Sequence[int]) -> set[tuple[int, str]]:
    """The same for single positions of the log."""
    first, last = min(seqs), max(seqs)
    wanted = set(seqs)
    return {(seq, room) for seq, room in left_out(reader, first, last) if seq in wanted}


def replace_raw(tx: Transaction, number: int, raw: bytes) -> None:
    """Put corrected bytes into an open letter; raises DeadLetterClosed."""
    _only_open(tx, number)
    tx.run("UPDATE dead_letters SET raw = ? WHERE id = ?", (raw, number))


def close(tx: Transaction, number: int, state: str, seq: int | None = None) -> None:
    """Mark an open letter `fixed` or `ignored`; raises DeadLetterClosed."""
    _only_open(tx, number)
    tx.run("UPDATE dead_letters SET state = ?, seq = coalesce(?, seq) WHERE id = ?", (state, seq, number))


def all_letters(reader: Reader) -> Iterator[DeadLetter]:
    """Every letter by id, some hundred at a time."""
    after = 0
    while found := letters(reader, state=None, after=after, limit=_IN_ONE_READ):
        yield from found
        after = found[-1].id


def wipe(tx: Transaction, numbers: Iterable[int]) -> int:
    """Take bytes and message out of these letters and close those that are open; answers how many.

    The row stays for the books, and the name of the room that could not take a record for `noline verify`.
    """
    wiped = 0
    for number in numbers:
        known = letter(tx, number)
        room = known.message.partition(":")[0] + ": " if known.code == "projection_error" else ""
        state = "ignored" if known.state == "open" else known.state
        wiped += tx.run(
            "UPDATE dead_letters SET raw = ?, pointer = '', message = ?, state = ? WHERE id = ?",
            (b"", room + "erased", state, number),
        )
    return wiped


def _only_open(reader: Reader, number: int) -> None:
    found = letter(reader, number)
    if found.state != "open":
        raise DeadLetterClosed(letter=number, state=found.state)
