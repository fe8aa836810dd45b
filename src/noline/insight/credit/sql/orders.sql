-- Every order that somebody placed, in the order of time.
SELECT
    order_id, placed_at, channel, store_id, unit, country, person, currency, value_minor, tax_minor, shipping_minor,
    cost_minor, units, location, state
FROM orders
ORDER BY placed_at, order_id
