"""Every command, with and without --json: what it answers, what it says, and with which code it ends."""

import json
import stat
from collections.abc import Iterator
from typing import Any

import pytest

from noline.doors.cli.main import noline as whole
from noline.doors.cli.main import spec
from noline.doors.cli.talk import without_password
from noline.hub import Hub
from noline.kernel.errors import NoLineError

PERSON, OTHER, RECEIPT = object(), object(), object()
"""Stand for the id of a customer, of another one, and of the receipt of an erasure."""

QUESTIONS: dict[str, list[Any]] = {
    "doctor": [],
    "settings": [],
    "books": [],
    "verify": [],
    "source list": [],
    "key list": [],
    "login": ["--role", "associate", "--address", "https://hub.example"],
    "dead-letters list": ["--state", "all", "--after", "0", "--limit", "10"],
    "dead-letters show": [1],
    "dead-letters replay": [1, "--dry-run"],
    "changes": ["--after", "2", "--limit", "3", "--kind", "Price Set"],
    "webhooks list": [],
    "customers find": ["anna@example.com", "--limit", "5"],
    "customers get": [PERSON],
    "customers timeline": [PERSON, "--limit", "2"],
    "customers values": [PERSON],
    "customers consent": [PERSON],
    "customers household": [PERSON],
    "customers account": [PERSON],
    "customers recognise": ["--name", "Anna Arabica", "--limit", "2"],
    "customers lookalikes": [PERSON, "--limit", "2"],
    "customers why": [PERSON],
    "customers quality": [],
    "customers rules": [],
    "customers decisions": ["--limit", "5"],
    "customers erasure": [RECEIPT],
    "accounts find": ["A-1"],
    "carts show": ["cart-7f3a9c21d4e8b605"],
    "carts of": ["user_id:anna"],
    "journeys handoffs": [],
    "journeys groups": ["mail", "store"],
    "journeys breakdown": ["web", "store", "--by", "store", "--monthly"],
    "journeys carried-over": ["web", "store", "--within-days", "7"],
    "journeys lost": ["web", "store", "--limit", "5", "--offset", "0"],
    "journeys drop-offs": [],
    "journeys funnel": ["--steps", "Product Viewed, Order Completed", "--by", "channel", "--check", "9"],
    "journeys time-to": ["--from", "Product Viewed", "--to", "Order Completed", "--competing", "Product Reserved"],
    "journeys frictions": [],
    "journeys friction": ["F1", "--cases", "2"],
    "journeys causes": ["F1"],
    "credit units": ["--by-month"],
    "credit results": ["--method", "last"],
    "credit order": ["o-1"],
    "credit orders": ["--limit", "5"],
    "credit guarantee": ["--books", "fair"],
    "credit what-if": ["web"],
    "credit handoffs": [],
    "credit journeys": ["--method", "markov", "--order", "2"],
    "channels roles": ["--by", "unit"],
    "channels migration": ["--k", "2"],
    "channels customers": [],
    "channels index": [],
    "channels partners": [],
    "programmes list": [],
    "programmes show": ["replenish"],
    "recipes list": [],
    "recipes show": ["affogato", "--servings", "3"],
    "scorecard": ["--by", "channel", "--period", "all"],
    "sales by-channel": [],
    "feedback open": ["--limit", "5"],
    "feedback places": [],
    "stock find": ["ristretto-50"],
    "stock moves": ["ristretto-50", "--at", "paris-1"],
    "orders get": ["o-1"],
    "prices get": ["ristretto-50"],
    "prices conflicts": ["--limit", "5"],
    "catalogue search": ["ristretto", "--limit", "5"],
    "catalogue locations": [],
}
"""Commands that only ask, with their arguments."""

ABOUT_PEOPLE = ("customers", "accounts", "carts")

STOCK_DEEDS = {
    "stock receive", "stock expect", "stock adjust", "stock hold", "stock release", "stock policy", "stock tasks",
    "stock close-task",
    *(f"stock transfer {step}" for step in ("new", "pick", "send", "receive", "cancel", "show", "list")),
    *(f"stock count {step}" for step in ("open", "add", "close", "now", "cancel", "show", "list")),
    *(f"stock return {step}" for step in ("new", "receive", "inspect", "refund", "cancel", "show", "list")),
}  # fmt: skip
"""Commands about goods, each with a test in test_stock.py."""

ORDER_DEEDS = {
    f"orders {name}"
    for name in (
        "place", "show", "cancel", "edit", "source", "why", "replay", "step", "fulfilments", "counts-due", "prices",
    )
}  # fmt: skip
"""Commands about orders that were placed here, each with a test in test_orders.py."""

AGENDA_DEEDS = {f"journeys {name}" for name in ("save", "saved", "unsave", "watch", "alerts", "care")}
"""Commands about saved questions and the care of frictions, each with a test in test_frictions.py."""

FINGERPRINTS = {"journeys fingerprint", "journeys compare"}
"""Commands that need a crowd or files, each with a test in tests/insight/test_fingerprints_doors.py."""

AIMS_DEEDS = {f"aims {name}" for name in ("charters", "charter", "goals", "goal", "drop", "check-in", "check-ins")}
"""Commands about what is intended, each with a test in test_aims.py."""

METRICS = {f"metrics {name}" for name in ("list", "show", "export")}
"""Commands that need no hub, each with a test in test_scorecard.py."""

RECIPES_AND_ASSISTANTS = {"recipes cart", "mcp audit"}
"""Each with a test in test_recipes.py or tests/doors/test_mcp_processes.py."""

RECOMMENDATIONS = {f"recommend {name}" for name in ("for", "fit", "evaluate")}
"""Commands that need a crowd or files, each with a test in tests/insight/test_recommend_doors.py."""

CLIENT_DEEDS = {
    f"clients {name}"
    for name in ("today", "show", "views", "note", "adviser", "book", "appointment", "follow-up", "case", "answer")
} | {"greet", "programmes answer"}  # fmt: skip
"""Commands about looking after customers, each with a test in test_clients.py, or in test_greet.py: a look is noted."""

DEEDS = {
    "init", "source add", "key add", "key remove", "dead-letters patch", "dead-letters ignore", "webhooks add",
    "webhooks pause", "webhooks resume", "webhooks remove", "import", "backup", "restore", "move", "compact", "match",
    "customers merge", "customers part", "customers split", "customers same-household", "customers undo",
    "customers match", "customers review", "customers export", "customers erase", "carts open", "carts change",
    *STOCK_DEEDS, *ORDER_DEEDS, *AGENDA_DEEDS, *AIMS_DEEDS, *CLIENT_DEEDS, *FINGERPRINTS, *METRICS,
    *RECIPES_AND_ASSISTANTS, *RECOMMENDATIONS,
}  # fmt: skip
"""Commands that change something, each with a test below or in test_import.py."""

LONG_LIVED = {"serve", "demo"}
"""Commands with a process of their own: test_process.py and the tests of the demo company."""


def leaves(described: dict[str, Any], path: str = "") -> Iterator[str]:
    """The commands of a spec that have no commands below them."""
    for child in described.get("commands", []):
        name = f"{path} {child['name']}".strip()
        if "commands" in child:
            yield from leaves(child, name)
        else:
            yield name


def said_to(words: list[Any], folder) -> list[str]:
    """The arguments with the ids of Anna, Boris and a receipt where these stand."""
    with Hub.open(folder) as hub:
        (anna,) = hub.find_customers("anna")
        (boris,) = hub.find_customers("boris")
        with hub.store.reading() as reader:
            receipt = reader.row("SELECT receipt FROM erasures")
    stands_for = {id(PERSON): anna.person, id(OTHER): boris.person, id(RECEIPT): receipt[0] if receipt else None}
    return [stands_for.get(id(word), word) for word in words]


def test_every_command_is_called_by_a_test():
    commands = {name for name in leaves(spec(whole, "noline")) if not name.startswith("bench ")}
    assert commands == set(QUESTIONS) | DEEDS | LONG_LIVED


@pytest.mark.parametrize("command", QUESTIONS)
def test_a_question_is_answered_as_json_on_stdout_alone(noline, asked, peopled, command):
    asked = peopled if command.startswith(ABOUT_PEOPLE) else asked
    said = noline(*command.split(), *said_to(QUESTIONS[command], asked), "--hub", asked, "--json")
    assert said.code == 0, said.err
    assert said.json not in ([], {}, None)


@pytest.mark.parametrize("command", QUESTIONS)
def test_a_question_is_answered_for_people(noline, asked, peopled, command):
    asked = peopled if command.startswith(ABOUT_PEOPLE) else asked
    said = noline(*command.split(), *said_to(QUESTIONS[command], asked), "--hub", asked)
    assert said.code == 0, said.err
    assert said.out.strip()
    with pytest.raises(json.JSONDecodeError):
        said.json  # noqa: B018  reading it is the test


@pytest.mark.parametrize("command", ["source list", "dead-letters list", "webhooks list", "journeys handoffs"])
def test_where_there_is_nothing_the_answer_is_empty(noline, tmp_path, command):
    Hub.init(tmp_path / "new.noline").close()
    said = noline(*command.split(), "--hub", tmp_path / "new.noline", "--json")
    assert (said.code, said.json) == (0, [])
    said = noline(*command.split(), "--hub", tmp_path / "new.noline")
    assert (said.code, said.out, said.err) == (0, "", "nothing\n")


# What they answer


def test_books_add_up_in_all_and_for_each_source(noline, asked):
    told = noline("books", "--hub", asked, "--json").json
    sources = told.pop("sources")
    assert told == {
        "received": 14, "accepted": 12, "duplicate": 0, "conflict": 0, "parked": 2, "balanced": True,
    }  # fmt: skip
    assert [(page["source"], page["received"], page["parked"]) for page in sources] == [
        ("erp", 5, 0), ("mail", 1, 0), ("till", 1, 0), ("web", 7, 2),
    ]  # fmt: skip
    lines = noline("books", "--hub", asked).out.splitlines()
    assert lines[-1].split() == ["all", "14", "12", "0", "0", "2"]


def test_verify_says_what_is_wrong_and_ends_with_one(noline, shop):
    assert noline("verify", "--hub", shop, "--json").json["ok"] is True
    with Hub.open(shop) as hub, hub.store.transaction() as tx:
        tx.run("DELETE FROM orders")
    said = noline("verify", "--hub", shop, "--json")
    assert (said.code, said.json["ok"], said.json["records"]) == (1, False, 12)
    assert said.json["trouble"] == ["orders is not what the log says: it has 0 rows, rebuilt 1"]
    said = noline("verify", "--hub", shop)
    assert said.code == 1
    assert "orders is not what the log says: it has 0 rows, rebuilt 1" in said.err


def test_doctor_ends_with_one_when_something_must_be_done(noline, shop):
    assert noline("doctor", "--hub", shop).code == 0
    (shop / "secret.key").chmod(0o644)
    said = noline("doctor", "--hub", shop, "--json")
    assert said.code == 1
    assert [one["advice"] for one in said.json if not one["well"]] == ["chmod 600 secret.key"]


def test_changes_are_cloud_events(noline, asked):
    said = noline("changes", "--after", 2, "--limit", 3, "--kind", "Price Set", "--hub", asked, "--json")
    assert [event["id"] for event in said.json["changes"]] == ["erp-3", "erp-4"]
    assert (said.json["after"], said.json["more"]) == (5, True)


def test_a_customer_is_found_with_names_and_timeline(noline, asked):
    (found,) = noline("customers", "find", "anna@example.com", "--hub", asked, "--json").json
    assert found["name"] == "Anna Arabica"
    moments = noline("customers", "timeline", found["person"], "--hub", asked, "--json").json
    assert [moment["action"] for moment in moments] == [
        "Order Completed", "Product Reserved", "Product Viewed", "identify",
    ]  # fmt: skip


def test_handoffs_have_the_words_that_others_build_on(noline, asked):
    rows = noline("journeys", "handoffs", "--hub", asked, "--json").json
    assert {"from", "to", "persons", "arrived", "lost", "value_minor", "currency"} <= set(rows[0])
    border = next(row for row in rows if (row["from"], row["to"]) == ("web", "store"))
    assert (border["persons"], border["arrived"], border["lost"]) == (2, 1, 1)


def test_a_login_link_opens_the_console_once(noline, shop):
    link = noline("login", "--hub", shop, "--json").json["link"]
    assert link.startswith("http://127.0.0.1:8321/login?token=")
    with Hub.open(shop) as hub:
        session = hub.access.session_of_link(link.partition("token=")[2])
        assert hub.access.role_of_session(session) == "admin"
    said = noline("login", "--hub", shop)
    assert said.out.startswith("http://127.0.0.1:8321/login?token=")
    assert said.err == "Open this once, within 15 minutes:\n"


# Deeds


def test_a_hub_is_made_once(noline, tmp_path):
    folder = tmp_path / "new.noline"
    said = noline("init", folder, "--company", "Maison Ristretto", "--currency", "CHF", "--json")
    assert (said.code, said.json) == (0, {"hub": str(folder)})
    settings = noline("settings", "--hub", folder, "--json").json
    assert settings == {
        "store": "sqlite", "company": "Maison Ristretto", "currency": "CHF", "rates": {}, "drop_off_days": 14,
        "handoff_days": 30, "frictions": "frictions.toml", "identity": {}, "shopify": {}, "stock": {}, "sourcing": {},
        "credit": {}, "counter": {},
    }  # fmt: skip
    said = noline("init", folder, "--json")
    assert (said.code, said.out, said.error["code"]) == (3, "", "hub.exists")


def test_a_hub_that_could_not_be_made_can_be_tried_again(noline, tmp_path):
    folder = tmp_path / "new.noline"
    said = noline("init", folder, "--currency", "euro", "--json")
    assert (said.code, said.error["code"]) == (3, "settings.wrong_value")
    said = noline("init", folder, "--store", f"postgresql://nobody@/none?host={tmp_path}", "--json")
    assert (said.code, said.error["code"], said.error["retryable"]) == (1, "store.unreachable", True)
    assert noline("init", folder).code == 0


def test_a_source_is_made_with_a_key_that_is_shown_once(noline, shop):
    said = noline("source", "add", "app", "--channel", "app", "--browser", "--hub", shop, "--json")
    assert {**said.json, "write_key": ""} == {"name": "app", "channel": "app", "write_key": ""}
    with Hub.open(shop) as hub:
        assert hub.access.source_of_key(said.json["write_key"]).trust == "browser"
    listed = noline("source", "list", "--hub", shop, "--json")
    assert said.json["write_key"] not in listed.out
    again = noline("source", "add", "app", "--channel", "app", "--hub", shop, "--json")
    assert (again.code, again.error["code"], again.error["facts"]) == (
        3,
        "name.taken",
        {"what": "source", "name": "app"},
    )


def test_a_key_is_made_and_removed(noline, shop):
    made = noline("key", "add", "--role", "manager", "--name", "reports", "--hub", shop, "--json").json
    with Hub.open(shop) as hub:
        assert hub.access.role_of_key(made["key"]) == "manager"
    assert made["key"] not in noline("key", "list", "--hub", shop).out
    assert noline("key", "remove", "reports", "--hub", shop, "--json").json == {"name": "reports", "removed": True}
    assert noline("key", "remove", "reports", "--hub", shop).code == 3
    assert [key["name"] for key in noline("key", "list", "--hub", shop, "--json").json] == ["me"]


def test_a_dead_letter_is_looked_at_mended_tried_and_taken(noline, shop):
    letter = noline("dead-letters", "show", 1, "--hub", shop, "--json").json
    assert (letter["code"], letter["pointer"], letter["state"]) == ("schema_violation", "/event", "open")
    (tried,) = noline("dead-letters", "replay", 1, "--dry-run", "--hub", shop, "--json").json
    assert (tried["status"], tried["code"]) == ("parked", "schema_violation")
    said = noline("dead-letters", "replay", 1, "--hub", shop, "--json")
    assert (said.code, said.error["code"]) == (3, "dead_letter.still_wrong")
    assert noline("dead-letters", "patch", 1, "--set", "/event=Product Viewed", "--hub", shop).code == 0
    assert noline("dead-letters", "patch", 1, "--set", '/properties={"sku": "a"}', "--hub", shop).code == 0
    (tried,) = noline("dead-letters", "replay", 1, "--dry-run", "--hub", shop, "--json").json
    assert tried["status"] == "accepted"
    (taken,) = noline("dead-letters", "replay", 1, "--hub", shop, "--json").json
    assert (taken["status"], taken["seq"]) == ("accepted", 13)
    said = noline("dead-letters", "replay", 1, "--hub", shop, "--json")
    assert (said.code, said.error["code"]) == (3, "dead_letter.closed")


def test_a_dead_letter_is_ignored(noline, shop):
    assert noline("dead-letters", "ignore", 2, "--hub", shop, "--json").json == {"id": 2, "state": "ignored"}
    assert [one["id"] for one in noline("dead-letters", "list", "--hub", shop, "--json").json] == [1]
    assert noline("dead-letters", "ignore", 2, "--hub", shop).code == 3


def test_a_receiver_is_added_paused_resumed_and_removed(noline, shop):
    words = ["--kind", "Order Completed", "--kind", "Price Set", "--after", 4]
    made = noline("webhooks", "add", "erp", "https://erp.example/in", *words, "--hub", shop, "--json").json
    assert made["secret"].startswith("whsec_")
    assert (made["kinds"], made["delivered_seq"], made["state"]) == (["Order Completed", "Price Set"], 4, "active")
    assert made["secret"] not in noline("webhooks", "list", "--hub", shop, "--json").out
    assert noline("webhooks", "pause", "erp", "--hub", shop, "--json").json == {"name": "erp", "state": "paused"}
    resumed = noline("webhooks", "resume", "erp", "--after", 0, "--hub", shop, "--json").json
    assert resumed == {"name": "erp", "state": "active", "delivered_seq": 0}
    assert noline("webhooks", "remove", "erp", "--hub", shop, "--json").json == {"name": "erp", "removed": True}
    assert noline("webhooks", "pause", "erp", "--hub", shop).code == 3


def test_a_receiver_may_be_told_in_the_shape_of_shopify(noline, shop):
    made = noline("webhooks", "add", "erp", "https://erp.example", "--format", "shopify", "--hub", shop, "--json").json
    assert made["format"] == "shopify"
    assert noline("webhooks", "add", "b", "https://b.example", "--format", "soap", "--hub", shop).code == 2
    assert [one["name"] for one in noline("webhooks", "list", "--hub", shop, "--json").json] == ["crm", "erp"]


def test_the_secret_of_a_shop_is_never_shown(noline, tmp_path):
    folder = tmp_path / "new.noline"
    assert noline("init", folder).code == 0
    with (folder / "noline.toml").open("a") as file:
        file.write('\n[shopify.eu]\nsecret = "shpss_geheim"\nchannel = "web"\n')
    for words in ([], ["--json"]):
        said = noline("settings", "--hub", folder, *words)
        assert (said.code, "geheim" in said.out) == (0, False)
    assert said.json["shopify"] == {"eu": {"secret": "...", "channel": "web"}}


def test_a_hub_is_backed_up_and_restored(noline, shop, tmp_path):
    made = noline("backup", tmp_path / "shop.zip", "--hub", shop, "--json").json
    assert made["file"] == str(tmp_path / "shop.zip")
    assert {one["table"]: one["rows"] for one in made["tables"]}["log"] == 12
    said = noline("restore", tmp_path / "shop.zip", tmp_path / "restored.noline", "--json")
    assert (said.code, said.json) == (0, {"hub": str(tmp_path / "restored.noline"), "records": 12, "ok": True})
    said = noline("restore", tmp_path / "shop.zip", tmp_path / "restored.noline", "--json")
    assert (said.code, said.error["code"]) == (3, "hub.exists")
    (tmp_path / "broken.zip").write_bytes((tmp_path / "shop.zip").read_bytes()[:-100])
    said = noline("restore", tmp_path / "broken.zip", tmp_path / "other.noline", "--json")
    assert (said.code, said.error["code"]) == (3, "backup.broken")


def test_a_hub_is_moved_and_its_password_never_shown(noline, shop, empty_postgres_url, monkeypatch):
    address = empty_postgres_url.replace("postgres@", "postgres:geheim@")
    said = noline("move", "--to", address, "--hub", shop, "--json")
    assert said.code == 0, said.err
    assert said.json["to"] == empty_postgres_url.replace("postgres@", "postgres:***@")
    assert {one["table"]: one["rows"] for one in said.json["tables"]}["log"] == 12
    said = noline("settings", "--hub", shop)
    assert (said.code, "geheim" in said.out, "postgres:***@" in said.out) == (0, False, True)
    assert stat.S_IMODE((shop / "noline.toml").stat().st_mode) == 0o600
    assert noline("verify", "--hub", shop, "--json").json["records"] == 12
    said = noline("move", "--to", "sqlite", "--hub", shop, "--json")
    assert (said.code, said.error["code"]) == (3, "move.target_not_empty")


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("postgresql://me:geheim@host/db", "postgresql://me:***@host/db"),
        ("postgresql://me:ge:he/im@host/db", "postgresql://me:***@host/db"),
        (
            "postgresql://me@host/db?password=geheim&sslmode=require",
            "postgresql://me@host/db?password=***&sslmode=require",
        ),
        ("postgresql://me@host/db", "postgresql://me@host/db"),
        ("sqlite:a@b.sqlite", "sqlite:a@b.sqlite"),
    ],
)
def test_an_address_is_shown_without_its_password(address, shown):
    assert without_password(address) == shown


# How they end


def test_where_there_is_no_hub_each_command_says_so(noline, tmp_path):
    for command in [*QUESTIONS, "key add", "source add", "changes", "serve"]:
        words = {"key add": ["--role", "admin"], "source add": ["a", "--channel", "a"]}.get(command)
        words = words if words is not None else ["x" if one is PERSON else one for one in QUESTIONS.get(command, [])]
        said = noline(*command.split(), *words, "--hub", tmp_path, "--json")
        assert (command, said.code, said.error["code"]) == (command, 3, "hub.missing")
    said = noline("books", "--hub", tmp_path)
    assert said.err == (
        f"hub.missing: {tmp_path} is not a NoLine hub.\n"
        "Make one with `noline init DIR`, or name another with --hub or NOLINE_HUB.\n"
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "words",
    [
        ["nonsense"],
        ["books", "--nonsense"],
        ["source", "add", "web"],
        ["source"],
        ["key", "add", "--role", "king"],
        ["serve", "--port", "65536"],
        ["dead-letters", "show", "one"],
        ["dead-letters", "show", "99999999999999999999"],
        ["dead-letters", "patch", "1", "--set", "no-equals-sign"],
        ["dead-letters", "list", "--limit", "-1"],
        ["changes", "--limit", "0"],
        ["changes", "--after", "-1"],
        ["customers", "find", "x", "--limit", "0"],
        ["webhooks", "add", "erp", "ftp://erp.example"],
        ["import", "tpc-ds", "--plan"],
        ["move"],
    ],
    ids=" ".join,
)
def test_what_is_called_wrongly_ends_with_two(noline, asked, monkeypatch, words):
    monkeypatch.setenv("NOLINE_HUB", str(asked))
    said = noline(*words)
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("Usage: noline")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["customers", "get", "nobody"], "not_found"),
        (["customers", "timeline", "nobody"], "not_found"),
        (["orders", "get", "none"], "not_found"),
        (["dead-letters", "show", "99"], "not_found"),
        (["webhooks", "resume", "nobody"], "not_found"),
        (["import", "no-such-file.csv"], "not_found"),
    ],
    ids=lambda one: " ".join(one) if isinstance(one, list) else one,
)
def test_what_is_not_there_is_refused_with_three_and_a_hint(noline, asked, monkeypatch, words, code):
    monkeypatch.setenv("NOLINE_HUB", str(asked))
    said = noline(*words, "--json")
    assert (said.code, said.out) == (3, "")
    assert set(said.error) == {"code", "message", "hint", "retryable", "facts"}
    assert (said.error["code"], said.error["retryable"]) == (code, False)
    people = noline(*words)
    assert people.err == f"{code}: {said.error['message']}\n{said.error['hint']}\n"


def test_an_unknown_setting_is_answered_with_the_nearest_one(noline, shop):
    (shop / "noline.toml").write_text('curency = "CHF"\n')
    for command in ("books", "settings", "doctor"):
        said = noline(command, "--hub", shop, "--json")
        assert (said.code, said.error["code"]) == (3, "settings.unknown_key")
        assert said.error["facts"] == {"key": "curency", "where": "noline.toml", "nearest": "currency"}


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('currency = "euro"', "currency"),
        ("drop_off_days = 0", "drop_off_days"),
        ('handoff_days = "soon"', "handoff_days"),
        ('store = "mysql://a/b"', "store"),
        ('company = ""', "company"),
        ('[rates]\nJPY = "much"', "rates"),
        ("company = ", "noline.toml"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_with_its_reason(noline, shop, text, key):
    (shop / "noline.toml").write_text(text + "\n")
    said = noline("books", "--hub", shop, "--json")
    assert (said.code, said.error["code"], said.error["facts"]["key"]) == (3, "settings.wrong_value", key)
    assert said.error["facts"]["why"]


def test_the_environment_overrides_the_settings_file(noline, shop, monkeypatch):
    monkeypatch.setenv("NOLINE_COMPANY", "Café Zoë")
    monkeypatch.setenv("NOLINE_DROP_OFF_DAYS", "7")
    settings = noline("settings", "--hub", shop, "--json").json
    assert (settings["company"], settings["drop_off_days"]) == ("Café Zoë", 7)
    monkeypatch.setenv("NOLINE_DROP_OFF_DAYS", "a week")
    said = noline("settings", "--hub", shop, "--json")
    assert (said.code, said.error["facts"]["key"]) == (3, "drop_off_days")


def test_the_hub_can_be_named_in_the_environment_and_by_where_one_stands(noline, shop, monkeypatch, tmp_path):
    monkeypatch.setenv("NOLINE_HUB", str(shop))
    assert noline("books", "--json").json["received"] == 14
    monkeypatch.setenv("NOLINE_HUB", str(tmp_path))
    assert noline("books", "--hub", shop, "--json").json["received"] == 14
    monkeypatch.delenv("NOLINE_HUB")
    monkeypatch.chdir(shop)
    assert noline("books", "--json").json["received"] == 14


def test_a_file_that_cannot_be_written_is_said_in_one_line(noline, shop, tmp_path):
    said = noline("backup", tmp_path / "no" / "such" / "folder.zip", "--hub", shop)
    assert said.code == 1
    assert said.err.startswith("noline: [Errno 2]")
    assert said.err.count("\n") == 1


# What there is


def test_the_spec_lists_every_command_with_its_parameters(noline):
    said = noline("--spec")
    assert said.code == 0
    described = said.json
    assert set(leaves(described)) >= set(QUESTIONS) | DEEDS | LONG_LIVED
    for command in _all(described):
        assert command["help"], command["name"]
    (init,) = (child for child in described["commands"] if child["name"] == "init")
    assert {parameter["name"]: parameter["required"] for parameter in init["parameters"]} == {
        "folder": True, "store": False, "company": False, "currency": False, "as_json": False,
    }  # fmt: skip


def _all(described: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield described
    for child in described.get("commands", []):
        yield from _all(child)


def test_every_command_but_the_groups_takes_json_and_nearly_every_one_a_hub():
    commands = {one["name"]: one for one in _named(spec(whole, "noline"))}
    without_json = [name for name, one in commands.items() if "--json" not in _flags(one)]
    without_hub = [name for name, one in commands.items() if "--hub" not in _flags(one)]
    assert without_json == []
    assert sorted(name for name in without_hub if not name.startswith("bench")) == [
        "demo", "init", "journeys compare", "match", "metrics export", "metrics list", "metrics show",
        "recommend evaluate", "restore",
    ]  # fmt: skip


def _named(described: dict[str, Any], path: str = "") -> Iterator[dict[str, Any]]:
    for child in described.get("commands", []):
        name = f"{path} {child['name']}".strip()
        if "commands" in child:
            yield from _named(child, name)
        else:
            yield {**child, "name": name}


def _flags(described: dict[str, Any]) -> set[str]:
    return {flag for parameter in described["parameters"] for flag in parameter["flags"]}


def test_help_and_version_end_with_nought(noline):
    assert noline("--help").code == noline("source", "add", "--help").code == noline("--version").code == 0
    said = noline("--help")
    for command in ("init", "serve", "verify", "journeys", "webhooks"):
        assert f"\n  {command} " in said.out


def test_a_fault_of_ours_ends_with_one(noline, shop, monkeypatch):
    class Broken(NoLineError):
        pass

    def breaks(_: Hub) -> None:
        raise Broken

    monkeypatch.setattr(Hub, "verify", breaks)
    said = noline("verify", "--hub", shop, "--json")
    assert (said.code, said.error["code"]) == (1, "internal")


def test_people_are_merged_parted_split_and_everything_is_undone(noline, shop):
    anna, boris = said_to([PERSON, OTHER], shop)
    before = noline("customers", "quality", "--hub", shop, "--json").json["sizes"]
    merged = noline(
        "customers", "merge", anna, boris, "--by", "Clara", "--reason", "both", "--hub", shop, "--json"
    ).json
    assert (merged["people_before"], merged["people_after"]) == (2, 1)
    again = noline("customers", "merge", anna, boris, "--hub", shop, "--json")
    assert (again.code, again.error["code"]) == (3, "customers.nothing_to_decide")
    assert noline("customers", "undo", merged["decision"], "--hub", shop, "--json").json["people_after"] == 2
    parted = noline("customers", "part", anna, boris, "--hub", shop, "--json").json
    refused = noline("customers", "merge", anna, boris, "--hub", shop, "--json")
    assert (refused.code, refused.error["code"]) == (3, "customers.decided_otherwise")
    noline("customers", "undo", parted["decision"], "--hub", shop)
    split = noline("customers", "split", anna, "email:anna@example.com", "--hub", shop, "--json").json
    assert (split["people_before"], split["people_after"]) == (1, 2)
    noline("customers", "undo", split["decision"], "--hub", shop)
    together = noline("customers", "same-household", anna, boris, "--hub", shop, "--json").json
    assert together["people_after"] == 2
    members = noline("customers", "household", anna, "--hub", shop, "--json").json["members"]
    assert {one["person"] for one in members} == {anna, boris}
    noline("customers", "undo", together["decision"], "--hub", shop)
    assert noline("customers", "quality", "--hub", shop, "--json").json["sizes"] == before
    assert len(noline("customers", "decisions", "--hub", shop, "--json").json) == 4
    link = noline("customers", "why", "user_id:anna", "email:anna@example.com", "--hub", shop, "--json").json
    assert [one["source"] for one in link["seen_in"]] == ["web"]


def test_a_model_that_has_too_little_to_learn_from_says_so(noline, tmp_path):
    Hub.init(tmp_path / "new.noline").close()
    planned = noline("customers", "match", "--plan", "--hub", tmp_path / "new.noline", "--json")
    assert (planned.code, planned.error["code"]) == (3, "match.too_few")
    applied = noline("customers", "match", "--apply", "--hub", tmp_path / "new.noline", "--json")
    assert (applied.code, applied.error["code"]) == (3, "match.nothing_planned")
    assert noline("customers", "match", "--show", "--hub", tmp_path / "new.noline", "--json").json == {"run": None}
    assert noline("customers", "review", "--hub", tmp_path / "new.noline", "--json").json == []


def test_a_person_is_exported_and_erased_with_a_receipt(noline, shop, tmp_path):
    (anna,) = said_to([PERSON], shop)
    exported = noline("customers", "export", anna, "--out", tmp_path / "anna.json", "--hub", shop, "--json")
    assert exported.code == 0
    assert "anna@example.com" in (tmp_path / "anna.json").read_text("utf-8")
    receipt = noline(
        "customers", "erase", anna, "--reason", "asked", "--by", "Clara", "--yes", "--hub", shop, "--json"
    ).json
    assert noline("customers", "find", "anna@example.com", "--hub", shop, "--json").json == []
    assert noline("customers", "erasure", receipt["receipt"], "--hub", shop, "--json").json == receipt
    assert noline("compact", "--hub", shop, "--json").code == 0
    assert noline("verify", "--hub", shop, "--json").json["ok"] is True
