-- Orders to be collected: those promised for a time that is over, ready by then, collected, and never collected.
WITH told AS (
    SELECT
        order_id,
        bool_or(action = 'Pickup Collected') AS is_collected,
        bool_or(action = 'Pickup Expired') AS is_expired
    FROM order_events
    WHERE line = 0
    GROUP BY order_id
    HAVING bool_or(action = 'Pickup Requested')
)
SELECT
    count(*)::BIGINT AS asked,
    count(promised.order_id)::BIGINT AS due,
    count(*) FILTER (WHERE promised.done_at <= promised.promised_at)::BIGINT AS in_time,
    count(*) FILTER (WHERE told.is_collected)::BIGINT AS collected,
    count(*) FILTER (WHERE told.is_expired AND NOT told.is_collected)::BIGINT AS expired
FROM told
LEFT JOIN order_promises AS promised
    ON promised.order_id = told.order_id AND promised.to_collect
    AND promised.promised_at <= $observed
