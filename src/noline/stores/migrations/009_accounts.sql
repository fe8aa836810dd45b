-- Businesses: who told which names together, which business each name is, what was told of them, and who acts for them.
CREATE TABLE account_tellings (
    route_key BIGINT NOT NULL,
    name BYTEA NOT NULL,
    other_route BIGINT NOT NULL,
    other BYTEA NOT NULL,
    teller BYTEA NOT NULL,
    first_at BIGINT NOT NULL,
    PRIMARY KEY (route_key, name, other, teller)
);
CREATE INDEX account_tellings_of ON account_tellings (teller);

CREATE TABLE account_names (
    route_key BIGINT NOT NULL,
    name BYTEA NOT NULL,
    namespace TEXT NOT NULL,
    value TEXT NOT NULL,
    first_at BIGINT NOT NULL,
    account TEXT NOT NULL,
    PRIMARY KEY (route_key, name)
);
CREATE INDEX account_names_of ON account_names (account);

CREATE TABLE account_values (
    route_key BIGINT NOT NULL,
    name BYTEA NOT NULL,
    attribute TEXT NOT NULL,
    value_digest BYTEA NOT NULL,
    source TEXT NOT NULL,
    teller BYTEA NOT NULL,
    value TEXT NOT NULL,
    folded TEXT,
    trust BIGINT NOT NULL CHECK (trust IN (0, 1)),
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    message_id TEXT NOT NULL,
    PRIMARY KEY (route_key, name, attribute, value_digest, source, teller)
);
CREATE INDEX account_values_of ON account_values (teller);
CREATE INDEX account_values_folded ON account_values (folded) WHERE folded IS NOT NULL;

CREATE TABLE account_members (
    route_key BIGINT NOT NULL,
    subject BYTEA NOT NULL,
    name_route BIGINT NOT NULL,
    name BYTEA NOT NULL,
    role TEXT NOT NULL,
    source TEXT NOT NULL,
    teller BYTEA NOT NULL,
    trust BIGINT NOT NULL CHECK (trust IN (0, 1)),
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    PRIMARY KEY (route_key, subject, name, role, source, teller)
);
CREATE INDEX account_members_of ON account_members (name);
CREATE INDEX account_members_told_by ON account_members (teller);

CREATE TABLE account_orders (
    route_key BIGINT NOT NULL,
    order_id TEXT NOT NULL,
    name_route BIGINT NOT NULL,
    name BYTEA NOT NULL,
    teller BYTEA NOT NULL,
    trust BIGINT NOT NULL CHECK (trust IN (0, 1)),
    first_at BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    PRIMARY KEY (route_key, order_id, name, teller)
);
CREATE INDEX account_orders_of ON account_orders (name);
CREATE INDEX account_orders_told_by ON account_orders (teller);
