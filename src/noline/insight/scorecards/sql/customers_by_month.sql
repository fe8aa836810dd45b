-- One row is a known person who ordered in a unit in one month, told at the month after it; as count_distinct it is the
-- same number by whatever it is told. customer_month: the person in that month; NULL as returning_customer_month where
-- the person ordered nowhere in the month after. The month that history ends in has no month after it.
WITH placed AS (
/*fact*/
),
dated AS (
    SELECT
        person, unit, channel, country,
        12 * date_part('year', make_timestamp(happened_at)) + date_part('month', make_timestamp(happened_at)) - 1
            AS month_number,
        date_trunc('month', make_timestamp(happened_at)) AS month_start
    FROM placed
),
anywhere AS (
    SELECT DISTINCT person, month_number FROM dated
)
SELECT DISTINCT
    dated.person,
    dated.unit,
    dated.channel,
    dated.country,
    epoch_us(CAST(dated.month_start AS TIMESTAMP) + INTERVAL 1 MONTH) AS happened_at,
    CAST(dated.person AS VARCHAR) || ' ' || dated.month_number AS customer_month,
    CASE WHEN anywhere.person IS NOT NULL THEN CAST(dated.person AS VARCHAR) || ' ' || dated.month_number END
        AS returning_customer_month
FROM dated
LEFT JOIN anywhere ON anywhere.person = dated.person AND anywhere.month_number = dated.month_number + 1
WHERE dated.month_start < (SELECT date_trunc('month', make_timestamp(max(occurred_at))) FROM touchpoints)
