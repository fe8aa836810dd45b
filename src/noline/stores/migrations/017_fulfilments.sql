-- What the hub decided about the orders that it runs itself, and what follows: units of each line, fulfilments by place.
CREATE TABLE order_deeds (
    route_key BIGINT NOT NULL,
    order_id TEXT NOT NULL,
    message_id TEXT NOT NULL,
    seq BIGINT NOT NULL,
    occurred_at BIGINT NOT NULL,
    kind TEXT NOT NULL,
    said TEXT NOT NULL,
    decision TEXT,
    PRIMARY KEY (route_key, order_id, message_id)
);
CREATE INDEX order_decisions ON order_deeds (occurred_at) WHERE decision IS NOT NULL;

CREATE TABLE order_units (
    route_key BIGINT NOT NULL,
    order_id TEXT NOT NULL,
    sku TEXT NOT NULL,
    ordered BIGINT NOT NULL CHECK (ordered >= 0),
    waiting BIGINT NOT NULL CHECK (waiting >= 0),
    cancelled BIGINT NOT NULL CHECK (cancelled >= 0),
    promised_at BIGINT,
    placed_seq BIGINT NOT NULL,
    PRIMARY KEY (route_key, order_id, sku)
);
CREATE INDEX order_units_waiting ON order_units (placed_seq) WHERE waiting > 0;

CREATE TABLE fulfilments (
    route_key BIGINT NOT NULL,
    order_id TEXT NOT NULL,
    fulfilment TEXT NOT NULL,
    location TEXT NOT NULL,
    method TEXT NOT NULL,
    destination TEXT,
    place TEXT NOT NULL,
    state TEXT NOT NULL,
    promised_at BIGINT,
    made_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (route_key, order_id, fulfilment)
);
CREATE INDEX fulfilments_at ON fulfilments (place, state, made_at);
CREATE INDEX fulfilments_made ON fulfilments (location, made_at, state);

CREATE TABLE fulfilment_lines (
    route_key BIGINT NOT NULL,
    order_id TEXT NOT NULL,
    fulfilment TEXT NOT NULL,
    sku TEXT NOT NULL,
    asked BIGINT NOT NULL CHECK (asked > 0),
    picked BIGINT NOT NULL CHECK (picked >= 0),
    rejected BIGINT NOT NULL CHECK (rejected >= 0),
    cancelled BIGINT NOT NULL CHECK (cancelled >= 0),
    missed_at BIGINT,
    PRIMARY KEY (route_key, order_id, fulfilment, sku),
    CHECK (picked + rejected + cancelled <= asked)
);
CREATE INDEX fulfilment_lines_missed ON fulfilment_lines (missed_at) WHERE missed_at IS NOT NULL;

-- How often units were found where they were looked for.
CREATE TABLE location_picks (
    route_key BIGINT NOT NULL,
    location TEXT NOT NULL,
    found BIGINT NOT NULL,
    missed BIGINT NOT NULL,
    PRIMARY KEY (route_key, location)
);

-- In millionths of a degree.
ALTER TABLE locations ADD COLUMN latitude BIGINT;
ALTER TABLE locations ADD COLUMN longitude BIGINT;

INSERT INTO refold (room) SELECT 'catalogue' WHERE EXISTS (SELECT 1 FROM log) ON CONFLICT DO NOTHING;
INSERT INTO refold (room) SELECT 'orders' WHERE EXISTS (SELECT 1 FROM log) ON CONFLICT DO NOTHING;
