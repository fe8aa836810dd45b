-- Orders that crossed: placed in one channel; collected, given back or advised (under the order's id) in another.
-- What came before the order sent it there; known: it was told of the same person as the order.
WITH met AS (
    SELECT order_id, channel, occurred_at, subject
    FROM order_events
    WHERE line = 0 AND action IN ('Pickup Collected', 'Return Accepted')
    UNION ALL
    SELECT object_id AS order_id, channel, occurred_at, subject
    FROM touchpoints
    WHERE action = 'Advice Given' AND object_id IS NOT NULL
)
SELECT
    orders.person,
    CASE WHEN met.occurred_at < orders.placed_at THEN met.channel ELSE orders.channel END AS sender,
    CASE WHEN met.occurred_at < orders.placed_at THEN orders.channel ELSE met.channel END AS receiver,
    bool_or(coalesce(people.person, met.subject) IS NOT DISTINCT FROM orders.person) AS known,
    count(DISTINCT orders.order_id)::BIGINT AS orders
FROM met
JOIN orders ON orders.order_id = met.order_id AND orders.state = 'placed' AND orders.person IS NOT NULL
LEFT JOIN people ON people.subject = met.subject
WHERE met.channel <> orders.channel
GROUP BY ALL
ORDER BY ALL
