-- A chain keeps the latest moment it can have begun at; the latest event before an event has the latest begin.
WITH
one AS (SELECT person, time, time AS began FROM events WHERE action = 'view'),
two AS (
    SELECT e.person, e.time, one.began
    FROM events AS e ASOF JOIN one ON one.person = e.person AND e.time >= one.time
    WHERE e.action = 'cart' AND e.time - one.began <= $window
),
three AS (
    SELECT e.person, e.time, two.began
    FROM events AS e ASOF JOIN two ON two.person = e.person AND e.time >= two.time
    WHERE e.action = 'checkout' AND e.time - two.began <= $window
),
four AS (
    SELECT e.person, e.time, three.began
    FROM events AS e ASOF JOIN three ON three.person = e.person AND e.time >= three.time
    WHERE e.action = 'purchase' AND e.time - three.began <= $window
)
SELECT
    (SELECT count(DISTINCT person) FROM one),
    (SELECT count(DISTINCT person) FROM two),
    (SELECT count(DISTINCT person) FROM three),
    (SELECT count(DISTINCT person) FROM four)
