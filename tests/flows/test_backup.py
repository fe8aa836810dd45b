"""A hub in one file, and back: on either store, whole or refused."""

import io
import json
import stat
import zipfile
from pathlib import Path

import pytest

from noline.hub import Hub
from noline.kernel.errors import BackupBroken, HubExists, SchemaTooNew, SettingWrong, TargetNotEmpty
from noline.stores import rows
from noline.stores.access import Role
from noline.stores.sqlite import SqliteStore
from shop import Day, identify, track

NOT_MOVED = {"schema_version", "writer", "sessions"}


def fill(hub: Hub) -> str:
    """Something of everything; answers the write key of the source `web`."""
    key = hub.access.add_source("web", "web")
    hub.access.add_key(Role.MANAGER, "reports")
    hub.access.new_session(Role.ADMIN)
    hub.outbox.subscribe("erp", "https://erp.example/in", ("Order Completed",), after=2)
    day = Day()
    hub.accept(
        "web",
        [
            identify(id="w-1", at=day.next(), user="anna", email="zoë@example.com", name="Zoë \U0001f6d2"),
            track("Product Viewed", id="w-2", at=day.next(), user="anna", sku="ristretto-50"),
            track("Product Viewed", id="w-2", at=day.next(), user="anna", sku="another"),
            track("Price Set", id="w-3", at=day.next(), sku="ristretto-50", price=4.5, currency="EUR"),
            {"type": "track", "messageId": "w-4", "userId": "anna"},
        ],
    )
    return key


def held(hub: Hub) -> dict[str, rows.Sum]:
    """What every table of a hub holds."""
    with hub.store.reading() as reader:
        return {table: rows.sum_of(reader, table) for table in hub.store.table_names() if table not in NOT_MOVED}


def messages(hub: Hub) -> list[tuple[int, str]]:
    """The log as others read it: positions and message ids out of the unsealed bodies."""
    return [(int(one["sequence"]), one["data"]["messageId"]) for one in hub.deliveries.changes(0, 100).changes]


@pytest.fixture
def backup(hub, tmp_path) -> Path:
    fill(hub)
    hub.back_up(tmp_path / "shop.zip")
    return tmp_path / "shop.zip"


@pytest.mark.parametrize("dialect", ["sqlite", "postgres"])
def test_a_restored_hub_is_the_hub(hub, backup, dialect, tmp_path, request):
    store = request.getfixturevalue("empty_postgres_url") if dialect == "postgres" else None
    with Hub.restore(backup, tmp_path / "restored.noline", store=store) as restored:
        assert restored.store.dialect == dialect
        assert restored.settings.store == (store or "sqlite")
        assert held(restored) == held(hub)
        assert restored.verify().trouble == ()
        assert messages(restored) == messages(hub) == [(1, "w-1"), (2, "w-2"), (3, "w-3")]
        assert restored.find_customers("anna")[0].name == "Zoë \U0001f6d2"
        assert restored.outbox.subscriptions() == hub.outbox.subscriptions()
        later = restored.accept("web", [track("Product Viewed", id="w-5", at=Day().next(), user="anna", sku="b")])
        assert [receipt.seq for receipt in later] == [4]
        again = restored.accept("web", [track("Price Set", id="w-3", at=Day().next(), sku="ristretto-50", price=1)])
        assert [(receipt.status, receipt.seq) for receipt in again] == [("conflict", 3)]


def test_keys_of_sources_and_people_still_work_after_a_restore(hub, tmp_path):
    key = fill(hub)
    hub.back_up(tmp_path / "shop.zip")
    with Hub.restore(tmp_path / "shop.zip", tmp_path / "restored.noline") as restored:
        assert restored.access.source_of_key(key).name == "web"
        assert [one.name for one in restored.access.keys()]  # noqa: SIM118  a register, no dictionary == ["reports"]


def test_settings_come_with_the_backup_but_for_the_store(tmp_path, empty_postgres_url):
    url = empty_postgres_url
    with Hub.init(tmp_path / "a.noline", store=url, company="Café Zoë", currency="CHF", rates={"JPY": "0.006"}) as hub:
        hub.back_up(tmp_path / "shop.zip")
    with Hub.restore(tmp_path / "shop.zip", tmp_path / "b.noline") as restored:
        assert (restored.settings.store, restored.settings.company, restored.settings.currency) == (
            "sqlite", "Café Zoë", "CHF",
        )  # fmt: skip
        assert {code: str(rate) for code, rate in restored.settings.rates.items()} == {"JPY": "0.006"}


def test_history_is_built_anew_after_a_restore(hub, backup, tmp_path):
    hub.refresh()
    before = hub.analytics.ask("SELECT count(*) AS n FROM touchpoints").to_pylist()
    with Hub.restore(backup, tmp_path / "restored.noline") as restored:
        restored.refresh()
        assert restored.analytics.ask("SELECT count(*) AS n FROM touchpoints").to_pylist() == before


def test_a_backup_says_what_it_holds(hub, backup):
    with zipfile.ZipFile(backup) as archive:
        assert sorted(archive.namelist()) == ["manifest.json", "noline.toml", "rows.sqlite", "secret.key"]
        manifest = json.loads(archive.read("manifest.json"))
        assert archive.read("secret.key") == (hub.folder / "secret.key").read_bytes()
    assert {table: (told["rows"], told["digest"]) for table, told in manifest.items()} == {
        table: (found.rows, found.digest) for table, found in held(hub).items()
    }
    assert (manifest["log"]["rows"], manifest["dead_letters"]["rows"], manifest["keys"]["rows"]) == (3, 2, 1)


def test_only_the_owner_can_read_a_backup_and_what_is_restored_of_its_secret(backup, tmp_path):
    Hub.restore(backup, tmp_path / "restored.noline").close()
    for path in (backup, tmp_path / "restored.noline" / "secret.key"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_nothing_but_the_backup_is_left_beside_it(hub, tmp_path):
    (tmp_path / "safe").mkdir()
    hub.back_up(tmp_path / "safe" / "shop.zip")
    fill(hub)
    hub.back_up(tmp_path / "safe" / "shop.zip")
    assert [path.name for path in (tmp_path / "safe").iterdir()] == ["shop.zip"]
    with zipfile.ZipFile(tmp_path / "safe" / "shop.zip") as archive:
        assert json.loads(archive.read("manifest.json"))["log"]["rows"] == 3


def test_a_backup_that_fails_leaves_the_one_before_it(hub, backup, monkeypatch):
    before = backup.read_bytes()
    monkeypatch.setattr("noline.stores.rows.copy", _out_of_room)
    with pytest.raises(OSError, match="no room"):
        hub.back_up(backup)
    assert backup.read_bytes() == before
    assert sorted(path.name for path in backup.parent.iterdir() if path.name.startswith("noline-backup")) == []


def _out_of_room(*_: object) -> None:
    raise OSError("no room")


def test_a_backup_is_of_one_moment_while_others_write(hub, tmp_path, monkeypatch):
    """A record that comes while tables are copied is in all of them or in none."""
    fill(hub)
    copy = rows.copy

    def slowly(source, target, table):
        if table == "log":
            late = track("Price Set", id="late", at=Day().next(), sku="b", price=1, currency="EUR")
            hub.accept("web", [late])
        copy(source, target, table)

    monkeypatch.setattr(rows, "copy", slowly)
    hub.back_up(tmp_path / "shop.zip")
    monkeypatch.undo()
    with Hub.restore(tmp_path / "shop.zip", tmp_path / "restored.noline") as restored:
        assert messages(restored) == messages(hub)[:3]
        assert restored.verify().trouble == ()


# What is refused


def repacked(backup: Path, **changes: bytes | None) -> Path:
    """The same backup with other contents of some files (None: without it), and right checksums."""
    target = backup.with_name("repacked.zip")
    with zipfile.ZipFile(backup) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            content = changes.get(name.partition(".")[0], old.read(name))
            if content is not None:
                new.writestr(name, content)
    return target


def changed_rows(backup: Path, statement: str) -> bytes:
    """The rows of a backup after a statement."""
    path = backup.with_name("changed.sqlite")
    with zipfile.ZipFile(backup) as archive:
        path.write_bytes(archive.read("rows.sqlite"))
    store = SqliteStore(path)
    with store.transaction() as tx:
        assert tx.run(statement) >= 0
    store.close()
    return path.read_bytes()


def refusal_of(backup: Path, folder: Path) -> str:
    """Why a backup is refused; no hub must be there afterwards."""
    with pytest.raises(BackupBroken) as refusal:
        Hub.restore(backup, folder)
    assert not (folder / "secret.key").exists()
    assert str(backup) in str(refusal.value)
    return refusal.value.why


@pytest.mark.parametrize(
    ("name", "why"),
    [("rows", "rows.sqlite is missing"), ("manifest", "manifest.json is missing"), ("secret", "secret.key is missing")],
)
def test_a_backup_without_one_of_its_parts_is_refused(backup, tmp_path, name, why):
    assert refusal_of(repacked(backup, **{name: None}), tmp_path / "restored.noline") == why


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("DELETE FROM log WHERE seq = 2", "log"),
        ("UPDATE books SET hour = hour + 1", "books"),
        ("UPDATE sources SET channel = 'app'", "sources"),
        ("DROP TABLE dead_letters", "dead_letters"),
    ],
)
def test_a_backup_whose_rows_are_not_what_it_says_is_refused(backup, tmp_path, statement, why):
    broken = repacked(backup, rows=changed_rows(backup, statement))
    assert refusal_of(broken, tmp_path / "restored.noline") == f"not what its manifest says: {why}"


@pytest.mark.parametrize("manifest", [b"", b"[]", b'{"log": 1', b"\xff"])
def test_a_backup_whose_manifest_cannot_be_read_is_refused(backup, tmp_path, manifest):
    assert refusal_of(repacked(backup, manifest=manifest), tmp_path / "restored.noline")


def test_a_backup_with_something_else_for_rows_is_refused(backup, tmp_path):
    assert "not a database" in refusal_of(repacked(backup, rows=b"till roll" * 100), tmp_path / "restored.noline")


def test_what_is_no_backup_at_all_is_refused(tmp_path):
    (tmp_path / "text.zip").write_text("till roll" * 100)
    (tmp_path / "empty.zip").write_bytes(b"")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("holiday.txt", "sun")
    for name in ("text.zip", "empty.zip", "other.zip", "none.zip"):
        assert refusal_of(tmp_path / name, tmp_path / "restored.noline")
    assert not (tmp_path / "restored.noline").exists()


def test_a_backup_that_was_cut_short_is_refused(backup, tmp_path):
    whole = backup.read_bytes()
    cut = backup.with_name("cut.zip")
    for length in (0, 1, 100, len(whole) // 2, len(whole) - 1):
        cut.write_bytes(whole[:length])
        assert refusal_of(cut, tmp_path / "restored.noline")


def test_wherever_a_byte_of_a_backup_was_changed_it_is_refused_or_restores_the_same(tmp_path):
    with Hub.init(tmp_path / "shop.noline") as hub:
        fill(hub)
        hub.back_up(tmp_path / "shop.zip")
        whole, expected = (tmp_path / "shop.zip").read_bytes(), held(hub)
    damaged = tmp_path / "damaged.zip"
    refused = 0
    for number, place in enumerate(_places(whole)):
        damaged.write_bytes(whole[:place] + bytes([whole[place] ^ 0x5A]) + whole[place + 1 :])
        folder = tmp_path / f"restored-{number}.noline"
        try:
            with Hub.restore(damaged, folder) as restored:
                assert held(restored) == expected
        except BackupBroken:
            refused += 1
            assert not (folder / "secret.key").exists()
    assert refused > 20


def _places(whole: bytes) -> list[int]:
    """Every byte of the zip's own directory and headers would take long: some of each, and some of the contents."""
    directory = zipfile.ZipFile(io.BytesIO(whole)).start_dir
    return [*range(0, 60, 7), *range(60, directory, directory // 9), *range(directory, len(whole), 11)]


def test_a_hub_is_not_restored_over_a_hub(hub, backup):
    before = held(hub)
    with pytest.raises(HubExists):
        Hub.restore(backup, hub.folder)
    assert held(hub) == before


def test_a_hub_is_not_restored_into_a_store_with_rows(hub, backup, tmp_path, empty_postgres_url):
    with Hub.init(tmp_path / "other.noline", store=empty_postgres_url) as other:
        other.access.add_source("till", "store")
        before = held(other)
        with pytest.raises(TargetNotEmpty) as refusal:
            Hub.restore(backup, tmp_path / "restored.noline", store=empty_postgres_url)
        assert refusal.value.rows == 1
        assert held(other) == before
    assert not (tmp_path / "restored.noline" / "secret.key").exists()


def test_after_a_refusal_the_same_folder_can_be_used(backup, tmp_path):
    folder = tmp_path / "restored.noline"
    refusal_of(repacked(backup, rows=changed_rows(backup, "DELETE FROM log")), folder)
    with Hub.restore(backup, folder) as restored:
        assert restored.verify().records == 3


def test_a_backup_of_a_newer_version_is_refused(backup, tmp_path):
    newer = repacked(backup, rows=changed_rows(backup, "INSERT INTO schema_version (version) VALUES (999)"))
    with pytest.raises(SchemaTooNew):
        Hub.restore(newer, tmp_path / "restored.noline")
    assert not (tmp_path / "restored.noline" / "secret.key").exists()


def test_a_store_in_the_environment_that_would_win_is_refused(backup, tmp_path, monkeypatch, postgres_url):
    monkeypatch.setenv("NOLINE_STORE", "sqlite:elsewhere.sqlite")
    with pytest.raises(SettingWrong, match="NOLINE_STORE"):
        Hub.restore(backup, tmp_path / "restored.noline", store=postgres_url)
    assert not (tmp_path / "restored.noline").exists()


def test_without_a_store_named_a_backup_goes_where_the_environment_says(backup, tmp_path, monkeypatch):
    monkeypatch.setenv("NOLINE_STORE", "sqlite:elsewhere.sqlite")
    with Hub.restore(backup, tmp_path / "restored.noline") as restored:
        assert restored.verify().records == 3
    assert (tmp_path / "restored.noline" / "elsewhere.sqlite").exists()
