-- One row is an order that stands, of a known person: who comes back is counted from these.
SELECT
    person,
    CAST(NULL AS VARCHAR) AS alone,
    unit,
    channel,
    country,
    CAST(NULL AS VARCHAR) AS currency,
    placed_at AS happened_at
FROM orders
WHERE state = 'placed' AND person IS NOT NULL
