-- Money that was given back on an order, in the order of time, whether or not goods came back: one row a refund.
-- What tells the same id (of the refund, else of the return) is one refund; without an id, the same amount at the same moment.
-- refunded_at, unit: as first told; unit is the store that told it, else the channel. value_minor: as last told; NULL where no
-- amount is told: all that was paid. Of what was told at one moment the smallest counts, so no answer depends on what was
-- heard first.
-- lowered_minor: by how much later messages made the order worth less than it was when it was completed, else placed, in its
-- own currency.
WITH named AS (
    SELECT
        order_id,
        coalesce('id ' || return_id, concat_ws(' ', occurred_at, currency, coalesce(total_minor, -1))) AS name,
        occurred_at,
        CASE WHEN channel = 'store' AND store_id IS NOT NULL THEN store_id ELSE channel END AS unit,
        currency,
        total_minor
    FROM order_events
    WHERE line = 0 AND action = 'Order Refunded'
),
refunds AS (
    SELECT
        order_id,
        name,
        min(occurred_at) AS refunded_at,
        arg_min(unit, (occurred_at, unit)) AS unit,
        min(currency) AS any_currency,
        arg_min(struct_pack(total_minor, currency), (-occurred_at, total_minor, currency)) FILTER (
            WHERE total_minor IS NOT NULL
        ) AS amount
    FROM named
    GROUP BY order_id, name
),
content AS (
    SELECT
        order_id,
        arg_min(struct_pack(total_minor, currency), (action <> 'Order Completed', occurred_at, seq)) FILTER (
            WHERE action <> 'Order Updated'
        ) AS sold,
        arg_max(struct_pack(total_minor, currency), (occurred_at, seq)) AS stands
    FROM order_events
    WHERE line = 0 AND total_minor IS NOT NULL AND action IN ('Order Placed', 'Order Completed', 'Order Updated')
        AND order_id IN (SELECT order_id FROM refunds)
    GROUP BY order_id
)
SELECT
    refunds.order_id,
    refunds.refunded_at,
    refunds.unit,
    coalesce(refunds.amount.currency, refunds.any_currency) AS currency,
    refunds.amount.total_minor AS value_minor,
    CASE
        WHEN content.sold.currency = content.stands.currency
        THEN greatest(greatest(content.sold.total_minor, 0) - greatest(content.stands.total_minor, 0), 0)
        ELSE 0
    END AS lowered_minor
FROM refunds
LEFT JOIN content ON content.order_id = refunds.order_id
ORDER BY refunded_at, refunds.order_id, value_minor NULLS LAST, refunds.unit, currency, refunds.name
