-- +goose Up
-- +goose StatementBegin

-- What looks after channels: sessions that are pinned to one or lead straight to a platform, what is still
-- to be told to platforms, groups, and an audit log that is chained.

ALTER TABLE workspaces ADD COLUMN no_headless INTEGER NOT NULL DEFAULT 0;
ALTER TABLE workspaces ADD COLUMN bounce_page INTEGER NOT NULL DEFAULT 0;

ALTER TABLE sessions ADD COLUMN display      TEXT NOT NULL DEFAULT 'hosted';
ALTER TABLE sessions ADD COLUMN reconnect_id INTEGER; -- a channel; it may be gone

DROP INDEX attempts_open;
CREATE INDEX attempts_open ON attempts (id) WHERE state IN ('away', 'exchanging', 'verifying', 'choosing', 'warned', 'confirming');

ALTER TABLE channels ADD COLUMN label TEXT NOT NULL DEFAULT '';

-- Whom a kept reply tells of, or whose key it answered; none where both are nobody. An owner is erased with them.
ALTER TABLE replies ADD COLUMN owner_id INTEGER;
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
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
    owner_id     INTEGER NOT NULL,
    app_id       INTEGER NOT NULL REFERENCES apps (id),
    platform     TEXT NOT NULL,
    subject      TEXT NOT NULL,
    sealed       BLOB,
    tries        INTEGER NOT NULL,
    next_at      INTEGER NOT NULL,
    fence        INTEGER NOT NULL,
    lease_until  INTEGER, -- by the clock of the database
    created_at   INTEGER NOT NULL,
    UNIQUE (workspace_id, id)
) STRICT;
CREATE INDEX revocations_due ON revocations (app_id, next_at, id);
CREATE INDEX revocations_subject ON revocations (app_id, subject);

CREATE TABLE channel_groups (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
    owner_id     INTEGER NOT NULL,
    name         TEXT NOT NULL,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    UNIQUE (workspace_id, id),
    FOREIGN KEY (workspace_id, owner_id) REFERENCES owners (workspace_id, id)
) STRICT;
CREATE INDEX channel_groups_owner ON channel_groups (workspace_id, owner_id, id);

CREATE TABLE channel_group_members (
    workspace_id INTEGER NOT NULL,
    group_id     INTEGER NOT NULL,
    channel_id   INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, group_id, channel_id),
    FOREIGN KEY (workspace_id, group_id) REFERENCES channel_groups (workspace_id, id),
    FOREIGN KEY (workspace_id, channel_id) REFERENCES channels (workspace_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX channel_group_members_channel ON channel_group_members (workspace_id, channel_id);

-- The audit log becomes a chain. Entries that are there keep their order and have no hash: nobody can vouch
-- for them.
CREATE TABLE audit_chain (
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
    number       INTEGER NOT NULL,
    at           INTEGER NOT NULL,
    actor        TEXT    NOT NULL,
    key_id       INTEGER,
    from_address TEXT    NOT NULL,
    action       TEXT    NOT NULL,
    owner_id     INTEGER,
    channel_id   INTEGER,
    data         TEXT    NOT NULL,
    hash         BLOB,
    PRIMARY KEY (workspace_id, number)
) STRICT, WITHOUT ROWID;
INSERT INTO audit_chain (workspace_id, number, at, actor, key_id, from_address, action, owner_id, channel_id, data)
SELECT workspace_id, row_number() OVER (PARTITION BY workspace_id ORDER BY id), at, 'key', key_id, '', action, owner_id, channel_id, data
FROM audit;
DROP TABLE audit;
ALTER TABLE audit_chain RENAME TO audit;

-- The end of each workspace's chain, and the sealed key that it is made with.
CREATE TABLE audit_heads (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id INTEGER NOT NULL UNIQUE REFERENCES workspaces (id),
    number       INTEGER NOT NULL,
    hash         BLOB,
    since        INTEGER NOT NULL,
    mac          BLOB,
    sealed       BLOB
) STRICT;
INSERT INTO audit_heads (workspace_id, number, since) SELECT workspace_id, count(*), 0 FROM audit GROUP BY workspace_id;
-- +goose StatementEnd
