-- One row is a return that was accepted, where it was brought, whichever unit had sold it.
SELECT
    CAST(NULL AS BIGINT) AS person,
    return_id AS alone,
    unit,
    channel,
    accepted_at AS happened_at,
    1 AS returns
FROM order_returns
