-- Who called which tool of an assistant program, and how it ended. No row tells of a customer.
CREATE TABLE tool_calls (
    call_id TEXT NOT NULL PRIMARY KEY,
    called_at BIGINT NOT NULL,
    caller TEXT NOT NULL,
    scope TEXT NOT NULL,
    tool TEXT NOT NULL,
    outcome TEXT NOT NULL,
    log_seq BIGINT NOT NULL
);

CREATE INDEX tool_calls_at ON tool_calls (called_at);

-- A key may be that of a partner: another company, which asks for goods and for orders by their number.
CREATE TABLE keys_with_partners (
    name TEXT PRIMARY KEY,
    role TEXT NOT NULL CHECK (role IN ('admin', 'manager', 'associate', 'partner')),
    key_hash BYTEA NOT NULL UNIQUE,
    key_hint TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

INSERT INTO keys_with_partners (name, role, key_hash, key_hint, created_at)
SELECT name, role, key_hash, key_hint, created_at FROM keys;

DROP TABLE keys;

ALTER TABLE keys_with_partners RENAME TO keys;
