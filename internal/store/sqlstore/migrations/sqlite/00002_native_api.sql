-- +goose Up
-- +goose StatementBegin

-- What the whole native API keeps: owners with their facts, a workspace's own apps and
-- those registered at servers, sessions that the application confirms, and the answers
-- of requests with an idempotency key.

ALTER TABLE owners ADD COLUMN avatar_url    TEXT    NOT NULL DEFAULT '';
ALTER TABLE owners ADD COLUMN contact_email TEXT    NOT NULL DEFAULT '';
ALTER TABLE owners ADD COLUMN reference     TEXT    NOT NULL DEFAULT '';
ALTER TABLE owners ADD COLUMN updated_at    INTEGER NOT NULL DEFAULT 0;
UPDATE owners SET updated_at = created_at;

ALTER TABLE apps ADD COLUMN name       TEXT    NOT NULL DEFAULT '';
ALTER TABLE apps ADD COLUMN sealed     BLOB;
ALTER TABLE apps ADD COLUMN scopes     TEXT    NOT NULL DEFAULT '';
ALTER TABLE apps ADD COLUMN updated_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE apps ADD COLUMN retired_at INTEGER;
UPDATE apps SET updated_at = created_at;

-- A workspace has one live app at a platform; its client id may come again after it was retired.
DROP INDEX apps_workspace;
CREATE UNIQUE INDEX apps_workspace ON apps (workspace_id, platform, server) WHERE workspace_id IS NOT NULL AND retired_at IS NULL;

ALTER TABLE sessions ADD COLUMN confirm_hash BLOB;
ALTER TABLE sessions ADD COLUMN confirm_by   INTEGER;

-- lookups counts the handles and servers that were typed: each costs calls to hosts that a stranger named.
ALTER TABLE sessions ADD COLUMN lookups      INTEGER NOT NULL DEFAULT 0;

ALTER TABLE attempts ADD COLUMN chosen_ids TEXT NOT NULL DEFAULT '[]';
DROP INDEX attempts_open;
CREATE INDEX attempts_open ON attempts (id) WHERE state IN ('away', 'exchanging', 'verifying', 'choosing', 'confirming');

CREATE TABLE replies (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
    route        TEXT    NOT NULL,
    key_hash     BLOB    NOT NULL,
    fingerprint  BLOB    NOT NULL,
    sealed       BLOB,
    expires_at   INTEGER NOT NULL,
    UNIQUE (workspace_id, id),
    UNIQUE (workspace_id, route, key_hash)
) STRICT;
CREATE INDEX replies_expired ON replies (expires_at);
-- +goose StatementEnd
