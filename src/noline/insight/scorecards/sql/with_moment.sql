SELECT fact.*, make_timestamp(fact.happened_at) AS happened_on
FROM (
/*fact*/
) AS fact
