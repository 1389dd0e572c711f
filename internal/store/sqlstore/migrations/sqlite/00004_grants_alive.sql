-- +goose Up
-- +goose StatementBegin

-- What keeps grants alive: when each is due, whether somebody is at it, and how it is. The row is the
-- queue. next_at is the earliest of refresh_at, probe_at and tell_at; 0 is due at once, which is what the
-- grants that are there get, and those that an older program still adds.

ALTER TABLE grants ADD COLUMN health        TEXT    NOT NULL DEFAULT '';
ALTER TABLE grants ADD COLUMN health_reason TEXT    NOT NULL DEFAULT '';
ALTER TABLE grants ADD COLUMN proven_at     INTEGER;
ALTER TABLE grants ADD COLUMN ends_at       INTEGER;
ALTER TABLE grants ADD COLUMN issued_at     INTEGER;
ALTER TABLE grants ADD COLUMN phase         TEXT    NOT NULL DEFAULT '';
ALTER TABLE grants ADD COLUMN failures      INTEGER NOT NULL DEFAULT 0;
ALTER TABLE grants ADD COLUMN told          INTEGER NOT NULL DEFAULT 0;
ALTER TABLE grants ADD COLUMN refresh_at    INTEGER DEFAULT 0;
ALTER TABLE grants ADD COLUMN probe_at      INTEGER;
ALTER TABLE grants ADD COLUMN tell_at       INTEGER;
ALTER TABLE grants ADD COLUMN next_at       INTEGER DEFAULT 0;
ALTER TABLE grants ADD COLUMN lease_until   INTEGER; -- by the clock of the database
CREATE INDEX grants_due ON grants (app_id, next_at) WHERE state = 'usable' AND next_at IS NOT NULL;
CREATE INDEX grants_tell ON grants (app_id, tell_at) WHERE state = 'usable' AND tell_at IS NOT NULL;
CREATE INDEX grants_stale ON grants (app_id, expires_at) WHERE state = 'usable' AND expires_at IS NOT NULL AND health IN ('', 'healthy', 'expiring');
-- A process that has the file to itself gives all leases back when it starts. (PostgreSQL's has no such
-- index: nobody has that database to himself, and a claim need not write to an index there.)
CREATE INDEX grants_leased ON grants (lease_until) WHERE lease_until IS NOT NULL;

ALTER TABLE channels ADD COLUMN health_at INTEGER;
ALTER TABLE channels ADD COLUMN proven_at INTEGER;

-- The rate and the breaker of each app.
ALTER TABLE apps ADD COLUMN trouble    TEXT    NOT NULL DEFAULT '';
ALTER TABLE apps ADD COLUMN trouble_at INTEGER;
ALTER TABLE apps ADD COLUMN failing    INTEGER NOT NULL DEFAULT 0;
ALTER TABLE apps ADD COLUMN holds      INTEGER NOT NULL DEFAULT 0;
ALTER TABLE apps ADD COLUMN hold_until INTEGER;
ALTER TABLE apps ADD COLUMN pace_at    INTEGER;

-- Who did what: appended to, never changed. It outlives the rows that it names, so it refers to the workspace only.
CREATE TABLE audit (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
    at           INTEGER NOT NULL,
    key_id       INTEGER,
    action       TEXT    NOT NULL,
    owner_id     INTEGER,
    channel_id   INTEGER,
    data         TEXT    NOT NULL,
    UNIQUE (workspace_id, id)
) STRICT;
-- +goose StatementEnd
