, bought AS (
    SELECT DISTINCT unit, channel, country, period, person FROM kept
),
anywhere AS (
    SELECT DISTINCT period, person FROM dated
)
SELECT
    bought.unit, bought.channel, bought.country, CAST(bought.period + 1 AS BIGINT) AS period,
    count(*) AS customers_before,
    count(anywhere.person) AS customers_back
FROM bought
LEFT JOIN anywhere ON anywhere.person = bought.person AND anywhere.period = bought.period + 1
WHERE bought.period < $last_period
GROUP BY bought.unit, bought.channel, bought.country, bought.period
