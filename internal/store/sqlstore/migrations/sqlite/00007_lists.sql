-- +goose Up
-- +goose StatementBegin

-- What a list of deliveries that are over is read from: written once, when one ends. Pending ones, which
-- change all the time, are found by their endpoints.
CREATE INDEX deliveries_over ON deliveries (workspace_id, state, id) WHERE ended_at IS NOT NULL;

-- A disconnected channel may give its place to another of the same owner; this is that one's id. It refers
-- to nothing: the other may be erased.
ALTER TABLE channels ADD COLUMN replaced_by INTEGER;

-- SmartlyQ's account.disconnected tells of accounts that were erased with their owner too.
INSERT INTO endpoint_types (workspace_id, endpoint_id, type)
SELECT y.workspace_id, y.endpoint_id, 'channel.erased'
FROM endpoint_types y JOIN endpoints p ON p.workspace_id = y.workspace_id AND p.id = y.endpoint_id
WHERE p.scheme = 'smartlyq' AND y.type = 'channel.disconnected';
-- +goose StatementEnd
