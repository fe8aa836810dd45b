-- One row is an order that somebody placed: who, where, when, and what it is worth as last said.
-- unit: the store where it was placed, else its channel. number: 1 is the person's first order ever; NULL of nobody known.
-- value_minor, tax_minor, shipping_minor: as last said of what is in it, in minor units of currency. A NULL value: nobody
-- told one. Tax, postage and cost that were said in another currency are not told.
-- state: placed, or cancelled or expired where nothing left the house and nobody collected it.
WITH told AS (
    SELECT
        order_id,
        bool_or(action IN ('Order Placed', 'Order Completed')) AS is_placed,
        arg_min(
            struct_pack(channel, store_id, subject, country, account_id, at := occurred_at),
            (action NOT IN ('Order Placed', 'Order Completed'), occurred_at, seq)
        ) AS origin,
        arg_max(
            struct_pack(total_minor, currency, units), (occurred_at, seq)
        ) FILTER (WHERE total_minor IS NOT NULL AND action IN ('Order Placed', 'Order Completed', 'Order Updated'))
            AS content,
        arg_max(struct_pack(minor := tax_minor, currency), (occurred_at, seq)) FILTER (
            WHERE tax_minor IS NOT NULL AND action IN ('Order Placed', 'Order Completed', 'Order Updated')
        ) AS tax,
        arg_max(struct_pack(minor := shipping_minor, currency), (occurred_at, seq)) FILTER (
            WHERE shipping_minor IS NOT NULL AND action IN ('Order Placed', 'Order Completed', 'Order Updated')
        ) AS shipping,
        arg_max(struct_pack(minor := cost_minor, currency), (occurred_at, seq)) FILTER (
            WHERE cost_minor IS NOT NULL AND action IN ('Order Placed', 'Order Completed', 'Order Updated')
        ) AS cost,
        arg_max(location, (occurred_at, seq)) FILTER (
            WHERE location IS NOT NULL AND action IN ('Order Placed', 'Order Completed', 'Order Updated')
        ) AS location,
        bool_or(action = 'Order Cancelled') AS is_cancelled,
        bool_or(action = 'Pickup Expired') AS is_expired,
        bool_or(action IN ('Order Shipped', 'Order Delivered', 'Pickup Collected')) AS has_left
    FROM order_events
    WHERE line = 0
    GROUP BY order_id
),
placed AS (
    SELECT
        told.order_id,
        told.origin.at AS placed_at,
        told.origin.channel AS channel,
        told.origin.store_id AS store_id,
        CASE
            WHEN told.origin.channel = 'store' AND told.origin.store_id IS NOT NULL THEN told.origin.store_id
            ELSE told.origin.channel
        END AS unit,
        told.origin.country AS country,
        told.origin.account_id AS account_id,
        told.origin.subject AS subject,
        CASE WHEN told.origin.subject IS NOT NULL THEN coalesce(people.person, told.origin.subject) END AS person,
        told.content.currency AS currency,
        told.content.total_minor AS value_minor,
        CASE WHEN told.tax.currency = told.content.currency THEN told.tax.minor END AS tax_minor,
        CASE WHEN told.shipping.currency = told.content.currency THEN told.shipping.minor END AS shipping_minor,
        CASE WHEN told.cost.currency = told.content.currency THEN told.cost.minor END AS cost_minor,
        told.content.units AS units,
        told.location,
        CASE
            WHEN told.is_cancelled AND NOT told.has_left THEN 'cancelled'
            WHEN told.is_expired AND NOT told.has_left THEN 'expired'
            ELSE 'placed'
        END AS state
    FROM told
    LEFT JOIN people ON people.subject = told.origin.subject
    WHERE told.is_placed
)
SELECT
    placed.*,
    CASE
        WHEN person IS NOT NULL THEN row_number() OVER (PARTITION BY person ORDER BY placed_at, order_id)
    END AS number
FROM placed
