-- One row is an order for which a time was promised, once that time is over, whether it was kept early or not: time alone
-- decides what counts. The first promise does, later ones cannot mend it; what was cancelled before its time is none, and what was late and then cancelled was broken.
-- unit: what was to have it ready: the store where it is collected, else where its goods lie, else what took the order.
-- channel: store where it is to be collected, else that of the order.
SELECT
    person,
    CASE WHEN person IS NULL THEN order_id END AS alone,
    served_by AS unit,
    CASE WHEN to_collect THEN 'store' ELSE channel END AS channel,
    country,
    placed_at AS happened_at,
    1 AS promises,
    CAST(coalesce(done_at <= promised_at, false) AS INTEGER) AS promises_kept
FROM order_promises
WHERE promised_at <= (SELECT max(occurred_at) FROM touchpoints)
