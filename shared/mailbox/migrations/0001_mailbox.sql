-- Events that are committed and not yet known to be on Kafka. Empty but for moments.
CREATE TABLE outbox (
    position   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- hash of the key: one publisher at a time works on a bucket, so the order of a key is kept
    bucket     smallint NOT NULL,
    event_id   uuid NOT NULL UNIQUE,
    topic      text NOT NULL,
    key        text NOT NULL,
    value      bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX outbox_by_bucket ON outbox (bucket, position);

-- Events whose effect is committed: seen again, they do nothing.
CREATE TABLE inbox (
    source      text NOT NULL,
    event_id    text NOT NULL,
    consumer    text NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (source, event_id, consumer)
);
CREATE INDEX inbox_by_age ON inbox (received_at);
