-- Every unit, channel and country that history tells anything of: where people were, where orders were told, lay and came
-- back.
SELECT CASE WHEN channel = 'store' AND store_id IS NOT NULL THEN store_id ELSE channel END AS unit, channel, country
FROM touchpoints
GROUP BY ALL
UNION
SELECT unit, channel, country FROM orders
UNION
SELECT unit, channel, NULL FROM order_returns
UNION
SELECT served_by, NULL, NULL FROM order_promises
UNION
SELECT location, NULL, NULL FROM order_events
