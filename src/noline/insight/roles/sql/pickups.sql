-- Orders to be collected: those promised for a time that is over, ready by then, collected, and never collected.
WITH told AS (
    SELECT
        order_id,
        bool_or(action = 'Pickup Requested') AS is_asked,
        min(occurred_at) FILTER (WHERE action IN ('Pickup Ready', 'Pickup Collected')) AS ready_at,
        bool_or(action = 'Pickup Collected') AS is_collected,
        bool_or(action = 'Pickup Expired') AS is_expired,
        bool_or(action = 'Order Cancelled') AS is_cancelled
    FROM order_events
    WHERE line = 0
    GROUP BY order_id
),
promised AS (
    SELECT object_id AS order_id, arg_min(handoff_until, (occurred_at, seq)) AS until
    FROM touchpoints
    WHERE handoff_until IS NOT NULL AND object_id IS NOT NULL AND action = 'Pickup Requested'
    GROUP BY object_id
)
SELECT
    count(*)::BIGINT AS asked,
    count(*) FILTER (WHERE until <= $observed AND (NOT is_cancelled OR is_collected))::BIGINT AS due,
    count(*) FILTER (WHERE until <= $observed AND (NOT is_cancelled OR is_collected) AND ready_at <= until)::BIGINT
        AS in_time,
    count(*) FILTER (WHERE is_collected)::BIGINT AS collected,
    count(*) FILTER (WHERE is_expired AND NOT is_collected)::BIGINT AS expired
FROM told
LEFT JOIN promised ON promised.order_id = told.order_id
WHERE told.is_asked
