-- Transfers, counts and returns as their latest deed said, who did which step, and what people closed.
CREATE TABLE goods_papers (
    route_key BIGINT NOT NULL,
    paper TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('transfer', 'count', 'return')),
    state TEXT NOT NULL,
    location TEXT NOT NULL,
    target TEXT NOT NULL,
    order_id TEXT NOT NULL,
    changed_at BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    said TEXT NOT NULL,
    PRIMARY KEY (route_key, paper)
);
CREATE INDEX goods_papers_by_state ON goods_papers (kind, state, seq);
CREATE INDEX goods_papers_of_order ON goods_papers (order_id) WHERE order_id <> '';

CREATE TABLE goods_steps (
    route_key BIGINT NOT NULL,
    paper TEXT NOT NULL,
    seq BIGINT NOT NULL,
    state TEXT NOT NULL,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    PRIMARY KEY (route_key, paper, seq)
);

CREATE TABLE goods_short_picks (
    route_key BIGINT NOT NULL,
    sku TEXT NOT NULL,
    location TEXT NOT NULL,
    document TEXT NOT NULL,
    units BIGINT NOT NULL CHECK (units > 0),
    at BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (route_key, sku, location)
);

CREATE TABLE goods_closings (
    route_key BIGINT NOT NULL,
    task TEXT NOT NULL,
    reason TEXT NOT NULL,
    actor TEXT NOT NULL,
    at BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (route_key, task)
);

CREATE INDEX stock_incoming_of ON stock_incoming (document);
