CREATE TABLE cart_facts (
    route_key BIGINT NOT NULL,
    cart_id TEXT NOT NULL,
    fact_route BIGINT NOT NULL,
    message_id TEXT NOT NULL,
    position BIGINT NOT NULL,
    occurred_at BIGINT NOT NULL,
    received_at BIGINT NOT NULL,
    teller BYTEA NOT NULL,
    kind TEXT NOT NULL,
    trusted BIGINT NOT NULL CHECK (trusted IN (0, 1)),
    channel TEXT,
    store_id TEXT,
    said TEXT NOT NULL,
    PRIMARY KEY (route_key, cart_id, fact_route, message_id)
);
CREATE INDEX cart_facts_told_by ON cart_facts (teller);

CREATE TABLE carts (
    route_key BIGINT NOT NULL,
    cart_id TEXT NOT NULL,
    code TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'ordered', 'abandoned')),
    subject BYTEA,
    began_in TEXT,
    touched_in TEXT,
    store_id TEXT,
    currency TEXT NOT NULL,
    version BIGINT NOT NULL,
    order_id TEXT,
    hold_id TEXT,
    opened_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (route_key, cart_id)
);
CREATE INDEX carts_by_code ON carts (code);
CREATE INDEX carts_of ON carts (subject) WHERE subject IS NOT NULL;

CREATE TABLE cart_lines (
    route_key BIGINT NOT NULL,
    cart_id TEXT NOT NULL,
    line BIGINT NOT NULL,
    sku TEXT NOT NULL,
    units BIGINT NOT NULL CHECK (units > 0),
    price_minor BIGINT,
    currency TEXT,
    note TEXT,
    PRIMARY KEY (route_key, cart_id, line)
);

-- A hub with a past finds the carts of it.
INSERT INTO refold (room) SELECT 'carts' WHERE EXISTS (SELECT 1 FROM log);
