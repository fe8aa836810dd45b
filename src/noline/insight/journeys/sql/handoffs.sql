-- Who crossed each border, or each part of one, and who was lost there. One row per border, part and currency of loss.
persons AS (
    SELECT
        sender, receiver, dimension, value, month, person,
        count(*) AS attempts,
        count(*) FILTER (declared) AS declared,
        count(*) FILTER (ending IN ('lost before', 'lost after')) AS attempts_lost,
        count(*) FILTER (ending = 'undecided') AS attempts_undecided,
        count(*) FILTER (ending <> 'undecided') AS attempts_decided,
        count(arrived_at) > 0 AS arrived,
        bool_or(ending <> 'undecided' AND arrived_at IS NOT NULL) AS arrived_decided,
        bool_or(ending = 'succeeded') AS succeeded,
        bool_and(ending = 'undecided') AS undecided,
        bool_or(reached) AS reached,
        -- A person lost more than once on a border counts once, with the latest loss.
        max({
            'at_us': handed_at,
            'minor': coalesce(value_minor, -1),
            'currency': coalesce(currency, ''),
            'ending': ending
        }) FILTER (ending IN ('lost before', 'lost after')) AS loss
    FROM parts
    GROUP BY sender, receiver, dimension, value, month, person
)
SELECT
    sender,
    receiver,
    dimension,
    value,
    month,
    nullif(loss.currency, '') AS currency,
    CAST(sum(attempts) AS BIGINT) AS attempts,
    CAST(sum(declared) AS BIGINT) AS declared,
    CAST(sum(attempts_lost) AS BIGINT) AS attempts_lost,
    CAST(sum(attempts_undecided) AS BIGINT) AS attempts_undecided,
    count(*) AS persons,
    count(*) FILTER (arrived) AS arrived,
    count(*) FILTER (arrived_decided) AS arrived_decided,
    count(*) FILTER (loss.ending = 'lost before') AS lost_before_arrival,
    count(*) FILTER (loss.ending = 'lost after') AS lost_after_arrival,
    count(*) FILTER (undecided) AS undecided,
    count(*) FILTER (undecided AND reached) AS undecided_succeeded,
    count(*) FILTER (loss IS NULL AND succeeded) AS succeeded,
    CAST(coalesce(sum(loss.minor) FILTER (loss.minor >= 0), 0) AS BIGINT) AS value_minor,
    -- How unevenly the losses lie on people, for the interval of the share of attempts.
    CAST(sum(attempts_lost * attempts_lost) AS BIGINT) AS lost_squares,
    CAST(sum(attempts_lost * attempts_decided) AS BIGINT) AS lost_products,
    CAST(sum(attempts_decided * attempts_decided) AS BIGINT) AS decided_squares
FROM persons
GROUP BY ALL
ORDER BY ALL
