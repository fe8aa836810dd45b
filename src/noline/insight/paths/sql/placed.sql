-- Every order that somebody placed up to a position of the log, with the message that told it first.
WITH told AS (
    SELECT order_id, arg_min(seq, (occurred_at, seq)) AS seq
    FROM order_events
    WHERE line = 0 AND action IN ('Order Placed', 'Order Completed')
    GROUP BY order_id
)
SELECT
    told.seq, orders.placed_at, orders.channel, orders.unit, orders.currency, orders.value_minor AS amount_minor,
    orders.state = 'placed' AS stands
FROM orders
JOIN told ON told.order_id = orders.order_id
WHERE told.seq <= $last
ORDER BY told.seq
