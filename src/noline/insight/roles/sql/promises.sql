-- Orders that were promised for a time, once that time is over, and those that were there by then, by who serves
-- them: the store where an order is collected, else the place where its goods lie. What was cancelled before its time is
-- no promise.
SELECT
    CASE WHEN promised.to_collect THEN 'store' ELSE promised.channel END AS channel,
    promised.served_by AS unit,
    count(*)::BIGINT AS due,
    count(*) FILTER (WHERE promised.done_at <= promised.promised_at)::BIGINT AS kept
FROM order_promises AS promised
WHERE promised.promised_at <= $observed
GROUP BY ALL
ORDER BY ALL
