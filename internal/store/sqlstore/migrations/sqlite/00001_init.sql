-- +goose Up
-- +goose StatementBegin

-- Ids are never reused (AUTOINCREMENT). Times are UTC milliseconds, lists and facts are JSON.
-- Unique on (workspace_id, id) is what the composite foreign keys point at: nothing refers
-- to a row of another workspace.

CREATE TABLE workspaces (
    id                   INTEGER PRIMARY KEY AUTOINCREMENT,
    name                 TEXT    NOT NULL,
    require_redirect_url INTEGER NOT NULL,
    allowed_redirects    TEXT    NOT NULL,
    created_at           INTEGER NOT NULL
) STRICT;

-- The last event number of each workspace; see events.
CREATE TABLE event_counters (
    workspace_id INTEGER PRIMARY KEY REFERENCES workspaces (id),
    last_number  INTEGER NOT NULL
) STRICT;

CREATE TABLE owners (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
    external_id  TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    is_default   INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    UNIQUE (workspace_id, id),
    UNIQUE (workspace_id, external_id)
) STRICT;
CREATE UNIQUE INDEX owners_default ON owners (workspace_id) WHERE is_default;

CREATE TABLE api_keys (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
    owner_id     INTEGER,
    name         TEXT    NOT NULL,
    prefix       TEXT    NOT NULL,
    hash         BLOB    NOT NULL UNIQUE,
    scopes       TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER,
    revoked_at   INTEGER,
    UNIQUE (workspace_id, id),
    FOREIGN KEY (workspace_id, owner_id) REFERENCES owners (workspace_id, id)
) STRICT;

-- The instance's own apps have no workspace, so whatever uses an app refers to it by id alone.
CREATE TABLE apps (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id INTEGER REFERENCES workspaces (id),
    platform     TEXT    NOT NULL,
    server       TEXT    NOT NULL,
    client_id    TEXT    NOT NULL,
    created_at   INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX apps_instance ON apps (platform, server, client_id) WHERE workspace_id IS NULL;
CREATE UNIQUE INDEX apps_workspace ON apps (workspace_id, platform, server, client_id) WHERE workspace_id IS NOT NULL;

CREATE TABLE sessions (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id    INTEGER NOT NULL REFERENCES workspaces (id),
    owner_id        INTEGER NOT NULL,
    origin          TEXT    NOT NULL,
    status          TEXT    NOT NULL,
    token_hash      BLOB    NOT NULL UNIQUE,
    platforms       TEXT    NOT NULL,
    selection       TEXT    NOT NULL,
    initiator_check TEXT    NOT NULL,
    redirect_url    TEXT    NOT NULL,
    platform        TEXT    NOT NULL,
    reason          TEXT    NOT NULL,
    message         TEXT    NOT NULL,
    channel_ids     TEXT    NOT NULL,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    expires_at      INTEGER NOT NULL,
    ended_at        INTEGER,
    UNIQUE (workspace_id, id),
    FOREIGN KEY (workspace_id, owner_id) REFERENCES owners (workspace_id, id)
) STRICT;
CREATE INDEX sessions_due ON sessions (expires_at, id) WHERE ended_at IS NULL;

CREATE TABLE grants (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id  INTEGER NOT NULL REFERENCES workspaces (id),
    owner_id      INTEGER NOT NULL,
    app_id        INTEGER NOT NULL REFERENCES apps (id),
    platform      TEXT    NOT NULL,
    state         TEXT    NOT NULL,
    subject       TEXT    NOT NULL,
    facts         TEXT    NOT NULL,
    scopes        TEXT    NOT NULL,
    scopes_told   INTEGER NOT NULL,
    sealed        BLOB,
    expires_at    INTEGER,
    fence         INTEGER NOT NULL,
    token_version INTEGER NOT NULL,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    UNIQUE (workspace_id, id),
    FOREIGN KEY (workspace_id, owner_id) REFERENCES owners (workspace_id, id)
) STRICT;
CREATE UNIQUE INDEX grants_subject ON grants (workspace_id, app_id, subject, owner_id) WHERE state = 'usable';

CREATE TABLE targets (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id  INTEGER NOT NULL REFERENCES workspaces (id),
    grant_id      INTEGER NOT NULL,
    kind          TEXT    NOT NULL,
    role          TEXT    NOT NULL,
    external_id   TEXT    NOT NULL,
    facts         TEXT    NOT NULL,
    blocked       TEXT    NOT NULL,
    sealed        BLOB,
    token_version INTEGER NOT NULL,
    UNIQUE (workspace_id, id),
    UNIQUE (workspace_id, grant_id, kind, external_id),
    FOREIGN KEY (workspace_id, grant_id) REFERENCES grants (workspace_id, id)
) STRICT;

-- steps counts the attempt's steps, so that each gets the next number.
CREATE TABLE attempts (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
    session_id   INTEGER NOT NULL,
    platform     TEXT    NOT NULL,
    app_id       INTEGER NOT NULL REFERENCES apps (id),
    state        TEXT    NOT NULL,
    state_hash   BLOB    NOT NULL UNIQUE,
    browser_hash BLOB,
    redirect_uri TEXT    NOT NULL,
    issuer       TEXT    NOT NULL,
    sealed       BLOB,
    grant_id     INTEGER,
    reason       TEXT    NOT NULL,
    message      TEXT    NOT NULL,
    steps        INTEGER NOT NULL DEFAULT 0,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    lease_until  INTEGER,
    UNIQUE (workspace_id, id),
    FOREIGN KEY (workspace_id, session_id) REFERENCES sessions (workspace_id, id),
    FOREIGN KEY (workspace_id, grant_id) REFERENCES grants (workspace_id, id)
) STRICT;
CREATE INDEX attempts_session ON attempts (workspace_id, session_id);
CREATE INDEX attempts_grant ON attempts (workspace_id, grant_id) WHERE grant_id IS NOT NULL;
CREATE INDEX attempts_open ON attempts (id) WHERE state IN ('away', 'exchanging', 'verifying', 'choosing');

CREATE TABLE attempt_steps (
    workspace_id INTEGER NOT NULL,
    attempt_id   INTEGER NOT NULL,
    number       INTEGER NOT NULL,
    name         TEXT    NOT NULL,
    detail       TEXT    NOT NULL,
    at           INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, attempt_id, number),
    FOREIGN KEY (workspace_id, attempt_id) REFERENCES attempts (workspace_id, id)
) STRICT, WITHOUT ROWID;

-- last_event is the channel's last event sequence number.
CREATE TABLE channels (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    workspace_id  INTEGER NOT NULL REFERENCES workspaces (id),
    owner_id      INTEGER NOT NULL,
    platform      TEXT    NOT NULL,
    kind          TEXT    NOT NULL,
    external_id   TEXT    NOT NULL,
    grant_id      INTEGER,
    target_id     INTEGER,
    lifecycle     TEXT    NOT NULL,
    health        TEXT    NOT NULL,
    health_reason TEXT    NOT NULL,
    review        TEXT    NOT NULL,
    facts         TEXT    NOT NULL,
    facts_at      INTEGER,
    last_event    INTEGER NOT NULL DEFAULT 0,
    created_at    INTEGER NOT NULL,
    updated_at    INTEGER NOT NULL,
    UNIQUE (workspace_id, id),
    FOREIGN KEY (workspace_id, owner_id) REFERENCES owners (workspace_id, id),
    FOREIGN KEY (workspace_id, grant_id) REFERENCES grants (workspace_id, id),
    FOREIGN KEY (workspace_id, target_id) REFERENCES targets (workspace_id, id)
) STRICT;
CREATE UNIQUE INDEX channels_external ON channels (workspace_id, owner_id, platform, kind, external_id) WHERE external_id <> '';
CREATE INDEX channels_owner ON channels (workspace_id, owner_id, id);
CREATE INDEX channels_grant ON channels (workspace_id, grant_id) WHERE grant_id IS NOT NULL;
CREATE INDEX channels_target ON channels (workspace_id, target_id) WHERE target_id IS NOT NULL;

-- A log: it keeps what it tells about rows that are gone, so it refers to the workspace only.
CREATE TABLE events (
    workspace_id INTEGER NOT NULL REFERENCES workspaces (id),
    number       INTEGER NOT NULL,
    type         TEXT    NOT NULL,
    owner_id     INTEGER,
    session_id   INTEGER,
    channel_id   INTEGER,
    channel_seq  INTEGER,
    cause        TEXT    NOT NULL,
    data         TEXT    NOT NULL,
    at           INTEGER NOT NULL,
    PRIMARY KEY (workspace_id, number)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX events_channel ON events (workspace_id, channel_id, channel_seq) WHERE channel_id IS NOT NULL;
-- +goose StatementEnd
