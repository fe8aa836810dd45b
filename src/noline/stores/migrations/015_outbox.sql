-- A receiver may be told in the shape that another system's webhooks have.
ALTER TABLE subscriptions ADD COLUMN format TEXT NOT NULL DEFAULT 'cloudevents'
    CHECK (format IN ('cloudevents', 'shopify'));
