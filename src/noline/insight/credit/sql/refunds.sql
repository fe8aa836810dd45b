-- Money that was given back on an order, whether or not goods came back: by order and currency. A refund that tells no
-- amount is of the whole order: is_whole.
SELECT order_id, currency, TRY_CAST(sum(total_minor) AS BIGINT) AS value_minor, bool_or(total_minor IS NULL) AS is_whole
FROM order_events
WHERE line = 0 AND action = 'Order Refunded'
GROUP BY order_id, currency
ORDER BY order_id, currency
