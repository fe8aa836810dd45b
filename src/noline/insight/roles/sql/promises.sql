-- Orders that something was promised of: until when, and when they were ready, collected or delivered first.
WITH promised AS (
    SELECT object_id AS order_id, arg_min(handoff_until, (occurred_at, seq)) AS until
    FROM touchpoints
    WHERE handoff_until IS NOT NULL AND object_id IS NOT NULL AND list_contains($promise_words, action)
    GROUP BY object_id
),
kept AS (
    SELECT order_id, min(occurred_at) AS kept_at
    FROM order_events
    WHERE line = 0 AND list_contains($kept_words, action)
    GROUP BY order_id
)
SELECT
    orders.channel, orders.unit, orders.account_id,
    count(*)::BIGINT AS due,
    count(*) FILTER (WHERE kept.kept_at <= promised.until)::BIGINT AS kept
FROM promised
JOIN orders ON orders.order_id = promised.order_id AND orders.state <> 'cancelled'
LEFT JOIN kept ON kept.order_id = promised.order_id
WHERE promised.until <= $observed
GROUP BY ALL
ORDER BY ALL
