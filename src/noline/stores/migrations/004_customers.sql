CREATE TABLE identifiers (
    route_key BIGINT NOT NULL,
    subject BYTEA NOT NULL,
    namespace TEXT NOT NULL,
    value TEXT NOT NULL,
    first_at BIGINT NOT NULL,
    person TEXT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (route_key, subject)
);
CREATE INDEX identifiers_person ON identifiers (person);
CREATE INDEX identifiers_version ON identifiers (version);

CREATE TABLE links (
    route_key BIGINT NOT NULL,
    subject BYTEA NOT NULL,
    other_route BIGINT NOT NULL,
    other BYTEA NOT NULL,
    trust BIGINT NOT NULL CHECK (trust BETWEEN 0 AND 2),
    first_at BIGINT NOT NULL,
    PRIMARY KEY (route_key, subject, other, trust)
);

CREATE TABLE traits (
    route_key BIGINT NOT NULL,
    subject BYTEA NOT NULL,
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    told_at BIGINT NOT NULL,
    message_id TEXT NOT NULL,
    source TEXT NOT NULL,
    PRIMARY KEY (route_key, subject, name)
);
