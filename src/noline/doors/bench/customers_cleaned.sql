-- What anybody would do first with records of customers: one spelling, the last digits of a number, and no values that
-- everybody has.
WITH spelled AS (
    SELECT record_id, birth_date, loyalty_id, source, country, postcode,
        strip_accents(lower(given_name)) AS given_name, strip_accents(lower(family_name)) AS family_name,
        lower(email) AS email, strip_accents(lower(street)) AS street,
        right(regexp_replace(phone, '[^0-9]', '', 'g'), 8) AS phone
    FROM records
), often AS (
    SELECT value FROM (SELECT email AS value FROM spelled UNION ALL SELECT phone FROM spelled)
    WHERE value IS NOT NULL GROUP BY value HAVING count(*) > 20
)
SELECT * REPLACE (
    CASE WHEN email IN (SELECT value FROM often) THEN NULL ELSE email END AS email,
    CASE WHEN phone IN (SELECT value FROM often) OR length(phone) < 7 THEN NULL ELSE phone END AS phone
) FROM spelled
