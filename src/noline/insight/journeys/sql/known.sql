-- What known persons did, each touchpoint with its person. Whom the list of people does not know yet stands for himself.
known AS MATERIALIZED (
    SELECT
        coalesce(people.person, t.subject) AS person,
        t.channel,
        t.occurred_at AS at_us,
        t.exposure,
        list_contains($goals, t.action) AS goal,
        list_contains($intents, t.action) AS intent,
        t.stage = 'consider' AND t.sku IS NOT NULL AS research,
        t.stage = 'buy' AND list_contains($goals, t.action) AS sale,
        t.value_minor,
        t.currency,
        t.object_id,
        t.handoff_to,
        t.handoff_object,
        t.handoff_until,
        t.handoff_group,
        t.sku,
        t.store_id,
        t.country
    FROM touchpoints AS t
    LEFT JOIN people ON people.subject = t.subject
    WHERE t.subject IS NOT NULL
)
