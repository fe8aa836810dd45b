-- Orders and revenue of each channel, once per order, however often it was told.
WITH
told AS (
    SELECT
        coalesce(t.object_id, 'seq ' || t.seq) AS order_id,
        t.channel,
        coalesce(people.person, t.subject) AS person,
        t.occurred_at,
        t.value_minor,
        t.currency
    FROM touchpoints AS t
    LEFT JOIN people ON people.subject = t.subject
    WHERE list_contains($order_words, t.action)
),
-- The channel that took the order first sold it; its latest amount counts.
orders AS (
    SELECT
        order_id,
        min(occurred_at) AS ordered_at,
        min({'at_us': occurred_at, 'channel': channel}).channel AS channel,
        min(person) AS person,
        max({'at_us': occurred_at, 'minor': value_minor, 'currency': currency})
            FILTER (value_minor IS NOT NULL) AS amount
    FROM told
    GROUP BY order_id
),
dated AS (
    SELECT
        *,
        CASE WHEN $by_month THEN strftime(make_timestamp(ordered_at), '%Y-%m') END AS month
    FROM orders
    WHERE ordered_at BETWEEN $since AND $until
)
SELECT
    month,
    channel,
    amount.currency AS currency,
    count(*) AS orders,
    count(DISTINCT person) AS persons,
    count(*) FILTER (person IS NULL) AS orders_of_nobody_known,
    CAST(coalesce(sum(amount.minor), 0) AS BIGINT) AS revenue_minor
FROM dated
GROUP BY ALL
ORDER BY month, currency NULLS LAST, revenue_minor DESC, channel
