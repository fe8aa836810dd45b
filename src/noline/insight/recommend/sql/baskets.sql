-- One row is an order of somebody known that was not taken back: who, when, in which store, and what.
SELECT
    orders.person,
    orders.placed_at,
    orders.store_id,
    list(order_goods.sku ORDER BY order_goods.sku) AS skus,
    list(CAST(coalesce(order_goods.units, 1) AS DOUBLE) ORDER BY order_goods.sku) AS units
FROM orders
JOIN order_goods ON order_goods.order_id = orders.order_id
WHERE orders.person IS NOT NULL AND orders.state = 'placed' AND order_goods.sku IS NOT NULL
GROUP BY orders.person, orders.placed_at, orders.store_id, orders.order_id
ORDER BY orders.person, orders.placed_at, orders.order_id
