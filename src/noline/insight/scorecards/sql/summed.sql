, each AS (
    SELECT unit, channel, country, period, currency, person, alone, /*sums*/
    FROM kept
    GROUP BY unit, channel, country, period, currency, person, alone
)
SELECT
    unit, channel, country, CAST(period AS BIGINT) AS period, currency,
    GROUPING(currency) = 0 AS in_its_currency,
    /*totals*/
FROM each
GROUP BY GROUPING SETS ((unit, channel, country, period), (unit, channel, country, period, currency))
