"""Recommendations: what is read, what is counted, how good it is, and what one customer is told."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from math import log2

import numpy as np
import pytest

from noline.insight.recommend import baselines, trees
from noline.insight.recommend.features import NAMES, Known, candidates
from noline.insight.recommend.fitting import calibrated, count_known, fit
from noline.insight.recommend.habits import Past, due
from noline.insight.recommend.metrics import Bought, by_customer, measured
from noline.insight.recommend.model import Basket, BasketsUnreadable, RecommendAskedWrong
from noline.insight.recommend.reading import read
from noline.insight.recommend.service import Recommender, evaluate, table_of
from noline.insight.recommend.statistics import item_statistics
from noline.insight.recommend.table import before, spread, without_last
from noline.kernel.clock import DAY

NOW = 20_000 * DAY
MAP = {"customer": "c", "basket": "b", "item": "i"}


def basket(days_ago: float, *skus: str, store: str | None = "paris-1") -> Basket:
    return Basket(int(NOW - days_ago * DAY), store, tuple((sku, 1.0) for sku in skus))


def crowd(customers: int = 80, baskets: int = 14) -> list[list[Basket]]:
    """Each buys a coffee of his own every time, filters every second time, and something by chance."""
    rng = np.random.default_rng(7)
    found = []
    for one in range(customers):
        history = []
        for place in range(baskets):
            skus = {f"coffee-{one % 8}", f"chance-{rng.integers(40)}"}
            if place % 2:
                skus.add(f"filter-{one % 8}")
            history.append(basket(7 * (baskets - place), *sorted(skus)))
        found.append(history)
    return found


@pytest.fixture(scope="module")
def fitted() -> Recommender:
    return Recommender.fit(crowd())


# Reading


def lines_file(tmp_path, text: str, name: str = "lines.csv"):
    path = tmp_path / name
    path.write_text(text, "utf-8")
    return path


def test_baskets_without_times_stand_by_their_numbers(tmp_path):
    path = lines_file(tmp_path, "c,b,i\nx,10,tea\nx,9,milk\nx,9,tea\n")
    told = read(path, MAP, min_baskets=1, min_item=1)
    assert told.ordered_by == "the numbers of the baskets"
    assert [told.item_names[one] for one in told.table.item] == ["milk", "tea", "tea"]
    assert told.table.at.tolist() == [0, 1]


def test_baskets_without_times_and_numbers_stand_by_the_order_of_the_lines(tmp_path):
    told = read(lines_file(tmp_path, "c,b,i\nx,zz,milk\nx,aa,tea\n"), MAP, min_baskets=1, min_item=1)
    assert told.ordered_by == "the order of the lines in the file"
    assert [told.item_names[one] for one in told.table.item] == ["milk", "tea"]


def test_an_item_stands_once_in_a_basket_with_all_its_units(tmp_path):
    rows = [{"c": 1, "b": 1, "i": "tea", "n": 2}, {"c": 1, "b": 1, "i": "tea", "n": 3}]
    path = lines_file(tmp_path, "\n".join(json.dumps(row) for row in rows), "lines.ndjson")
    told = read(path, {**MAP, "units": "n"}, min_baskets=1, min_item=1)
    assert told.table.units.tolist() == [5]


def test_rare_items_are_left_out_before_customers_with_few_baskets(tmp_path):
    text = "c,b,i\n" + "".join(f"x,{one},tea\n" for one in range(3)) + "x,9,rare\ny,1,tea\ny,2,rare-too\n"
    told = read(lines_file(tmp_path, text), MAP, min_baskets=3, min_item=3)
    assert (told.table.customers, told.table.baskets, told.item_names) == (1, 3, ["tea"])


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ({"customer": "c", "basket": "b"}, "nothing says which column is the item"),
        ({**MAP, "item": "sku"}, "it has no column sku; it has c, b, i"),
        ({**MAP, "colour": "i"}, "colour is none of"),
    ],
)
def test_a_wrong_map_is_refused_with_what_is_wrong(tmp_path, columns, why):
    with pytest.raises(BasketsUnreadable, match=why):
        read(lines_file(tmp_path, "c,b,i\nx,1,tea\n"), columns)


def test_a_file_that_is_not_there_or_of_no_known_kind_is_refused(tmp_path):
    with pytest.raises(BasketsUnreadable, match="there is no such file"):
        read(tmp_path / "none.csv", MAP)
    with pytest.raises(BasketsUnreadable, match="ends with none of"):
        read(tmp_path / "lines.xls", MAP)


def test_a_time_that_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(BasketsUnreadable, match="1 baskets have no time that can be read"):
        read(lines_file(tmp_path, "c,b,i,t\nx,1,tea,soon\n"), {**MAP, "time": "t"}, min_baskets=1, min_item=1)


def test_the_same_baskets_come_out_of_a_file_however_it_was_written(tmp_path):
    rows = [{"c": "Zoë", "b": one, "i": "crème"} for one in (1, 2)]
    text = "c,b,i\n" + "".join(f"{row['c']},{row['b']},{row['i']}\n" for row in rows)
    objects = "\n".join(map(json.dumps, rows)).encode()
    written = {
        "plain.csv": text.encode(), "latin.csv": text.encode("cp1252"), "wide.csv": text.encode("utf-16"),
        "packed.csv.gz": gzip.compress(text.encode()), "packed_latin.csv.gz": gzip.compress(text.encode("cp1252")),
        "lines.ndjson": objects, "packed.ndjson.gz": gzip.compress(objects),
    }  # fmt: skip
    for name, content in written.items():
        (tmp_path / name).write_bytes(content)
        told = read(tmp_path / name, MAP, min_baskets=1, min_item=1)
        assert (name, told.item_names, told.table.baskets, told.lines) == (name, ["crème"], 2, 2)


def test_an_empty_file_is_refused_as_empty_and_a_broken_one_as_broken(tmp_path):
    with pytest.raises(BasketsUnreadable, match="it is empty"):
        read(lines_file(tmp_path, ""), MAP)
    with pytest.raises(BasketsUnreadable, match="gzipped"):
        read(lines_file(tmp_path, "c,b,i\n", "lines.csv.gz"), MAP)


def test_a_day_that_could_be_a_month_is_decided_by_the_others_or_refused(tmp_path):
    timed = {**MAP, "time": "t"}
    decided = read(
        lines_file(tmp_path, "c,b,i,t\nx,1,tea,03/02/2026\nx,2,tea,31/01/2026\n"), timed, min_baskets=1, min_item=1
    )
    assert np.diff(decided.table.at).tolist() == [3]
    with pytest.raises(BasketsUnreadable, match="'03/02/2026' of the column t"):
        read(lines_file(tmp_path, "c,b,i,t\nx,1,tea,03/02/2026\n"), timed, min_baskets=1, min_item=1)


# Counting


def test_what_is_known_before_a_basket_holds_none_of_its_items():
    table, _ = table_of(crowd(4, 6))
    queries = before(table, 1, 1)
    assert (queries.end - queries.start).tolist() == [5] * 4
    assert without_last(table, 1).baskets == 20
    assert spread(np.array([3, 9]), np.array([5, 10]))[0].tolist() == [3, 4, 9]


def test_the_rate_of_an_item_is_its_share_of_the_baskets_after_the_first():
    table, names = table_of([[basket(9 - place, "tea", *(["milk"] if place == 0 else [])) for place in range(9)]])
    found = item_statistics(table)
    tea, milk = names.index("tea"), names.index("milk")
    assert found.baskets[[tea, milk]].tolist() == [9, 1]
    # Eight of eight and none of eight, each with ten made-up baskets at the mean of both: one half.
    assert found.rate[[tea, milk]].tolist() == pytest.approx([13 / 18, 5 / 18])
    assert found.gap_baskets[tea] == pytest.approx(1.0)


def test_the_numbers_of_a_candidate_are_those_of_the_customers_past():
    table, names = table_of([[basket(10, "tea"), basket(6, "tea", "milk"), basket(1, "milk")], crowd(1)[0]])
    known: Known = count_known(table, np.random.default_rng(1))
    queries = before(table, 1, 1).part(slice(0, 1))
    found = next(candidates(table, known, queries))
    row = found.values[found.item == names.index("tea")][0]
    told = dict(zip(NAMES, row.tolist(), strict=True))
    assert (told["times"], told["recency_baskets"], told["age_baskets"], told["baskets"]) == (2, 1, 2, 2)
    assert (told["recency_days"], told["times_here"]) == (pytest.approx(5), 2)


# Measuring


def test_the_measures_are_those_of_their_definitions():
    ranked = np.array([[4, 1, 2], [7, 8, -1]])
    then = Bought(np.array([1, 2, 3, 5, 10 + 9]), np.array([4, 1]))
    told = by_customer(ranked, then, 10, (2, 3))
    assert told["recall@3"].tolist() == [2 / 4, 0]
    assert told["hit_rate@2"].tolist() == [1, 0]
    assert told["ndcg@2"][0] == pytest.approx((1 / log2(3)) / (1 + 1 / log2(3)))
    assert told["ndcg@3"][0] == pytest.approx((1 / log2(3) + 1 / 2) / (1 + 1 / log2(3) + 1 / 2))


def test_an_interval_holds_the_mean_and_is_a_point_when_all_are_alike():
    told = measured({"same": np.full(50, 0.3), "mixed": np.arange(50) / 49}, np.random.default_rng(1))
    assert (told["same"].low, told["same"].high) == (pytest.approx(0.3), pytest.approx(0.3))
    assert told["mixed"].value == pytest.approx(0.5)
    assert told["mixed"].low < 0.5 < told["mixed"].high


def test_personal_frequency_counts_and_then_takes_what_is_popular():
    table, names = table_of([
        [basket(9, "a", "b"), basket(8, "a"), basket(7, "z")], [basket(9, "c"), basket(8, "c"), basket(7, "c")],
    ])  # fmt: skip
    known = count_known(without_last(table, 1), np.random.default_rng(1))
    found = baselines.frequency(table, known, before(table, 1, 1), 3)
    assert [names[one] for one in found[0]] == ["a", "b", "c"]


def test_trees_find_a_middle_that_no_weight_shows():
    rng = np.random.default_rng(3)

    def middle(values):
        return np.abs(values[:, 0] - 0.5) < 0.2

    values = rng.random((4_000, 3)).astype(np.float32)
    found = trees.fit(values, middle(values), np.ones(4_000), rng, trees=60, depth=3)
    fresh = rng.random((1_000, 3)).astype(np.float32)
    assert ((found.score(fresh) > 0) == middle(fresh)).mean() > 0.95


def test_a_score_becomes_the_chance_that_it_meant():
    rng = np.random.default_rng(3)
    score = rng.normal(size=20_000)
    hit = rng.random(20_000) < 1 / (1 + np.exp(-(2 * score - 1)))
    assert calibrated(score, hit) == (pytest.approx(2, abs=0.1), pytest.approx(-1, abs=0.1))


def test_an_evaluation_is_the_same_twice_and_beats_popularity():
    table, _ = table_of(crowd())
    first, second = (evaluate(table, (2,), method="linear") for _ in range(2))
    assert [one.measures for one in first.rows] == [one.measures for one in second.rows]
    ours, popular = first.rows[0], next(one for one in first.rows if one.method == "item popularity")
    assert first.customers == first.of == 80
    assert ours.measures["recall@2"].value > 0.6
    assert popular.ahead["recall@2"].low > 0


def once_each() -> list[list[Basket]]:
    """Nobody buys anything twice, and everybody may buy one of a few things that many bought."""
    rng = np.random.default_rng(11)
    return [
        [basket(7 * (8 - place), f"common-{one}") for place, one in enumerate(rng.permutation(60)[:8])]
        for _ in range(150)
    ]


@pytest.mark.parametrize(
    ("customers", "timed"), [(crowd(), True), (once_each(), False)], ids=["habits", "nothing twice, no times"]
)
def test_auto_takes_what_did_best_before_the_last_basket_plain_methods_among_them(customers, timed):
    table, _ = table_of(customers)
    if not timed:
        places = np.arange(table.baskets) - np.repeat(table.starts[:-1], np.diff(table.starts))
        table = table._replace(at=places.astype(np.float64), timed=False)
    found = evaluate(table, (10,))
    assert set(found.tried) == {"trees", "linear", "decay", "frequency", "popularity", "tifu"}
    reached = {name: recall + ndcg for name, (recall, ndcg, _) in found.tried.items()}
    assert reached[found.chosen] == max(reached.values())
    assert len({of for *_, of in found.tried.values()}) == 1
    assert found.rows[0].method == f"ours: {found.chosen}"
    best = max(one.measures["recall@10"].value for one in found.rows[1:])
    assert found.rows[0].measures["recall@10"].value > best - 0.05


def test_a_plain_method_that_is_chosen_is_what_is_measured(monkeypatch):
    table, _ = table_of(crowd())
    fitted = fit(without_last(table, 1), np.random.default_rng(1), "decay")
    told = fitted._replace(tried={"decay": (0.1, 0.1, 16), "frequency": (0.2, 0.2, 16)})
    monkeypatch.setattr("noline.insight.recommend.evaluation.fit", lambda *_, **__: told)
    found = evaluate(table, (2,))
    assert (found.chosen, found.rows[0].method) == ("frequency", "ours: frequency")
    assert {name: one.value for name, one in found.rows[0].measures.items()} == {
        name: one.value for name, one in found.rows[1].measures.items()
    }


def test_customers_are_drawn_when_there_are_more_than_asked_about():
    table, _ = table_of(crowd())
    found = evaluate(table, (2,), method="frequency", most=30)
    assert (found.customers, found.of, found.rows[0].method) == (30, 80, "ours: frequency")
    assert found.rows[0].measures == {
        name: pytest.approx(one, abs=0.1) for name, one in found.rows[1].measures.items()
    }  # fmt: skip


# One customer


HISTORY = crowd()[3]


def test_what_was_bought_before_comes_first_and_says_why(fitted):
    found = fitted.for_customer(HISTORY, k=2, store="paris-1", now=NOW)
    assert found[0].sku == "coffee-3"
    assert found[0].because.text == (
        "bought in 10 of your last 10 baskets, last 7 days ago, usually every 7 days, bought before in this very store"
    )
    assert found[0].because.values["here"] == 14
    assert found[0].probability is not None
    assert 0.8 < found[0].probability <= 1


def test_nothing_bought_before_is_new_and_nothing_else_is_repeated(fitted):
    bought = {sku for one in HISTORY for sku, _ in one.items}
    new = {one.sku for one in fitted.for_customer(HISTORY, mode="new", k=20, now=NOW)}
    repeat = {one.sku for one in fitted.for_customer(HISTORY, mode="repeat", k=20, now=NOW)}
    assert new
    assert not new & bought
    assert repeat <= bought


def test_a_basket_is_completed_by_what_stands_beside_it(fitted):
    found = fitted.for_customer([], mode="basket", basket=["filter-5"], k=3, now=NOW)
    assert found[0].sku == "coffee-5"
    assert found[0].because.kind == "along"
    assert "filter-5" not in {one.sku for one in found}


def test_a_new_order_counts_at_once(fitted):
    again = [*HISTORY, basket(0, "chance-39"), basket(0, "chance-39")]
    before_it = {one.sku: one.score for one in fitted.for_customer(HISTORY, k=100, now=NOW)}
    after_it = {one.sku: one.score for one in fitted.for_customer(again, k=100, now=NOW)}
    assert after_it["chance-39"] > before_it.get("chance-39", 0)


def test_an_item_that_is_newer_than_the_fitting_can_be_repeated(fitted):
    found = fitted.for_customer([basket(9, "brand-new"), basket(2, "brand-new")], k=1, now=NOW)
    assert (found[0].sku, found[0].because.values["times"]) == ("brand-new", 2)


def test_what_may_not_be_named_is_not(fitted):
    assert "coffee-3" not in {one.sku for one in fitted.for_customer(HISTORY, now=NOW, without=["coffee-3"])}


def test_an_item_is_due_when_its_usual_time_has_passed():
    past = Past.of(basket(days, "coffee-3") for days in (50, 40, 30, 20))
    assert [(one.sku, one.ratio, one.probability) for one in due(past, NOW)] == [("coffee-3", 2.0, 5 / 6)]
    assert due(Past.of(basket(days, "coffee-3") for days in (32, 22, 12, 2)), NOW) == []
    assert due(Past.of(basket(days, "coffee-3") for days in (40, 20)), NOW) == []


def test_what_was_saved_answers_as_before_and_holds_no_customer(fitted, tmp_path):
    fitted.save(tmp_path)
    again = Recommender.load(tmp_path)
    assert again is not None
    assert again.for_customer(HISTORY, now=NOW) == fitted.for_customer(HISTORY, now=NOW)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.npz"]
    assert Recommender.load(tmp_path / "nothing") is None


@pytest.mark.parametrize(
    "asked", [{"mode": "guess"}, {"k": 0}, {"k": 101}, {"mode": "basket"}], ids=["mode", "none", "many", "basket"]
)
def test_what_makes_no_sense_is_refused(fitted, asked):
    with pytest.raises(RecommendAskedWrong):
        fitted.for_customer(HISTORY, now=NOW, **asked)


def test_too_little_history_is_refused():
    with pytest.raises(RecommendAskedWrong, match="three baskets"):
        Recommender.fit([[basket(1, "tea")]])


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("%m/%d/%Y", "the time in at"),
        ("%d.%m.%Y", "the time in at"),
        ("%Y%m%d", "the date in at"),
        ("%Y-%m-%d %H:%M:%S", "the time in at"),
    ],
)
def test_dates_are_read_as_people_write_them(tmp_path, written, words):
    file = tmp_path / "baskets.csv"
    days = [datetime(2000, 11, 1, tzinfo=UTC) + timedelta(days=day) for day in (0, 29, 31)]
    file.write_text("c,b,i,at\n" + "".join(f"a,{9 - n},x,{one.strftime(written)}\n" for n, one in enumerate(days)))
    found = read(file, {"customer": "c", "basket": "b", "item": "i", "time": "at"}, min_baskets=1, min_item=1)
    assert (found.ordered_by, np.diff(found.table.at).tolist()) == (words, [29.0, 2.0])


def test_with_fewer_items_than_asked_for_the_rest_is_nothing():
    first = baselines._first(np.array([[3, 3, 3, 3, 2, 2]], np.float32), np.array([1, 2, 3, 50, 5, 90.0]), 8)
    assert first.tolist() == [[3, 2, 1, 0, 5, 4, -1, -1]], "equal ones by how common they are"
