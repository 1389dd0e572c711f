-- +goose Up
-- +goose StatementBegin

-- What looks after channels: sessions that are pinned to one or lead straight to a platform, what is still
-- to be told to platforms, groups, and an audit log that is chained.

ALTER TABLE workspaces ADD COLUMN no_headless BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE workspaces ADD COLUMN bounce_page BOOLEAN NOT NULL DEFAULT false;

ALTER TABLE sessions ADD COLUMN display      TEXT NOT NULL DEFAULT 'hosted';
ALTER TABLE sessions ADD COLUMN reconnect_id BIGINT; -- a channel; it may be gone

DROP INDEX attempts_open;
CREATE INDEX attempts_open ON attempts (id) WHERE state IN ('away', 'exchanging', 'verifying', 'choosing', 'warned', 'confirming');

ALTER TABLE channels ADD COLUMN label TEXT NOT NULL DEFAULT '';

-- Whom a kept reply tells of, or whose key it answered; none where both are nobody. An owner is erased with them.
ALTER TABLE replies ADD COLUMN owner_id BIGINT;
CREATE INDEX replies_owner ON replies (workspace_id, owner_id) WHERE owner_id IS NOT NULL;

-- What is an owner's is found by the owner, and a person's consents by the OAuth client and the subject.
CREATE INDEX sessions_owner ON sessions (workspace_id, owner_id);
CREATE INDEX grants_owner ON grants (workspace_id, owner_id);
CREATE INDEX events_owner ON events (workspace_id, owner_id, number) WHERE owner_id IS NOT NULL;
CREATE INDEX apps_client ON apps (client_id, server);
CREATE INDEX grants_subject_any ON grants (app_id, subject);

-- The queue of consents that are over here and not yet at the platform. It refers to no owner and no grant:
-- they may be gone before it.
CREATE TABLE revocations (
    id           BIGINT GENERATED ALWAYS AS IDENTITY,
    workspace_id BIGINT NOT NULL REFERENCES workspaces (id),
    owner_id     BIGINT NOT NULL,
    app_id       BIGINT NOT NULL REFERENCES apps (id),
    platform     TEXT NOT NULL,
    subject      TEXT NOT NULL,
    sealed       BYTEA,
    tries        BIGINT NOT NULL,
    next_at      BIGINT NOT NULL,
    fence        BIGINT NOT NULL,
    lease_until  BIGINT, -- by the clock of the database
    created_at   BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, id)
);
CREATE INDEX revocations_due ON revocations (app_id, next_at, id);
CREATE INDEX revocations_subject ON revocations (app_id, subject);

CREATE TABLE channel_groups (
    id           BIGINT GENERATED ALWAYS AS IDENTITY,
    workspace_id BIGINT NOT NULL REFERENCES workspaces (id),
    owner_id     BIGINT NOT NULL,
    name         TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, owner_id) REFERENCES owners (workspace_id, id)
);
CREATE INDEX channel_groups_owner ON channel_groups (workspace_id, owner_id, id);

CREATE TABLE channel_group_members (
    workspace_id BIGINT NOT NULL,
    group_id     BIGINT NOT NULL,
    channel_id   BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, group_id, channel_id),
    FOREIGN KEY (workspace_id, group_id) REFERENCES channel_groups (workspace_id, id),
    FOREIGN KEY (workspace_id, channel_id) REFERENCES channels (workspace_id, id)
);
CREATE INDEX channel_group_members_channel ON channel_group_members (workspace_id, channel_id);

-- The audit log becomes a chain. Entries that are there keep their order and have no hash: nobody can vouch
-- for them.
ALTER TABLE audit ADD COLUMN number       BIGINT;
ALTER TABLE audit ADD COLUMN actor        TEXT NOT NULL DEFAULT 'key';
ALTER TABLE audit ADD COLUMN from_address TEXT NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN hash         BYTEA;
UPDATE audit SET number = numbered.number
FROM (SELECT workspace_id, id, row_number() OVER (PARTITION BY workspace_id ORDER BY id) AS number FROM audit) AS numbered
WHERE audit.workspace_id = numbered.workspace_id AND audit.id = numbered.id;
ALTER TABLE audit DROP CONSTRAINT audit_pkey;
ALTER TABLE audit ADD PRIMARY KEY (workspace_id, number);
ALTER TABLE audit DROP COLUMN id;

-- The end of each workspace's chain, and the sealed key that it is made with.
CREATE TABLE audit_heads (
    id           BIGINT GENERATED ALWAYS AS IDENTITY,
    workspace_id BIGINT NOT NULL UNIQUE REFERENCES workspaces (id),
    number       BIGINT NOT NULL,
    hash         BYTEA,
    since        BIGINT NOT NULL,
    mac          BYTEA,
    sealed       BYTEA,
    PRIMARY KEY (workspace_id, id)
);
INSERT INTO audit_heads (workspace_id, number, since) SELECT workspace_id, count(*), 0 FROM audit GROUP BY workspace_id;
-- +goose StatementEnd
