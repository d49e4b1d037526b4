-- Contracts with their signatures, the peers of the group, and what must still be done at other parties (ADR 0012).
-- Dates of the standard are int64 Unix seconds, dates of our own are timestamptz.

CREATE TABLE contracts (
    content_hash text        PRIMARY KEY,
    iv           uuid        NOT NULL UNIQUE,
    content      text        NOT NULL,  -- canonical JSON, exactly what the hash is over
    not_before   bigint      NOT NULL,
    not_after    bigint      NOT NULL,
    created_at   bigint      NOT NULL,
    stored_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX contracts_by_date ON contracts (created_at, content_hash);
CREATE INDEX contracts_by_end ON contracts (not_after);

-- Who takes part in a contract; each must accept it.
CREATE TABLE parties (
    content_hash text NOT NULL REFERENCES contracts,
    peer_id      text NOT NULL,
    PRIMARY KEY (content_hash, peer_id)
);
CREATE INDEX parties_by_peer ON parties (peer_id, content_hash);

-- The grants of a contract, each alone and with what is asked by. Two equal grants of a contract have one hash.
CREATE TABLE grants (
    content_hash          text    NOT NULL REFERENCES contracts,
    position              integer NOT NULL,
    grant_hash            text    NOT NULL,
    type                  text    NOT NULL,
    directory_peer_id     text,
    service_peer_id       text    NOT NULL,
    service_name          text    NOT NULL,
    outway_peer_id        text,
    public_key_thumbprint text,
    domain_name           text,
    data                  text    NOT NULL,
    PRIMARY KEY (content_hash, position)
);
CREATE INDEX grants_by_hash ON grants (grant_hash);
CREATE INDEX grants_published ON grants (service_peer_id, service_name) WHERE directory_peer_id IS NOT NULL;
CREATE INDEX grants_by_thumbprint ON grants (public_key_thumbprint) WHERE public_key_thumbprint IS NOT NULL;
CREATE INDEX grants_by_domain_name ON grants (domain_name) WHERE domain_name IS NOT NULL;

-- Certificates with which contracts and tokens were signed, each verified when it was taken in; DER, leaf first, no root.
CREATE TABLE certificates (
    thumbprint text        PRIMARY KEY,
    peer_id    text        NOT NULL,
    chain      bytea[]     NOT NULL,
    expires_at bigint      NOT NULL,
    seen_at    timestamptz NOT NULL DEFAULT now()
);

-- Our own, with the last moment that a replica signed with it (or would have).
CREATE TABLE own_keys (
    thumbprint text        NOT NULL REFERENCES certificates,
    use        text        NOT NULL CHECK (use IN ('contract', 'token')),
    used_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (thumbprint, use)
);

-- Of each peer and type the signature whose certificate lasts longest (core.state.preferred).
CREATE TABLE signatures (
    content_hash text        NOT NULL,
    peer_id      text        NOT NULL,
    type         text        NOT NULL CHECK (type IN ('accept', 'reject', 'revoke')),
    jws          text        NOT NULL,
    signed_at    bigint      NOT NULL,
    thumbprint   text        NOT NULL REFERENCES certificates,
    expires_at   bigint      NOT NULL,
    stored_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (content_hash, peer_id, type),
    FOREIGN KEY (content_hash, peer_id) REFERENCES parties
);
CREATE INDEX signatures_by_thumbprint ON signatures (thumbprint);
CREATE INDEX signatures_ending ON signatures (content_hash, type) WHERE type <> 'accept';

-- The peers that announced themselves or take part in a contract. `told_address` is our own address as the peer knows it.
CREATE TABLE peers (
    peer_id         text        PRIMARY KEY,
    name            text        NOT NULL,
    manager_address text        NOT NULL,
    announced_at    timestamptz,
    told_address    text,
    updated_at      timestamptz NOT NULL DEFAULT now()
);

-- What must still be done at another party; durable, written in the transaction that makes it necessary.
-- `lane`: who is asked. An errand that failed because nobody answered holds back the others of its lane.
CREATE TABLE errands (
    content_hash text        NOT NULL REFERENCES contracts,
    peer_id      text        NOT NULL,
    action       text        NOT NULL CHECK (action IN ('submit_contract', 'submit_accept_signature',
                                 'submit_reject_signature', 'submit_revoke_signature', 'pull', 'decide')),
    lane         text        NOT NULL GENERATED ALWAYS AS (CASE action WHEN 'decide' THEN action ELSE peer_id END) STORED,
    generation   integer     NOT NULL DEFAULT 1,
    attempts     integer     NOT NULL DEFAULT 0,
    failures     integer     NOT NULL DEFAULT 0,
    unreachable  boolean     NOT NULL DEFAULT false,
    due_at       timestamptz NOT NULL DEFAULT now(),
    leased_until timestamptz NOT NULL DEFAULT '-infinity',
    lease        uuid,
    tried_at     timestamptz,
    last_error   text,
    made_at      timestamptz NOT NULL DEFAULT now(),
    done_at      timestamptz,
    PRIMARY KEY (content_hash, peer_id, action)
);
CREATE INDEX errands_due ON errands (due_at) WHERE done_at IS NULL;
CREATE INDEX errands_by_lane ON errands (lane, leased_until) WHERE done_at IS NULL;

-- The state of every contract at a moment: the same rule as core.state, for lists and counts.
CREATE FUNCTION contract_states(at bigint) RETURNS TABLE (content_hash text, state text)
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT c.content_hash,
        CASE
            WHEN EXISTS (SELECT FROM signatures s WHERE s.content_hash = c.content_hash AND s.type = 'revoke')
                THEN 'CONTRACT_STATE_REVOKED'
            WHEN EXISTS (SELECT FROM signatures s WHERE s.content_hash = c.content_hash AND s.type = 'reject')
                THEN 'CONTRACT_STATE_REJECTED'
            WHEN c.not_after < at
                THEN 'CONTRACT_STATE_EXPIRED'
            WHEN c.not_before <= at AND NOT EXISTS (
                SELECT FROM parties p WHERE p.content_hash = c.content_hash AND NOT EXISTS (
                    SELECT FROM signatures s
                    WHERE s.content_hash = p.content_hash AND s.peer_id = p.peer_id AND s.type = 'accept'
                      AND s.expires_at >= at))
                THEN 'CONTRACT_STATE_VALID'
            ELSE 'CONTRACT_STATE_PROPOSED'
        END
    FROM contracts c
$$;
