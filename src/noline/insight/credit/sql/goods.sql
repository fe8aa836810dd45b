-- What the goods of each order cost: one row an order and the currency in which a cost is known.
-- A line's own cost goes first, then what was told of the item at or before the order: in the order's currency, else in
-- any. currency and cost_minor are NULL for what nobody told: untold_minor is the price of those lines, and is_unclear
-- says that even that is not known. lines_minor: the price of all lines of the order; NULL where one has none.
-- A cost of a thousand billions or more is not believed: it counts as not told, and is_beyond says so.
WITH costs AS (
    SELECT sku, currency, occurred_at, arg_max(cost_minor, seq) AS cost_minor
    FROM goods_costs
    GROUP BY ALL
),
of_items AS (
    SELECT sku, occurred_at, arg_max(struct_pack(currency, cost_minor), currency) AS told
    FROM costs
    GROUP BY ALL
),
lines AS (
    SELECT order_id, sku, units, currency, total_minor, cost_minor, occurred_at FROM order_goods
),
known AS (
    SELECT
        lines.order_id,
        lines.total_minor,
        CASE
            WHEN lines.cost_minor IS NOT NULL THEN lines.currency
            WHEN lines.units IS NULL THEN NULL
            WHEN own.cost_minor IS NOT NULL THEN own.currency
            ELSE other.told.currency
        END AS currency,
        coalesce(
            CAST(lines.cost_minor AS HUGEINT),
            CAST(lines.units AS HUGEINT) * coalesce(own.cost_minor, other.told.cost_minor)
        ) AS cost_minor
    FROM lines
    ASOF LEFT JOIN costs AS own
        ON own.sku = lines.sku AND own.currency = lines.currency AND lines.occurred_at >= own.occurred_at
    ASOF LEFT JOIN of_items AS other
        ON other.sku = lines.sku AND lines.occurred_at >= other.occurred_at
),
believed AS (
    SELECT
        order_id,
        total_minor,
        coalesce(abs(cost_minor) >= 1000000000000000, false) AS is_beyond,
        CASE WHEN NOT is_beyond THEN currency END AS currency,
        CASE WHEN NOT is_beyond THEN cost_minor END AS cost_minor
    FROM known
)
SELECT
    order_id,
    currency,
    CAST(sum(cost_minor) AS BIGINT) AS cost_minor,
    CAST(sum(CASE WHEN currency IS NULL THEN total_minor END) AS BIGINT) AS untold_minor,
    bool_or(currency IS NULL AND total_minor IS NULL) AS is_unclear,
    CASE
        WHEN bool_and(bool_and(total_minor IS NOT NULL)) OVER of_order THEN CAST(sum(sum(total_minor)) OVER of_order AS BIGINT)
    END AS lines_minor,
    bool_or(is_beyond) AS is_beyond
FROM believed
GROUP BY order_id, currency
WINDOW of_order AS (PARTITION BY order_id)
