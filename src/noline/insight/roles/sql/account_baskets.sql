-- What each business ordered in each currency, of the orders whose value was told.
SELECT account_id, currency, count(*)::BIGINT AS orders, sum(value_minor)::BIGINT AS amount_minor
FROM orders
WHERE state = 'placed' AND account_id <> '' AND value_minor IS NOT NULL AND currency <> ''
GROUP BY account_id, currency
ORDER BY account_id, currency
