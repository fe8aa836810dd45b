-- One row is a return that was accepted, as first told: of which order, when, and where it was brought.
-- seq: the message; its lines stand in order_events.
-- unit: the store that took it back, else the channel that told it.
-- value_minor: what the goods were worth, in minor units of currency; units: how many; NULL where nobody told.
-- A return that names neither units nor an amount is the whole order.
WITH first_told AS (
    SELECT order_id, coalesce(return_id, CAST(seq AS VARCHAR)) AS return_id, arg_min(seq, (occurred_at, seq)) AS seq
    FROM order_events
    WHERE line = 0 AND action = 'Return Accepted'
    GROUP BY ALL
)
SELECT
    first_told.order_id,
    first_told.return_id,
    first_told.seq,
    events.occurred_at AS accepted_at,
    events.channel,
    coalesce(events.location, CASE WHEN events.channel = 'store' THEN events.store_id END, events.channel) AS unit,
    events.currency,
    events.total_minor AS value_minor,
    events.units,
    events.minutes
FROM first_told
JOIN order_events AS events ON events.seq = first_told.seq AND events.line = 0
