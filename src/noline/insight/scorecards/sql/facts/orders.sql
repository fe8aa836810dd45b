-- One row is an order that stands: cancelled and expired ones are left out. What came back of it is counted per order
-- before it is joined, so that an order stays one row however often something of it came back. A person's first order is
-- the first one that stands.
-- alone: the order itself where nobody knows the customer.
SELECT
    placed.person,
    CASE WHEN placed.person IS NULL THEN placed.order_id END AS alone,
    placed.unit,
    placed.channel,
    placed.country,
    placed.currency,
    placed.placed_at AS happened_at,
    1 AS orders,
    CAST(placed.value_minor IS NOT NULL AS INTEGER) AS orders_priced,
    coalesce(placed.value_minor, 0) AS revenue_minor,
    CAST(placed.units IS NOT NULL AS INTEGER) AS orders_with_units,
    coalesce(placed.units, 0) AS units,
    CAST(
        placed.person IS NOT NULL
        AND row_number() OVER (PARTITION BY placed.person ORDER BY placed.placed_at, placed.order_id) = 1 AS INTEGER
    ) AS first_orders,
    CAST(back.order_id IS NOT NULL AS INTEGER) AS orders_back
FROM orders AS placed
LEFT JOIN (SELECT DISTINCT order_id FROM order_returns) AS back ON back.order_id = placed.order_id
WHERE placed.state = 'placed'
