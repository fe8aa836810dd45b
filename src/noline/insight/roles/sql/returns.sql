-- Goods brought back somewhere else than where they were sold: accepted, and refused.
WITH brought AS (
    SELECT
        order_id,
        coalesce(return_id, '') AS return_id,
        arg_min(
            CASE WHEN channel = 'store' THEN coalesce(store_id, channel) ELSE channel END, (occurred_at, seq)
        ) AS unit,
        bool_or(action = 'Return Accepted') AS is_accepted,
        bool_or(action = 'Return Refused') AS is_refused
    FROM order_events
    WHERE line = 0 AND action IN ('Return Requested', 'Return Accepted', 'Return Refused')
    GROUP BY 1, 2
)
SELECT
    count(*)::BIGINT AS brought,
    count(*) FILTER (WHERE brought.unit <> orders.unit)::BIGINT AS elsewhere,
    count(*) FILTER (WHERE brought.unit <> orders.unit AND is_accepted)::BIGINT AS accepted,
    count(*) FILTER (WHERE brought.unit <> orders.unit AND is_refused AND NOT is_accepted)::BIGINT AS refused
FROM brought
JOIN orders ON orders.order_id = brought.order_id
