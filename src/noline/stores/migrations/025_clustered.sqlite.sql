-- Rows that lie in the order of their key: one tree less to write for each, and an item's moves lie side by side.

ALTER TABLE stock_moves RENAME TO old_stock_moves;
DROP INDEX stock_moves_in_time;
DROP INDEX stock_moves_in_order;
CREATE TABLE stock_moves (
    route_key BIGINT NOT NULL,
    deed BYTEA NOT NULL,
    sku TEXT NOT NULL,
    fact_route BIGINT NOT NULL,
    message_id TEXT NOT NULL,
    seq BIGINT NOT NULL,
    occurred_at BIGINT NOT NULL,
    reason TEXT NOT NULL,
    document TEXT NOT NULL,
    actor TEXT NOT NULL,
    from_location TEXT NOT NULL,
    from_bucket TEXT NOT NULL,
    to_location TEXT NOT NULL,
    to_bucket TEXT NOT NULL,
    lot TEXT NOT NULL,
    owner TEXT NOT NULL,
    units BIGINT NOT NULL CHECK (units > 0),
    standing BIGINT NOT NULL CHECK (standing IN (0, 1)),
    PRIMARY KEY (route_key, deed, sku, fact_route, message_id),
    CHECK (from_location <> to_location OR from_bucket <> to_bucket)
) WITHOUT ROWID;
INSERT INTO stock_moves SELECT * FROM old_stock_moves;
DROP TABLE old_stock_moves;
-- Claims lie still: a recount asks only for what moved, and a hold need not write here.
CREATE INDEX stock_moves_in_time ON stock_moves (route_key, sku, occurred_at)
    WHERE from_location <> 'demand' AND to_location <> 'demand';
CREATE INDEX stock_moves_in_order ON stock_moves (seq);

ALTER TABLE stock_cells RENAME TO old_stock_cells;
DROP INDEX stock_cells_overpromised;
-- on_hand may be below zero: a till that was offline sold what nobody knew was there. A claim cannot be.
CREATE TABLE stock_cells (
    route_key BIGINT NOT NULL,
    sku TEXT NOT NULL,
    location TEXT NOT NULL,
    lot TEXT NOT NULL,
    owner TEXT NOT NULL,
    on_hand BIGINT NOT NULL,
    unsellable BIGINT NOT NULL,
    held BIGINT NOT NULL CHECK (held >= 0),
    allocated BIGINT NOT NULL CHECK (allocated >= 0),
    incoming BIGINT NOT NULL CHECK (incoming >= 0),
    counted_at BIGINT,
    PRIMARY KEY (route_key, sku, location, lot, owner)
) WITHOUT ROWID;
INSERT INTO stock_cells SELECT * FROM old_stock_cells;
DROP TABLE old_stock_cells;
CREATE INDEX stock_cells_overpromised ON stock_cells (sku, location) WHERE on_hand < held + allocated;

ALTER TABLE stock_holds RENAME TO old_stock_holds;
DROP INDEX stock_holds_due;
CREATE TABLE stock_holds (
    route_key BIGINT NOT NULL,
    hold TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('active', 'committed', 'released', 'expired')),
    channel TEXT NOT NULL,
    document TEXT NOT NULL,
    lines TEXT NOT NULL,
    placed_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT,
    order_id TEXT,
    PRIMARY KEY (route_key, hold),
    CHECK ((ended_at IS NULL) = (state = 'active'))
) WITHOUT ROWID;
INSERT INTO stock_holds SELECT * FROM old_stock_holds;
DROP TABLE old_stock_holds;
CREATE INDEX stock_holds_due ON stock_holds (expires_at) WHERE state = 'active';
