package sqlstore

import (
	"context"
	"fmt"
	"time"

	"patchbay/internal/connect"
	"patchbay/internal/vault"
)

func scanInstance(r row) (i connect.Instance, err error) {
	var primary, age, unseen int64
	err = r.Scan(&i.ID, &i.Name, listColumn[vault.KeyID]{&i.Keys}, &primary, &age, &unseen)
	i.Primary = vault.KeyID(primary)
	i.Age, i.Unseen = time.Duration(age)*time.Millisecond, time.Duration(unseen)*time.Millisecond
	return i, err
}

func (s reader) Instances(ctx context.Context) ([]connect.Instance, error) {
	all, err := many(ctx, s.run, scanInstance, `
		SELECT id, name, key_ids, primary_key_id, `+s.dialect.now+` - started_at, `+s.dialect.now+` - seen_at
		FROM instances ORDER BY started_at, id`)
	if err != nil {
		return nil, fmt.Errorf("instances: %w", err)
	}
	return all, nil
}

func (t *tx) SaveInstance(ctx context.Context, i connect.Instance) error {
	_, err := t.run.exec(ctx, `
		INSERT INTO instances (id, name, key_ids, primary_key_id, started_at, seen_at)
		VALUES ($1, $2, $3, $4, `+t.dialect.now+`, `+t.dialect.now+`)
		ON CONFLICT (id) DO UPDATE
		SET key_ids = excluded.key_ids, primary_key_id = excluded.primary_key_id, seen_at = excluded.seen_at`,
		i.ID, i.Name, jsonText(i.Keys), int64(i.Primary))
	if err != nil {
		return fmt.Errorf("instance %s: %w", i.Name, err)
	}
	return nil
}

func (t *tx) DropInstance(ctx context.Context, id string) error {
	return change(ctx, t.run, "instance", `DELETE FROM instances WHERE id = $1`, id)
}

func (t *tx) DropOtherInstances(ctx context.Context, id string, unseen time.Duration) error {
	_, err := t.run.exec(ctx, `
		DELETE FROM instances WHERE id <> $1 AND `+t.dialect.now+` - seen_at >= $2`, id, unseen.Milliseconds())
	return err
}
