-- One row is a promise with a time that has been kept or whose time is over: an order to be ready for collection in a
-- store, or a parcel to be delivered. The first promise of an order counts, later ones cannot mend it.
-- unit: the store that was to have it ready, else the channel that promised. A promise that is not kept yet and whose
-- time lies after the end of history is left out, and so is an order that was cancelled before that time.
WITH promised AS (
    SELECT
        object_id,
        action = 'Pickup Requested' AS to_collect,
        arg_min(
            struct_pack(subject, channel, store_id, country, occurred_at, handoff_until), (occurred_at, seq)
        ) AS first
    FROM touchpoints
    WHERE object_id IS NOT NULL
        AND handoff_until IS NOT NULL
        AND action IN ('Pickup Requested', 'Order Placed', 'Order Completed', 'Order Promised', 'Order Shipped')
    GROUP BY ALL
),
happened AS (
    SELECT
        object_id,
        min(occurred_at) FILTER (action IN ('Pickup Ready', 'Pickup Collected')) AS ready_at,
        min(occurred_at) FILTER (action = 'Order Delivered') AS delivered_at,
        min(occurred_at) FILTER (action = 'Order Cancelled') AS cancelled_at
    FROM touchpoints
    WHERE object_id IS NOT NULL
        AND action IN ('Pickup Ready', 'Pickup Collected', 'Order Delivered', 'Order Cancelled')
    GROUP BY object_id
),
ended AS (
    SELECT
        promised.*,
        coalesce(
            CASE WHEN to_collect THEN ready_at ELSE delivered_at END <= promised.first.handoff_until, false
        ) AS kept,
        coalesce(cancelled_at <= promised.first.handoff_until, false) AS cancelled
    FROM promised
    LEFT JOIN happened ON happened.object_id = promised.object_id
)
SELECT
    coalesce(people.person, ended.first.subject) AS person,
    CASE WHEN ended.first.subject IS NULL THEN ended.object_id END AS alone,
    CASE WHEN to_collect THEN coalesce(ended.first.store_id, ended.first.channel) ELSE ended.first.channel END AS unit,
    CASE WHEN to_collect AND ended.first.store_id IS NOT NULL THEN 'store' ELSE ended.first.channel END AS channel,
    ended.first.country AS country,
    ended.first.occurred_at AS happened_at,
    1 AS promises,
    CAST(kept AS INTEGER) AS promises_kept
FROM ended
LEFT JOIN people ON people.subject = ended.first.subject
WHERE kept OR (NOT cancelled AND ended.first.handoff_until <= (SELECT max(occurred_at) FROM touchpoints))
