CREATE TABLE services (
    group_id      text NOT NULL,
    name          text NOT NULL,
    endpoint_url  text NOT NULL,
    inway_address text NOT NULL,
    PRIMARY KEY (group_id, name)
);

CREATE TABLE inways (
    group_id     text        NOT NULL,
    name         text        NOT NULL,
    address      text        NOT NULL,
    last_seen_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (group_id, name)
);

CREATE TABLE outways (
    group_id              text        NOT NULL,
    name                  text        NOT NULL,
    public_key_thumbprint text        NOT NULL,
    domain_names          text[]      NOT NULL,
    last_seen_at          timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (group_id, name)
);
