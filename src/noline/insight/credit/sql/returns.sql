-- What came back, in the order of time.
SELECT order_id, return_id, accepted_at, unit, currency, value_minor, units, minutes
FROM order_returns
ORDER BY accepted_at, return_id
