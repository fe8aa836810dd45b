-- When a customer may expect an order, as any channel told it.
ALTER TABLE order_facts ADD COLUMN promised_at BIGINT;
ALTER TABLE orders ADD COLUMN promised_at BIGINT;

-- A day at a store asks what lies ready, which few orders of the past do.
CREATE INDEX orders_ready ON orders (placed_at) WHERE state = 'ready';

INSERT INTO refold (room) SELECT 'orders' WHERE EXISTS (SELECT 1 FROM log) ON CONFLICT DO NOTHING;
