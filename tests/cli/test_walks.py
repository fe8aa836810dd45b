"""Funnels, hand-offs and time to hand-off from the command line, over a table of events and over a hub."""

import json

import pytest

ROWS = [
    ("7", "2026-03-01T10:00:00Z", "web", "view", "FR"),
    ("7", "2026-03-01T10:04:00Z", "web", "cart", "FR"),
    ("7", "2026-03-03T17:30:00Z", "store", "purchase", "FR"),
    ("8", "2026-03-02T09:00:00Z", "web", "view", "CH"),
    ("8", "2026-03-02T09:05:00Z", "web", "cart", "CH"),
    ("9", "2026-03-02T11:00:00Z", "app", "view", "CH"),
    ("9", "2026-03-02T11:20:00Z", "call", "ask", "CH"),
    ("9", "2026-03-20T12:00:00Z", "web", "view", "CH"),
]
MAP = ["--map", "person=customer,time=at,channel=where,action=what"]


@pytest.fixture
def events(tmp_path):
    path = tmp_path / "events.ndjson"
    names = ("customer", "at", "where", "what", "country")
    path.write_text("".join(json.dumps(dict(zip(names, row, strict=True))) + "\n" for row in ROWS))
    return ["--events", path, *MAP]


def persons(rows):
    return [(row["step"], row["persons"]) for row in rows]


def test_a_funnel_over_a_table_of_events(noline, events):
    said = noline("journeys", "funnel", *events, "--steps", "view,cart,purchase", "--window", "7d", "--json")
    assert persons(said.json["levels"]) == [("view", 3), ("cart", 2), ("purchase", 1)]
    assert said.json["levels"][1]["share_of_first"] == pytest.approx(2 / 3)
    assert said.json["levels"][2]["share_of_before"] == 0.5
    assert said.json["levels"][2]["too_few"] is True
    # Person 9 looked again on the last day, and has seven days from then.
    assert said.json["still_open"] == 1
    assert said.json["read"] == {"rows": 8, "left_out": 0, "time": "timestamp", "value": None, "persons": 3}
    assert said.err == "read 8 events of 3 persons; times: timestamp\n"


def test_a_funnel_tells_its_parts_its_persons_and_that_it_was_counted_again(noline, events):
    words = ["--by", "country", "--behind", "cart", "--stopped", "--check", 10, "--json"]
    told = noline("journeys", "funnel", *events, "--steps", "view, cart, store/*", *words).json
    assert {name: persons(part) for name, part in told["parts"].items()} == {
        "CH": [("view", 2), ("cart", 1), ("store/*", 0)],
        "FR": [("view", 1), ("cart", 1), ("store/*", 1)],
    }
    assert told["behind"] == [
        {"person": "8", "began_at": "2026-03-02T09:00:00.000Z", "reached_at": "2026-03-02T09:05:00.000Z"}
    ]
    assert told["checked"] == {"persons": 3, "passed_over": 0, "differ": []}


@pytest.mark.parametrize(
    ("words", "levels"),
    [
        (["--steps", "view,purchase", "--window", "2d"], [3, 0]),
        (["--steps", "view,purchase", "--window", "none"], [3, 1]),
        (["--steps", "cart,view", "--mode", "any"], [3, 2]),
        (["--steps", "view,purchase", "--mode", "strict"], [3, 0]),
        (["--steps", "view,cart?,purchase"], [3, 2, 1]),
        (["--steps", "view,cart", "--between", "cart=..4m"], [3, 1]),
        (["--steps", "view,cart", "--between", "cart=5m.."], [3, 1]),
        (["--steps", "view,purchase", "--without", "cart"], [3, 0]),
        (["--steps", "view,cart", "--without", "purchase,ask", "--ends", "person"], [1, 1]),
        (["--steps", "cart,view", "--tolerance", "4m"], [2, 1]),
    ],
    ids=lambda words: " ".join(words) if isinstance(words[0], str) else "",
)
def test_a_funnel_takes_the_options_of_the_page(noline, events, words, levels):
    said = noline("journeys", "funnel", *events, *words, "--json")
    assert [row["persons"] for row in said.json["levels"]] == levels


def test_in_any_order_a_row_is_so_many_steps(noline, events):
    words = ["--steps", "cart,view", "--mode", "any", "--behind", "2", "--json"]
    told = noline("journeys", "funnel", *events, *words).json
    assert persons(told["levels"]) == [("1 of 2", 3), ("2 of 2", 2)]
    assert [one["person"] for one in told["behind"]] == ["7", "8"]
    assert noline("journeys", "funnel", *events, *words[:-2], "cart").code == 2


def test_handoffs_over_a_table_of_events(noline, events):
    said = noline("journeys", "handoffs", *events, "--intents", "cart", "--goals", "purchase", "--json")
    told = said.json
    assert [(row["from"], row["to"], row["handoffs"], row["persons"]) for row in told["handoffs"]] == [
        ("app", "call", 1, 1), ("call", "web", 1, 1), ("web", "store", 1, 1),
    ]  # fmt: skip
    assert (told["persons"], told["journeys"]) == (3, 3)
    assert told["visits"] == {"web": 3, "store": 1, "app": 1, "call": 1}
    assert {name: told["drop_offs"]["all"][name] for name in ("elsewhere", "lost", "share_false")} == {
        "elsewhere": 1, "lost": 1, "share_false": 0.5,
    }  # fmt: skip
    assert told["drop_offs"]["sequences"] == [{"visits": ["web/cart"], "lost": 1}]


def test_who_is_still_in_time_to_buy_is_undecided_whatever_was_bought_so_far(noline, tmp_path):
    path = tmp_path / "young.csv"
    path.write_text(
        "person,time,channel,action\n1,2026-01-01,web,cart\n1,2026-01-02,store,buy\n2,2026-01-01,web,cart\n"
        "3,2026-01-02,web,cart\n"
    )
    words = ["--events", path, "--intents", "cart", "--goals", "buy", "--json"]
    told = noline("journeys", "handoffs", *words).json["drop_offs"]["all"]
    assert {name: told[name] for name in ("visits", "elsewhere", "lost", "undecided", "share_false")} == {
        "visits": 3, "elsewhere": 0, "lost": 0, "undecided": 3, "share_false": None,
    }  # fmt: skip


def test_a_file_of_a_header_alone_answers_every_question_with_nobody(noline, tmp_path):
    path = tmp_path / "none.csv"
    path.write_text("customer,at,where,what\n")
    events = ["--events", path, *MAP]
    said = noline("journeys", "funnel", *events, "--steps", "view,cart", "--behind", "view", "--check", 5, "--json")
    assert persons(said.json["levels"]) == [("view", 0), ("cart", 0)]
    assert (said.json["behind"], said.json["read"]["time"]) == ([], "nothing")
    told = noline("journeys", "handoffs", *events, "--intents", "cart", "--goals", "buy", "--json").json
    assert (told["handoffs"], told["persons"], told["drop_offs"]["all"]["visits"]) == ([], 0, 0)
    timed = noline("journeys", "time-to", *events, "--from", "view", "--to", "buy", "--at", "1d", "--json").json
    assert timed["persons"] == 0


def test_pauses_are_told_for_a_channel_and_for_journeys(noline, events):
    told = noline("journeys", "handoffs", *events, "--gap", "web=1m", "--journey-gap", "2d", "--json").json
    assert told["visits"]["web"] == 5
    assert [(row["from"], row["to"]) for row in told["handoffs"]] == [("app", "call")]
    assert told["drop_offs"] is None


def test_time_to_over_a_table_of_events(noline, events):
    words = ["--from", "view", "--to", "purchase", "--competing", "call/ask", "--at", "1d,7d"]
    told = noline("journeys", "time-to", *events, *words, "--json").json
    assert (told["persons"], told["still_waiting"]) == (3, 1)
    assert [(row["end"], row["at"], row["ended"], row["at_risk"]) for row in told["incidence"]] == [
        ("purchase", "1d", 0, 2), ("purchase", "7d", 1, 1), ("call/ask", "1d", 1, 2), ("call/ask", "7d", 1, 1),
    ]  # fmt: skip
    assert told["incidence"][1]["share"] == pytest.approx(1 / 3)
    assert 0 < told["incidence"][1]["low"] < 1 / 3 < told["incidence"][1]["high"] < 1


def test_events_are_kept_and_opened_again(noline, events, tmp_path):
    steps = ["--steps", "view,cart,purchase", "--by", "country", "--json"]
    first = noline("journeys", "funnel", *events, *steps, "--keep", tmp_path / "kept").json
    again = noline("journeys", "funnel", "--events", tmp_path / "kept", *steps).json
    assert (again["levels"], again["parts"]) == (first["levels"], first["parts"])
    assert (again["read"], first["read"]["rows"]) == (None, 8)
    assert noline("journeys", "funnel", "--events", tmp_path / "kept", *steps, *MAP).code == 2


def test_a_hub_is_asked_the_same_way(noline, asked):
    steps = ["--steps", "web/Product Viewed, web/Product Reserved, store/Order Completed", "--window", "none"]
    told = noline("journeys", "funnel", *steps, "--hub", asked, "--json").json
    assert [row["persons"] for row in told["levels"]] == [1, 1, 1]
    assert told["read"] is None


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["funnel", "--steps", "view,buy"], "walks.step_unknown"),
        (["funnel", "--steps", "view,cart", "--window", "7"], "walks.span_unreadable"),
        (["funnel", "--steps", "view?,cart"], "walks.funnel_unreadable"),
        (["funnel", "--steps", "view,cart", "--by", "planet"], "walks.column_missing"),
        (["time-to", "--from", "view", "--to", "nothing"], "walks.step_unknown"),
        (["handoffs", "--intents", "cart", "--goals", "nothing"], "walks.step_unknown"),
    ],
)
def test_a_rule_that_refuses_says_why(noline, events, words, code):
    said = noline("journeys", *words, *events, "--json")
    # Whatever was read before is told first; the refusal is the last line.
    assert (said.code, said.out, json.loads(said.err.splitlines()[-1])["code"]) == (3, "", code)


@pytest.mark.parametrize(
    "words",
    [
        ["funnel", "--steps", "view,cart", "--between", "cart"],
        ["funnel", "--steps", "view,cart", "--between", "buy=1m..2m"],
        ["funnel", "--steps", "view,cart", "--behind", "buy"],
        ["handoffs", "--intents", "cart"],
        ["handoffs", "--gap", "30m"],
    ],
    ids=" ".join,
)
def test_what_is_called_wrongly_ends_with_two(noline, events, words):
    said = noline("journeys", *words, *events)
    assert (said.code, said.out) == (2, "")


@pytest.mark.parametrize(
    "option", [["--map", "person=a"], ["--intents", "cart"], ["--journey-gap", "9d"], ["--gap", "a=1m"]]
)
def test_what_only_a_table_answers_is_not_passed_over_for_a_hub(noline, asked, option):
    said = noline("journeys", "handoffs", *option, "--hub", asked)
    assert (said.code, said.out) == (2, "")
    assert "needs --events" in said.err


def test_a_pattern_is_answered_with_the_folder_to_name(noline, events):
    path = events[1]
    said = noline("journeys", "funnel", "--events", path.parent / "*.ndjson", *MAP, "--steps", "view,cart")
    assert (said.code, said.out) == (2, "")
    assert "is a pattern. Name one file, or the folder that the files lie in." in said.err
    told = noline("journeys", "funnel", "--events", path.parent, *MAP, "--steps", "view,cart", "--json")
    assert persons(told.json["levels"]) == [("view", 3), ("cart", 2)]


def test_a_map_that_cannot_be_read_ends_with_two(noline, events):
    assert noline("journeys", "funnel", *events[:2], "--map", "person", "--steps", "view").code == 2
    said = noline("journeys", "funnel", *events[:2], "--map", "who=customer", "--steps", "view")
    assert (said.code, said.out) == (3, "")
