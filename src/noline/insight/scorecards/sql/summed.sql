, each AS (
    SELECT
        unit, channel, country, period, /*currency*/ AS currency, person, alone,
        /*in_its_currency*/ AS in_its_currency,
        /*sums*/
    FROM kept
    GROUP BY /*sets*/
)
SELECT
    unit, channel, country, CAST(period AS BIGINT) AS period, currency, in_its_currency,
    /*totals*/
FROM each
GROUP BY unit, channel, country, period, currency, in_its_currency
