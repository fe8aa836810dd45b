-- One row is an order for which a time was promised: when, and when it was there.
-- promised_at: as first told. done_at: of an order to be collected when it was ready, of any other when it was delivered;
-- NULL while it is not. cancelled_at: an order that was cancelled before promised_at has no promise to keep any more.
-- unit, channel, country, person: of the order. served_by: the store where it is collected, else where its goods lie, else
-- the unit that took it.
WITH told AS (
    SELECT
        order_id,
        arg_min(promised_at, (occurred_at, seq)) FILTER (WHERE promised_at IS NOT NULL) AS promised_at,
        bool_or(action = 'Pickup Requested') AS to_collect,
        min(occurred_at) FILTER (WHERE action IN ('Pickup Ready', 'Pickup Collected')) AS ready_at,
        min(occurred_at) FILTER (WHERE action IN ('Order Delivered', 'Pickup Collected')) AS delivered_at,
        min(occurred_at) FILTER (WHERE action = 'Order Cancelled') AS cancelled_at,
        arg_max(store_id, (occurred_at, seq)) FILTER (
            WHERE store_id IS NOT NULL AND action IN ('Pickup Requested', 'Pickup Ready', 'Pickup Collected')
        ) AS place
    FROM order_events
    WHERE line = 0
    GROUP BY order_id
)
SELECT
    told.order_id,
    told.promised_at,
    told.to_collect,
    CASE WHEN told.to_collect THEN told.ready_at ELSE told.delivered_at END AS done_at,
    told.cancelled_at,
    orders.placed_at,
    orders.channel,
    orders.unit,
    orders.country,
    orders.person,
    coalesce(CASE WHEN told.to_collect THEN told.place END, orders.location, orders.unit) AS served_by
FROM told
JOIN orders ON orders.order_id = told.order_id
WHERE told.promised_at IS NOT NULL AND (told.cancelled_at IS NULL OR told.cancelled_at >= told.promised_at)
