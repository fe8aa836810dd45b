-- What was done for an order while nobody was named: a case that was closed, for instance.
SELECT
    object_id AS order_id,
    occurred_at,
    action,
    CASE WHEN channel = 'store' AND store_id IS NOT NULL THEN store_id ELSE channel END AS teller,
    store_id AS place,
    minutes
FROM touchpoints
WHERE subject IS NULL AND object_id IS NOT NULL AND action = ANY ($words)
ORDER BY occurred_at, seq
