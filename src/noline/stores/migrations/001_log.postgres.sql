CREATE TABLE log (
    seq BIGINT NOT NULL,
    route_key BIGINT NOT NULL,
    message_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    subject BYTEA NOT NULL,
    occurred_at BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    source TEXT NOT NULL,
    schema TEXT NOT NULL,
    body BYTEA NOT NULL,
    body_hash BYTEA NOT NULL,
    PRIMARY KEY (route_key, message_id)
);
CREATE INDEX log_seq ON log (seq);
