-- Orders of businesses, and those of which something came back.
SELECT orders.account_id, count(*)::BIGINT AS orders,
    count(*) FILTER (WHERE orders.order_id IN (SELECT order_id FROM order_returns))::BIGINT AS returned
FROM orders
WHERE orders.state = 'placed' AND orders.account_id IS NOT NULL
GROUP BY orders.account_id
ORDER BY orders.account_id
