-- Goods given back elsewhere than they were bought: accepted, and refused. Where it counts is where that was said.
-- What a store takes back was bought elsewhere if not in that store; what comes back by post, to a depot or told by any
-- other channel, only if it was bought in a store.
WITH stores AS (
    SELECT DISTINCT store_id AS name FROM order_events WHERE store_id IS NOT NULL
),
said AS (
    SELECT
        order_id, coalesce(return_id, CAST(seq AS VARCHAR)) AS return_id, action,
        coalesce(location, CASE WHEN channel = 'store' THEN coalesce(store_id, channel) END, channel) AS unit,
        occurred_at, seq
    FROM order_events
    WHERE line = 0 AND action IN ('Return Accepted', 'Return Refused')
),
answered AS (
    -- A return that was refused and then accepted was accepted.
    SELECT
        order_id, return_id,
        bool_or(action = 'Return Accepted') AS is_accepted,
        arg_min(unit, (action <> 'Return Accepted', occurred_at, seq)) AS unit
    FROM said
    GROUP BY order_id, return_id
),
brought AS (
    SELECT
        answered.is_accepted,
        CASE
            WHEN answered.unit = 'store' OR answered.unit IN (SELECT name FROM stores)
                THEN answered.unit <> orders.unit
            ELSE orders.channel = 'store'
        END AS is_elsewhere
    FROM answered
    JOIN orders ON orders.order_id = answered.order_id
)
SELECT
    count(*)::BIGINT AS brought,
    count(*) FILTER (WHERE is_elsewhere)::BIGINT AS elsewhere,
    count(*) FILTER (WHERE is_elsewhere AND is_accepted)::BIGINT AS accepted,
    count(*) FILTER (WHERE is_elsewhere AND NOT is_accepted)::BIGINT AS refused
FROM brought
