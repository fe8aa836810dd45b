SELECT countIf(level >= 1), countIf(level >= 2), countIf(level >= 3), countIf(level >= 4)
FROM (
    SELECT person, windowFunnel({window})(
        toUInt64(time), action = 'view', action = 'cart', action = 'checkout', action = 'purchase'
    ) AS level
    FROM {events}
    GROUP BY person
)
