-- +goose Up
-- +goose StatementBegin

-- What the whole native API keeps: owners with their facts, a workspace's own apps and
-- those registered at servers, sessions that the application confirms, and the answers
-- of requests with an idempotency key.

ALTER TABLE owners ADD COLUMN avatar_url    TEXT    NOT NULL DEFAULT '';
ALTER TABLE owners ADD COLUMN contact_email TEXT    NOT NULL DEFAULT '';
ALTER TABLE owners ADD COLUMN reference     TEXT    NOT NULL DEFAULT '';
ALTER TABLE owners ADD COLUMN updated_at    BIGINT  NOT NULL DEFAULT 0;
UPDATE owners SET updated_at = created_at;

ALTER TABLE apps ADD COLUMN name       TEXT    NOT NULL DEFAULT '';
ALTER TABLE apps ADD COLUMN sealed     BYTEA;
ALTER TABLE apps ADD COLUMN scopes     TEXT    NOT NULL DEFAULT '';
ALTER TABLE apps ADD COLUMN updated_at BIGINT  NOT NULL DEFAULT 0;
ALTER TABLE apps ADD COLUMN retired_at BIGINT;
UPDATE apps SET updated_at = created_at;

-- A workspace has one live app at a platform; its client id may come again after it was retired.
DROP INDEX apps_workspace;
CREATE UNIQUE INDEX apps_workspace ON apps (workspace_id, platform, server) WHERE workspace_id IS NOT NULL AND retired_at IS NULL;

ALTER TABLE sessions ADD COLUMN confirm_hash BYTEA;
ALTER TABLE sessions ADD COLUMN confirm_by   BIGINT;

-- lookups counts the handles and servers that were typed: each costs calls to hosts that a stranger named.
ALTER TABLE sessions ADD COLUMN lookups      BIGINT  NOT NULL DEFAULT 0;

ALTER TABLE attempts ADD COLUMN chosen_ids TEXT NOT NULL DEFAULT '[]';
DROP INDEX attempts_open;
CREATE INDEX attempts_open ON attempts (id) WHERE state IN ('away', 'exchanging', 'verifying', 'choosing', 'confirming');

CREATE TABLE replies (
    id           BIGINT GENERATED ALWAYS AS IDENTITY,
    workspace_id BIGINT NOT NULL REFERENCES workspaces (id),
    route        TEXT   NOT NULL,
    key_hash     BYTEA  NOT NULL,
    fingerprint  BYTEA  NOT NULL,
    sealed       BYTEA,
    expires_at   BIGINT NOT NULL,
    PRIMARY KEY (workspace_id, id),
    UNIQUE (workspace_id, route, key_hash)
);
CREATE INDEX replies_expired ON replies (expires_at);
-- +goose StatementEnd
