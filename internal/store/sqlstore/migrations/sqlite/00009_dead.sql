-- +goose Up
-- +goose StatementBegin

-- When the credentials of a grant that only its person can mend are looked at, to be erased once it has been
-- so for long enough. 0 is at once, which is what the grants that are there get, and those that an older
-- program adds; NULL is that they are erased. While a grant works the column means nothing.

ALTER TABLE grants ADD COLUMN erase_at INTEGER DEFAULT 0;
CREATE INDEX grants_dead ON grants (erase_at) WHERE state = 'usable' AND health = 'needs_reauth' AND erase_at IS NOT NULL;
-- +goose StatementEnd
