CREATE TABLE attributes (
    route_key BIGINT NOT NULL,
    subject BYTEA NOT NULL,
    name TEXT NOT NULL,
    source TEXT NOT NULL,
    value_key BIGINT NOT NULL,
    value TEXT NOT NULL,
    trust BIGINT NOT NULL CHECK (trust BETWEEN 0 AND 2),
    first_at BIGINT NOT NULL,
    first_id BYTEA NOT NULL,
    last_at BIGINT NOT NULL,
    last_id BYTEA NOT NULL,
    PRIMARY KEY (route_key, subject, name, source, value_key)
);

CREATE TABLE postings (
    route_key BIGINT NOT NULL,
    clue BYTEA NOT NULL,
    subject BYTEA NOT NULL,
    PRIMARY KEY (route_key, clue, subject)
);
CREATE INDEX postings_subject ON postings (subject, route_key, clue);

CREATE TABLE sounds (
    route_key BIGINT NOT NULL,
    sound BYTEA NOT NULL,
    word BYTEA NOT NULL,
    PRIMARY KEY (route_key, sound, word)
);
