-- Every hand-off, declared or seen, and how it ended.
ordered AS (
    SELECT
        person, channel, began, ended, wanted_at, seen,
        lag(channel) OVER life AS last_channel,
        lag(began) OVER life AS last_began,
        lag(ended) OVER life AS last_ended,
        lag(wanted_at) OVER life AS last_wanted_at,
        lag(seen) OVER life AS last_seen,
        max(ended) OVER (life ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS away_since
    FROM visits
    WINDOW life AS (PARTITION BY person ORDER BY began, channel)
),
-- Consecutive visits in different channels, no more than a journey's gap apart.
neighbours AS (
    SELECT * FROM ordered WHERE last_channel <> channel AND began - away_since <= $journey_gap
),
-- A journey is closed by a goal and its settling time: what comes later is another journey.
crossings AS (
    SELECT neighbours.*
    FROM neighbours
    ASOF LEFT JOIN goals
        ON goals.person = neighbours.person AND goals.at_us < neighbours.began - $settling
    WHERE goals.at_us IS NULL OR goals.at_us < neighbours.last_began - $settling
),
declared AS MATERIALIZED (
    SELECT
        person, channel AS sender, handoff_to AS receiver, at_us, handoff_object, handoff_group, sku, store_id, country,
        -- Something merely sent is in no visit.
        CASE WHEN NOT exposure THEN channel END AS visiting,
        value_minor, currency,
        coalesce(handoff_until, at_us + $handoff_window) AS until
    FROM known
    WHERE handoff_to IS NOT NULL AND handoff_to <> channel
),
-- Where a declared hand-off can arrive; with an object only the touchpoint that carries the same object counts.
receivers AS (
    SELECT person, channel, at_us, NULL AS object FROM known
    WHERE NOT exposure AND channel IN (SELECT receiver FROM declared)
    UNION ALL
    SELECT person, channel, at_us, object_id FROM known
    WHERE NOT exposure AND object_id IS NOT NULL AND channel IN (SELECT receiver FROM declared)
    UNION ALL
    SELECT person, channel, at_us, handoff_object FROM known
    WHERE NOT exposure AND handoff_object IS NOT NULL AND channel IN (SELECT receiver FROM declared)
),
answered AS (
    SELECT declared.*, CASE WHEN receivers.at_us <= declared.until THEN receivers.at_us END AS arrived_at
    FROM declared
    ASOF LEFT JOIN receivers
        ON receivers.person = declared.person
        AND receivers.channel = declared.receiver
        AND coalesce(receivers.object, '') = coalesce(declared.handoff_object, '')
        AND receivers.at_us >= declared.at_us
),
sent AS MATERIALIZED (
    SELECT
        answered.*,
        visits.began AS sender_began,
        visits.wanted_at,
        visits.seen
    FROM answered
    ASOF LEFT JOIN visits
        ON visits.person = answered.person AND visits.channel = answered.visiting AND visits.began <= answered.at_us
),
-- The visit in which a declared hand-off arrived is that hand-off, not another one beside it.
taken AS (
    SELECT DISTINCT sent.person, sent.sender, sent.receiver, visits.began
    FROM sent
    ASOF JOIN visits
        ON visits.person = sent.person AND visits.channel = sent.receiver AND visits.began <= sent.arrived_at
),
handed AS (
    SELECT
        person, sender, receiver, true AS declared, at_us AS handed_at, sender_began, until, arrived_at,
        handoff_group, sku, store_id, country,
        CASE WHEN wanted_at <= coalesce(arrived_at, at_us) THEN wanted_at END AS wanted_at,
        coalesce(value_minor, seen.minor) AS value_minor,
        CASE WHEN value_minor IS NULL THEN seen.currency ELSE currency END AS currency
    FROM sent
    UNION ALL
    SELECT
        person, last_channel, channel, false, least(last_ended, crossings.began), last_began, NULL, crossings.began,
        NULL, NULL, NULL, NULL,
        CASE WHEN last_wanted_at <= crossings.began THEN last_wanted_at END,
        last_seen.minor,
        last_seen.currency
    FROM crossings
    ANTI JOIN taken
        ON taken.person = crossings.person
        AND taken.sender = crossings.last_channel
        AND taken.receiver = crossings.channel
        AND taken.began = crossings.began
),
-- How each hand-off ended. A goal counts from the moment the person wanted something until the horizon after arriving.
-- Time alone decides: what ends well is seen sooner than what is lost, so neither is told before all of it is observed.
attempts AS (
    SELECT
        handed.*,
        coalesce(goals.at_us <= arrived_at + $horizon, false) AS reached,
        CASE
            WHEN observed.until < coalesce(handed.until, arrived_at) + $horizon THEN 'undecided'
            WHEN arrived_at IS NULL THEN 'lost before'
            WHEN reached THEN 'succeeded'
            WHEN wanted_at IS NULL THEN 'passed'
            ELSE 'lost after'
        END AS ending
    FROM handed
    CROSS JOIN observed
    ASOF LEFT JOIN goals
        ON goals.person = handed.person AND goals.at_us >= coalesce(wanted_at, arrived_at)
)
