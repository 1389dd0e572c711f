-- +goose Up
-- +goose StatementBegin

-- The processes that serve, with the key-encryption keys that each holds: a key is promoted when all
-- have it, and taken away when none seals with it. A process that stops takes its row away.
CREATE TABLE instances (
    id             TEXT   PRIMARY KEY,
    name           TEXT   NOT NULL,
    key_ids        TEXT   NOT NULL,
    primary_key_id BIGINT NOT NULL,
    started_at     BIGINT NOT NULL,
    seen_at        BIGINT NOT NULL
);
-- +goose StatementEnd
