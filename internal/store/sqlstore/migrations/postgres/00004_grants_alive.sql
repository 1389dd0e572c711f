-- +goose Up
-- +goose StatementBegin

-- What keeps grants alive: when each is due, whether somebody is at it, and how it is. The row is the
-- queue. next_at is the earliest of refresh_at, probe_at and tell_at; 0 is due at once, which is what the
-- grants that are there get, and those that an older program still adds.

ALTER TABLE grants ADD COLUMN health        TEXT   NOT NULL DEFAULT '';
ALTER TABLE grants ADD COLUMN health_reason TEXT   NOT NULL DEFAULT '';
ALTER TABLE grants ADD COLUMN proven_at     BIGINT;
ALTER TABLE grants ADD COLUMN ends_at       BIGINT;
ALTER TABLE grants ADD COLUMN issued_at     BIGINT;
ALTER TABLE grants ADD COLUMN phase         TEXT   NOT NULL DEFAULT '';
ALTER TABLE grants ADD COLUMN failures      BIGINT NOT NULL DEFAULT 0;
ALTER TABLE grants ADD COLUMN told          BIGINT NOT NULL DEFAULT 0;
ALTER TABLE grants ADD COLUMN refresh_at    BIGINT DEFAULT 0;
ALTER TABLE grants ADD COLUMN probe_at      BIGINT;
ALTER TABLE grants ADD COLUMN tell_at       BIGINT;
ALTER TABLE grants ADD COLUMN next_at       BIGINT DEFAULT 0;
ALTER TABLE grants ADD COLUMN lease_until   BIGINT; -- by the clock of the database
CREATE INDEX grants_due ON grants (app_id, next_at) WHERE state = 'usable' AND next_at IS NOT NULL;
CREATE INDEX grants_tell ON grants (app_id, tell_at) WHERE state = 'usable' AND tell_at IS NOT NULL;
CREATE INDEX grants_stale ON grants (app_id, expires_at) WHERE state = 'usable' AND expires_at IS NOT NULL AND health IN ('', 'healthy', 'expiring');

ALTER TABLE channels ADD COLUMN health_at BIGINT;
ALTER TABLE channels ADD COLUMN proven_at BIGINT;

-- The rate and the breaker of each app.
ALTER TABLE apps ADD COLUMN trouble    TEXT   NOT NULL DEFAULT '';
ALTER TABLE apps ADD COLUMN trouble_at BIGINT;
ALTER TABLE apps ADD COLUMN failing    BIGINT NOT NULL DEFAULT 0;
ALTER TABLE apps ADD COLUMN holds      BIGINT NOT NULL DEFAULT 0;
ALTER TABLE apps ADD COLUMN hold_until BIGINT;
ALTER TABLE apps ADD COLUMN pace_at    BIGINT;

-- Who did what: appended to, never changed. It outlives the rows that it names, so it refers to the workspace only.
CREATE TABLE audit (
    id           BIGINT GENERATED ALWAYS AS IDENTITY,
    workspace_id BIGINT NOT NULL REFERENCES workspaces (id),
    at           BIGINT NOT NULL,
    key_id       BIGINT,
    action       TEXT   NOT NULL,
    owner_id     BIGINT,
    channel_id   BIGINT,
    data         TEXT   NOT NULL,
    PRIMARY KEY (workspace_id, id)
);
-- +goose StatementEnd
