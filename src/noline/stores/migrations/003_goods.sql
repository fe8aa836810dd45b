-- Catalogue: what was said and still decides, and what follows from it.
CREATE TABLE catalogue_facts (
    route_key BIGINT NOT NULL,
    thing TEXT NOT NULL CHECK (thing IN ('item', 'location')),
    name TEXT NOT NULL,
    fact_route BIGINT NOT NULL,
    message_id TEXT NOT NULL,
    occurred_at BIGINT NOT NULL,
    said TEXT NOT NULL,
    PRIMARY KEY (route_key, thing, name, fact_route, message_id)
);

CREATE TABLE items (
    route_key BIGINT NOT NULL,
    sku TEXT NOT NULL,
    name TEXT,
    brand TEXT,
    category TEXT,
    price_minor BIGINT CHECK (price_minor >= 0),
    currency TEXT,
    gtin TEXT,
    attributes TEXT NOT NULL,
    described_at BIGINT NOT NULL,
    words TEXT NOT NULL,
    sort_key BYTEA NOT NULL,
    PRIMARY KEY (route_key, sku),
    CHECK ((price_minor IS NULL) = (currency IS NULL))
);

CREATE TABLE locations (
    route_key BIGINT NOT NULL,
    location TEXT NOT NULL,
    name TEXT,
    channel TEXT NOT NULL,
    country TEXT,
    city TEXT,
    described_at BIGINT NOT NULL,
    PRIMARY KEY (route_key, location)
);

-- Stock: the ledger, the counts, and the cells that follow from both.
CREATE TABLE stock_moves (
    route_key BIGINT NOT NULL,
    deed BYTEA NOT NULL,
    sku TEXT NOT NULL,
    fact_route BIGINT NOT NULL,
    message_id TEXT NOT NULL,
    occurred_at BIGINT NOT NULL,
    reason TEXT NOT NULL,
    document TEXT NOT NULL,
    actor TEXT NOT NULL,
    from_location TEXT NOT NULL,
    from_bucket TEXT NOT NULL,
    to_location TEXT NOT NULL,
    to_bucket TEXT NOT NULL,
    units BIGINT NOT NULL CHECK (units > 0),
    standing BIGINT NOT NULL CHECK (standing IN (0, 1)),
    PRIMARY KEY (route_key, deed, sku, fact_route, message_id),
    CHECK (from_location <> to_location OR from_bucket <> to_bucket)
);
CREATE INDEX stock_moves_in_time ON stock_moves (route_key, sku, occurred_at);

CREATE TABLE stock_counts (
    route_key BIGINT NOT NULL,
    sku TEXT NOT NULL,
    location TEXT NOT NULL,
    fact_route BIGINT NOT NULL,
    message_id TEXT NOT NULL,
    occurred_at BIGINT NOT NULL,
    document TEXT NOT NULL,
    actor TEXT NOT NULL,
    units BIGINT NOT NULL CHECK (units >= 0),
    PRIMARY KEY (route_key, sku, location, fact_route, message_id)
);

CREATE TABLE stock_cells (
    route_key BIGINT NOT NULL,
    sku TEXT NOT NULL,
    location TEXT NOT NULL,
    bucket TEXT NOT NULL,
    units BIGINT NOT NULL,
    counted_at BIGINT,
    PRIMARY KEY (route_key, sku, location, bucket)
);

-- Orders: what was said about each, and what follows from all of it.
CREATE TABLE order_facts (
    route_key BIGINT NOT NULL,
    order_id TEXT NOT NULL,
    fact_route BIGINT NOT NULL,
    message_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    occurred_at BIGINT NOT NULL,
    channel TEXT NOT NULL,
    store_id TEXT,
    subject BYTEA NOT NULL,
    currency TEXT NOT NULL,
    total_minor BIGINT,
    return_id TEXT,
    lines TEXT,
    PRIMARY KEY (route_key, order_id, fact_route, message_id)
);

CREATE TABLE orders (
    route_key BIGINT NOT NULL,
    order_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN (
        'known', 'placed', 'completed', 'pickup_requested', 'ready', 'expired', 'cancelled', 'shipped', 'delivered',
        'collected', 'return_requested', 'partly_returned', 'returned', 'refunded'
    )),
    channel TEXT NOT NULL,
    store_id TEXT,
    subject BYTEA NOT NULL,
    placed_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    currency TEXT,
    total_minor BIGINT,
    PRIMARY KEY (route_key, order_id),
    CHECK ((total_minor IS NULL) = (currency IS NULL)),
    CHECK (changed_at >= placed_at)
);
CREATE INDEX orders_of_subject ON orders (subject, placed_at);
CREATE INDEX orders_in_time ON orders (placed_at);

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
);

-- Prices: one row is one price with the time in which it holds.
CREATE TABLE price_windows (
    route_key BIGINT NOT NULL,
    sku TEXT NOT NULL,
    fact_route BIGINT NOT NULL,
    message_id TEXT NOT NULL,
    occurred_at BIGINT NOT NULL,
    channel TEXT NOT NULL,
    country TEXT NOT NULL,
    currency TEXT NOT NULL,
    price_minor BIGINT NOT NULL CHECK (price_minor >= 0),
    valid_from BIGINT NOT NULL,
    valid_until BIGINT CHECK (valid_until > valid_from),
    source TEXT NOT NULL,
    PRIMARY KEY (route_key, sku, fact_route, message_id)
);
CREATE INDEX price_windows_in_time ON price_windows (route_key, sku, channel, valid_from);

-- Feedback: what was said in each loop, and where the loop stands.
CREATE TABLE feedback_facts (
    route_key BIGINT NOT NULL,
    loop_id TEXT NOT NULL,
    fact_route BIGINT NOT NULL,
    message_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    occurred_at BIGINT NOT NULL,
    subject BYTEA NOT NULL,
    channel TEXT NOT NULL,
    site TEXT,
    store_id TEXT,
    sku TEXT,
    order_id TEXT,
    rating_hundredths BIGINT CHECK (rating_hundredths BETWEEN 0 AND 10000),
    PRIMARY KEY (route_key, loop_id, fact_route, message_id)
);

CREATE TABLE feedback_loops (
    route_key BIGINT NOT NULL,
    loop_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'answered', 'closed')),
    subject BYTEA NOT NULL,
    channel TEXT NOT NULL,
    site TEXT,
    store_id TEXT,
    sku TEXT,
    order_id TEXT,
    rating_hundredths BIGINT CHECK (rating_hundredths BETWEEN 0 AND 10000),
    opened_at BIGINT,
    answered_at BIGINT,
    closed_at BIGINT,
    fact_route BIGINT NOT NULL,
    message_id TEXT NOT NULL,
    PRIMARY KEY (route_key, loop_id),
    CHECK (state <> 'open' OR opened_at IS NOT NULL),
    CHECK (state <> 'answered' OR answered_at IS NOT NULL),
    CHECK (state <> 'closed' OR closed_at IS NOT NULL)
);
CREATE INDEX feedback_loops_by_state ON feedback_loops (state, opened_at);
