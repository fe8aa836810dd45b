"""Whether a store keeps the promise of the intake: acknowledged is durable, whatever happens to the power."""

from noline.stores.transactional import Reader, TransactionalStore

_NEEDED_OF_POSTGRES = {
    "fsync": ("on",),
    "full_page_writes": ("on",),
    "synchronous_commit": ("on", "remote_apply", "remote_write", "local"),
}
"""Settings of a PostgreSQL server, with the values under which a commit survives a power cut."""


def weaknesses(store: TransactionalStore, reader: Reader) -> list[str]:
    """Settings of the database under which an acknowledged event can be lost, as `name=value`.

    A SQLite file has none: the adapter itself asks for a sync at every commit.
    """
    if store.dialect != "postgres":
        return []
    found = []
    for name, good in _NEEDED_OF_POSTGRES.items():
        (value,) = reader.row("SELECT current_setting(?)", (name,)) or ("",)
        if value not in good:
            found.append(f"{name}={value}")
    return found
