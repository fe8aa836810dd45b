-- What is told of a customer, and the lines of an order, lie in the order of their key: where somebody is opened at the
-- counter each row is found in one tree instead of two, and noting the look writes one tree less.

ALTER TABLE client_views RENAME TO old_client_views;
CREATE TABLE client_views (
    route_key BIGINT NOT NULL,
    subject BYTEA NOT NULL,
    at BIGINT NOT NULL,
    message_id TEXT NOT NULL,
    seen_by TEXT NOT NULL,
    store_id TEXT,
    purpose TEXT NOT NULL,
    facts TEXT NOT NULL,
    PRIMARY KEY (route_key, subject, at, message_id)
) WITHOUT ROWID;
INSERT INTO client_views SELECT * FROM old_client_views;
DROP TABLE old_client_views;

ALTER TABLE offers_told RENAME TO old_offers_told;
DROP INDEX offers_told_programme;
CREATE TABLE offers_told (
    route_key BIGINT NOT NULL,
    subject BYTEA NOT NULL,
    message_id TEXT NOT NULL,
    programme TEXT NOT NULL,
    told TEXT NOT NULL CHECK (told IN ('shown', 'held', 'accepted', 'declined', 'overruled')),
    at BIGINT NOT NULL,
    until_at BIGINT,
    reason TEXT NOT NULL,
    by_name TEXT NOT NULL,
    terms TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (route_key, message_id)
) WITHOUT ROWID;
INSERT INTO offers_told SELECT * FROM old_offers_told;
DROP TABLE old_offers_told;
CREATE INDEX offers_told_programme ON offers_told (programme, at);

ALTER TABLE consent_signals RENAME TO old_consent_signals;
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
) WITHOUT ROWID;
INSERT INTO consent_signals SELECT * FROM old_consent_signals;
DROP TABLE old_consent_signals;

ALTER TABLE order_lines RENAME TO old_order_lines;
CREATE TABLE order_lines (
    route_key BIGINT NOT NULL,
    order_id TEXT NOT NULL,
    line BIGINT NOT NULL CHECK (line >= 1),
    sku TEXT NOT NULL,
    units BIGINT NOT NULL CHECK (units >= 0),
    price_minor BIGINT,
    total_minor BIGINT,
    currency TEXT,
    returned_units BIGINT NOT NULL CHECK (returned_units >= 0),
    PRIMARY KEY (route_key, order_id, line),
    CHECK (currency IS NOT NULL OR (price_minor IS NULL AND total_minor IS NULL))
) WITHOUT ROWID;
INSERT INTO order_lines SELECT * FROM old_order_lines;
DROP TABLE old_order_lines;
