-- +goose Up
-- +goose StatementBegin

-- How many thousandths of its rate an app used when its platform last said "too many", and when that was.
-- NULL: it never did. The rate comes back by itself with the time.
ALTER TABLE apps ADD COLUMN share INTEGER NOT NULL DEFAULT 0;
ALTER TABLE apps ADD COLUMN slowed_at BIGINT;
-- +goose StatementEnd
