-- What people and models decided of who is who, and what the derivation of people refused.
ALTER TABLE identifiers ADD COLUMN shared BIGINT NOT NULL DEFAULT 0;

CREATE TABLE decisions (
    route_key BIGINT NOT NULL,
    decision TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('same', 'different', 'same_household', 'different_household')),
    decided_at BIGINT NOT NULL,
    decided_by TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (route_key, decision)
);

CREATE TABLE decision_ends (
    route_key BIGINT NOT NULL,
    subject BYTEA NOT NULL,
    decision TEXT NOT NULL,
    side BIGINT NOT NULL CHECK (side IN (0, 1)),
    PRIMARY KEY (route_key, subject, decision, side)
);
CREATE INDEX decision_ends_of ON decision_ends (decision);

CREATE TABLE model_links (
    route_key BIGINT NOT NULL,
    subject BYTEA NOT NULL,
    other_route BIGINT NOT NULL,
    other BYTEA NOT NULL,
    batch TEXT NOT NULL,
    weight_thousandths BIGINT NOT NULL,
    decided_at BIGINT NOT NULL,
    PRIMARY KEY (route_key, subject, other, batch)
);
CREATE INDEX model_links_of ON model_links (batch);

CREATE TABLE undone (
    route_key BIGINT NOT NULL,
    decision TEXT NOT NULL,
    undone_at BIGINT NOT NULL,
    undone_by TEXT NOT NULL,
    PRIMARY KEY (route_key, decision)
);

CREATE TABLE refused_links (
    route_key BIGINT NOT NULL,
    subject BYTEA NOT NULL,
    other BYTEA NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (route_key, subject, other)
);

CREATE TABLE identity_rules (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    rules TEXT NOT NULL,
    applied_at BIGINT NOT NULL
);
