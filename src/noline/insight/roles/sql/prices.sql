-- Articles sold on the web and in stores in the same week and country: at the same middle price, or not.
WITH sold AS (
    SELECT
        goods.sku, orders.country, goods.currency, (orders.placed_at - 4 * 86400000000) // (7 * 86400000000) AS week,
        orders.channel, round(goods.total_minor / goods.units)::BIGINT AS price_minor
    FROM order_goods AS goods
    JOIN orders ON orders.order_id = goods.order_id
    WHERE orders.channel IN ('store', 'web') AND orders.state = 'placed' AND orders.country IS NOT NULL
        AND goods.sku IS NOT NULL AND goods.units > 0 AND goods.total_minor IS NOT NULL
),
cells AS (
    SELECT
        sku, country, currency, week,
        quantile_disc(price_minor, 0.5) FILTER (WHERE channel = 'web') AS web_minor,
        quantile_disc(price_minor, 0.5) FILTER (WHERE channel = 'store') AS store_minor
    FROM sold
    GROUP BY ALL
)
SELECT count(*)::BIGINT AS compared, count(*) FILTER (WHERE web_minor = store_minor)::BIGINT AS same
FROM cells
WHERE web_minor IS NOT NULL AND store_minor IS NOT NULL
