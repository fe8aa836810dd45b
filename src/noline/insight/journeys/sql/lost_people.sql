-- The people who were lost on one border, the latest loss first, with the touchpoints that show it.
lost AS (
    SELECT
        person,
        max({
            'handed_at': handed_at,
            'minor': coalesce(value_minor, -1),
            'currency': coalesce(currency, ''),
            'ending': ending,
            'arrived_at': coalesce(arrived_at, -1),
            'sender_began': coalesce(sender_began, handed_at),
            'declared': declared
        }) AS loss
    FROM chosen
    WHERE sender = $sender AND receiver = $receiver AND ending IN ('lost before', 'lost after')
    GROUP BY person
),
page AS (
    SELECT * FROM lost ORDER BY loss.handed_at DESC, person LIMIT $limit OFFSET $offset
),
named AS (
    SELECT
        page.person,
        page.loss,
        t.seq,
        t.subject,
        t.occurred_at,
        t.action,
        t.sku,
        t.store_id,
        t.channel = $receiver AS arrives
    FROM touchpoints AS t
    LEFT JOIN people ON people.subject = t.subject
    JOIN page ON page.person = coalesce(people.person, t.subject)
    WHERE
        (
            t.channel = $sender AND t.occurred_at BETWEEN page.loss.sender_began AND page.loss.handed_at
            AND (NOT t.exposure OR t.handoff_to = $receiver)
        )
        OR (t.channel = $receiver AND t.occurred_at = page.loss.arrived_at AND NOT t.exposure)
)
SELECT
    person,
    loss.handed_at AS handed_at,
    loss.ending AS ending,
    loss.declared AS declared,
    nullif(loss.minor, -1) AS value_minor,
    nullif(loss.currency, '') AS currency,
    list(
        {
            'seq': seq, 'subject': subject, 'action': action, 'sku': sku, 'store_id': store_id, 'arrives': arrives
        } ORDER BY arrives, occurred_at, seq
    ) AS steps
FROM named
GROUP BY person, loss
ORDER BY handed_at DESC, person
