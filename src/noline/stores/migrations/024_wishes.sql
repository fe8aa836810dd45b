-- What customers looked for while there was none of it; of each the last time.
CREATE TABLE wishes (
    route_key BIGINT NOT NULL,
    subject BYTEA NOT NULL,
    sku TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (route_key, subject, sku)
);
