-- Where people live or lived, by a digest of the address, so that those at one address find each other.
CREATE TABLE addresses (
    route_key BIGINT NOT NULL,
    subject BYTEA NOT NULL,
    place BYTEA NOT NULL,
    trust BIGINT NOT NULL CHECK (trust IN (0, 1)),
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    PRIMARY KEY (route_key, subject, place)
);
CREATE INDEX addresses_place ON addresses (place);
