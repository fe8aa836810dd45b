CREATE TABLE consent_statements (
    route_key BIGINT NOT NULL,
    subject BYTEA NOT NULL,
    teller_route BIGINT NOT NULL,
    teller BYTEA NOT NULL,
    purpose TEXT NOT NULL,
    channel TEXT NOT NULL,
    granted BIGINT NOT NULL CHECK (granted IN (0, 1)),
    told_at BIGINT NOT NULL,
    message_id TEXT NOT NULL,
    trusted BIGINT NOT NULL CHECK (trusted IN (0, 1)),
    source TEXT NOT NULL,
    method TEXT,
    description TEXT,
    policy TEXT,
    taken_by TEXT,
    seq BIGINT NOT NULL,
    PRIMARY KEY (route_key, subject, purpose, channel, message_id, teller)
);
CREATE INDEX consent_statements_teller ON consent_statements (teller_route);

CREATE TABLE consent_signals (
    route_key BIGINT NOT NULL,
    subject BYTEA NOT NULL,
    source TEXT NOT NULL,
    method TEXT NOT NULL,
    answers_hash BYTEA NOT NULL,
    answers TEXT NOT NULL,
    trusted BIGINT NOT NULL CHECK (trusted IN (0, 1)),
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    message_id BYTEA NOT NULL,
    description TEXT,
    policy TEXT,
    seq BIGINT NOT NULL,
    PRIMARY KEY (route_key, subject, source, method, answers_hash)
);
