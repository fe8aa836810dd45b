"""The command line as an operator has it: processes, signals, locks, pipes."""

import http.client
import json
import os
import signal
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

import pytest

from clients.serving import LOOPBACK, NOLINE, PATIENCE_SECONDS, call
from clients.serving import noline as command
from noline.hub import Hub


def said(*words: object, **surroundings: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("NOLINE_")}
    return subprocess.run(
        [NOLINE, *map(str, words)],
        capture_output=True, text=True, check=False, env=environment | surroundings, stdin=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.fixture
def shop(tmp_path) -> Path:
    with Hub.init(tmp_path / "shop.noline") as hub:
        hub.access.add_source("web", "web")
    return tmp_path / "shop.noline"


class Server:
    """`noline serve` as a process; what it prints first tells where it answers."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.process = subprocess.Popen(
            [NOLINE, "serve", "--hub", folder, "--port", "0", "--json", *options],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.ready = json.loads(_first_object(self.process.stdout))
        self.port = int(self.ready["address"].rpartition(":")[2])

    def stop(self, number: int = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        self.process.communicate(timeout=PATIENCE_SECONDS)
        return self.process.returncode


def _first_object(lines: IO[str]) -> str:
    """The lines up to the end of the first JSON object."""
    text = ""
    while not text.endswith("}\n"):
        line = lines.readline()
        assert line, f"noline serve ended: {text}"
        text += line
    return text


@pytest.fixture
def serve():
    """Start servers that are stopped at the end of the test."""
    started: list[Server] = []

    def start(folder: Path, *options: str) -> Server:
        started.append(Server(folder, *options))
        return started[-1]

    yield start
    for server in started:
        server.stop(signal.SIGKILL)


def track(port: int, key: str, number: int) -> int:
    body = json.dumps({"event": "Product Viewed", "userId": "anna", "messageId": f"m-{number}", "writeKey": key})
    return call(port, "POST", "/v1/track", body.encode()).json["results"][0]["seq"]


# Codes and streams


def test_a_hub_from_its_making_to_its_backup(tmp_path):
    hub = tmp_path / "new.noline"
    assert said("init", hub, "--json").returncode == 0
    assert command("source", "add", "web", "--channel", "web", hub=hub)["channel"] == "web"
    assert command("books", hub=hub)["balanced"] is True
    assert command("verify", hub=hub)["ok"] is True
    assert command("backup", str(tmp_path / "new.zip"), hub=hub)["rows"] == 1
    assert said("restore", tmp_path / "new.zip", tmp_path / "again.noline", "--json").returncode == 0
    assert command("source", "list", hub=tmp_path / "again.noline")[0]["name"] == "web"


def test_the_four_exit_codes(shop):
    assert said("books", "--hub", shop).returncode == 0
    (shop / "secret.key").chmod(0o644)
    assert said("doctor", "--hub", shop).returncode == 1
    assert said("books", "--nonsense").returncode == 2
    refused = said("init", shop, "--json")
    assert (refused.returncode, refused.stdout, json.loads(refused.stderr)["code"]) == (3, "", "hub.exists")


def test_results_go_to_stdout_and_talk_to_stderr(shop):
    listed = said("source", "list", "--hub", shop, "--json")
    assert ([source["name"] for source in json.loads(listed.stdout)], listed.stderr) == (["web"], "")
    made = said("login", "--hub", shop)
    assert made.stdout.startswith("http://")
    assert made.stderr.startswith("Open this once")


def test_whoever_reads_only_the_beginning_sees_no_traceback(shop):
    with subprocess.Popen([NOLINE, "--spec"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        process.stdout.readline()
        process.stdout.close()
        complaint = process.stderr.read()
    assert "Traceback" not in complaint


def test_a_question_that_needs_an_answer_and_gets_none_ends_with_two(shop, tmp_path):
    (tmp_path / "orders.csv").write_text("order_id,email,total,ordered_at\no-1,a@example.com,5,2026-01-05\n")
    refused = said("import", tmp_path / "orders.csv", "--hub", shop)
    assert refused.returncode == 2
    assert "--yes" in refused.stderr
    assert command("books", hub=shop)["received"] == 0


# Serving


def test_a_server_tells_where_it_answers_and_its_link_logs_in_once(shop, serve):
    server = serve(shop)
    assert server.ready["address"] == f"http://{LOOPBACK}:{server.port}"
    path = server.ready["login"].removeprefix(server.ready["address"])
    assert path.startswith("/login?token=")
    first, again = call(server.port, "GET", path), call(server.port, "GET", path)
    assert first.status in (302, 303)
    assert "set-cookie" in first.headers
    assert "set-cookie" not in again.headers
    link = command("login", hub=shop)["link"]
    assert link.startswith(server.ready["address"] + "/login?token=")


def test_a_hub_has_one_server_and_the_second_is_refused(shop, serve):
    server = serve(shop)
    second = said("serve", "--hub", shop, "--port", "0", "--json")
    assert (second.returncode, second.stdout) == (3, "")
    refusal = json.loads(second.stderr)
    assert (refusal["code"], refusal["retryable"]) == ("hub.busy", True)
    assert refusal["facts"] == {"path": str(shop), "pid": server.process.pid}
    assert call(server.port, "GET", "/readyz").status == 200
    assert server.stop() == 0
    assert call(serve(shop).port, "GET", "/readyz").status == 200


def test_a_killed_server_leaves_the_hub_to_the_next_one(shop, serve):
    assert serve(shop).stop(signal.SIGKILL) == -signal.SIGKILL
    assert command("login", hub=shop)["link"].startswith("http://127.0.0.1:8321/")
    assert call(serve(shop).port, "GET", "/readyz").status == 200


def test_a_hub_that_is_served_is_not_moved(shop, serve):
    server = serve(shop)
    refused = said("move", "--to", "sqlite:new.sqlite", "--hub", shop, "--json")
    assert (refused.returncode, json.loads(refused.stderr)["code"]) == (3, "hub.busy")
    assert not (shop / "new.sqlite").exists()
    assert server.stop() == 0
    assert said("move", "--to", "sqlite:new.sqlite", "--hub", shop).returncode == 0
    assert command("settings", hub=shop)["store"] == "sqlite:new.sqlite"


def test_other_commands_work_beside_a_server(shop, serve, tmp_path):
    server = serve(shop)
    key = command("source", "add", "app", "--channel", "app", hub=shop)["write_key"]
    assert track(server.port, key, 1) == 1
    (tmp_path / "events.ndjson").write_text(
        '{"type": "track", "event": "Product Viewed", "userId": "anna", "messageId": "m-2"}\n'
    )
    assert command("import", str(tmp_path / "events.ndjson"), "--source", "app", hub=shop)["accepted"] == 1
    assert track(server.port, key, 3) == 3
    assert command("verify", hub=shop) | {"tables": []} == {"ok": True, "records": 3, "tables": [], "trouble": []}
    assert command("backup", str(tmp_path / "shop.zip"), hub=shop)["file"] == str(tmp_path / "shop.zip")
    assert track(server.port, key, 4) == 4
    assert server.stop() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_is_asked_to_stop_finishes_what_waits(shop, serve, number):
    """Whatever was answered is in the log; what was not answered was refused at the door, not lost behind it."""
    server = serve(shop)
    key = command("source", "add", "app", "--channel", "app", hub=shop)["write_key"]
    answered: dict[int, int] = {}
    started = threading.Event()

    def send(begin: int) -> None:
        for one in range(begin, 10**6, 8):
            try:
                answered[one] = track(server.port, key, one)
            except (OSError, http.client.HTTPException):
                return
            if len(answered) > 40:
                started.set()

    with ThreadPoolExecutor(8) as senders:
        for begin in range(8):
            senders.submit(send, begin)
        started.wait(PATIENCE_SECONDS)
        assert server.stop(number) == 0
    with Hub.open(shop) as hub:
        told = hub.deliveries.changes(0, 10**6).changes
        log = {int(event["data"]["messageId"].removeprefix("m-")): int(event["sequence"]) for event in told}
        assert len(answered) > 40
        assert {number: seq for number, seq in answered.items() if log.get(number) != seq} == {}
        assert hub.verify().trouble == ()
    assert call(serve(shop).port, "GET", "/readyz").status == 200


def test_a_stopped_server_no_longer_says_where_it_answers(shop, serve):
    server = serve(shop)
    assert command("login", hub=shop)["link"].startswith(server.ready["address"])
    assert server.stop() == 0
    assert command("login", hub=shop)["link"].startswith("http://127.0.0.1:8321/")


def test_webhooks_leave_a_server_signed_and_in_order(shop, serve, tmp_path):
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

    from standardwebhooks import Webhook

    came: list[tuple[dict[str, str], bytes]] = []
    enough = threading.Event()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            came.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(204)
            self.end_headers()
            if len(came) >= 3:
                enough.set()

        def log_message(self, *_: object) -> None:
            """Say nothing on the terminal of the tests."""

    receiver = ThreadingHTTPServer((LOOPBACK, 0), Receiver)
    threading.Thread(target=receiver.serve_forever, daemon=True).start()
    url = f"http://{LOOPBACK}:{receiver.server_address[1]}/in"
    secret = command("webhooks", "add", "erp", url, hub=shop)["secret"]
    server = serve(shop)
    key = command("source", "add", "app", "--channel", "app", hub=shop)["write_key"]
    for number in (1, 2, 3):
        track(server.port, key, number)
    assert enough.wait(PATIENCE_SECONDS)
    assert server.stop() == 0
    receiver.shutdown()
    receiver.server_close()
    events = [Webhook(secret).verify(body, headers) for headers, body in came[:3]]
    assert [event["data"]["messageId"] for event in events] == ["m-1", "m-2", "m-3"]
    assert [headers["content-type"] for headers, _ in came[:3]] == ["application/cloudevents+json"] * 3
    (known,) = command("webhooks", "list", hub=shop)
    assert (known["state"], known["delivered_seq"], known["last_error"]) == ("active", 3, "")
