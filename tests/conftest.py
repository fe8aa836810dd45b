"""What every test may ask for: a store of each kind, a fresh hub on each, a browser; and what the last lines say."""

import os
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from noline.stores.transactional import TransactionalStore
from postgres_server import CannotRun, PostgresServer
from shop import assert_books_balance

if TYPE_CHECKING:
    from noline.hub import Hub

STORES = ["sqlite", "postgres"]
LONG = bool(os.environ.get("NOLINE_LONG"))

_CALM = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]
settings.register_profile("short", deadline=None, derandomize=True, suppress_health_check=_CALM)
settings.register_profile("long", deadline=None, max_examples=2_000, print_blob=True, suppress_health_check=_CALM)
settings.load_profile("long" if LONG else "short")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave the long runs to `make test-long`."""
    if LONG:
        return
    for item in items:
        if item.get_closest_marker("long"):
            item.add_marker(pytest.mark.skip(reason="takes long: make test-long"))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Say at the very end what did not run, and why."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or hasattr(config, "workerinput") or config.option.collectonly:
        return
    skipped = [report for report in reporter.stats.get("skipped", []) if isinstance(report.longrepr, tuple)]
    reasons = Counter(report.longrepr[2].removeprefix("Skipped: ") for report in skipped)
    if not reasons:
        reporter.write_line("Not run: nothing; every test of this run ran.")
    for reason, number in reasons.most_common():
        reporter.write_line(f"Not run: {number} {'test' if number == 1 else 'tests'}: {reason}")


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> PostgresServer:
    """The PostgreSQL server of this run."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    base = tmp_path_factory.getbasetemp()
    try:
        if worker:
            return PostgresServer(base.parent, worker, os.getppid())
        return PostgresServer(base, "alone", os.getpid())
    except CannotRun as cause:
        pytest.skip(f"PostgreSQL cannot run here: {cause}")


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The address of a database with our schema and no rows, gone after the test."""
    with postgres_server.database() as url:
        yield url


@pytest.fixture
def empty_postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The address of a database without any table, gone after the test."""
    with postgres_server.database(migrated=False) as url:
        yield url


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TransactionalStore]:
    """A migrated store without rows, of each kind."""
    opened = _open_store(request, tmp_path)
    opened.migrate()
    yield opened
    opened.close()


def _open_store(request: pytest.FixtureRequest, folder: Path) -> TransactionalStore:
    if request.param == "sqlite":
        from noline.stores.sqlite import SqliteStore

        return SqliteStore(folder / "store.sqlite")
    from noline.stores.postgres import PostgresStore

    return PostgresStore(request.getfixturevalue("postgres_url"))


@pytest.fixture(params=STORES)
def hub(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator["Hub"]:
    """A fresh hub on each kind of store, whose books must balance after the test."""
    from noline.hub import Hub

    url = request.getfixturevalue("postgres_url") if request.param == "postgres" else None
    opened = Hub.init(tmp_path / "shop.noline", store=url)
    yield opened
    assert_books_balance(opened.store)
    opened.close()


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.skip("there is no Chromium on this machine")
    return found
