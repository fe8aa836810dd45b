-- Wanted in one channel, not reached there, reached in another: what became of each visit with a want, by its store.
-- A goal reached in both channels at one instant was reached where it was wanted.
reached AS (
    SELECT person, at_us, bool_or(channel = $sender) AS here, bool_or(channel = $receiver) AS there
    FROM goals
    GROUP BY person, at_us
),
ended AS (
    SELECT
        visits.person,
        visits.began,
        visits.ended,
        reached.at_us AS reached_at,
        CASE
            WHEN reached.at_us <= visits.ended + $within
                THEN CASE WHEN reached.here THEN 'here' WHEN reached.there THEN 'carried' ELSE 'elsewhere' END
            WHEN observed.until >= visits.ended + $within THEN 'lost'
            ELSE 'undecided'
        END AS ending
    FROM visits
    CROSS JOIN observed
    ASOF LEFT JOIN reached
        ON reached.person = visits.person AND reached.at_us >= visits.wanted_at
    WHERE visits.channel = $sender AND visits.wanted_at BETWEEN $since AND $until
),
places AS (
    SELECT person, at_us, max(store_id) AS store_id
    FROM known
    WHERE channel = $sender AND NOT exposure AND store_id IS NOT NULL
    GROUP BY person, at_us
),
left_open AS (
    SELECT
        ended.person,
        CASE WHEN places.at_us >= ended.began THEN places.store_id END AS store_id,
        reached_at,
        -- One goal is credited to one visit: the last before it.
        ending = 'carried'
            AND ended.began = max(ended.began) OVER (PARTITION BY ended.person, ended.ending, reached_at) AS carried
    FROM ended
    ASOF LEFT JOIN places
        ON places.person = ended.person AND places.at_us <= least(ended.ended, coalesce(reached_at, ended.ended))
    WHERE ending NOT IN ('here', 'undecided')
),
-- An order belongs to the channel that told it first; what it came to is what was told last.
sales AS (
    SELECT
        person,
        min({'at_us': at_us, 'channel': channel}) AS first,
        max({'at_us': at_us, 'minor': value_minor, 'currency': currency}) FILTER (value_minor IS NOT NULL) AS paid
    FROM known
    WHERE sale AND NOT exposure
    GROUP BY person, coalesce(object_id, CAST(at_us AS VARCHAR))
),
people AS (
    SELECT
        store_id,
        count(DISTINCT person) AS persons_left,
        count(DISTINCT person) FILTER (carried) AS persons
    FROM left_open
    GROUP BY store_id
),
money AS (
    SELECT
        left_open.store_id,
        sales.paid.currency AS currency,
        count(*) AS orders,
        CAST(coalesce(sum(sales.paid.minor), 0) AS BIGINT) AS revenue_minor
    FROM left_open
    JOIN sales
        ON sales.person = left_open.person
        AND sales.first.at_us = left_open.reached_at
        AND sales.first.channel = $receiver
    WHERE left_open.carried
    GROUP BY ALL
)
SELECT
    people.store_id,
    people.persons_left,
    people.persons,
    money.currency,
    coalesce(money.orders, 0) AS orders,
    coalesce(money.revenue_minor, 0) AS revenue_minor
FROM people
LEFT JOIN money ON money.store_id IS NOT DISTINCT FROM people.store_id
ORDER BY ALL
