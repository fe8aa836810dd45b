CREATE TABLE log (
    seq INTEGER PRIMARY KEY,
    route_key BIGINT NOT NULL,
    message_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject BYTEA NOT NULL,
    occurred_at BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    source TEXT NOT NULL,
    schema TEXT NOT NULL,
    body BYTEA NOT NULL,
    body_hash BYTEA NOT NULL
);
CREATE UNIQUE INDEX log_message ON log (route_key, message_id);
