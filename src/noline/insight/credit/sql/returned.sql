-- What came back, item by item, at the price that its order tells: units of of_units, which were of_minor of whole_minor.
-- Of an item no more comes back than was ordered: what earlier returns brought is taken off. Items that the order does not
-- price, and orders with a line without a price, are not among these.
WITH back AS (
    SELECT returns.order_id, returns.return_id, returns.accepted_at, events.sku, sum(CAST(events.units AS HUGEINT)) AS units
    FROM order_returns AS returns
    JOIN order_events AS events ON events.seq = returns.seq AND events.line > 0
    WHERE events.sku IS NOT NULL AND events.units > 0
    GROUP BY ALL
),
ordered AS (
    SELECT order_id, sku, sum(CAST(units AS HUGEINT)) AS units, sum(CAST(total_minor AS HUGEINT)) AS minor
    FROM order_goods
    WHERE sku IS NOT NULL
    GROUP BY ALL
    HAVING bool_and(coalesce(units > 0 AND total_minor >= 0, false))
),
whole AS (
    SELECT order_id, sum(CAST(total_minor AS HUGEINT)) AS minor
    FROM order_goods
    GROUP BY order_id
    HAVING bool_and(total_minor IS NOT NULL) AND sum(total_minor) > 0
),
running AS (
    SELECT
        back.order_id,
        back.return_id,
        back.units,
        sum(back.units) OVER (
            PARTITION BY back.order_id, back.sku ORDER BY back.accepted_at, back.return_id ROWS UNBOUNDED PRECEDING
        ) AS upto,
        ordered.units AS of_units,
        ordered.minor AS of_minor,
        whole.minor AS whole_minor
    FROM back
    JOIN ordered ON ordered.order_id = back.order_id AND ordered.sku = back.sku
    JOIN whole ON whole.order_id = back.order_id
)
SELECT
    order_id,
    return_id,
    CAST(least(upto, of_units) - least(upto - units, of_units) AS BIGINT) AS units,
    CAST(of_units AS BIGINT) AS of_units,
    CAST(of_minor AS BIGINT) AS of_minor,
    CAST(whole_minor AS BIGINT) AS whole_minor
FROM running
WHERE of_units < 1000000000000000 AND whole_minor < 1000000000000000
ORDER BY order_id, return_id
