-- What a grant says is the same for all its records: it is kept once, and a record refers to it.
CREATE TABLE parties (
    parties_id                    integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    digest                        bytea   NOT NULL UNIQUE,  -- of all that follows, whose length an index could not hold
    grant_hash                    text    NOT NULL,
    service_name                  text    NOT NULL,
    outway_peer_id                text    NOT NULL,
    source_delegator_peer_id      text,
    service_peer_id               text    NOT NULL,
    destination_delegator_peer_id text
);

CREATE INDEX ON parties USING hash (grant_hash);
CREATE INDEX ON parties USING hash (service_name);
CREATE INDEX ON parties (outway_peer_id);
CREATE INDEX ON parties (service_peer_id);
CREATE INDEX ON parties (source_delegator_peer_id) WHERE source_delegator_peer_id IS NOT NULL;
CREATE INDEX ON parties (destination_delegator_peer_id) WHERE destination_delegator_peer_id IS NOT NULL;

-- No foreign key: each insert would lock the row of the grant that all requests of a busy service share. Rows of
-- `parties` are never deleted.
CREATE TABLE records (
    created_at      bigint  NOT NULL,  -- Unix seconds, by the writer
    record_id       uuid    NOT NULL PRIMARY KEY,
    transaction_id  uuid    NOT NULL,
    parties_id      integer NOT NULL,
    outgoing        boolean NOT NULL,
    additional_data text               -- JSON as it came: jsonb cannot hold every string
);

CREATE INDEX records_by_time ON records (created_at, record_id);
CREATE INDEX records_by_parties ON records (parties_id, created_at, record_id);
CREATE INDEX records_by_transaction ON records (transaction_id);
