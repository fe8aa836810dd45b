"""The made people are what they are said to be, and the measures of matching count what they say they count."""

import json
from itertools import pairwise

import numpy as np
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from noline.doors.bench import customers_matching
from noline.doors.bench import customers_truth as truth
from noline.doors.bench.customers import Plan, rows
from noline.doors.bench.customers_child import Unmeasured, ask
from noline.doors.bench.customers_crowd import becomes_known, customers, visits
from noline.doors.bench.customers_data import NoData, load
from noline.doors.bench.customers_live import Measured, Took
from noline.doors.bench.customers_matching import Figures, Reached
from noline.doors.bench.people import COLUMNS, TRUTH, make, parts
from noline.doors.bench.people_life import MOVERS, SHARED_LANDLINE, SHARED_MAIL, Mailboxes, households, people
from noline.doors.bench.people_names import ASCII, PLAIN, PROPER, names, plain
from noline.doors.bench.people_records import CHANNELS, mistyped
from noline.doors.cli.bench import bench
from noline.hub import Hub

ROWS = 40_000


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make(tmp_path_factory.mktemp("people"), ROWS)


@pytest.fixture(scope="module")
def records(made):
    """Records and truth side by side, as rows."""
    return [
        {**record, **known}
        for record, known in zip(
            pq.read_table(made.records).to_pylist(), pq.read_table(made.truth).to_pylist(), strict=True
        )
    ]


def share(some, whole):
    return len(list(some)) / len(list(whole))


# -- the files


def test_records_and_truth_are_two_files_of_one_order(made):
    told, known = pq.read_table(made.records), pq.read_table(made.truth)
    assert told.column_names == ["record_id", *COLUMNS]
    assert known.column_names == ["record_id", *TRUTH]
    assert told.num_rows == known.num_rows == ROWS
    assert told["record_id"] == known["record_id"]
    assert len(set(told["record_id"].to_pylist())) == ROWS


def test_the_same_seed_makes_the_same_files_and_another_seed_others(tmp_path):
    one, other, third = (tmp_path / name for name in ("one", "other", "third"))
    for folder in (one, other, third):
        folder.mkdir()
    first, again, different = make(one, 3_000, 7), make(other, 3_000, 7), make(third, 3_000, 8)
    assert first.records.read_bytes() == again.records.read_bytes()
    assert first.truth.read_bytes() == again.truth.read_bytes()
    assert first.records.read_bytes() != different.records.read_bytes()


def test_nothing_but_the_two_files_is_left_behind(tmp_path):
    made = make(tmp_path, 1_000)
    assert sorted(tmp_path.iterdir()) == sorted(made)


def test_neither_ids_nor_order_tell_who_belongs_together(records):
    """Neighbours in the file share a person as often as any two records do: hardly ever."""
    together = sum(one["person_truth"] == other["person_truth"] for one, other in pairwise(records))
    assert together <= ROWS // 1000
    assert [one["record_id"] for one in records[:2]] == ["r00000000", "r00000001"]


def test_more_rows_are_made_part_by_part(tmp_path):
    sizes = [table.num_rows for table in parts(60_000, 1)]
    assert len(sizes) > 1
    assert sum(sizes) == 60_000


# -- what is in them


def test_every_channel_has_its_gaps(records):
    by_channel = {name: [one for one in records if one["source"] == name] for name in CHANNELS}
    for name, channel in CHANNELS.items():
        assert share(by_channel[name], records) == pytest.approx(channel.share, abs=0.01)
    assert all(one["birth_date"] is None and one["loyalty_id"] is None for one in by_channel["marketplace"])
    assert all(one["email"] for one in by_channel["web"])
    relayed = [one for one in by_channel["marketplace"] if (one["email"] or "").endswith("@relay.market.example")]
    assert share(relayed, by_channel["marketplace"]) == pytest.approx(0.9 * 0.97, abs=0.02)
    assert share((one for one in by_channel["till"] if one["birth_date"]), by_channel["till"]) < 0.5


def test_nobody_is_written_down_who_leaves_nothing_to_be_found_by(records):
    for one in records:
        assert any(one[name] for name in ("email", "phone", "street", "loyalty_id")), one


def test_a_household_has_several_people_who_share_mail_and_telephone(records):
    people = {(one["household_truth"], one["person_truth"]) for one in records}
    assert 1.8 < len(people) / len({household for household, _ in people}) < 2.8
    for name in ("email", "phone"):
        owners: dict[str, set[int]] = {}
        homes: dict[str, set[int]] = {}
        for one in records:
            if one[name]:
                owners.setdefault(one[name], set()).add(one["person_truth"])
                homes.setdefault(one[name], set()).add(one["household_truth"])
        shared = [value for value, some in owners.items() if len(some) > 1 and len(homes[value]) == 1]
        assert len(shared) > ROWS / 100


def test_cashiers_type_numbers_that_are_none(records):
    till = [one["phone"] for one in records if one["source"] == "till" and one["phone"]]
    nothing = {"0", "000", "0000000000", "0123456789", "1111111111", "9999999999"}
    assert share((one for one in till if one in nothing), till) == pytest.approx(0.06, abs=0.03)


def test_names_come_in_several_spellings_and_scripts(records):
    japanese = [one for one in records if one["country"] == "JP" and one["family_name"]]
    assert {"佐藤", "さとう", "Sato"} <= {one["family_name"] for one in japanese}
    given = {one["given_name"] for one in records}
    assert {"Jürgen", "Jurgen", "Juergen", "JUERGEN", "François", "Francois"} <= given


def test_some_are_twins_some_are_called_after_their_father_and_some_changed_their_name():
    rng = np.random.default_rng(1)
    homes = households(rng, names(), 5_000, 0)
    them = people(rng, names(), homes, 0, Mailboxes())
    day, given, family = them.born, them.given, them.family
    at_home = [np.flatnonzero(them.household == number) for number in range(1_000)]
    pairs = [(one, other) for some in at_home for one in some for other in some if one < other]
    alike = [(one, other) for one, other in pairs if family[one] == family[other]]
    twins = [(one, other) for one, other in alike if day[one] == day[other] and given[one] != given[other]]
    namesakes = [
        (one, other) for one, other in alike if given[one] == given[other] and abs(day[one] - day[other]) > 15 * 365
    ]
    assert twins
    assert namesakes
    renamed = them.renamed_at >= 0
    assert 0.01 < renamed.mean() < 0.05
    assert (them.former_family[~renamed] == family[~renamed]).all()


def test_a_share_of_the_households_has_one_mailbox_one_landline_or_moves():
    homes = households(np.random.default_rng(1), names(), 20_000, 0)
    assert np.not_equal(homes.mail, None).mean() == pytest.approx(SHARED_MAIL, abs=0.01)
    assert np.not_equal(homes.landline, None).mean() == pytest.approx(SHARED_LANDLINE, abs=0.01)
    assert (homes.moved_at < 1).mean() == pytest.approx(MOVERS, abs=0.01)


def test_no_two_people_own_one_mailbox():
    boxes = Mailboxes()
    given = boxes.give(["a.b", "a.b", "a.b"], ["x.example", "x.example", "y.example"], [1, 2, 3])
    assert given == ["a.b@x.example", "a.b2@x.example", "a.b@y.example"]


def test_a_name_has_three_spellings():
    table = names().given.spelled.T.tolist()
    assert ["Jürgen", "Jurgen", "Juergen"] in table
    assert ["太郎", "たろう", "Taro"] in table
    assert (PROPER, PLAIN, ASCII) == (0, 1, 2)
    assert plain("François Öztürk ß") == "Francois Ozturk ss"


@pytest.mark.parametrize(
    ("way", "typed"), [(0.0, "Mairua"), (0.25, "Maiua"), (0.5, "Maxriua"), (0.75, "Maxiua")]
)  # fmt: skip
def test_a_slip_changes_one_place(way, typed):
    assert mistyped("Mariua", way, 0.3, "x") == typed


def test_a_slip_spares_the_first_letter_and_short_names():
    assert mistyped("Mariua", 0.25, 0.0, "x") == "Mriua"
    assert mistyped("Al", 0.25, 0.0, "x") == "Al"


# -- how agreement is counted


def test_pairs_and_clusters_are_counted_as_they_are_defined():
    """True: 0 1 2 | 3 4 | 5. Found: 0 1 | 2 3 4 | 5."""
    true, found = np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 1, 1, 2])
    assert truth.pairs(found, true) == truth.Agreement(right=2, found=4, true=4)
    assert truth.clusters(found, true) == truth.Agreement(right=1, found=3, true=3)
    assert truth.pairs(found, true).f1 == 0.5
    assert truth.clusters(found, true).precision == pytest.approx(1 / 3)


def test_kin_are_only_those_of_different_persons():
    """A household of two people with two records each, of which one record was put elsewhere."""
    person, home = np.array([0, 0, 1, 1]), np.array([0, 0, 0, 0])
    assert truth.kin(np.array([0, 0, 0, 1]), home, person) == truth.Agreement(right=2, found=2, true=4)


def test_whoever_is_linked_through_others_is_one():
    assert truth.components(5, np.array([0, 3]), np.array([1, 1])).tolist() == [0, 0, 2, 0, 4]


def test_the_best_threshold_is_the_one_that_the_truth_likes_best():
    """Three right links above a wrong one; the wrong one joins two people of two records each."""
    true = np.array([0, 0, 1, 1, 1])
    one, other = np.array([0, 2, 3, 1]), np.array([1, 3, 4, 2])
    best = truth.best_threshold(true, one, other, np.array([0.9, 0.8, 0.8, 0.7]))
    assert best.threshold == 0.8
    assert best.pair == truth.Agreement(right=4, found=4, true=4)
    assert best.cluster == truth.Agreement(right=2, found=2, true=2)
    assert best.best_cluster_f1 == 1.0


def test_links_of_one_score_are_taken_together():
    """The right link cannot be had without the wrong one of the same score."""
    best = truth.best_threshold(np.array([0, 0, 1]), np.array([0, 1]), np.array([1, 2]), np.array([0.9, 0.9]))
    assert best.threshold == 0.9
    assert best.pair == truth.Agreement(right=1, found=3, true=1)


def test_the_sweep_agrees_with_counting_anew_at_its_threshold():
    rng = np.random.default_rng(3)
    true, one, other = rng.integers(0, 60, 200), rng.integers(0, 200, 300), rng.integers(0, 200, 300)
    score = np.where(true[one] == true[other], rng.uniform(0.4, 1, 300), rng.uniform(0, 0.7, 300))
    best = truth.best_threshold(true, one, other, score)
    taken = score >= best.threshold
    found = truth.components(200, one[taken], other[taken])
    assert best.pair == truth.pairs(found, true)
    assert best.cluster == truth.clusters(found, true)


# -- data and rows


def test_a_set_that_is_not_here_says_how_to_get_it():
    with pytest.raises(NoData) as refusal:
        load("families")
    assert "--families FILE" in str(refusal.value)
    with pytest.raises(NoData) as refusal:
        load("people")
    assert "noline bench people" in str(refusal.value)


def test_a_made_set_is_loaded_without_its_truth_among_the_records(made):
    data = load("people", made.records)
    assert not {*TRUTH} & {*data.records.column_names}
    assert len(data.person) == len(data.household) == data.records.num_rows == ROWS


def test_a_measure_stands_beside_its_aim_and_beside_splink_alone():
    half, whole = Figures(0.5, 0.5, 0.5), Figures(1.0, 1.0, 1.0)
    common = {"name": "febrl3", "records": 4, "people": 2, "at": "", "seconds": 1.0, "peak_mb": 9.0}
    ours = Reached(side="ours", pair=whole, cluster=whole, cpu_seconds=2.0, **common)
    alone = Reached(
        side="splink", pair=half, cluster=half, cpu_seconds=1.0, best_pair=whole, best_cluster_f1=0.75, **common
    )
    found = {row.measure: row for row in rows([alone, ours], [])}
    assert found["febrl3: cluster F1"] == ("febrl3: cluster F1", ">= 1.000", "1.0000", "0.5000 (best 0.7500)", True)
    assert found["febrl3: CPU seconds"] == ("febrl3: CPU seconds", None, "2.0", "1.0", None)
    assert [row.met for row in rows([alone], []) if row.aim] == [None]


def test_an_aim_that_was_missed_says_so():
    slow = Took("single events of 64 senders", 10, 1_999.0, 0.5, 0.9)
    measured = Measured("intake", [slow], {"writes the disk confirms a second": 300.0}, 1.0, 1.0, 1.0)
    found = {row.measure: row for row in rows([], [measured])}
    assert found["single events of 64 senders: a second"] == (
        "single events of 64 senders: a second",
        ">= 2,000",
        "1,999",
        None,
        False,
    )
    assert found["(writes the disk confirms a second)"].reached == "300"


def test_the_long_set_is_measured_only_when_it_is_wanted():
    assert not Plan().wants("people-1m")
    assert Plan().wants("people-100k")
    assert Plan(full=True).wants("people-1m")
    assert Plan(only=("people-1m",)).wants("people-1m")
    assert not Plan(only=("people-1m",)).wants("febrl3")


# -- what customers send


def test_customers_who_become_known_are_taken_in_and_known_by_all_their_names(tmp_path):
    told = list(customers(200, 1))
    assert [one.number for one in told] == list(range(200))
    with Hub.init(tmp_path / "hub") as hub:
        hub.access.add_source("shop", "web")
        receipts = hub.accept("shop", [becomes_known(one, 1_700_000_000_000_000) for one in told])
        receipts += hub.accept("shop", list(visits(100, 200, 1, 1_700_000_100_000_000)))
        assert {receipt.status for receipt in receipts} == {"accepted"}
        (found,) = hub.find_customers(told[3].email)
        spaces = {identifier.namespace for identifier, _ in found.identifiers}
        assert {"user_id", "anonymous_id", "email", "phone"} <= spaces


# -- the commands


def test_people_are_made_from_the_command_line(tmp_path):
    done = CliRunner().invoke(bench, ["people", str(tmp_path), "--rows", "500", "--json"])
    assert done.exit_code == 0
    made = json.loads(done.stdout)
    assert pq.read_table(made["records"]).num_rows == pq.read_table(made["truth"]).num_rows == 500


def test_a_part_that_nobody_knows_is_refused_with_the_names_of_all():
    done = CliRunner().invoke(bench, ["customers", "--only", "febrl9"])
    assert done.exit_code == 2
    assert "febrl3" in done.stderr
    assert "erasure" in done.stderr


def test_a_set_without_its_file_is_told_and_the_bench_goes_on():
    """Asked for alone, so that nothing is measured: what is missing is no failure."""
    done = CliRunner().invoke(bench, ["customers", "--only", "families", "--json"])
    assert done.exit_code == 0
    told = json.loads(done.stdout)
    assert told["rows"] == []
    assert told["unmeasured"] == [
        {
            "part": "families",
            "why": "families is not here: no file of people with families. Name it with --families FILE.",
            "broke": False,
        }
    ]


def test_a_part_that_breaks_off_is_told_with_its_last_words(tmp_path):
    """A job that names no part there is: the process ends with a fault, and that is no missing set."""
    wrong = customers_matching.Job("no-such-set", "splink")
    answer = ask(customers_matching, "nothing", wrong, Reached)
    assert answer == Unmeasured("nothing", "KeyError: 'no-such-set'", broke=True)
