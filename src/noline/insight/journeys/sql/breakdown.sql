-- One border in parts: what each hand-off was about, by the dimension that is asked for.
,
named AS (
    SELECT
        person, channel, at_us,
        max(CASE $by WHEN 'store' THEN store_id WHEN 'country' THEN country WHEN 'sku' THEN sku END) AS value
    FROM known
    WHERE NOT exposure
    GROUP BY person, channel, at_us
    HAVING value IS NOT NULL
),
parts AS (
    SELECT
        attempts.*,
        CASE $by
            WHEN 'group' THEN attempts.handoff_group
            -- An instant is microseconds since 1970 UTC.
            WHEN 'month' THEN strftime(make_timestamp(attempts.handed_at), '%Y-%m')
            WHEN 'sku' THEN coalesce(attempts.sku, CASE WHEN sent.at_us >= sender_began THEN sent.value END)
            ELSE coalesce(
                arrived.value,
                CASE $by WHEN 'store' THEN attempts.store_id ELSE attempts.country END,
                CASE WHEN sent.at_us >= sender_began THEN sent.value END
            )
        END AS value
    FROM attempts
    LEFT JOIN named AS arrived
        ON arrived.person = attempts.person
        AND arrived.channel = attempts.receiver
        AND arrived.at_us = attempts.arrived_at
    ASOF LEFT JOIN named AS sent
        ON sent.person = attempts.person AND sent.channel = attempts.sender AND sent.at_us <= attempts.handed_at
    WHERE attempts.sender = $sender AND attempts.receiver = $receiver
)
