"""A card on a page of another tool: exactly the origins that are named may read it, and nothing else of the hub."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from counter import Counter
from noline.doors.http.api import api
from noline.doors.http.writer import Writer
from noline.flows.embedding import origins_of
from noline.hub import Hub
from noline.kernel.errors import SettingWrong
from noline.stores.access import Role

CRM = "https://crm.example"
SCRIPT = "/static/noline-card.js"
_ALLOWS = "access-control-allow-"


class Elsewhere:
    """Asks as a browser asks for a page of another origin."""

    def __init__(self, hub: Hub, client: TestClient[Any]) -> None:
        self.client = client
        self.key = hub.access.add_key(Role.ASSOCIATE)[1]
        self.card = f"/v1/customers/{Counter(hub).person()}/card"

    def allowed(self, path: str, origin: str, *, method: str = "GET", key: str | None = None) -> dict[str, str]:
        """What a browser is told that a page of this origin may do, by the end of the header's name."""
        sent = {"origin": origin, "authorization": f"Bearer {key or self.key}"}
        if method == "OPTIONS":
            sent = {"origin": origin, "access-control-request-method": "GET"}
        answer = self.client.request(method, path, headers=sent)
        assert "Origin" in answer.headers.get("vary", "") or path not in (self.card, SCRIPT)
        return {name.removeprefix(_ALLOWS): one for name, one in answer.headers.items() if name.startswith(_ALLOWS)}


def opened(folder: Path, setting: str) -> Hub:
    Hub.init(folder).close()
    with (folder / "noline.toml").open("a", encoding="utf-8") as settings:
        settings.write(f"[counter]\n{setting}\n")
    return Hub.open(folder)


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elsewhere]:
    folder = tmp_path_factory.mktemp("elsewhere") / "shop.noline"
    with opened(folder, f'origins = ["{CRM}", "http://localhost:3000"]') as hub:
        writer = Writer(hub.accept_groups)
        with TestClient(api(hub, writer), raise_server_exceptions=False) as client:
            yield Elsewhere(hub, client)
        writer.stop()


def test_a_page_that_is_named_may_read_the_card_and_load_its_script(elsewhere: Elsewhere):
    for origin in (CRM, "http://localhost:3000"):
        assert elsewhere.allowed(elsewhere.card, origin) == {"origin": origin}
        assert elsewhere.allowed(SCRIPT, origin) == {"origin": origin}


def test_a_browser_is_told_before_that_a_key_may_be_sent(elsewhere: Elsewhere):
    assert elsewhere.allowed(elsewhere.card, CRM, method="OPTIONS") == {
        "origin": CRM, "methods": "GET", "headers": "Authorization, Accept",
    }  # fmt: skip


def test_a_refusal_can_be_read_too_so_that_the_page_can_say_why(elsewhere: Elsewhere):
    assert elsewhere.allowed(elsewhere.card, CRM, key="nk_nothing") == {"origin": CRM}


@pytest.mark.parametrize(
    "origin",
    ["https://crm.example.evil", "http://crm.example", "https://crm.example:8443", "https://CRM.example", "null", ""],
)
def test_a_page_that_is_not_named_may_nothing(elsewhere: Elsewhere, origin: str):
    for method in ("GET", "OPTIONS"):
        assert elsewhere.allowed(elsewhere.card, origin, method=method) == {}


def test_nothing_else_of_the_hub_is_open_to_them(elsewhere: Elsewhere):
    for path in (elsewhere.card.removesuffix("/card"), "/static/counter.js", "/v1/counter/today"):
        assert elsewhere.allowed(path, CRM) == {}, path


def test_without_the_setting_nobody_is_let_in(tmp_path: Path):
    with Hub.init(tmp_path / "shop.noline") as hub:
        writer = Writer(hub.accept_groups)
        with TestClient(api(hub, writer)) as client:
            key = hub.access.add_key(Role.ASSOCIATE)[1]
            sent = {"origin": CRM, "authorization": f"Bearer {key}"}
            answer = client.get(f"/v1/customers/{Counter(hub).person()}/card", headers=sent)
            assert answer.status_code == 200
            assert not [name for name in answer.headers if name.startswith(_ALLOWS)]
        writer.stop()


@pytest.mark.parametrize(
    "setting",
    [
        "https://crm.example", ["*"], ["https://*.example"], ["https://crm.example/"], ["crm.example"],
        ["https://crm.example:443"], ["https://a@crm.example"], ["https://CRM.example"], ["ftp://crm.example"],
        ["https://"], ["https://crm.example:port"], [1],
    ],
)  # fmt: skip
def test_what_no_browser_would_call_an_origin_is_refused(setting: object):
    with pytest.raises(SettingWrong):
        origins_of({"origins": setting})
    assert origins_of({"origins": [CRM]}) == {CRM}


def test_it_is_refused_when_the_hub_opens(tmp_path: Path):
    with pytest.raises(SettingWrong) as refusal:
        opened(tmp_path / "shop.noline", 'origins = ["*"]').close()
    assert "[counter] origins" in str(refusal.value)
