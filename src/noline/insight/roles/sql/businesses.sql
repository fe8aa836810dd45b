-- Each business by its orders, whether or not a person is known: how many, when, and what became of them.
WITH placed AS (
    SELECT
        account_id, order_id, person, channel, placed_at,
        lead(placed_at) OVER (PARTITION BY account_id ORDER BY placed_at, order_id) - placed_at AS gap
    FROM orders
    WHERE state = 'placed' AND account_id <> ''
),
promises AS (
    SELECT
        orders.account_id,
        count(*)::BIGINT AS due,
        count(*) FILTER (WHERE promised.done_at <= promised.promised_at)::BIGINT AS kept
    FROM order_promises AS promised
    JOIN orders ON orders.order_id = promised.order_id
    WHERE promised.promised_at <= $observed
    GROUP BY orders.account_id
)
SELECT
    placed.account_id,
    list_sort(list(DISTINCT placed.channel)) AS channels,
    count(*)::BIGINT AS orders,
    count(*) FILTER (WHERE placed.person IS NULL)::BIGINT AS orders_of_nobody,
    count(DISTINCT placed.person)::BIGINT AS persons,
    min(placed.placed_at) AS first_at,
    max(placed.placed_at) AS last_at,
    median(placed.gap) AS median_gap,
    count(*) FILTER (WHERE placed.placed_at + $retain_within <= $observed)::BIGINT AS decided,
    count(*) FILTER (WHERE placed.placed_at + $retain_within <= $observed AND placed.gap <= $retain_within)::BIGINT
        AS followed,
    count(*) FILTER (WHERE placed.order_id IN (SELECT order_id FROM order_returns))::BIGINT AS returned,
    coalesce(any_value(promises.due), 0)::BIGINT AS due,
    coalesce(any_value(promises.kept), 0)::BIGINT AS kept
FROM placed
LEFT JOIN promises ON promises.account_id = placed.account_id
GROUP BY placed.account_id
ORDER BY orders DESC, placed.account_id
