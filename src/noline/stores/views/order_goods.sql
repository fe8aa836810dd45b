-- One row is a line of an order, as last said: what, how many, for how much; cost_minor where the message told it.
WITH latest AS (
    SELECT order_id, arg_max(seq, (occurred_at, seq)) AS seq
    FROM order_events
    WHERE line > 0 AND action IN ('Order Placed', 'Order Completed', 'Order Updated')
    GROUP BY order_id
)
SELECT
    events.order_id, events.line, events.sku, events.units, events.currency, events.total_minor, events.cost_minor,
    events.occurred_at
FROM order_events AS events
JOIN latest ON latest.order_id = events.order_id AND latest.seq = events.seq
WHERE events.line > 0
