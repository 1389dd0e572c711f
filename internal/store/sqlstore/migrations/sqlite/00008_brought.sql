-- +goose Up
-- +goose StatementBegin

-- Keyed hashes of the tokens that the last import brought for a grant: with them the same tokens are known
-- again after a refresh has replaced them. NULL where none was imported; those from before are not known.
ALTER TABLE grants ADD COLUMN brought_access BLOB;
ALTER TABLE grants ADD COLUMN brought_refresh BLOB;
CREATE INDEX grants_brought ON grants (workspace_id, brought_access) WHERE brought_access IS NOT NULL;
-- +goose StatementEnd
