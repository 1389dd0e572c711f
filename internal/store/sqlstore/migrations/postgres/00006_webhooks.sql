-- +goose Up
-- +goose StatementBegin

-- Where events are sent. An endpoint that was deleted stays, empty, until its deliveries are gone.
-- owner_id refers to nothing: an owner may be erased, and nothing of theirs happens any more.
CREATE TABLE endpoints (
    id            BIGINT  GENERATED ALWAYS AS IDENTITY,
    workspace_id  BIGINT  NOT NULL REFERENCES workspaces (id),
    owner_id      BIGINT,
    url           TEXT    NOT NULL,
    types         TEXT    NOT NULL,
    scheme        TEXT    NOT NULL,
    description   TEXT    NOT NULL,
    state         TEXT    NOT NULL,
    reason        TEXT    NOT NULL,
    sealed        BYTEA,
    failures      BIGINT  NOT NULL DEFAULT 0,
    failing_since BIGINT,
    succeeded_at  BIGINT,
    failed_at     BIGINT,
    held_until    BIGINT,
    created_at    BIGINT  NOT NULL,
    updated_at    BIGINT  NOT NULL,
    PRIMARY KEY (workspace_id, id)
);
CREATE UNIQUE INDEX endpoints_id ON endpoints (id);
CREATE INDEX endpoints_active ON endpoints (workspace_id) WHERE state = 'active';
CREATE INDEX endpoints_ended ON endpoints (id) WHERE state <> 'active';

-- What each hears: a type of event, a family ('channel.*') or everything ('*').
CREATE TABLE endpoint_types (
    workspace_id BIGINT NOT NULL,
    endpoint_id  BIGINT NOT NULL,
    type         TEXT   NOT NULL,
    PRIMARY KEY (workspace_id, endpoint_id, type),
    FOREIGN KEY (workspace_id, endpoint_id) REFERENCES endpoints (workspace_id, id)
);

CREATE TABLE replays (
    id           BIGINT  GENERATED ALWAYS AS IDENTITY,
    workspace_id BIGINT  NOT NULL REFERENCES workspaces (id),
    endpoint_id  BIGINT  NOT NULL,
    after_number BIGINT  NOT NULL,
    until_number BIGINT  NOT NULL,
    failed_only  BOOLEAN NOT NULL,
    state        TEXT    NOT NULL,
    reached      BIGINT  NOT NULL,
    queued       BIGINT  NOT NULL,
    created_at   BIGINT  NOT NULL,
    updated_at   BIGINT  NOT NULL,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, endpoint_id) REFERENCES endpoints (workspace_id, id)
);
CREATE UNIQUE INDEX replays_running ON replays (workspace_id, endpoint_id) WHERE state = 'running';

-- One sending of one event to one endpoint. The row is the queue. next_at of a pending one is empty while
-- it waits behind an earlier one of its channel; who ends that one sets it.
CREATE TABLE deliveries (
    id           BIGINT  GENERATED ALWAYS AS IDENTITY,
    workspace_id BIGINT  NOT NULL,
    endpoint_id  BIGINT  NOT NULL,
    event_number BIGINT,
    event_type   TEXT    NOT NULL,
    channel_id   BIGINT,
    replay_id    BIGINT,
    state        TEXT    NOT NULL,
    attempts     BIGINT  NOT NULL DEFAULT 0,
    next_at      BIGINT,
    kind         TEXT    NOT NULL DEFAULT '',
    body         BYTEA,
    status       BIGINT  NOT NULL DEFAULT 0,
    error        TEXT    NOT NULL DEFAULT '',
    fence        BIGINT  NOT NULL DEFAULT 0,
    lease_until  BIGINT, -- by the clock of the database
    created_at   BIGINT  NOT NULL,
    updated_at   BIGINT  NOT NULL,
    ended_at     BIGINT,
    PRIMARY KEY (workspace_id, id),
    FOREIGN KEY (workspace_id, endpoint_id) REFERENCES endpoints (workspace_id, id)
);
CREATE INDEX deliveries_due ON deliveries (endpoint_id, next_at, id) WHERE state = 'pending' AND next_at IS NOT NULL;
CREATE INDEX deliveries_channel ON deliveries (endpoint_id, channel_id, id) WHERE state = 'pending';
CREATE INDEX deliveries_leased ON deliveries (endpoint_id) WHERE lease_until IS NOT NULL;
CREATE INDEX deliveries_endpoint ON deliveries (workspace_id, endpoint_id, id);
CREATE INDEX deliveries_event ON deliveries (workspace_id, event_number, endpoint_id);
CREATE INDEX deliveries_replay ON deliveries (workspace_id, replay_id) WHERE replay_id IS NOT NULL;
CREATE INDEX deliveries_ended ON deliveries (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE delivery_attempts (
    workspace_id BIGINT NOT NULL,
    delivery_id  BIGINT NOT NULL,
    number       BIGINT NOT NULL,
    at           BIGINT NOT NULL,
    took         BIGINT NOT NULL, -- milliseconds
    status       BIGINT NOT NULL,
    error        TEXT   NOT NULL,
    answer       TEXT   NOT NULL,
    PRIMARY KEY (workspace_id, delivery_id, number),
    FOREIGN KEY (workspace_id, delivery_id) REFERENCES deliveries (workspace_id, id) ON DELETE CASCADE
);
-- +goose StatementEnd
