-- One border in parts: what each hand-off was about, by every dimension that is asked for, and by month within it.
asked AS (
    SELECT dimension, unnest(CASE WHEN $monthly AND dimension <> 'month' THEN [false, true] ELSE [false] END) AS monthly
    FROM (SELECT unnest($by) AS dimension)
),
told AS (
    SELECT
        person, channel, at_us,
        unnest([
            {'dimension': 'store', 'value': store_id},
            {'dimension': 'country', 'value': country},
            {'dimension': 'sku', 'value': sku}
        ]) AS named
    FROM known
    WHERE NOT exposure AND channel IN ($sender, $receiver)
),
named AS (
    SELECT person, channel, at_us, named.dimension AS dimension, max(named.value) AS value
    FROM told
    WHERE named.value IS NOT NULL AND list_contains($by, named.dimension)
    GROUP BY ALL
),
parts AS (
    SELECT
        chosen.*,
        asked.dimension,
        -- An instant is microseconds since 1970 UTC.
        CASE WHEN asked.monthly THEN strftime(make_timestamp(handed_at), '%Y-%m') END AS month,
        CASE asked.dimension
            WHEN 'group' THEN handoff_group
            WHEN 'month' THEN strftime(make_timestamp(handed_at), '%Y-%m')
            WHEN 'sku' THEN coalesce(chosen.sku, CASE WHEN sent.at_us >= sender_began THEN sent.value END)
            ELSE coalesce(
                arrived.value,
                CASE asked.dimension WHEN 'store' THEN chosen.store_id ELSE chosen.country END,
                CASE WHEN sent.at_us >= sender_began THEN sent.value END
            )
        END AS value
    FROM chosen
    CROSS JOIN asked
    LEFT JOIN named AS arrived
        ON arrived.dimension = asked.dimension
        AND arrived.person = chosen.person
        AND arrived.channel = chosen.receiver
        AND arrived.at_us = chosen.arrived_at
    ASOF LEFT JOIN named AS sent
        ON sent.dimension = asked.dimension
        AND sent.person = chosen.person
        AND sent.channel = chosen.sender
        AND sent.at_us <= chosen.handed_at
    WHERE chosen.sender = $sender AND chosen.receiver = $receiver
)
