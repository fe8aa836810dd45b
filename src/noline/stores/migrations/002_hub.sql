CREATE TABLE writer (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    name TEXT NOT NULL,
    epoch BIGINT NOT NULL
);
INSERT INTO writer (id, name, epoch) VALUES (1, '', 0);

CREATE TABLE subject_keys (
    route_key BIGINT NOT NULL,
    subject BYTEA NOT NULL,
    salt BYTEA NOT NULL,
    PRIMARY KEY (route_key, subject)
);

CREATE TABLE sources (
    name TEXT PRIMARY KEY,
    channel TEXT NOT NULL,
    trust TEXT NOT NULL CHECK (trust IN ('browser', 'server')),
    key_hash BYTEA NOT NULL UNIQUE,
    key_hint TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE keys (
    name TEXT PRIMARY KEY,
    role TEXT NOT NULL CHECK (role IN ('admin', 'manager', 'associate')),
    key_hash BYTEA NOT NULL UNIQUE,
    key_hint TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE sessions (
    token_hash BYTEA PRIMARY KEY,
    role TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    single_use BIGINT NOT NULL
);

CREATE TABLE books (
    source TEXT NOT NULL,
    hour BIGINT NOT NULL,
    received BIGINT NOT NULL,
    accepted BIGINT NOT NULL,
    duplicate BIGINT NOT NULL,
    conflict BIGINT NOT NULL,
    parked BIGINT NOT NULL,
    PRIMARY KEY (source, hour),
    CHECK (received = accepted + duplicate + conflict + parked)
);

CREATE TABLE dead_letters (
    id BIGINT PRIMARY KEY,
    source TEXT NOT NULL,
    code TEXT NOT NULL,
    pointer TEXT NOT NULL,
    message TEXT NOT NULL,
    route TEXT NOT NULL,
    raw BYTEA NOT NULL,
    raw_hash BYTEA NOT NULL,
    seq BIGINT,
    state TEXT NOT NULL CHECK (state IN ('open', 'fixed', 'ignored')),
    times BIGINT NOT NULL,
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    UNIQUE (source, code, raw_hash)
);
CREATE INDEX dead_letters_state ON dead_letters (state, id);

CREATE TABLE subscriptions (
    name TEXT PRIMARY KEY,
    url TEXT NOT NULL,
    secret TEXT NOT NULL,
    kinds TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'paused')),
    delivered_seq BIGINT NOT NULL,
    failing_since BIGINT,
    next_attempt_at BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    last_error TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE command_results (
    caller TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    request_hash BYTEA NOT NULL,
    status BIGINT NOT NULL,
    answer BYTEA NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (caller, idempotency_key)
);
