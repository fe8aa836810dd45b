-- Every store that a message names, and every channel that told one: what is neither is a depot.
SELECT DISTINCT store_id AS name, 'store' AS kind FROM order_events WHERE store_id IS NOT NULL
UNION
SELECT DISTINCT channel, 'channel' FROM order_events
