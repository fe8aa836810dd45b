-- Orders and visits of stores, and those of a known person.
SELECT
    (SELECT count(*) FROM orders WHERE channel = 'store' AND state = 'placed')::BIGINT AS orders,
    (SELECT count(person) FROM orders WHERE channel = 'store' AND state = 'placed')::BIGINT AS orders_known,
    (SELECT count(*) FROM touchpoints WHERE channel = 'store' AND action = 'Store Visited')::BIGINT AS visits,
    (SELECT count(subject) FROM touchpoints WHERE channel = 'store' AND action = 'Store Visited')::BIGINT
        AS visits_known
