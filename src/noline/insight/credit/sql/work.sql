-- What messages say of orders that shows an act: who told it, and where the goods were.
SELECT
    seq,
    order_id,
    occurred_at,
    action,
    CASE WHEN channel = 'store' AND store_id IS NOT NULL THEN store_id ELSE channel END AS teller,
    coalesce(location, store_id) AS place,
    minutes
FROM order_events
WHERE line = 0 AND action = ANY ($words)
ORDER BY occurred_at, seq
