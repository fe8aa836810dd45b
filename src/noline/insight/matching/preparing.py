"""A table of people as it came, and the same people in columns that can be compared."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from noline.insight.matching import cleaning
from noline.insight.matching.columns import Guess
from noline.insight.matching.variants import GIVEN_ROOTS

if TYPE_CHECKING:
    import pyarrow as pa

PEOPLE_SHARE = 0.1
"""Names are of people when this share of them begins or ends with a given name of our table; shops stay below 3 %."""

LONG_PEOPLE_SHARE = 0.3
"""... when this share does where most names are longer than three words: schools and foundations are called after
people, and tell what they are."""

ONLY_PEOPLE_HAVE = frozenset({"birth_date", "birth_year", "age", "sex"})
"""A table that tells one of these tells of people, whatever they are called: our table of names knows few cultures.

Unless it tells given and family names in columns of their own: the joined names beside them may be those of companies.
"""

Row = dict[str, str | None]


@dataclass(frozen=True)
class Reading:
    """How the cells of one table are read: what its columns mean, and what only the whole table can tell.

    `orders`: source -> order of day, month and year (`*` for sources not seen); `names_are`: `people`,
    `families first` or `companies` for joined names. `by_sound`: where a table is too small for its spellings to teach
    anything, names are compared by their sound too, and read from whatever column tells them in another script; the
    e-mail of an office is not read.
    """

    columns: Mapping[str, tuple[str, ...]]
    orders: Mapping[str, str]
    names_are: str
    by_sound: bool = False

    def as_data(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {
            "columns": dict(self.columns), "orders": dict(self.orders), "names_are": self.names_are,
            "by_sound": self.by_sound,
        }  # fmt: skip


def reading_of(table: "pa.Table", guess: Guess, *, by_sound: bool = False) -> Reading:
    """Look through the table for the order of its dates and the kind of its names."""
    names = _some(table, guess.one("name"))
    of_people = bool(ONLY_PEOPLE_HAVE & guess.columns.keys()) and not {"given", "family"} & guess.columns.keys()
    return Reading(guess.columns, _orders(table, guess), _kind_of_names(names, of_people=of_people), by_sound)


def _some(table: "pa.Table", name: str | None, most: int = 20_000) -> list[str]:
    import pyarrow as pa

    if name is None:
        return []
    column = table.column(name).drop_null()
    step = max(1, len(column) // most)
    return _texts(column.take(pa.array(range(0, len(column), step))))


def _texts(column: Any) -> list[str]:
    import pyarrow as pa
    import pyarrow.compute as pc

    return ["" if one is None else one for one in pc.cast(column, pa.string()).to_pylist()]


def _kind_of_names(names: Sequence[str], *, of_people: bool) -> str:
    words = [found for one in names if len(found := cleaning.words_of(one)) > 1 and "," not in one]
    if not words:
        return "people"
    eastern = sum(cleaning.family_first(one) for one in names) / len(names)
    firsts = sum(one[0] in GIVEN_ROOTS for one in words) / len(words)
    lasts = sum(one[-1] in GIVEN_ROOTS for one in words) / len(words)
    most_are_long = sum(len(one) > 3 for one in words) > len(words) / 2
    least = LONG_PEOPLE_SHARE if most_are_long else PEOPLE_SHARE
    if not of_people and max(firsts, lasts, eastern) < least:
        return "companies"
    return "families first" if lasts > 2 * firsts else "people"


def _orders(table: "pa.Table", guess: Guess) -> dict[str, str]:
    column = guess.one("birth_date")
    if column is None:
        return {"*": "ymd"}
    dates = _texts(table.column(column))
    source = guess.one("source")
    sources = _texts(table.column(source)) if source else ["*"] * len(dates)
    by_source: dict[str, list[str]] = {}
    for one, date in zip(sources, dates, strict=True):
        if date and len(some := by_source.setdefault(one, [])) < 5_000:
            some.append(date)
    whole = _order_of([date for some in by_source.values() for date in some[:500]], "ymd")
    return {"*": whole, **{one: _order_of(some, whole) for one, some in by_source.items()}}


def _order_of(dates: Sequence[str], otherwise: str) -> str:
    """The order in which most of the dates are days of the calendar; the one of the whole table in a tie."""
    if not dates:
        return otherwise
    days = {order: sum(cleaning.is_date(cleaning.date_in(one, order)) for one in dates) for order in cleaning.ORDERS}
    return max(days, key=lambda order: (days[order], order == otherwise))


def prepared_row(cells: Mapping[str, Any], reading: Reading) -> Row:
    """One record, ready to be compared; for the live path."""
    import pyarrow as pa

    names = [name for several in reading.columns.values() for name in several]
    table = pa.table({name: pa.array([_text(cells.get(name))], pa.string()) for name in names})
    return prepared(table, reading).to_pylist()[0]


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def prepared(table: "pa.Table", reading: Reading) -> "pa.Table":
    """The table in comparable columns, row by row; columns that hold nothing are left out."""
    import pyarrow as pa

    made = _Columns(table, reading)
    made.names()
    made.births()
    made.reaches()
    made.places()
    made.others()
    made.out.setdefault("source", pa.array(["*"] * table.num_rows, pa.string()))
    return pa.table(made.out)


class _Columns:
    """The comparable columns in the making."""

    def __init__(self, table: "pa.Table", reading: Reading) -> None:
        self.table = table
        self.reading = reading
        self.out: dict[str, pa.Array] = {}

    def _names_of(self, meaning: str) -> tuple[str, ...]:
        return self.reading.columns.get(meaning, ())

    def _read(self, column: str, reader: Callable[[str], Any], fields: Sequence[str]) -> None:
        """Read each distinct value once; a reader of several fields answers a tuple. First come, first kept."""
        import pyarrow as pa
        import pyarrow.compute as pc

        values = pc.cast(self.table.column(column), pa.string()).combine_chunks()
        coded = values.dictionary_encode()
        nothing: Any = (None,) * len(fields) if len(fields) > 1 else None
        told = coded.dictionary.to_pylist()  # a null is no entry of the dictionary
        results = [nothing if cleaning.says_nothing(one) else reader(one) for one in told]
        for at, name in enumerate(fields):
            only = [one[at] for one in results] if len(fields) > 1 else results
            self._put(name, pa.array(only, pa.string()).take(coded.indices))

    def _derive(self, name: str, reader: Callable[[str | None], str | None], made: str) -> None:
        import pyarrow as pa

        if name not in self.out:
            return
        self.out[made] = pa.array([reader(one) for one in self.out[name].to_pylist()], pa.string())

    def _put(self, name: str, values: "pa.Array") -> None:

        self.out[name] = _first_of(self.out[name], values) if name in self.out else values

    def names(self) -> None:
        for column in self._names_of("given"):
            self._read(column, cleaning.given_of, ("given", "given_root", "middle"))
        for column in self._names_of("family"):
            self._read(column, cleaning.family_of, ("family", "family_first", "family_last", "suffix"))
        for column in (*self._names_of("name"), *(self._names_of("native_name") if self.reading.by_sound else ())):
            if self.reading.names_are == "companies":
                self._read(column, cleaning.org_of, ("org",))
            else:
                self._read(column, self._whole_name, (
                    "given", "given_root", "middle", "family", "family_first", "family_last", "suffix",
                ))  # fmt: skip
        self._second_names()
        for column in self._names_of("suffix"):
            self._read(column, cleaning.suffix_of, ("suffix",))
        for column in self._names_of("org"):
            self._read(column, cleaning.org_of, ("org",))
        if self.reading.by_sound:
            self._sounds()

    def _second_names(self) -> None:
        """What a column of its own says comes before what stands behind the given name."""
        middles = self._names_of("middle")
        if not middles:
            return
        behind = self.out.pop("middle", None)
        for column in middles:
            self._read(column, cleaning.middle_of, ("middle",))
        if behind is not None:
            self._put("middle", behind)

    def _sounds(self) -> None:
        self._derive("given", cleaning.consonants_of, "given_sound")
        self._derive("given", cleaning.letters_of, "given_letters")
        self._derive("family", cleaning.consonants_of, "family_sound")
        # A second name is not worth a comparison across scripts.
        self._derive("middle", lambda told: told if told is None or told.isascii() else None, "middle")

    def _whole_name(self, value: str | None) -> tuple[str | None, ...]:
        given, family = cleaning.split_name(value or "", families_first=self.reading.names_are == "families first")
        return (*cleaning.given_of(given), *cleaning.family_of(family))

    def births(self) -> None:
        import pyarrow as pa

        column = next(iter(self._names_of("birth_date")), None)
        births: list[str | None] | None = None
        if column is not None:
            births = self._dates(column)
        elif self._names_of("birth_year"):
            births = self._parts()
        if births is not None:
            whole = [one if one and len(one) > 4 else None for one in births]
            swapped = [one[:4] + one[6:] + one[4:6] if one and len(one) == 8 else None for one in whole]
            self._put("birth", pa.array(whole, pa.string()))
            self._put("birth_swapped", pa.array(swapped, pa.string()))
            self._put("birth_year", pa.array([one[:4] if one else None for one in births], pa.string()))
        elif self._names_of("age"):
            self._read(self._names_of("age")[0], _age_of, ("age",))

    def _dates(self, column: str) -> list[str | None]:
        orders = self.reading.orders
        source = next(iter(self._names_of("source")), None)
        dates = _texts(self.table.column(column))
        sources = _texts(self.table.column(source)) if source else ["*"] * len(dates)
        known: dict[tuple[str, str], str | None] = {}
        found = []
        for date, one in zip(dates, sources, strict=True):
            key = (date, orders.get(one, orders["*"]))
            if key not in known:
                known[key] = cleaning.date_in(*key)
            found.append(known[key])
        return found

    def _parts(self) -> list[str | None]:
        def part(meaning: str) -> list[str]:
            names = self._names_of(meaning)
            return _texts(self.table.column(names[0])) if names else [""] * self.table.num_rows

        found = []
        for year, month, day in zip(part("birth_year"), part("birth_month"), part("birth_day"), strict=True):
            bare = [one.strip().removesuffix(".0") for one in (year, month, day)]
            found.append(cleaning.date_in("-".join(bare), "ymd") if all(bare) else cleaning.date_in(bare[0], "ymd"))
        return found

    def reaches(self) -> None:
        email_of = cleaning.own_email_of if self.reading.by_sound else cleaning.email_of
        for at, column in enumerate(self._names_of("phone")[:2]):
            self._read(column, cleaning.phone_of, ("phone" if at == 0 else "phone2",))
        for at, column in enumerate(self._names_of("email")[:2]):
            fields = ("email", "email_local") if at == 0 else ("email2", "email2_local")
            self._read(column, email_of, fields)
        self.out.pop("email2_local", None)
        for first, second in (("phone", "phone2"), ("email", "email2")):
            if second in self.out:
                one, two = self.out[first], self.out[second]
                self.out[first] = _first_of(one, two)
                self.out[second] = _unlike(two, self.out[first])

    def places(self) -> None:
        import pyarrow.compute as pc

        for meaning, reader, fields in (
            ("unit", cleaning.unit_of, ("unit",)),
            ("house_no", cleaning.house_of, ("number",)),
            ("street", _street_or_address, ("number", "street", "unit", "line_postcode", "line_city")),
            ("postcode", cleaning.postcode_of, ("postcode",)),
            ("city", cleaning.city_of, ("city",)),
            ("address", _flat_address, ("number", "street", "unit", "postcode", "city")),
            ("region", cleaning.trait_of, ("region",)),
        ):
            for column in self._names_of(meaning):
                self._read(column, reader, fields)
        for name in ("postcode", "city"):
            told = self.out.pop(f"line_{name}", None)
            if told is not None:
                self._put(name, told)
        if "street" in self.out:
            number = pc.fill_null(self.out["number"], "") if "number" in self.out else ""
            self._lines()
            self._put("place", pc.call_function("binary_join_element_wise", [number, self.out["street"], " "]))

    def _lines(self) -> None:
        """Every word of the address but the words for street: what is left when lines were mixed up."""
        import pyarrow as pa

        second = self._names_of("address2")
        if second:
            self._read(second[0], cleaning.plain_line, ("second_line",))
        parts = [self.out[name].to_pylist() for name in ("number", "street", "second_line", "city") if name in self.out]
        self.out.pop("second_line", None)
        known: dict[tuple[str | None, ...], str | None] = {}
        lines = []
        for some in zip(*parts, strict=True):
            if some not in known:
                known[some] = cleaning.lines_of(some)
            lines.append(known[some])
        self.out["lines"] = pa.array(lines, pa.string())

    def others(self) -> None:
        for column in self._names_of("sex"):
            self._read(column, cleaning.sex_of, ("sex",))
        for at, column in enumerate(self._names_of("strong")):
            self._read(column, cleaning.strong_of, (f"strong_{at}",))
        for at, column in enumerate(self._names_of("trait")):
            self._read(column, cleaning.trait_of, (f"trait_{at}",))
        for column in self._names_of("source"):
            self._read(column, str, ("source",))


def _first_of(one: "pa.Array", other: "pa.Array") -> "pa.Array":
    """The one, and the other where the one is empty."""
    import pyarrow.compute as pc

    return pc.call_function("coalesce", [one, other])


def _unlike(values: "pa.Array", others: "pa.Array") -> "pa.Array":
    """The values that are not the others'."""
    import pyarrow as pa

    kept = [one if one != other else None for one, other in zip(values.to_pylist(), others.to_pylist(), strict=True)]
    return pa.array(kept, pa.string())


def _age_of(value: str | None) -> str | None:
    text = (value or "").strip().removesuffix(".0")
    return text if text.isdigit() and 0 < int(text) < 120 else None


def _street_or_address(value: str | None) -> tuple[str | None, ...]:
    """A street; a whole address where one was written into its column."""
    if value and "," in value and any(one.isdigit() for one in value.partition(",")[2]):
        return _flat_address(value)
    return (*cleaning.street_of(value or ""), None, None)


def _flat_address(value: str | None) -> tuple[str | None, ...]:
    found = cleaning.address_of(value or "")
    return (*found.street, found.postcode, found.city)
