-- A key may be that of an analyst, who sees numbers and no people.
CREATE TABLE keys_with_analysts (
    name TEXT PRIMARY KEY,
    role TEXT NOT NULL CHECK (role IN ('admin', 'manager', 'associate', 'partner', 'analyst')),
    key_hash BYTEA NOT NULL UNIQUE,
    key_hint TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

INSERT INTO keys_with_analysts (name, role, key_hash, key_hint, created_at)
SELECT name, role, key_hash, key_hint, created_at FROM keys;

DROP TABLE keys;

ALTER TABLE keys_with_analysts RENAME TO keys;
