-- +goose Up
-- +goose StatementBegin

-- Where events are sent. An endpoint that was deleted stays, empty, until its deliveries are gone.
-- owner_id refers to nothing: an owner may be erased, and nothing of theirs happens any more.
CREATE TABLE endpoints (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id  INTEGER NOT NULL REFERENCES workspaces (id),
    owner_id      INTEGER,
    url           TEXT    NOT NULL,
    types         TEXT    NOT NULL,
    scheme        TEXT    NOT NULL,
    description   TEXT    NOT NULL,
    state         TEXT    NOT NULL,
    reason        TEXT    NOT NULL,
    sealed        BLOB,
    failures      INTEGER NOT NULL DEFAULT 0,
    failing_since INTEGER,
    succeeded_at  INTEGER,
    failed_at     INTEGER,
    held_until    INTEGER,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    UNIQUE (workspace_id, id)
) STRICT;
CREATE INDEX endpoints_active ON endpoints (workspace_id) WHERE state = 'active';
CREATE INDEX endpoints_ended ON endpoints (id) WHERE state <> 'active';

-- What each hears: a type of event, a family ('channel.*') or everything ('*').
CREATE TABLE endpoint_types (
    workspace_id INTEGER NOT NULL,
    endpoint_id  INTEGER NOT NULL,
    type         TEXT    NOT NULL,
    PRIMARY KEY (workspace_id, endpoint_id, type),
    FOREIGN KEY (workspace_id, endpoint_id) REFERENCES endpoints (workspace_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE replays (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
    endpoint_id  INTEGER NOT NULL,
    after_number INTEGER NOT NULL,
    until_number INTEGER NOT NULL,
    failed_only  INTEGER NOT NULL,
    state        TEXT    NOT NULL,
    reached      INTEGER NOT NULL,
    queued       INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    UNIQUE (workspace_id, id),
    FOREIGN KEY (workspace_id, endpoint_id) REFERENCES endpoints (workspace_id, id)
) STRICT;
CREATE UNIQUE INDEX replays_running ON replays (workspace_id, endpoint_id) WHERE state = 'running';

-- One sending of one event to one endpoint. The row is the queue. next_at of a pending one is empty while
-- it waits behind an earlier one of its channel; who ends that one sets it.
CREATE TABLE deliveries (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id INTEGER NOT NULL,
    endpoint_id  INTEGER NOT NULL,
    event_number INTEGER,
    event_type   TEXT    NOT NULL,
    channel_id   INTEGER,
    replay_id    INTEGER,
    state        TEXT    NOT NULL,
    attempts     INTEGER NOT NULL DEFAULT 0,
    next_at      INTEGER,
    kind         TEXT    NOT NULL DEFAULT '',
    body         BLOB,
    status       INTEGER NOT NULL DEFAULT 0,
    error        TEXT    NOT NULL DEFAULT '',
    fence        INTEGER NOT NULL DEFAULT 0,
    lease_until  INTEGER, -- by the clock of the database
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    ended_at     INTEGER,
    UNIQUE (workspace_id, id),
    FOREIGN KEY (workspace_id, endpoint_id) REFERENCES endpoints (workspace_id, id)
) STRICT;
CREATE INDEX deliveries_due ON deliveries (endpoint_id, next_at, id) WHERE state = 'pending' AND next_at IS NOT NULL;
CREATE INDEX deliveries_channel ON deliveries (endpoint_id, channel_id, id) WHERE state = 'pending';
CREATE INDEX deliveries_leased ON deliveries (endpoint_id) WHERE lease_until IS NOT NULL;
CREATE INDEX deliveries_endpoint ON deliveries (workspace_id, endpoint_id, id);
CREATE INDEX deliveries_event ON deliveries (workspace_id, event_number, endpoint_id);
CREATE INDEX deliveries_replay ON deliveries (workspace_id, replay_id) WHERE replay_id IS NOT NULL;
CREATE INDEX deliveries_ended ON deliveries (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE delivery_attempts (
    workspace_id INTEGER NOT NULL,
    delivery_id  INTEGER NOT NULL,
    number       INTEGER NOT NULL,
    at           INTEGER NOT NULL,
    took         INTEGER NOT NULL, -- milliseconds
    status       INTEGER NOT NULL,
    error        TEXT    NOT NULL,
    answer       TEXT    NOT NULL,
    PRIMARY KEY (workspace_id, delivery_id, number),
    FOREIGN KEY (workspace_id, delivery_id) REFERENCES deliveries (workspace_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
-- +goose StatementEnd
