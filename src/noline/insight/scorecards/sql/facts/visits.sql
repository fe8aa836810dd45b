-- One row is a visit: what one person did in one unit without a pause of more than 30 minutes; in a store, on one day.
-- unit: the store where it was, else the channel. country: as it was told first. What the house does without the
-- person being there (it ships, it answers, it refunds) is no part of a visit, nor is what was merely sent, nor what is
-- only said of an order that was placed before; at the counter of a store somebody collects it or brings it back.
-- buys: an order of that unit was placed then, see `orders`; who tells it again sells nothing.
WITH seen AS (
    SELECT
        coalesce(people.person, told.subject) AS person,
        CASE WHEN told.channel = 'store' AND told.store_id IS NOT NULL THEN told.store_id ELSE told.channel END AS unit,
        told.channel,
        told.country,
        told.occurred_at,
        told.seq,
        told.action IN (/*looks*/) AS looks
    FROM touchpoints AS told
    LEFT JOIN people ON people.subject = told.subject
    WHERE told.subject IS NOT NULL
        AND NOT told.exposure
        AND told.action NOT IN (
            'Order Updated', 'Order Paid', 'Order Cancelled', 'Order Promised', 'Order Picked', 'Order Shipped',
            'Order Delivered', 'Delivery Missed', 'Pickup Requested', 'Pickup Ready', 'Pickup Expired',
            'Return Requested', 'Return Refused', 'Return Redirected', 'Return Refunded', 'Order Refunded',
            'Feedback Answered', 'Feedback Closed', 'Callback Missed', 'Appointment Missed'
        )
        AND (told.channel = 'store' OR told.action NOT IN ('Pickup Collected', 'Return Accepted'))
),
bought AS (
    SELECT DISTINCT person, unit, placed_at FROM orders WHERE person IS NOT NULL
),
-- Events of one moment have the same number, whichever of them stands first.
numbered AS (
    SELECT *, CAST(sum(begins) OVER (PARTITION BY person, channel ORDER BY occurred_at) AS BIGINT) AS visit
    FROM (
        SELECT
            *,
            CAST(
                occurred_at - lag(occurred_at, 1, occurred_at - 1800000001)
                    OVER (PARTITION BY person, channel ORDER BY occurred_at) > 1800000000
                AS INTEGER
            ) AS begins
        FROM seen
        WHERE channel <> 'store'
    )
    UNION ALL
    SELECT *, NULL AS begins, occurred_at // 86400000000 AS visit
    FROM seen
    WHERE channel = 'store'
)
SELECT
    numbered.person,
    CAST(NULL AS VARCHAR) AS alone,
    numbered.unit,
    channel,
    arg_min(country, (occurred_at, seq)) FILTER (country IS NOT NULL) AS country,
    min(occurred_at) AS happened_at,
    1 AS visits,
    CAST(bool_or(looks) AS INTEGER) AS visits_that_look,
    CAST(bool_or(bought.placed_at IS NOT NULL) AS INTEGER) AS visits_that_buy
FROM numbered
LEFT JOIN bought
    ON bought.person = numbered.person AND bought.unit = numbered.unit AND bought.placed_at = numbered.occurred_at
GROUP BY numbered.person, numbered.unit, channel, visit
