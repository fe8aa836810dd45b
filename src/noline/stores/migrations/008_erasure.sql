-- Erasure: names that may not come back (keyed digests, nothing readable), and what was done for whom.
CREATE TABLE tombstones (
    route_key BIGINT NOT NULL,
    mark BYTEA NOT NULL,
    number BIGINT NOT NULL,
    erased_at BIGINT NOT NULL,
    PRIMARY KEY (route_key, mark)
);
CREATE INDEX tombstones_number ON tombstones (number);

CREATE TABLE erasures (
    route_key BIGINT NOT NULL,
    receipt TEXT NOT NULL,
    erased_at BIGINT NOT NULL,
    erased_by TEXT NOT NULL,
    reason TEXT NOT NULL,
    marks BYTEA NOT NULL,
    told TEXT NOT NULL,
    to_do TEXT NOT NULL,
    PRIMARY KEY (route_key, receipt)
);

CREATE TABLE erased_people (
    route_key BIGINT NOT NULL,
    mark BYTEA NOT NULL,
    receipt TEXT NOT NULL,
    erased_at BIGINT NOT NULL,
    PRIMARY KEY (route_key, mark)
);
