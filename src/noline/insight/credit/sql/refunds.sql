-- Money that was given back on an order, in the order of time, whether or not goods came back: one row a refund. The same
-- amount told again at the same moment, or for the same return, is one refund. value_minor is NULL where no amount is told:
-- all that was paid. unit: the store that told it, else the channel.
WITH first_told AS (
    SELECT arg_min(
        struct_pack(order_id, occurred_at, seq, channel, store_id, currency, total_minor), (occurred_at, seq)
    ) AS refund
    FROM order_events
    WHERE line = 0 AND action = 'Order Refunded'
    GROUP BY order_id, currency, total_minor, coalesce(return_id, CAST(occurred_at AS VARCHAR))
)
SELECT
    refund.order_id AS order_id,
    refund.occurred_at AS refunded_at,
    CASE WHEN refund.channel = 'store' AND refund.store_id IS NOT NULL THEN refund.store_id ELSE refund.channel END AS unit,
    refund.currency AS currency,
    refund.total_minor AS value_minor
FROM first_told
ORDER BY refunded_at, refund.seq
