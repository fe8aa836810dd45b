-- What was shown outside a store as being in that store, and what the same person then met there.
WITH shown AS (
    SELECT coalesce(people.person, t.subject) AS person, t.sku, t.store_id, t.occurred_at AS shown_at,
        coalesce(t.units, 1) > 0 AS is_there
    FROM touchpoints AS t
    LEFT JOIN people ON people.subject = t.subject
    WHERE t.action = 'Availability Shown' AND t.channel <> 'store'
        AND t.subject IS NOT NULL AND t.sku IS NOT NULL AND t.store_id IS NOT NULL
),
told AS (
    SELECT subject, sku, store_id, occurred_at, action NOT IN ('Search Failed', 'Shelf Empty') AS is_found
    FROM touchpoints
    WHERE channel = 'store' AND action IN ('Product Tried', 'Search Failed', 'Shelf Empty')
    UNION ALL
    SELECT subject, sku, store_id, occurred_at, true
    FROM order_events
    WHERE channel = 'store' AND line > 0 AND action IN ('Order Completed', 'Order Placed')
),
met AS (
    SELECT coalesce(people.person, told.subject) AS person, told.sku, told.store_id, told.occurred_at AS met_at,
        bool_and(told.is_found) AS is_found
    FROM told
    LEFT JOIN people ON people.subject = told.subject
    WHERE told.subject IS NOT NULL AND told.sku IS NOT NULL AND told.store_id IS NOT NULL
    GROUP BY ALL
),
-- Of several looks before the same visit the last one counts.
looked AS (
    SELECT shown.person, shown.sku, shown.store_id, met.met_at, met.is_found,
        arg_max(shown.is_there, shown.shown_at) AS is_there
    FROM shown
    ASOF JOIN met
        ON met.person = shown.person AND met.sku = shown.sku AND met.store_id = shown.store_id
        AND met.met_at >= shown.shown_at
    WHERE met.met_at <= shown.shown_at + $shown_within
    GROUP BY ALL
)
SELECT
    (SELECT count(*) FROM shown)::BIGINT AS shown,
    count(*) FILTER (WHERE is_there AND is_found)::BIGINT AS found,
    count(*) FILTER (WHERE is_there AND NOT is_found)::BIGINT AS missing,
    count(*) FILTER (WHERE NOT is_there AND is_found)::BIGINT AS unexpected
FROM looked
