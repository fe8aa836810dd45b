-- Every order that stands, by person and time; orders of nobody last.
SELECT person, order_id, channel, unit, placed_at, currency, value_minor AS amount_minor
FROM orders
WHERE state = 'placed'
ORDER BY person NULLS LAST, placed_at, order_id
